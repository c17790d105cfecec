"""Two providers became one: the open episodes that a Url has at both become one as well."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from takedown.episodes.events import close
from takedown.episodes.models import Episode, Outcome


def pairs(session: Session, gone: uuid.UUID, kept: uuid.UUID) -> list[tuple[Episode, Episode]]:
    """Open episodes of the same Url at these two providers."""
    other = aliased(Episode)
    rows = session.execute(
        select(Episode, other)
        .join(other, other.url_id == Episode.url_id)
        .where(
            Episode.provider_id == gone,
            Episode.outcome == Outcome.OPEN,
            other.provider_id == kept,
            other.outcome == Outcome.OPEN,
        )
        .order_by(Episode.id)
    )
    return [(row[0], row[1]) for row in rows]


def join_open(
    session: Session, gone: uuid.UUID, kept: uuid.UUID, *, now: datetime
) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Close one of each pair as rescinded, so that no Url is counted or followed up twice.

    The primary one goes on, else the one whose clock started first; it takes over the earlier
    start. Returns (closed, going on).
    """
    joined = []
    for pair in pairs(session, gone, kept):
        stays, goes = sorted(pair, key=_precedence)
        if goes.notified_at is not None and (
            stays.notified_at is None or goes.notified_at < stays.notified_at
        ):
            stays.notified_at, stays.accepted_by = goes.notified_at, goes.accepted_by
            stays.notice_id = goes.notice_id
        close(
            *(session, goes, Outcome.RESCINDED),
            now=now,
            why="providers merged",
            into=str(stays.id),
        )
        joined.append((goes.id, stays.id))
    session.flush()
    return joined


def _precedence(episode: Episode) -> tuple[bool, bool, float, bytes]:
    started = episode.notified_at
    return (
        not episode.primary,
        started is None,
        started.timestamp() if started else 0,
        episode.id.bytes,
    )
