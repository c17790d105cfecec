"""The check stage's rows: opened after `locate`, claimed by lanes, written by arrays."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import RowMapping, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from takedown.checks import lanes
from takedown.checks.calibrating import Kept, Step, load
from takedown.checks.finding import Finding
from takedown.checks.fold import STATE, Outcome, Row, by_hand, fold
from takedown.checks.models import CheckState, ManualFinding
from takedown.checks.removal import Change, State
from takedown.checks.verdict import Verdict
from takedown.checks.writing import write
from takedown.db import new_id
from takedown.hosts.models import Host
from takedown.people.tasks import TaskKind, ask, settle
from takedown.urls.models import Url
from takedown.vault import Vault

LEASE: Final = timedelta(minutes=5)
FIRST_RANK, OPEN_RANK = 0, 5


@dataclass(frozen=True, slots=True)
class Opening:
    """A located Url that is to be looked at from now on."""

    url_id: uuid.UUID
    lane: bytes
    clock_at: datetime
    deadline_hours: int | None


@dataclass(frozen=True, slots=True)
class Due:
    """A Url to look at now, its location opened at the last moment."""

    row: Row
    location: str = field(repr=False)
    host: str = field(repr=False)
    host_id: uuid.UUID
    cohort: int
    domain_status: tuple[str, ...]  # as the registry gave it when the host was traced


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
    statement = insert(CheckState).values(
        [
            {
                "url_id": one.url_id,
                "lane": one.lane,
                "clock_at": one.clock_at,
                "deadline_hours": one.deadline_hours,
                "next_check_at": now,
                "rank": FIRST_RANK,
            }
            for one in sorted(openings, key=lambda one: one.url_id)
        ]
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["url_id"],
            set_={"lane": statement.excluded.lane},
        )
    )
    lanes.make_due(session, [one.url_id for one in openings])


def restart_clock(
    session: Session, url_ids: Iterable[uuid.UUID], *, at: datetime, first_gap: timedelta
) -> None:
    """The cadence counts from `at` now: the notice was accepted, or the Url came back."""
    ids = sorted(url_ids)
    session.execute(
        update(CheckState)
        .where(CheckState.url_id.in_(ids), CheckState.confirmed_at.is_(None))
        .values(clock_at=at)
    )
    session.execute(
        update(CheckState)
        .where(
            CheckState.url_id.in_(ids),
            CheckState.confirmed_at.is_(None),
            CheckState.calibration.in_((Step.DONE, Step.NOT_CALIBRATED)),
            CheckState.next_check_at > at + first_gap,
        )
        .values(next_check_at=at + first_gap)
    )
    lanes.make_due(session, ids)


def look_now(session: Session, url_ids: Iterable[uuid.UUID], *, now: datetime) -> None:
    """A person or a claim wants these looked at first."""
    ids = sorted(url_ids)
    session.execute(
        update(CheckState)
        .where(CheckState.url_id.in_(ids))
        .values(next_check_at=now, rank=FIRST_RANK)
    )
    lanes.make_due(session, ids)


def stop_checks(session: Session, url_ids: Iterable[uuid.UUID]) -> None:
    """Look no more: withdrawn, or held with probes off."""
    session.execute(
        update(CheckState).where(CheckState.url_id.in_(list(url_ids))).values(next_check_at=None)
    )


def claim(
    session: Session, vault: Vault, *, now: datetime, batch: int, one_each: bool
) -> Batch | None:
    """Lease lanes with something due and open what is needed to look; None when all is done."""
    taken = lanes.lease(session, now=now, until=LEASE, batch=batch, one_each=one_each)
    if taken is None:
        return None
    rows = session.execute(_READ, {"ids": list(taken.urls)}).mappings().all()
    return Batch(taken, tuple(_due(vault, row) for row in rows))


_READ = text(
    f"""
    SELECT c.url_id, c.lane, c.clock_at, c.deadline_hours, c.calibration, c.tries, c.validators,
           c.note, {", ".join(f"c.{name}" for name in STATE)},
           u.location, u.host_id, u.cohort, h.name, t.domain_status
    FROM check_state c JOIN urls u ON u.id = c.url_id JOIN hosts h ON h.id = u.host_id
    LEFT JOIN traces t ON t.id = h.trace_id
    WHERE c.url_id = ANY(:ids)
    """
)


def _due(vault: Vault, row: RowMapping) -> Due:
    return Due(
        _row(vault, row),
        vault.open("urls.location", row["url_id"], row["location"]),
        vault.open("hosts.name", row["host_id"], row["name"]),
        row["host_id"],
        row["cohort"],
        tuple(row["domain_status"] or ()),
    )


def _row(vault: Vault, row: RowMapping) -> Row:
    url_id, kept, state = row["url_id"], row["validators"], {name: row[name] for name in STATE}
    if state["verdict"] is not None:
        state["verdict"] = Verdict(state["verdict"])
    return Row(
        url_id,
        row["lane"],
        row["clock_at"],
        row["deadline_hours"],
        Step(row["calibration"]),
        row["tries"],
        load(vault.open("check_state.validators", url_id, kept)) if kept else Kept(),
        State(**state),
        row["note"],
    )


def record(
    session: Session,
    vault: Vault,
    batch: Batch,
    findings: Mapping[uuid.UUID, Finding],
    *,
    now: datetime,
    interval: timedelta,
    vantages: int = 1,
) -> list[Moved]:
    """Write what was seen, where the lane is still ours; give the lanes back.

    Returns what others act on: provisional, cleared, confirmed, reappeared, retracted.
    """
    ours = lanes.mine(session, batch.lease)
    seen: list[tuple[Due, Finding, Outcome]] = []
    waits: dict[bytes, datetime] = {}
    for due in batch.due:
        finding = findings.get(due.row.url_id)
        if finding is None or due.row.lane not in ours:
            continue
        seen.append((due, finding, fold(due.row, finding, now, vantages=vantages)))
        if finding.retry_after_s:
            wait = now + timedelta(seconds=finding.retry_after_s)
            waits[due.row.lane] = max(wait, waits.get(due.row.lane, wait))
    write(session, vault, seen, now)
    for due, _, outcome in seen:
        _ask(session, due.row.url_id, outcome, now)
    lanes.release(session, ours, next_at=now + interval, waits=waits)
    return [
        Moved(due.row.url_id, outcome, change)
        for due, _, outcome in seen
        for change in outcome.changes
    ]


def enter_finding(
    session: Session,
    vault: Vault,
    url: Url,
    verdict: Verdict,
    *,
    seen_at: datetime,
    how: str,
    now: datetime,
    by: str,
) -> list[Moved]:
    """A person's word on up or gone; settles what asked for it. The door commits."""
    session.add(
        ManualFinding(
            id=new_id(),
            url_id=url.id,
            seen_at=seen_at,
            verdict=verdict,
            how=how,
            entered_at=now,
            entered_by=by,
        )
    )
    for kind in (TaskKind.MANUAL_FINDING, TaskKind.SUSPECT):
        settle(session, kind, url.id, now=now, by=by)
    if session.get(CheckState, url.id) is None:
        lane = session.scalar(select(Host.domain_index).where(Host.id == url.host_id))
        open_checks(session, [Opening(url.id, lane or b"", url.registered_at, None)], now=now)
    found = session.execute(_READ, {"ids": [url.id]}).mappings().one()
    due = _due(vault, found)
    outcome = by_hand(due.row, verdict, seen_at, now)
    write(session, vault, [(due, None, outcome)], now)
    lanes.make_due(session, [url.id])
    return [Moved(url.id, outcome, change) for change in outcome.changes]


def _ask(session: Session, url_id: uuid.UUID, outcome: Outcome, now: datetime) -> None:
    for kind in outcome.ask:
        ask(session, TaskKind(kind), "url", url_id, now=now, why=outcome.note)
    if outcome.verdict is Verdict.UP and outcome.ended is not None:
        settle(session, TaskKind.SUSPECT, url_id, now=now, by="machine")
