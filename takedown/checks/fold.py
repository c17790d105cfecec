"""One check from finding to row: verdict, calibration, removal, next due date. Pure."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from takedown.checks.attribution import removed_by
from takedown.checks.cadence import Look, Phase, Why, look, next_look
from takedown.checks.calibrating import Kept, Step, Turn, advance, controlled, wants_control
from takedown.checks.finding import Finding
from takedown.checks.removal import Change, ChangeKind, State, observe, rewound
from takedown.checks.verdict import Verdict, judge
from takedown.episodes.models import RemovedBy


@dataclass(slots=True)
class Row:
    """A row of `check_state`, its validators opened."""

    url_id: uuid.UUID
    lane: bytes
    clock_at: datetime
    deadline_hours: int | None
    step: Step
    tries: int
    kept: Kept
    state: State
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Spelled:
    """A run of equal verdicts that a check has ended."""

    verdict: str
    note: str
    first_at: datetime
    last_at: datetime
    checks: int


class Outcome(NamedTuple):
    """What one check changes: the new row, what to keep, and what flow must know."""

    row: Row
    verdict: Verdict
    note: str
    look: Look | None  # the next one; None: looking ends
    ended: Spelled | None
    kept_changed: bool
    changes: tuple[Change, ...] = ()
    removed_by: RemovedBy | None = None
    ask: tuple[str, ...] = ()  # kinds of tasks that open


ELSEWHERE_AFTER: Final = timedelta(minutes=1)
SKEW: Final = timedelta(hours=1)  # clocks of machines differ less; a check is never older than that
_SPELLS: Final = frozenset({ChangeKind.SPELL_OPENED, ChangeKind.SPELL_EXTENDED})


def fold(
    row: Row, finding: Finding, at: datetime, *, vantages: int = 1, vantage: int = 0
) -> Outcome:
    """What follows from a finding about the Url (at Step.CONTROL: its sibling) made at `at`."""
    if row.state.spell_last_at is not None and row.state.spell_last_at - at > SKEW:
        row = replace(row, state=rewound(row.state, at))
    if row.step is Step.CONTROL:
        return _after_control(row, finding, at)
    decided = judge(finding, row.kept.calibration, row.kept.control)
    if wants_control(row.step, row.kept, decided.note, at):
        waiting = replace(row, step=Step.CONTROL)
        first = look(at, Why.CONTROL)
        return Outcome(waiting, decided.verdict, decided.note, first, None, False)
    turn = advance(row.step, row.kept, row.tries, finding, decided.note)
    if decided.verdict is Verdict.CHANGED or decided.note == "soft_404_host":
        turn = turn._replace(kept=turn.kept._replace(changed=finding, changed_at=at))
    state, changes = observe(
        row.state,
        decided.verdict,
        at,
        vantage,
        vantages=vantages,
        unaltered=row.kept.calibration is not None and row.kept.calibration.comparable,
    )
    new = _after(row, turn, state, decided.note)
    told = _told(changes)
    confirmed = any(change.kind is ChangeKind.CONFIRMED for change in told)
    return Outcome(
        new,
        state.verdict or decided.verdict,
        decided.note,
        _from_elsewhere(state, at, vantages) or _next(new, turn, finding, at),
        _ended(row, changes),
        turn.kept is not row.kept,
        told,
        removed_by(finding) if confirmed else None,
        _asks(decided.note, decided.verdict, row.step, turn.step),
    )


def by_hand(row: Row, verdict: Verdict, seen_at: datetime, now: datetime) -> Outcome:
    """What follows from a manual finding: an observation like any other, with its own mark."""
    state, changes = observe(row.state, verdict, seen_at, manual=True)
    turn = Turn(row.step, row.kept, row.tries)
    new, told = _after(row, turn, state, "manual"), _told(changes)
    return Outcome(
        new,
        verdict,
        "manual",
        _next(new, turn, None, now),
        _ended(row, changes),
        False,
        told,
        RemovedBy.UNKNOWN if any(c.kind is ChangeKind.CONFIRMED for c in told) else None,
    )


def phase_of(state: State) -> Phase:
    """Which gaps hold for a Url in this state."""
    if state.return_up_at is not None:
        return Phase.RETURNING
    if state.confirmed_at is not None:
        return Phase.REMOVED
    return Phase.PROVISIONAL if state.provisional else Phase.OPEN


def _after(row: Row, turn: Turn, state: State, note: str) -> Row:
    return Row(
        row.url_id,
        row.lane,
        row.clock_at,
        row.deadline_hours,
        turn.step,
        turn.tries,
        turn.kept,
        state,
        note,
    )


def _told(changes: Sequence[Change]) -> tuple[Change, ...]:
    if len(changes) == 1 and changes[0].kind in _SPELLS:
        return ()
    return tuple(change for change in changes if change.kind not in _SPELLS)


def _after_control(row: Row, control: Finding, at: datetime) -> Outcome:
    turn = controlled(row.kept, row.tries, control, at)
    new = replace(row, step=turn.step, kept=turn.kept)
    note, last = row.note or "", row.state.verdict or Verdict.UNKNOWN
    # A redirect that waited for this look is asked again at once; else the cadence goes on.
    again = row.state.spell_last_at is None or at - row.state.spell_last_at > timedelta(hours=1)
    then = look(at, Why.CALIBRATION) if again else _next(new, turn, None, at)
    return Outcome(new, last, note, then, None, True)


def _from_elsewhere(state: State, at: datetime, vantages: int) -> Look | None:
    """A run that has just begun is looked at from another vantage point at once: whether it is gone
    is then known as exactly from two of them as from one.
    """
    begun = state.provisional and state.run_fails == 1 and state.run_last_at == at
    return look(at + ELSEWHERE_AFTER, Why.PROVISIONAL) if begun and vantages > 1 else None


def _next(row: Row, turn: Turn, finding: Finding | None, at: datetime) -> Look | None:
    if turn.wait is not None:
        return look(at + turn.wait, Why.CALIBRATION)
    due = next_look(
        row.clock_at,
        at,
        deadline_hours=row.deadline_hours,
        phase=phase_of(row.state),
        removed_at=row.state.first_down_at,
        seed=row.url_id.int & 0xFFFFFFFF,
    )
    if due is not None and finding is not None and finding.retry_after_s:
        wait = timedelta(seconds=finding.retry_after_s)
        if at + wait > due.at:
            return look(at + wait, Why.RETRY_AFTER, wait)
    return due


def _ended(row: Row, changes: Sequence[Change]) -> Spelled | None:
    old = row.state
    if old.verdict is None or old.spell_first_at is None or old.spell_last_at is None:
        return None
    if not changes or changes[0].kind is not ChangeKind.SPELL_OPENED:
        return None
    return Spelled(
        old.verdict, row.note or "", old.spell_first_at, old.spell_last_at, old.spell_checks
    )


def _asks(note: str, verdict: Verdict, before: Step, after: Step) -> tuple[str, ...]:
    if verdict is Verdict.UP and before is after:
        return ()
    found = []
    if note == "guarded":
        found.append("security")
    if verdict is Verdict.CHANGED:
        found.append("suspect")
    if after is Step.NOT_CALIBRATED and before is not after:
        found.append("manual_finding")
    if note == "soft_404_host":
        found.append("manual_finding")
    return tuple(found)
