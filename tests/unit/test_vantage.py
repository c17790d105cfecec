"""From where a Url is looked at next."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from takedown.checks.calibrating import Step
from takedown.checks.removal import ChangeKind, State, observe
from takedown.checks.vantage import choose
from takedown.checks.verdict import Verdict

T0 = datetime(2026, 3, 1, tzinfo=UTC)
SEEDS = st.integers(min_value=0, max_value=2**64)


@given(SEEDS)
def test_one_vantage_point_is_always_the_one(seed: int) -> None:
    assert choose(Step.DONE, State(), 1, seed) == 0


def test_calibration_keeps_to_the_first() -> None:
    assert {choose(Step.SECOND, State(spell_checks=n), 3, n) for n in range(9)} == {0}


def test_they_take_turns() -> None:
    assert {choose(Step.DONE, State(spell_checks=n), 3, 7) for n in range(3)} == {0, 1, 2}


@given(SEEDS, st.integers(min_value=2, max_value=5))
def test_a_block_for_one_of_them_is_never_a_removal(seed: int, vantages: int) -> None:
    """The host shows one vantage point a 404 and all others the page, for thirty days."""
    state, at, kinds = State(last_up_at=T0), T0, set()
    for _ in range(120):
        at += timedelta(hours=6)
        who = choose(Step.DONE, state, vantages, seed)
        verdict = Verdict.DOWN if who == 0 else Verdict.UP
        state, changes = observe(state, verdict, at, who, vantages=vantages)
        kinds |= {change.kind for change in changes}
    assert ChangeKind.CONFIRMED not in kinds


@given(SEEDS, st.integers(min_value=1, max_value=5))
def test_a_removal_that_all_of_them_see_is_confirmed_within_a_day_and_a_bit(
    seed: int, vantages: int
) -> None:
    state, at = State(last_up_at=T0), T0
    for _ in range(6):
        at += timedelta(hours=8)
        who = choose(Step.DONE, state, vantages, seed)
        state, _ = observe(state, Verdict.DOWN, at, who, vantages=vantages)
    assert state.confirmed_at is not None
    assert state.confirmed_at - T0 <= timedelta(hours=32)
    assert state.first_down_at == T0 + min(2, vantages) * timedelta(hours=8), "two agree"


@given(SEEDS, st.integers(min_value=2, max_value=4), st.integers(min_value=0, max_value=6))
def test_one_that_is_told_nothing_does_not_keep_a_removal_waiting(
    seed: int, vantages: int, before: int
) -> None:
    """The host forbids the first of them, from the start or after some looks; it is gone."""
    state, at = State(last_up_at=T0), T0
    for nth in range(24):
        at += timedelta(hours=8)
        who = choose(Step.DONE, state, vantages, seed)
        verdict = Verdict.CHANGED if who == 0 and nth >= before else Verdict.DOWN
        state, _ = observe(state, verdict, at, who, vantages=vantages)
    assert state.confirmed_at is not None
