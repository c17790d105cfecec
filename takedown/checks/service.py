"""The check stage's rows: opened after `locate`, claimed by lanes, written by arrays."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from takedown.audit import MACHINE
from takedown.checks import lanes, opening
from takedown.checks.cadence import RANK, Why, look
from takedown.checks.calibrating import Step
from takedown.checks.finding import Finding
from takedown.checks.fold import Outcome, fold
from takedown.checks.models import CheckState
from takedown.checks.opening import Due
from takedown.checks.removal import Change
from takedown.checks.verdict import Verdict
from takedown.checks.writing import write
from takedown.db import among
from takedown.people.tasks import TaskKind, ask, settle
from takedown.routes import police
from takedown.urls.models import Url, UrlStatus
from takedown.vault import Vault

LEASE: Final = timedelta(minutes=5)
UNREADABLE_WAIT: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Opening:
    """A located Url that is to be looked at from now on."""

    url_id: uuid.UUID
    lane: bytes
    clock_at: datetime
    deadline_hours: int | None


@dataclass(frozen=True, slots=True)
class Batch:
    """What was claimed together."""

    lease: lanes.Lease
    due: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """A change in a Url's availability that others act on."""

    url_id: uuid.UUID
    outcome: Outcome
    change: Change


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


def claim(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    batch: int,
    one_each: bool,
    most_lanes: int | None = None,
    alone: bool = True,
    token: uuid.UUID | None = None,
    police_agree: bool = False,
) -> Batch | None:
    """Lease lanes with something due and open what is needed to look; None when all is done.

    `most_lanes`, `alone`, `token`: see `lanes.lease`. What does not open is put off for an hour and
    a person is asked: it must not keep others waiting. What a hold forbids to look at is not
    looked at until it is released; nor is, before they agree, where the police come first
    (`police_agree`: they did so once for all).
    """
    if alone:
        _put_aside(session, now)
    taken = lanes.lease(
        session,
        now=now,
        until=LEASE,
        batch=batch,
        one_each=one_each,
        most_lanes=most_lanes,
        alone=alone,
        token=token,
    )
    if taken is None:
        return None
    silent = police.silent(session, taken.urls, agree=police_agree)
    silent |= _not_looked_at(session, taken.urls)
    if silent:
        stop_checks(session, silent)
    opened = opening.due(session, vault, [one for one in taken.urls if one not in silent])
    unreadable = set(taken.urls).difference(silent, (due.row.url_id for due in opened))
    _put_off(session, unreadable, now)
    busy = {due.row.lane for due in opened}
    if len(busy) < len(taken.lanes):
        lanes.release(session, set(taken.lanes) - busy, next_at=now)
    return Batch(replace(taken, lanes=tuple(busy)), opened)


def _not_looked_at(session: Session, urls: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Withdrawn meanwhile, or for people's eyes alone."""
    return set(
        session.scalars(
            select(Url.id).where(
                among(Url.id, urls),
                (Url.status == UrlStatus.WITHDRAWN) | Url.not_checkable,
            )
        )
    )


def _put_aside(session: Session, now: datetime) -> None:
    """Whatever it is that takes its worker down at this Url: people look at it instead."""
    aside = lanes.put_aside(session, now)
    stop_checks(session, aside)
    for url_id in aside:
        why = "its look never came back"
        ask(session, TaskKind.MANUAL_FINDING, "url", url_id, now=now, why=why)
    lanes.make_due(session, aside)


def _put_off(session: Session, unreadable: Iterable[uuid.UUID], now: datetime) -> None:
    for url_id in sorted(unreadable):
        session.execute(
            update(CheckState)
            .where(CheckState.url_id == url_id)
            .values(next_check_at=now + UNREADABLE_WAIT)
        )
        ask(session, TaskKind.SECURITY, "url", url_id, now=now, why="unreadable")


def record(
    session: Session,
    vault: Vault,
    batch: Batch,
    findings: Mapping[uuid.UUID, Finding],
    *,
    now: datetime,
    interval: timedelta,
    vantages: Sequence[str] = ("direct",),
) -> list[Moved]:
    """Write what was seen, where the lane is still ours; give the lanes back.

    `vantages`: the names of all vantage points, in their order.

    Returns what others act on: provisional, cleared, confirmed, reappeared, retracted.
    """
    ours = lanes.mine(session, batch.lease)
    seen: list[tuple[Due, Finding, Outcome]] = []
    waits: dict[bytes, datetime] = {}
    for due in batch.due:
        finding = findings.get(due.row.url_id)
        if finding is None or due.row.lane not in ours:
            continue
        vantage = vantages.index(finding.vantage)
        outcome = fold(due.row, finding, now, vantages=len(vantages), vantage=vantage)
        seen.append((due, finding, outcome))
        if finding.retry_after_s:
            wait = now + timedelta(seconds=finding.retry_after_s)
            waits[due.row.lane] = max(wait, waits.get(due.row.lane, wait))
    write(session, vault, seen, now)
    for due, _, outcome in seen:
        if outcome.ask or outcome.ended is not None:
            _ask(session, due.row.url_id, outcome, now)
    lanes.release(session, ours, next_at=now + interval, waits=waits)
    return [
        Moved(due.row.url_id, outcome, change)
        for due, _, outcome in seen
        for change in outcome.changes
    ]


def _ask(session: Session, url_id: uuid.UUID, outcome: Outcome, now: datetime) -> None:
    for kind in outcome.ask:
        ask(session, TaskKind(kind), "url", url_id, now=now, why=outcome.note)
    if outcome.verdict is Verdict.UP and outcome.ended is not None:
        settle(session, TaskKind.SUSPECT, url_id, now=now, by=MACHINE)
