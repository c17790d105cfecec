"""From verdicts to removal: a fold, pure. One failure is never a removal."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple

from takedown.checks.verdict import Verdict

FAILING: Final = frozenset({Verdict.DOWN, Verdict.UNREACHABLE})
DOWNS: Final = 3
DOWNS_OVER: Final = timedelta(hours=24)
FAILS: Final = 4
FAILS_OVER: Final = timedelta(hours=72)
RETURN_OVER: Final = timedelta(hours=1)
OUTAGE_UNDER: Final = timedelta(days=7)

# A person's own viewer is a vantage point of its own; probes have bits 0 to 13 (a smallint holds).
MANUAL_VANTAGE: Final = 14


class State(NamedTuple):
    """What is known of one Url's availability: plain columns of a narrow table. Times are UTC.

    The spell is the run of equal verdicts that goes on now. The failing run counts `down` and
    `unreachable` together since the last `up`. `*_vantages` are bit masks of vantage points.
    After a confirmation, (`up_before_at`, `first_down_at`] is the interval of the removal; before
    it, `first_down_at` is when enough vantage points had seen a `down` in this run.
    """

    verdict: Verdict | None = None
    spell_first_at: datetime | None = None
    spell_last_at: datetime | None = None
    spell_checks: int = 0
    last_up_at: datetime | None = None
    last_up_manual: bool = False
    run_first_at: datetime | None = None
    run_last_at: datetime | None = None
    run_fails: int = 0
    run_vantages: int = 0
    run_downs: int = 0
    run_down_first_at: datetime | None = None
    run_down_last_at: datetime | None = None
    run_down_vantages: int = 0
    confirmed_at: datetime | None = None
    up_before_at: datetime | None = None
    first_down_at: datetime | None = None
    return_up_at: datetime | None = None

    @property
    def removed(self) -> bool:
        return self.confirmed_at is not None

    @property
    def ever_up(self) -> bool:
        return self.last_up_at is not None

    @property
    def seen_from(self) -> int:
        """How many vantage points saw the failing run: the explicit `down`s, where there are."""
        mask = self.run_down_vantages if self.run_downs else self.run_vantages
        return mask.bit_count()

    @property
    def provisional(self) -> bool:
        """A failing run is open and not yet a removal: shown at once, checked every 8 h at most."""
        return self.run_first_at is not None and self.confirmed_at is None


class ChangeKind(StrEnum):
    """What a finding changed."""

    SPELL_OPENED = "spell_opened"
    SPELL_EXTENDED = "spell_extended"
    PROVISIONAL = "provisional"  # a failing run begins
    CLEARED = "cleared"  # an up ended the failing run before it was a removal
    CONFIRMED = "confirmed"
    WITNESSED = "witnessed"  # a confirmed removal, seen from one more vantage point
    REDATED = "redated"  # a late observation narrowed the interval of a confirmed removal
    REAPPEARED = "reappeared"
    RETRACTED = "retracted"  # what was confirmed had been an outage
    CONTRADICTED = "contradicted"  # a late up inside a confirmed run: a person must look


class Change(NamedTuple):
    """One thing that an observation changed. `at` is its own time: for `reappeared` the first up.

    `last_up_at` and `first_down_at` bound the removal where the kind speaks of one;
    `unreachable_only` says no explicit `down` was seen.
    """

    kind: ChangeKind
    at: datetime
    last_up_at: datetime | None = None
    first_down_at: datetime | None = None
    unreachable_only: bool = False


_NO_RUN: Final[dict[str, Any]] = {
    key: default for key, default in State._field_defaults.items() if key.startswith("run_")
}
_UNDATED: Final[dict[str, Any]] = {"first_down_at": None}
_TIMES: Final = tuple(name for name in State._fields if name.endswith("_at"))
_NO_REMOVAL: Final[dict[str, Any]] = dict.fromkeys(
    ("confirmed_at", "up_before_at", "first_down_at", "return_up_at")
)


def observe(
    state: State,
    verdict: Verdict,
    at: datetime,
    vantage: int = 0,
    *,
    vantages: int = 1,
    manual: bool = False,
    unaltered: bool = True,
) -> tuple[State, tuple[Change, ...]]:
    """The state after one more observation at `at` (UTC), and what it changed.

    A failing run is confirmed by 3 `down` over 24 h (from two vantage points where there are
    `vantages` of them) or by 4 of `down` and `unreachable` over 72 h; `blocked`, `changed` and
    `unknown` neither count nor break it; only `up` ends it. `down` before anything was `up` is
    `unknown`, unless a person says so. `unaltered` on an `up`: validators as before, by which a
    short unreachable run proves to have been an outage. What is older than the last observation
    only narrows bounds.

    A removal is dated by its explicit `down`s, where there are any: a host that was out of reach
    may have had the Url for an hour before it really went, and one vantage point may be shown a
    404 that nobody else is.
    """
    if state.spell_last_at is not None and at < state.spell_last_at:
        return _late(state, verdict, at, manual)
    if verdict is Verdict.DOWN and not (manual or state.ever_up or state.provisional):
        verdict = Verdict.UNKNOWN
    opened = verdict is not state.verdict
    kind = ChangeKind.SPELL_OPENED if opened else ChangeKind.SPELL_EXTENDED
    new: dict[str, Any] = {"verdict": verdict, "spell_last_at": at}
    if opened:
        new |= {"spell_first_at": at, "spell_checks": 1}
    else:
        new["spell_checks"] = state.spell_checks + 1
    changes = [Change(kind, at)]
    if verdict is Verdict.UP:
        new |= {"last_up_at": at, "last_up_manual": manual}
        new |= _up(state, at, unaltered, changes)
    elif verdict in FAILING and (manual or state.ever_up or state.provisional):
        bit = 1 << (MANUAL_VANTAGE if manual else vantage)
        new |= _failed(state, verdict, at, bit, vantages)
        if state.run_first_at is None:
            changes.append(Change(ChangeKind.PROVISIONAL, at, state.last_up_at, at))
    after = state._replace(**new)
    if state.removed and after.removed and after.seen_from > state.seen_from:
        changes.append(_removal(ChangeKind.WITNESSED, after, at))
    if after.confirmed_at is None and verdict in FAILING and _proves(after, vantages):
        after = after._replace(
            confirmed_at=at,
            up_before_at=after.last_up_at,
            first_down_at=_gone_by(after, vantages),
        )
        changes.append(_removal(ChangeKind.CONFIRMED, after, at))
    return after, tuple(changes)


def rewound(state: State, at: datetime) -> State:
    """The state without its future: the clock had been wrong, and all seen meanwhile is of now.

    Else whatever is seen from now on would be late, until time has caught up with the error.
    """
    ahead: dict[str, Any] = {
        name: at for name in _TIMES if (time := getattr(state, name)) is not None and time > at
    }
    return state._replace(**ahead)


def _up(state: State, at: datetime, unaltered: bool, changes: list[Change]) -> dict[str, Any]:
    if state.confirmed_at is None:
        if state.run_first_at is None:
            return {}
        changes.append(Change(ChangeKind.CLEARED, at, state.last_up_at, state.run_first_at))
        return _NO_RUN | _UNDATED
    first = state.return_up_at or at
    if at - first < RETURN_OVER:
        return {"return_up_at": first}
    run_first = state.run_first_at or first
    outage = state.run_downs == 0 and unaltered and first - run_first < OUTAGE_UNDER
    kind = ChangeKind.RETRACTED if outage else ChangeKind.REAPPEARED
    changes.append(_removal(kind, state, first))
    return _NO_RUN | _NO_REMOVAL


def _failed(
    state: State, verdict: Verdict, at: datetime, bit: int, vantages: int
) -> dict[str, Any]:
    new: dict[str, Any] = {
        "run_first_at": state.run_first_at or at,
        "run_last_at": at,
        "run_fails": state.run_fails + 1,
        "run_vantages": state.run_vantages | bit,
    }
    if verdict is Verdict.DOWN:
        new |= {
            "run_downs": state.run_downs + 1,
            "run_down_first_at": state.run_down_first_at or at,
            "run_down_last_at": at,
            "run_down_vantages": state.run_down_vantages | bit,
            "return_up_at": None,  # not two ups on end: it had not come back
        }
        agreed = new["run_down_vantages"].bit_count() >= min(2, vantages)
        if agreed and state.first_down_at is None:
            new["first_down_at"] = at
    return new


def _gone_by(state: State, vantages: int) -> datetime | None:
    """When it was first seen gone for all that we know; None without a failing run."""
    agreed = state.first_down_at if vantages > 1 else None
    return agreed or state.run_down_first_at or state.run_first_at


def _proves(state: State, vantages: int) -> bool:
    first, last = state.run_first_at, state.run_last_at
    down_first, down_last = state.run_down_first_at, state.run_down_last_at
    by_downs = (
        state.run_downs >= DOWNS
        and down_first is not None
        and down_last is not None
        and down_last - down_first >= DOWNS_OVER
        and state.run_down_vantages.bit_count() >= min(2, vantages)
    )
    by_fails = (
        state.run_fails >= FAILS
        and first is not None
        and last is not None
        and last - first >= FAILS_OVER
    )
    return by_downs or by_fails


def _removal(kind: ChangeKind, state: State, at: datetime) -> Change:
    return Change(kind, at, state.up_before_at, state.first_down_at, state.run_downs == 0)


def _late(
    state: State, verdict: Verdict, at: datetime, manual: bool
) -> tuple[State, tuple[Change, ...]]:
    """An observation older than the last: it narrows an interval, and proves nothing by itself."""
    if verdict is Verdict.UP:
        return _late_up(state, at, manual)
    first = state.first_down_at if state.removed else state.run_first_at
    silent = verdict is not Verdict.DOWN and state.removed and state.run_downs > 0
    if verdict not in FAILING or silent or first is None or at >= first:
        return state, ()
    last_up = state.up_before_at if state.removed else state.last_up_at
    if last_up is not None and at <= last_up:
        return state, ()
    if not state.removed:
        return state._replace(run_first_at=at), ()
    after = state._replace(run_first_at=min(at, state.run_first_at or at), first_down_at=at)
    return after, (_removal(ChangeKind.REDATED, after, at),)


def _late_up(state: State, at: datetime, manual: bool) -> tuple[State, tuple[Change, ...]]:
    seen = state
    if state.last_up_at is None or at > state.last_up_at:
        seen = state._replace(last_up_at=at, last_up_manual=manual)
    first, last = state.run_first_at, state.run_last_at
    if first is None or last is None:
        return seen, ()
    if state.removed:
        return _late_up_removed(seen, at)
    if at < first:
        return seen, ()
    cleared = Change(ChangeKind.CLEARED, at, state.last_up_at, first)
    if at >= last:
        return seen._replace(**_NO_RUN, **_UNDATED), (cleared,)
    # Only the run's last failure is known to lie after this up: the run starts again there.
    down = state.run_down_last_at == last
    run = _NO_RUN | {"run_first_at": last, "run_last_at": last, "run_fails": 1}
    if down:
        run |= {"run_downs": 1, "run_down_first_at": last, "run_down_last_at": last}
    again = Change(ChangeKind.PROVISIONAL, last, at, last)
    return seen._replace(**run, **_UNDATED), (cleared, again)


def _late_up_removed(seen: State, at: datetime) -> tuple[State, tuple[Change, ...]]:
    first_down, before, last = seen.first_down_at, seen.up_before_at, seen.run_last_at
    if first_down is not None and at < first_down:
        if before is not None and at <= before:
            return seen, ()
        after = seen._replace(up_before_at=at)
        return after, (_removal(ChangeKind.REDATED, after, at),)
    if last is not None and at > last:
        return seen._replace(return_up_at=min(at, seen.return_up_at or at)), ()
    return seen, (_removal(ChangeKind.CONTRADICTED, seen, at),)
