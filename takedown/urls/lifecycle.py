"""Is it up? The allowed moves of a Url's status: the one place that writes it.

`held` and `not_checkable` stand beside: a Hold and a flag say so, whatever the status.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from takedown import audit
from takedown.db import among
from takedown.errors import TakedownError
from takedown.urls.models import Url, UrlStatus

_S = UrlStatus
MOVES: dict[UrlStatus, frozenset[UrlStatus]] = {
    _S.REGISTERED: frozenset({_S.LOCATED, _S.NEEDS_OPERATOR, _S.WITHDRAWN}),
    _S.NEEDS_OPERATOR: frozenset({_S.REGISTERED, _S.LOCATED, _S.REMOVED, _S.WITHDRAWN}),
    _S.LOCATED: frozenset({_S.LOCATED, _S.NOTIFIED, _S.REMOVED, _S.NEEDS_OPERATOR, _S.WITHDRAWN}),
    _S.NOTIFIED: frozenset({_S.LOCATED, _S.REMOVED, _S.NEEDS_OPERATOR, _S.WITHDRAWN}),
    _S.REMOVED: frozenset({_S.REAPPEARED, _S.LOCATED, _S.NOTIFIED, _S.WITHDRAWN}),
    _S.REAPPEARED: frozenset({_S.LOCATED, _S.NOTIFIED, _S.REMOVED, _S.WITHDRAWN}),
    _S.WITHDRAWN: frozenset(),
}


class MoveRefused(TakedownError):
    """A status was asked for that cannot follow the present one."""


def move(session: Session, url: Url, to: UrlStatus, *, now: datetime, why: str) -> None:
    """Move one Url, with its event. Raises `MoveRefused`."""
    if not move_many(session, [url.id], to, now=now, why=why):
        raise MoveRefused(f"{url.status} cannot become {to}")
    session.refresh(url, ["status"])


def move_many(
    session: Session, ids: Iterable[uuid.UUID], to: UrlStatus, *, now: datetime, why: str
) -> list[uuid.UUID]:
    """Move those Urls that may, each with its event; the ids of the moved ones.

    A Url that stands there already is left alone, so that a stage can run again.
    """
    allowed = [status for status, targets in MOVES.items() if to in targets and status != to]
    standing = session.execute(
        select(Url.id, Url.status)
        .where(among(Url.id, ids), Url.status.in_(allowed))
        .order_by(Url.id)
        .with_for_update(of=Url)
    ).all()
    if not standing:
        return []
    moved = [row.id for row in standing]
    session.execute(
        update(Url)
        .where(among(Url.id, moved))
        .values(status=to)
        .execution_options(synchronize_session="fetch")
    )
    for row in standing:
        audit.record(
            session,
            at=now,
            subject="url",
            subject_id=row.id,
            kind="status",
            before=row.status,
            after=to,
            why=why,
        )
    return moved


def place_again(session: Session, hosts: Iterable[uuid.UUID], now: datetime) -> None:
    """The Urls of these hosts are to be routed again: what is known of the host has changed."""
    _place_again(session, among(Url.host_id, hosts), now)


def place_these_again(session: Session, ids: Iterable[uuid.UUID], now: datetime) -> None:
    """These Urls are to be routed again: what may be done about them has changed."""
    _place_again(session, among(Url.id, ids), now)


def _place_again(session: Session, these: ColumnElement[bool], now: datetime) -> None:
    session.execute(
        update(Url)
        .where(these)
        .values(place_due_at=now)
        .execution_options(synchronize_session=False)
    )
