"""Episodes as rows for the measures: no location among them, hosts as bare numbers."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from takedown.checks.models import CheckState
from takedown.episodes.models import Episode, Outcome
from takedown.hosts.models import Provider
from takedown.stats.episode_rows import CLOCKS, Clock, EpisodeRow
from takedown.urls.models import Url

NEUTRAL: Final = frozenset({"blocked", "changed", "unknown"})
_START: Final = {
    "notified": Episode.notified_at,
    "received": Url.received_at,
    "registered": Url.registered_at,
    "police_informed": Url.police_informed_at,
    "police_cleared": Url.police_cleared_at,
}


def episode_rows(
    session: Session,
    *,
    clock: Clock,
    from_: datetime | None,
    to: datetime | None,
    name: Callable[[Provider], str],
) -> list[EpisodeRow]:
    """The primary episodes whose clock starts in [from_, to), and those without a start.

    An open episode takes its last up, and a removal that is not confirmed yet, from the checks.
    `name`: what a provider is called for whoever reads.
    """
    start = _START[clock]
    query = (
        select(
            Episode,
            start.label("start"),
            Url.host_id,
            CheckState.verdict,
            CheckState.last_up_at.label("seen_up_at"),
            CheckState.run_first_at,
            func.row_number()
            .over(partition_by=(Episode.url_id, Episode.provider_id), order_by=Episode.ordinal)
            .label("nth"),
        )
        .join(Url, Url.id == Episode.url_id)
        .outerjoin(CheckState, CheckState.url_id == Episode.url_id)
        .where(Episode.primary)
        .order_by(Episode.id)
    )
    names = {one.id: name(one) for one in session.scalars(select(Provider))}
    hosts: dict[uuid.UUID, int] = {}
    rows = (row for row in session.execute(query) if _within(row.start, from_, to))
    return [
        _row(row, names[row.Episode.provider_id], hosts.setdefault(row.host_id, len(hosts)))
        for row in rows
    ]


def _within(start: datetime | None, from_: datetime | None, to: datetime | None) -> bool:
    return start is None or ((from_ is None or start >= from_) and (to is None or start < to))


def _row(row: Row[tuple[object, ...]], provider: str, host: int) -> EpisodeRow:
    episode: Episode = row.Episode
    is_open = episode.outcome == Outcome.OPEN
    return EpisodeRow(
        url_id=episode.url_id,
        provider_id=episode.provider_id,
        provider_name=provider,
        country=episode.country,
        notice_id=episode.notice_id,
        host_number=host,
        started_at=row.start,
        last_up_at=row.seen_up_at if is_open else episode.last_up_at,
        first_down_at=row.run_first_at if is_open else episode.first_down_at,
        confirmed_at=episode.confirmed_at,
        outcome=Outcome(episode.outcome).value,
        ordinal=row.nth,
        inconclusive_after_last_up=is_open and row.verdict in NEUTRAL,
        reappeared=episode.reappeared_at is not None,
        deadline_hours=episode.deadline_hours,
        deadline_binding=episode.deadline_binding,
    )


__all__ = ["CLOCKS", "episode_rows"]
