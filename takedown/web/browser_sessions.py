"""Sessions of browsers in the database: the cookie is a random token, the row holds its hash."""

import json
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import CallbackDict

from takedown.db import committing, new_id
from takedown.people.models import WebSession
from takedown.vault import Vault, VaultError, token_hash
from takedown.web.ports import House

_PLACE = "web_sessions.data"
_TOUCH = timedelta(minutes=1)


class BrowserSession(CallbackDict[str, Any], SessionMixin):
    """What Flask calls the session. `rotate` gives it a new token at the end of the request."""

    def __init__(self, initial: dict[str, Any] | None = None, token: str | None = None) -> None:
        super().__init__(initial, on_update=BrowserSession._changed)
        self.token = token
        self.row: uuid.UUID | None = None
        self.seen_at: datetime | None = None
        self.user_id: uuid.UUID | None = None
        self.rotating = False
        self.modified = False

    def _changed(self) -> None:
        self.modified = True

    def rotate(self, user_id: uuid.UUID | None) -> None:
        """A new id: at sign-in, at the second factor, at a change of rights."""
        self.rotating = self.modified = True
        self.user_id = user_id


class DatabaseSessions(SessionInterface):
    """Opens and saves sessions; idle and absolute limits are those of the configuration."""

    def __init__(self, given: House) -> None:
        self._house = given
        self._vault: Vault = given.ports.vault
        self.cookie = "__Host-takedown" if given.config.secure else "takedown"

    def open_session(self, app: Flask, request: Request) -> BrowserSession:
        """The session of this browser; an unknown, stale or unreadable one is a new one."""
        token = request.cookies.get(self.cookie, "")
        if not token:
            return BrowserSession()
        with self._house.ports.sessions() as session:
            row = session.scalar(
                select(WebSession).where(WebSession.token_hash == token_hash(token))
            )
            if row is None or not self._lives(row):
                return BrowserSession()
            return self._read(row, token)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write what changed; a session that ended is gone at once."""
        if not isinstance(session, BrowserSession):
            return
        if not session:
            if session.modified and session.row is not None:
                with committing(self._house.ports.sessions) as db:
                    db.execute(delete(WebSession).where(WebSession.id == session.row))
                response.delete_cookie(
                    self.cookie, path="/", secure=self._house.config.secure, httponly=True
                )
            return
        now = self._house.ports.clock()
        stale = session.seen_at is not None and now - session.seen_at > _TOUCH
        if (session.modified or stale) and self._write(session, now):
            response.set_cookie(
                self.cookie,
                session.token or "",
                path="/",
                secure=self._house.config.secure,
                httponly=True,
                samesite="Lax",
            )
            response.vary.add("Cookie")

    def _lives(self, row: WebSession) -> bool:
        now = self._house.ports.clock()
        return row.expires_at > now and now - row.seen_at < self._house.config.idle

    def _read(self, row: WebSession, token: str) -> BrowserSession:
        try:
            values = json.loads(self._vault.open(_PLACE, row.id, row.data))
        except VaultError:
            return BrowserSession()
        found = BrowserSession(values, token)
        found.row, found.seen_at, found.user_id = row.id, row.seen_at, row.user_id
        found.modified = False
        return found

    def _write(self, session: BrowserSession, now: datetime) -> bool:
        """False where the session was ended while this request was under way: it stays ended."""
        with committing(self._house.ports.sessions) as db:
            row = db.get(WebSession, session.row) if session.row is not None else None
            if row is None and session.row is not None and not session.rotating:
                return False
            if row is None or session.rotating:
                row = self._renew(db, session, row, now)
            row.data = self._vault.seal(_PLACE, row.id, 0, json.dumps(dict(session)))
            row.seen_at = now
            row.user_id = session.user_id
            db.add(row)
        return True

    def _renew(
        self, db: Session, session: BrowserSession, old: WebSession | None, now: datetime
    ) -> WebSession:
        if old is not None:
            db.delete(old)
        session.token = secrets.token_urlsafe(32)
        row = WebSession(
            id=new_id(),
            token_hash=token_hash(session.token),
            created_at=now,
            seen_at=now,
            expires_at=now + self._house.config.absolute,
        )
        session.row = row.id
        db.execute(delete(WebSession).where(WebSession.expires_at < now))
        return row
