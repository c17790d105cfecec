"""Which Urls are looked at, and from when on: opened after `locate`, stopped, asked for."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from takedown.checks import lanes
from takedown.checks.cadence import RANK, Why, look
from takedown.checks.calibrating import Step
from takedown.checks.models import CheckState
from takedown.db import among
from takedown.urls.models import Url, UrlStatus


@dataclass(frozen=True, slots=True)
class Opening:
    """A located Url that is to be looked at from now on."""

    url_id: uuid.UUID
    lane: bytes
    clock_at: datetime
    deadline_hours: int | None


def open_checks(session: Session, openings: Sequence[Opening], *, now: datetime) -> None:
    """Make Urls due for their first look; one that is open already only learns its lane."""
    if not openings:
        return
    lanes.lock(session, [one.url_id for one in openings], {one.lane for one in openings})
    session.execute(
        _OPEN,
        {
            "urls": [one.url_id for one in openings],
            "lanes": [one.lane for one in openings],
            "clocks": [one.clock_at for one in openings],
            "deadlines": [one.deadline_hours for one in openings],
            "why": Why.FIRST,
            "rank": RANK[Why.FIRST],
            "now": now,
        },
    )
    lanes.make_due(session, [one.url_id for one in openings])


_OPEN = text(
    """
    INSERT INTO check_state (url_id, lane, clock_at, deadline_hours, next_check_at,
                             next_why, rank, calibration, tries, spell_checks, last_up_manual,
                             run_fails, run_vantages, run_downs, run_down_vantages)
    SELECT url_id, lane, clock_at, hours, :now, :why, :rank, 0, 0, 0, false, 0, 0, 0, 0
    FROM unnest(CAST(:urls AS uuid[]), CAST(:lanes AS bytea[]), CAST(:clocks AS timestamptz[]),
                CAST(:deadlines AS int[])) AS opening(url_id, lane, clock_at, hours)
    ORDER BY url_id
    ON CONFLICT (url_id) DO UPDATE
        SET lane = excluded.lane, deadline_hours = excluded.deadline_hours
    """
)


def restart_clock(
    session: Session, url_ids: Iterable[uuid.UUID], *, at: datetime, first_gap: timedelta
) -> None:
    """The cadence counts from `at` now: the notice was accepted, or the Url came back."""
    ids, soon = sorted(url_ids), look(at + first_gap, Why.AGE, first_gap)
    lanes.lock(session, ids)
    session.execute(
        update(CheckState)
        .where(among(CheckState.url_id, ids), CheckState.confirmed_at.is_(None))
        .values(clock_at=at)
    )
    session.execute(
        update(CheckState)
        .where(
            among(CheckState.url_id, ids),
            CheckState.confirmed_at.is_(None),
            CheckState.calibration.in_((Step.DONE, Step.NOT_CALIBRATED)),
            CheckState.next_check_at > soon.at,
        )
        .values(next_check_at=soon.at, next_why=soon.why, rank=soon.rank)
    )
    lanes.make_due(session, ids)


def look_now(session: Session, url_ids: Iterable[uuid.UUID], *, now: datetime) -> None:
    """A person or a claim wants these looked at first."""
    ids = sorted(url_ids)
    lanes.lock(session, ids)
    session.execute(
        update(CheckState)
        .where(among(CheckState.url_id, ids))
        .values(next_check_at=now, next_why=Why.ASKED, rank=RANK[Why.ASKED])
    )
    lanes.make_due(session, ids)


def stop_checks(session: Session, url_ids: Iterable[uuid.UUID]) -> None:
    """Look no more: withdrawn, held with probes off, or the police come first."""
    session.execute(
        update(CheckState)
        .where(among(CheckState.url_id, url_ids))
        .values(next_check_at=None, next_why=None)
    )


def resume_checks(session: Session, url_ids: Iterable[uuid.UUID], *, now: datetime) -> None:
    """Look again, first of all, at what `stop_checks` stopped; the caller knows that it may be."""
    stopped = session.scalars(
        select(CheckState.url_id)
        .join(Url, Url.id == CheckState.url_id)
        .where(
            among(CheckState.url_id, url_ids),
            CheckState.next_check_at.is_(None),
            Url.status != UrlStatus.WITHDRAWN,
            Url.not_checkable.is_(False),
        )
    ).all()
    look_now(session, stopped, now=now)
