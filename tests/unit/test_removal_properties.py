"""Whatever order observations come in, wherever they are made and whatever clocks do: no removal
that was none, every true one found, and every interval holds the truth."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st
from looking import next_at

from takedown.checks.attribution import removed_by
from takedown.checks.cadence import Phase
from takedown.checks.calibrating import Step
from takedown.checks.finding import Dns, Finding, NameState, Relation
from takedown.checks.fold import phase_of
from takedown.checks.removal import (
    DOWNS,
    DOWNS_OVER,
    FAILING,
    FAILS,
    FAILS_OVER,
    RETURN_OVER,
    Change,
    ChangeKind,
    State,
    observe,
    rewound,
)
from takedown.checks.vantage import choose
from takedown.checks.verdict import Verdict
from takedown.episodes.models import RemovedBy

T0 = datetime(2026, 3, 1, tzinfo=UTC)
UP, DOWN, UNREACHABLE, BLOCKED, CHANGED, UNKNOWN = Verdict
NEUTRAL = (BLOCKED, CHANGED, UNKNOWN)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def h(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


@dataclass(frozen=True)
class Seen:
    """One observation: hours after T0, what was seen, and from which vantage point."""

    hours: float
    verdict: Verdict
    vantage: int = 0


def play(
    seen: list[Seen], vantages: int = 1, state: State | None = None
) -> tuple[State, list[tuple[int, Change]]]:
    """The state after these, and each change with the number of what made it."""
    state, changes = state or State(), []
    for nth, one in enumerate(seen):
        state, new = observe(state, one.verdict, h(one.hours), one.vantage, vantages=vantages)
        changes += [(nth, change) for change in new]
    return state, changes


def of_kind(changes: list[tuple[int, Change]], *kinds: ChangeKind) -> list[tuple[int, Change]]:
    return [(nth, change) for nth, change in changes if change.kind in kinds]


def proof(run: list[Seen], vantages: int) -> bool:
    """The rule in its own words (3-availability), over the failures since the last up."""
    downs = [one for one in run if one.verdict is DOWN]
    return (
        len(downs) >= DOWNS
        and h(downs[-1].hours) - h(downs[0].hours) >= DOWNS_OVER
        and len({one.vantage for one in downs}) >= min(2, vantages)
    ) or (len(run) >= FAILS and h(run[-1].hours) - h(run[0].hours) >= FAILS_OVER)


def gone_by(run: list[Seen], vantages: int) -> float:
    """When enough vantage points had seen it down; else its first down; else its first failure."""
    downs = [one for one in run if one.verdict is DOWN]
    for nth in range(len(downs)):
        if len({one.vantage for one in downs[: nth + 1]}) >= min(2, vantages):
            return downs[nth].hours
    return (downs or run)[0].hours


def expected(seen: list[Seen], vantages: int) -> tuple[int, float, float] | None:
    """Which observation confirms the first removal, the last up before it and its date."""
    run: list[Seen] = []
    last_up: float | None = None
    for nth, one in enumerate(seen):
        if one.verdict is UP:
            run, last_up = [], one.hours
        elif one.verdict in FAILING and last_up is not None:
            run.append(one)
            if proof(run, vantages):
                return nth, last_up, gone_by(run, vantages)
    return None


GAPS = st.floats(0, 40)
OBSERVED = st.lists(
    st.tuples(GAPS, st.sampled_from([UP, DOWN, DOWN, UNREACHABLE, *NEUTRAL]), st.integers(0, 1)),
    max_size=40,
)


def in_time(steps: list[tuple[float, Verdict, int]], vantages: int) -> list[Seen]:
    at, made = 0.0, []
    for gap, verdict, vantage in steps:
        at += gap
        made.append(Seen(at, verdict, vantage if vantages == 2 else 0))
    return made


@given(OBSERVED, st.integers(1, 2))
def test_a_removal_is_confirmed_when_the_rule_says_so_and_never_before(
    steps: list[tuple[float, Verdict, int]], vantages: int
) -> None:
    seen = in_time(steps, vantages)
    confirmed = of_kind(play(seen, vantages)[1], ChangeKind.CONFIRMED)
    wanted = expected(seen, vantages)
    if wanted is None:
        assert confirmed == []
        return
    nth, last_up, first_down = wanted
    assert confirmed[0][0] == nth
    change = confirmed[0][1]
    assert (change.last_up_at, change.first_down_at) == (h(last_up), h(first_down))


@given(OBSERVED, st.integers(1, 2), st.lists(st.integers(0, 39), max_size=20))
def test_what_tells_nothing_may_come_in_anywhere_and_changes_nothing(
    steps: list[tuple[float, Verdict, int]], vantages: int, places: list[int]
) -> None:
    telling = [one for one in in_time(steps, vantages) if one.verdict not in NEUTRAL]
    mixed = list(telling)
    for place in places:
        at = mixed[place % len(mixed)].hours if mixed else 0.0
        mixed.insert(place % (len(mixed) + 1), Seen(at, NEUTRAL[place % 3]))
    mixed.sort(key=lambda one: one.hours)
    plain, noisy = play(telling, vantages)[0], play(mixed, vantages)[0]
    for name in State._fields:
        if not name.startswith("spell_") and name != "verdict":
            assert getattr(plain, name) == getattr(noisy, name), name


TRUTH = st.floats(1, 200)
TIMES = st.lists(st.floats(0, 400), min_size=1, max_size=30, unique=True)


@given(TRUTH, TIMES, st.randoms(use_true_random=False), st.integers(1, 2))
def test_in_whatever_order_they_come_every_interval_holds_the_truth(
    truth: float, times: list[float], order: object, vantages: int
) -> None:
    """Late rows, two workers, a manual finding of yesterday: up before the truth, gone after it."""
    seen = [
        Seen(at, UP if at < truth else DOWN, n % vantages) for n, at in enumerate(sorted(times))
    ]
    order.shuffle(seen)  # type: ignore[attr-defined]  # a random.Random
    state = State()
    for one in seen:
        state, changes = observe(state, one.verdict, h(one.hours), one.vantage, vantages=vantages)
        assert not {change.kind for change in changes} & {
            ChangeKind.CONTRADICTED,
            ChangeKind.REAPPEARED,
            ChangeKind.RETRACTED,
        }
        for change in changes:
            if change.last_up_at is not None and change.first_down_at is not None:
                assert change.last_up_at < h(truth) <= change.first_down_at
        if state.removed:
            assert state.up_before_at is not None and state.first_down_at is not None
            assert state.up_before_at < h(truth) <= state.first_down_at
        if state.last_up_at is not None:
            assert state.last_up_at < h(truth)


@given(TRUTH, st.lists(st.floats(0.25, 30), min_size=1, max_size=60), st.integers(1, 2))
def test_slots_that_are_missed_delay_a_removal_and_never_hide_it(
    truth: float, gaps: list[float], vantages: int
) -> None:
    """Looked at for as long as it takes after these slots, whatever was missed among them."""
    at, seen = 0.0, [Seen(0.0, UP)]
    for nth, gap in enumerate([*gaps, *[8.0] * 40]):
        at += gap
        seen.append(Seen(at, UP if at < truth else DOWN, nth % vantages))
    state, changes = play(seen, vantages)
    (confirmed,) = of_kind(changes, ChangeKind.CONFIRMED)
    assert state.removed
    assert confirmed[1].last_up_at is not None and confirmed[1].last_up_at < h(truth)
    assert confirmed[1].first_down_at is not None and confirmed[1].first_down_at >= h(truth)


@given(st.lists(st.tuples(st.floats(0.5, 12), st.booleans()), min_size=1, max_size=80))
def test_a_block_for_one_vantage_point_is_no_removal_where_another_sees_it(
    looks: list[tuple[float, bool]],
) -> None:
    """One is shown a 404, the other the content; a failing run is looked at from elsewhere."""
    state, at = State(), 0.0
    state, _ = observe(state, UP, T0, 1, vantages=2)
    for gap, _ in looks:
        at += gap
        vantage = choose(Step.DONE, state, 2, 7)
        state, changes = observe(state, (DOWN, UP)[vantage], h(at), vantage, vantages=2)
        assert ChangeKind.CONFIRMED not in {change.kind for change in changes}
        assert not state.removed


@given(OBSERVED, st.integers(1, 2))
def test_a_removal_knows_from_how_many_places_it_was_seen(
    steps: list[tuple[float, Verdict, int]], vantages: int
) -> None:
    seen = in_time(steps, vantages)
    state = State()
    run: list[Seen] = []
    for one in seen:
        before = state
        state, changes = observe(state, one.verdict, h(one.hours), one.vantage, vantages=vantages)
        started = before.run_first_at is None or state.run_first_at is None
        run = [] if started else run
        if one.verdict in FAILING and state.run_first_at is not None:
            run.append(one)
        downs = [each for each in run if each.verdict is DOWN] or run
        assert state.seen_from == len({each.vantage for each in downs})
        kinds = {change.kind for change in changes}
        if ChangeKind.WITNESSED in kinds:
            assert before.removed and state.seen_from > before.seen_from


@given(OBSERVED, st.integers(1, 2))
def test_only_two_ups_an_hour_apart_bring_it_back(
    steps: list[tuple[float, Verdict, int]], vantages: int
) -> None:
    seen = in_time(steps, vantages)
    _, changes = play(seen, vantages)
    back = of_kind(changes, ChangeKind.REAPPEARED, ChangeKind.RETRACTED)
    for nth, change in back:
        assert seen[nth].verdict is UP and change.at <= h(seen[nth].hours) - RETURN_OVER
        between = [one for one in seen[:nth] if change.at <= h(one.hours)]
        assert DOWN not in {one.verdict for one in between if h(one.hours) > change.at}
        retracted = change.kind is ChangeKind.RETRACTED
        assert retracted <= change.unreachable_only  # what was denied is no outage
        assert change.first_down_at is not None and change.first_down_at <= change.at


JUMPS = st.lists(
    st.tuples(st.floats(0.25, 12), st.sampled_from([UP, DOWN, UNREACHABLE]), st.floats(-9e4, 9e4)),
    max_size=40,
)


@given(JUMPS)
@example([(1.0, UP, 0.0), (1.0, UP, 40_000.0), (1.0, DOWN, 0.0)])
def test_a_clock_that_jumps_leaves_no_future_behind_and_the_next_look_is_near(
    steps: list[tuple[float, Verdict, float]],
) -> None:
    """Each step's clock is wrong by so many hours. What is rewound goes on as of now."""
    state, true = State(), 0.0
    for gap, verdict, wrong in steps:
        true += gap
        at = h(true + wrong)
        if state.spell_last_at is not None and state.spell_last_at - at > HOUR:
            state = rewound(state, at)
        state, _ = observe(state, verdict, at)
        assert state.spell_last_at is not None and state.spell_last_at <= at + HOUR
        times = [value for name, value in state._asdict().items() if name.endswith("_at")]
        assert all(time <= at + HOUR for time in times if time is not None)
        assert not (state.removed and state.provisional)
        then = next_at(T0, at, phase=phase_of(state), removed_at=state.first_down_at)
        assert then is None or at < then <= at + 8 * DAY


def test_a_clock_that_was_ahead_for_one_look_costs_no_removal() -> None:
    state, _ = observe(State(), UP, h(0))
    state, _ = observe(state, UP, h(40_000))
    changes: list[Change] = []
    for hours in (10, 20, 36):
        if state.spell_last_at is not None and state.spell_last_at - h(hours) > HOUR:
            state = rewound(state, h(hours))
        state, new = observe(state, DOWN, h(hours))
        changes += new
    assert ChangeKind.CONFIRMED in {change.kind for change in changes}
    assert state.first_down_at == h(10)


def test_while_it_fails_it_is_looked_at_within_eight_hours_whatever_its_age() -> None:
    state, _ = play([Seen(0, UP), Seen(1, DOWN)])
    assert phase_of(state) is Phase.PROVISIONAL
    for age in (1, 100, 1_000, 8_000):
        then = next_at(T0, h(age), phase=phase_of(state))
        assert then is not None and then - h(age) <= 8 * HOUR + timedelta(minutes=5)


FINDINGS = st.builds(
    Finding,
    status=st.sampled_from([None, 200, 404, 410, 503]),
    dns=st.sampled_from(list(Dns)),
    name=st.sampled_from([None, *NameState]),
    location=st.sampled_from([None, *Relation]),
)


@given(FINDINGS)
def test_whoever_removed_it_the_strongest_sign_names(finding: Finding) -> None:
    by = removed_by(finding)
    if finding.name is NameState.SEIZED:
        assert by is RemovedBy.POLICE  # whatever else is seen
    elif finding.name in (NameState.SERVER_HOLD, NameState.CLIENT_HOLD):
        assert by in (RemovedBy.REGISTRY, RemovedBy.REGISTRAR)
    elif finding.dns is Dns.NXDOMAIN:
        assert by is RemovedBy.REGISTRAR
    else:
        assert by in (RemovedBy.HOST, RemovedBy.UNKNOWN)
