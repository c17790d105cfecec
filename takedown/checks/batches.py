"""What is due is claimed by lanes, and what was seen is written by arrays."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from takedown.audit import MACHINE
from takedown.checks import lanes, opening
from takedown.checks.finding import Finding
from takedown.checks.fold import Outcome, fold
from takedown.checks.models import CheckState
from takedown.checks.opening import Due
from takedown.checks.removal import Change
from takedown.checks.service import stop_checks
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
