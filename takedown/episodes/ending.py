"""How episodes end, and what is learnt of their end afterwards."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.episodes.events import close, happened
from takedown.episodes.models import Episode, Outcome, RemovedBy
from takedown.hosts.models import Role, Trace


def removed(
    session: Session,
    url_id: uuid.UUID,
    *,
    last_up_at: datetime | None,
    first_down_at: datetime,
    confirmed_at: datetime,
    unavailable: bool,
    removed_by: RemovedBy,
    seen_from: int,
    now: datetime,
) -> None:
    """A removal is confirmed, dated back to (last up, first down], by so many vantage points."""
    standing = _open_ones(session, url_id)
    on_platform = any(one.primary and one.role == Role.PLATFORM for one in standing)
    if on_platform and removed_by is RemovedBy.HOST:
        removed_by = RemovedBy.PLATFORM
    for episode in standing:
        episode.last_up_at = last_up_at
        episode.first_down_at = first_down_at
        episode.confirmed_at = confirmed_at
        episode.removed_by, episode.seen_from = removed_by, seen_from
        told_at = episode.notified_at or episode.handed_over_at
        before = told_at is None or first_down_at <= told_at
        outcome = Outcome.UNAVAILABLE if unavailable else Outcome.REMOVED
        close(
            session,
            episode,
            Outcome.GONE_BEFORE_NOTICE if before else outcome,
            now=now,
            why="confirmed",
        )


def retracted(session: Session, url_id: uuid.UUID, *, now: datetime) -> Episode | None:
    """What was confirmed had been an outage: the episode goes on as if nothing had been."""
    last = _last_closed(session, url_id)
    if last is None:
        return None
    for episode in _closed_with(session, last):
        episode.outcome = Outcome.OPEN
        episode.first_down_at = episode.confirmed_at = episode.closed_at = None
        episode.removed_by = episode.seen_from = None
        happened(session, episode, "episode_reopened", now=now, why="outage")
    return last


def reappeared(session: Session, url_id: uuid.UUID, *, at: datetime, now: datetime) -> Trace | None:
    """Up again after a removal: marks the removed episode; its Trace, where the next one opens."""
    last = _last_closed(session, url_id)
    if last is None:
        return None
    last.reappeared_at = at
    happened(session, last, "reappeared", now=now)
    return session.get(Trace, last.trace_id)


def redated(
    session: Session,
    url_id: uuid.UUID,
    *,
    last_up_at: datetime | None,
    first_down_at: datetime | None,
) -> None:
    """A late observation narrowed the interval of a removal."""
    last = _last_closed(session, url_id)
    for episode in _closed_with(session, last) if last else ():
        episode.last_up_at, episode.first_down_at = last_up_at, first_down_at


def witnessed(session: Session, url_id: uuid.UUID, seen_from: int) -> None:
    """A removal is seen from more vantage points than when it was confirmed."""
    last = _last_closed(session, url_id)
    for episode in _closed_with(session, last) if last else ():
        episode.seen_from = seen_from


def rescind(
    session: Session, url_ids: Iterable[uuid.UUID], *, now: datetime, ended: bool = False
) -> None:
    """Withdrawn Urls leave the figures; `ended`: so does what rested on our mistake before."""
    for url_id in url_ids:
        for episode in _all(session, url_id) if ended else _open_ones(session, url_id):
            close(session, episode, Outcome.RESCINDED, now=now, why="withdrawn")


def _open_ones(session: Session, url_id: uuid.UUID) -> list[Episode]:
    return list(
        session.scalars(
            select(Episode)
            .where(Episode.url_id == url_id, Episode.outcome == Outcome.OPEN)
            .order_by(Episode.id)
        )
    )


def _all(session: Session, url_id: uuid.UUID) -> list[Episode]:
    return list(
        session.scalars(select(Episode).where(Episode.url_id == url_id).order_by(Episode.id))
    )


def _last_closed(session: Session, url_id: uuid.UUID) -> Episode | None:
    return session.scalars(
        select(Episode)
        .where(Episode.url_id == url_id, Episode.primary, Episode.confirmed_at.is_not(None))
        .order_by(Episode.ordinal.desc())
        .limit(1)
    ).first()


def _closed_with(session: Session, last: Episode) -> Sequence[Episode]:
    """The episodes that the same removal ended: at a proxy, too."""
    same = (Episode.url_id == last.url_id, Episode.confirmed_at == last.confirmed_at)
    return session.scalars(select(Episode).where(*same).order_by(Episode.id)).all()
