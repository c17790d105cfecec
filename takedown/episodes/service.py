"""Open, close, move and reopen episodes: the unit of all statistics."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from takedown import audit
from takedown.db import new_id
from takedown.episodes.models import Episode, Outcome
from takedown.hosts.models import Trace
from takedown.people.tasks import TaskKind, ask


def open_episode(
    session: Session,
    url_id: uuid.UUID,
    trace: Trace,
    *,
    now: datetime,
    deadline_hours: int | None,
    binding: bool,
    last_up_at: datetime | None = None,
) -> Episode | None:
    """Open the primary episode of a Url at the provider of `trace`; None where nobody is known.

    The one that is open there already is kept and rests on this Trace. One at another provider is
    closed as moved, in the interval (`last_up_at`, now].
    """
    if trace.provider_id is None:
        return None
    standing = session.scalars(
        select(Episode).where(
            Episode.url_id == url_id, Episode.outcome == Outcome.OPEN, Episode.primary
        )
    ).first()
    if standing is not None and standing.provider_id == trace.provider_id:
        standing.trace_id = trace.id
        if standing.notified_at is None:
            standing.country, standing.asn = trace.country, trace.asn
            standing.deadline_hours, standing.deadline_binding = deadline_hours, binding
        return standing
    if standing is not None:
        _close(session, standing, Outcome.MOVED, now=now, why="another provider hosts it")
        standing.last_up_at, standing.first_down_at = last_up_at, now
        standing.removed_by = "moved"
        ask(session, TaskKind.MOVED, "url", url_id, now=now, why="moved")
        session.flush()
    ordinal = session.scalar(
        select(func.coalesce(func.max(Episode.ordinal), 0) + 1).where(Episode.url_id == url_id)
    )
    opened = Episode(
        id=new_id(),
        url_id=url_id,
        provider_id=trace.provider_id,
        trace_id=trace.id,
        role=trace.role or "host",
        primary=True,
        ordinal=ordinal or 1,
        country=trace.country,
        asn=trace.asn,
        deadline_hours=deadline_hours,
        deadline_binding=binding,
        opened_at=now,
        outcome=Outcome.OPEN,
    )
    session.add(opened)
    session.flush()
    _event(session, opened, "episode_opened", now=now)
    return opened


def removed(
    session: Session,
    url_id: uuid.UUID,
    *,
    last_up_at: datetime | None,
    first_down_at: datetime,
    confirmed_at: datetime,
    unavailable: bool,
    removed_by: str | None,
    now: datetime,
) -> None:
    """A removal is confirmed, dated back to (last up, first down]."""
    for episode in _open_ones(session, url_id):
        episode.last_up_at = last_up_at
        episode.first_down_at = first_down_at
        episode.confirmed_at = confirmed_at
        episode.removed_by = removed_by
        before = episode.notified_at is None or first_down_at <= episode.notified_at
        outcome = Outcome.UNAVAILABLE if unavailable else Outcome.REMOVED
        _close(
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
    last.outcome = Outcome.OPEN
    last.first_down_at = last.confirmed_at = last.closed_at = None
    last.removed_by = None
    _event(session, last, "episode_reopened", now=now, why="outage")
    return last


def reappeared(session: Session, url_id: uuid.UUID, *, at: datetime, now: datetime) -> Trace | None:
    """Up again after a removal: marks the removed episode; its Trace, where the next one opens."""
    last = _last_closed(session, url_id)
    if last is None:
        return None
    last.reappeared_at = at
    _event(session, last, "reappeared", now=now)
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
    if last is not None:
        last.last_up_at, last.first_down_at = last_up_at, first_down_at


def rescind(session: Session, url_ids: Iterable[uuid.UUID], *, now: datetime) -> None:
    """We were wrong: withdrawn Urls leave the figures."""
    for url_id in url_ids:
        for episode in _open_ones(session, url_id):
            _close(session, episode, Outcome.RESCINDED, now=now, why="withdrawn")


def _open_ones(session: Session, url_id: uuid.UUID) -> list[Episode]:
    return list(
        session.scalars(
            select(Episode)
            .where(Episode.url_id == url_id, Episode.outcome == Outcome.OPEN)
            .order_by(Episode.id)
        )
    )


def _last_closed(session: Session, url_id: uuid.UUID) -> Episode | None:
    return session.scalars(
        select(Episode)
        .where(Episode.url_id == url_id, Episode.confirmed_at.is_not(None))
        .order_by(Episode.ordinal.desc())
        .limit(1)
    ).first()


def _close(
    session: Session, episode: Episode, outcome: Outcome, *, now: datetime, why: str
) -> None:
    episode.outcome = outcome
    episode.closed_at = now
    _event(session, episode, "episode_closed", now=now, why=why)


def _event(session: Session, episode: Episode, kind: str, *, now: datetime, why: str = "") -> None:
    audit.record(
        session,
        at=now,
        subject="url",
        subject_id=episode.url_id,
        kind=kind,
        after=episode.outcome,
        episode=str(episode.id),
        provider=str(episode.provider_id),
        why=why,
    )
