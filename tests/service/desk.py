"""A hotline's desk for tests of the outbox: it composes, approves and sends on its own clock."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from cast import CLOSED, HOTLINE, later
from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.channels.base import Channel, Receipt, SendError
from takedown.db import Sessions, committing
from takedown.outbox.approve import Outcome, approve
from takedown.outbox.compose import Composed, compose
from takedown.outbox.send import Sender, Sent, send
from takedown.routes.gate import Availability
from takedown.routes.hotline import Leaves
from takedown.vault import Vault


class Desk:
    """A hotline's desk on a clock that the test sets."""

    def __init__(self, sessions: Sessions, vault: Vault, now: datetime) -> None:
        self.sessions, self.vault, self.now = sessions, vault, now
        self.leaves: Leaves = CLOSED
        self.hotline = HOTLINE
        self.channel: Channel = Accepts()
        self.seen: dict[uuid.UUID, Availability] = {}
        self.told: list[tuple[list[uuid.UUID], datetime]] = []

    def look_up(self, session: Session, urls: list[uuid.UUID]) -> Mapping[uuid.UUID, Availability]:
        fresh = Availability(checked_at=self.now, last_up_at=self.now)
        return {url: self.seen.get(url, fresh) for url in urls}

    def compose(self) -> Composed:
        with committing(self.sessions) as session:
            return compose(
                *(session, self.vault, self.hotline, self.leaves),
                look_up=self.look_up,
                now=self.now,
            )

    def approve(self, notices: list[uuid.UUID], *, supervisor: bool = False) -> list[Outcome]:
        with committing(self.sessions) as session:
            answers = approve(
                *(session, self.vault, self.hotline, self.leaves, notices),
                look_up=self.look_up,
                actor="user:alice",
                supervisor=supervisor,
                now=self.now,
            )
        return [answer.outcome for answer in answers]

    def send(self) -> Sent:
        sender = Sender(
            sessions=self.sessions,
            vault=self.vault,
            hotline=self.hotline,
            leaves=self.leaves,
            channels={"email": self.channel},
            look_up=self.look_up,
            on_accepted=lambda session, urls, at: self.told.append((urls, at)),
            clock=lambda: self.now,
            draw=lambda: 0.5,
        )
        return send(sender, now=self.now)

    def pass_time(self, **by: float) -> None:
        self.now = later(self.now, **by)

    def all(self, table: type) -> list:
        with self.sessions() as session:
            return list(session.scalars(select(table).order_by(table.id)))

    def one(self, table: type, key: uuid.UUID):
        with self.sessions() as session:
            return session.get_one(table, key)


class Accepts:
    """A channel that keeps what it was given; it answers as it is told, in order."""

    def __init__(self, *script: SendError) -> None:
        self.messages: list[bytes] = []
        self.senders: list[str] = []
        self.script = list(script)

    def send(self, message, sender, recipient, *, arm, deadline_s, envid=None) -> Receipt:
        error = self.script.pop(0) if self.script else None
        if error is not None and error.phase != "dot":
            raise error
        if not arm():
            raise SendError("arm", "the lease had ended")
        if error is not None:
            raise error
        self.messages.append(message)
        self.senders.append(sender)
        return Receipt("relay", "250 2.0.0 Ok: queued as QUEUE42", "QUEUE42")
