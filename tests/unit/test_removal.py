"""From verdicts to removal: one failure is never a removal, and caution costs no accuracy."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takedown.checks.removal import (
    DOWNS_OVER,
    MANUAL_VANTAGE,
    Change,
    ChangeKind,
    State,
    observe,
)
from takedown.checks.verdict import Verdict

T0 = datetime(2026, 3, 1, tzinfo=UTC)
UP, DOWN, UNREACHABLE, BLOCKED, CHANGED, UNKNOWN = Verdict
NEUTRAL = (BLOCKED, CHANGED, UNKNOWN)
SPELLS = {ChangeKind.SPELL_OPENED, ChangeKind.SPELL_EXTENDED}


def h(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


def play(
    *seen: tuple[float, Verdict],
    state: State | None = None,
    vantage: int = 0,
    vantages: int = 1,
    manual: bool = False,
    unaltered: bool = True,
) -> tuple[State, list[Change]]:
    """The state after these observations, and all that changed apart from spells."""
    state = state or State()
    changes: list[Change] = []
    for hours, verdict in seen:
        state, new = observe(
            state,
            verdict,
            h(hours),
            vantage,
            vantages=vantages,
            manual=manual,
            unaltered=unaltered,
        )
        changes += [change for change in new if change.kind not in SPELLS]
    return state, changes


def kinds(changes: list[Change]) -> list[str]:
    return [change.kind.value for change in changes]


def test_three_downs_over_24_hours_confirm_and_date_back() -> None:
    state, changes = play((0, UP), (1, UP), (2, DOWN), (10, DOWN), (26, DOWN))
    assert kinds(changes) == ["provisional", "confirmed"]
    confirmed = changes[-1]
    assert (confirmed.last_up_at, confirmed.first_down_at) == (h(1), h(2))
    assert (confirmed.at, state.confirmed_at) == (h(26), h(26))
    assert not confirmed.unreachable_only
    assert state.removed and not state.provisional


@pytest.mark.parametrize(
    "seen",
    [
        [(2, DOWN)],
        [(2, DOWN), (30, DOWN)],
        [(2, DOWN), (10, DOWN), (25.9, DOWN)],
        [(2, DOWN), (3, DOWN), (4, DOWN), (5, DOWN), (6, DOWN)],
        [(2, UNREACHABLE), (26, UNREACHABLE), (73, UNREACHABLE)],
        [(2, UNREACHABLE), (10, UNREACHABLE), (30, UNREACHABLE), (73.9, UNREACHABLE)],
        [(2, DOWN), (26, DOWN), (50, UNREACHABLE)],
    ],
)
def test_less_than_that_is_provisional(seen: list[tuple[float, Verdict]]) -> None:
    state, changes = play((1, UP), *seen)
    assert kinds(changes) == ["provisional"]
    assert state.provisional and not state.removed


def test_four_failures_of_either_kind_over_72_hours_confirm() -> None:
    state, changes = play(
        (1, UP), (2, UNREACHABLE), (20, DOWN), (50, UNREACHABLE), (74, UNREACHABLE)
    )
    assert kinds(changes) == ["provisional", "confirmed"]
    assert not changes[-1].unreachable_only
    assert state.first_down_at == h(20), "out of reach is not gone"


def test_a_host_that_is_only_out_of_reach_says_so() -> None:
    _, changes = play((1, UP), *[(2 + 24 * n, UNREACHABLE) for n in range(4)])
    assert changes[-1].kind is ChangeKind.CONFIRMED
    assert changes[-1].unreachable_only


def test_an_up_ends_the_run_and_nothing_was_removed() -> None:
    state, changes = play((1, UP), (2, DOWN), (10, DOWN), (20, UP), (21, DOWN), (30, DOWN))
    assert kinds(changes) == ["provisional", "cleared", "provisional"]
    assert state.run_first_at == h(21) and state.run_fails == 2


@pytest.mark.parametrize("neutral", NEUTRAL)
def test_a_neutral_verdict_neither_counts_nor_breaks_the_run(neutral: Verdict) -> None:
    with_them, changes = play(
        (1, UP), (2, DOWN), (3, neutral), (10, DOWN), (20, neutral), (26, DOWN), (27, neutral)
    )
    assert kinds(changes) == ["provisional", "confirmed"]
    assert with_them.run_fails == 3
    assert (with_them.up_before_at, with_them.first_down_at) == (h(1), h(2))


@pytest.mark.parametrize("neutral", NEUTRAL)
def test_neutral_verdicts_alone_never_remove(neutral: Verdict) -> None:
    state, changes = play((1, UP), *[(2 + 8 * n, neutral) for n in range(100)])
    assert changes == [] and state.run_first_at is None


def test_a_404_before_anything_was_up_is_unknown() -> None:
    state, changes = play(*[(8 * n, DOWN) for n in range(20)])
    assert changes == []
    assert state.verdict is UNKNOWN and not state.provisional


def test_a_host_never_reached_is_not_removed() -> None:
    state, changes = play(*[(24 * n, UNREACHABLE) for n in range(10)])
    assert changes == [] and state.verdict is UNREACHABLE


def test_where_there_are_two_vantage_points_both_must_see_it_down() -> None:
    start, _ = play((1, UP), (2, DOWN), (10, DOWN), (30, DOWN), (40, DOWN), vantages=2)
    assert start.provisional
    state, changes = play((41, DOWN), state=start, vantage=1, vantages=2)
    assert kinds(changes) == ["confirmed"]
    assert state.seen_from == 2
    assert state.first_down_at == h(41), "until then one of them alone had been told so"


def test_two_vantage_points_that_agree_soon_date_it_soon() -> None:
    state, _ = play((1, UP), (2, DOWN), vantages=2)
    state, _ = play((2.1, DOWN), state=state, vantage=1, vantages=2)
    state, changes = play((10, DOWN), (26, DOWN), state=state, vantages=2)
    assert kinds(changes) == ["confirmed"]
    assert (changes[0].last_up_at, changes[0].first_down_at) == (h(1), h(2.1))


def test_an_up_between_two_runs_forgets_who_agreed() -> None:
    state, _ = play((1, UP), (2, DOWN), (3, UP), (4, DOWN), (20, DOWN), (29, DOWN))
    assert state.first_down_at == h(4)


def test_what_only_one_vantage_point_saw_says_so() -> None:
    state, changes = play((1, UP), *[(2 + 25 * n, DOWN) for n in range(4)], vantages=2)
    assert changes[-1].kind is ChangeKind.CONFIRMED
    assert state.seen_from == 1


def test_two_ups_an_hour_apart_after_a_removal_are_a_reappearance() -> None:
    removed, _ = play((1, UP), (2, DOWN), (10, DOWN), (26, DOWN))
    once, changes = play((100, UP), (100.5, UP), state=removed)
    assert changes == [] and once.removed and once.return_up_at == h(100)
    again, changes = play((101, UP), state=once)
    assert kinds(changes) == ["reappeared"]
    assert changes[0].at == h(100)
    assert (changes[0].last_up_at, changes[0].first_down_at) == (h(1), h(2))
    assert not again.removed and again.run_first_at is None and again.return_up_at is None


def test_one_up_and_then_down_again_is_no_reappearance() -> None:
    removed, _ = play((1, UP), (2, DOWN), (10, DOWN), (26, DOWN))
    state, changes = play((100, UP), (102, DOWN), (150, UP), state=removed)
    assert changes == [] and state.removed and state.return_up_at == h(150)


def test_it_can_go_again_after_it_came_back() -> None:
    _, changes = play(
        *[(1, UP), (2, DOWN), (10, DOWN), (26, DOWN), (50, UP), (52, UP)],
        *[(60, DOWN), (70, DOWN), (85, DOWN)],
    )
    assert kinds(changes) == [
        "provisional",
        "confirmed",
        "reappeared",
        "provisional",
        "confirmed",
    ]
    assert (changes[-1].last_up_at, changes[-1].first_down_at) == (h(52), h(60))


OUTAGE = [(2 + 24 * n, UNREACHABLE) for n in range(4)]


def test_a_short_outage_is_retracted() -> None:
    state, changes = play((1, UP), *OUTAGE, (100, UP), (102, UP))
    assert kinds(changes) == ["provisional", "confirmed", "retracted"]
    assert not state.removed


def test_an_outage_with_other_validators_after_it_is_a_reappearance() -> None:
    _, changes = play((1, UP), *OUTAGE, (100, UP), (102, UP), unaltered=False)
    assert kinds(changes)[-1] == "reappeared"


def test_seven_days_out_of_reach_are_a_removal() -> None:
    _, changes = play((1, UP), *OUTAGE, (171, UP), (173, UP))
    assert kinds(changes)[-1] == "reappeared"


def test_an_outage_in_which_the_path_was_denied_is_a_removal() -> None:
    _, changes = play((1, UP), *OUTAGE, (90, DOWN), (100, UP), (102, UP))
    assert kinds(changes)[-1] == "reappeared"


def test_equal_verdicts_make_one_spell() -> None:
    state, _ = play((1, UP), (2, UP), (3, UP), (4, BLOCKED))
    assert (state.verdict, state.spell_first_at, state.spell_checks) == (BLOCKED, h(4), 1)
    state, changes = observe(state, BLOCKED, h(5))
    assert state.spell_checks == 2 and state.spell_last_at == h(5)
    assert [change.kind for change in changes] == [ChangeKind.SPELL_EXTENDED]


def test_a_persons_word_is_an_observation_with_its_own_mark() -> None:
    state, changes = play((1, DOWN), manual=True)
    assert state.verdict is DOWN and kinds(changes) == ["provisional"]
    assert state.run_vantages == 1 << MANUAL_VANTAGE
    state, _ = play((2, UP), state=state, manual=True)
    assert state.last_up_manual
    state, _ = play((3, UP), state=state)
    assert not state.last_up_manual


# What arrives late


def test_a_late_up_narrows_the_interval_of_a_confirmed_removal() -> None:
    removed, _ = play((1, UP), (5, DOWN), (10, DOWN), (30, DOWN))
    state, changes = play((3, UP), state=removed)
    assert kinds(changes) == ["redated"]
    assert (changes[0].last_up_at, changes[0].first_down_at) == (h(3), h(5))
    assert state.up_before_at == h(3) and state.verdict is DOWN


def test_a_late_down_narrows_it_from_the_other_side() -> None:
    removed, _ = play((1, UP), (5, DOWN), (10, DOWN), (30, DOWN))
    state, changes = play((3, DOWN), state=removed)
    assert kinds(changes) == ["redated"]
    assert state.first_down_at == h(3)


def test_a_late_word_of_no_answer_does_not_date_what_was_seen_gone() -> None:
    removed, _ = play((1, UP), (5, DOWN), (10, DOWN), (30, DOWN))
    assert play((3, UNREACHABLE), state=removed) == (removed, [])


def test_a_late_up_inside_a_confirmed_run_asks_a_person() -> None:
    removed, _ = play((1, UP), (5, DOWN), (10, DOWN), (30, DOWN))
    state, changes = play((20, UP), state=removed)
    assert kinds(changes) == ["contradicted"]
    assert state.removed


def test_a_late_up_inside_an_open_run_starts_it_again() -> None:
    failing, _ = play((1, UP), (5, DOWN), (20, DOWN))
    state, changes = play((10, UP), state=failing)
    assert kinds(changes) == ["cleared", "provisional"]
    assert (state.run_first_at, state.run_fails, state.last_up_at) == (h(20), 1, h(10))
    state, changes = play((30, DOWN), (43.9, DOWN), state=state)
    assert changes == [] and state.provisional


def test_late_failures_prove_nothing_by_their_number() -> None:
    failing, _ = play((1, UP), (30, DOWN))
    state, changes = play(*[(2 + n, DOWN) for n in range(20)], state=failing)
    assert changes == [] and state.provisional
    assert state.run_first_at == h(2) and state.run_fails == 1


def test_a_late_neutral_verdict_changes_nothing() -> None:
    failing, _ = play((1, UP), (30, DOWN))
    assert play((20, BLOCKED), state=failing) == (failing, [])


VERDICTS = st.sampled_from(list(Verdict))
STEPS = st.lists(st.tuples(st.floats(-5, 40), VERDICTS, st.booleans()), max_size=60)


@given(STEPS, st.integers(1, 2))
def test_whatever_comes_the_state_stays_sound(
    steps: list[tuple[float, Verdict, bool]], vantages: int
) -> None:
    state, at, open_removal = State(), 100.0, False
    for gap, verdict, second in steps:
        at += gap
        vantage = int(second and vantages == 2)
        state, changes = observe(state, verdict, h(at), vantage, vantages=vantages)
        for change in changes:
            if change.kind is ChangeKind.CONFIRMED:
                assert not open_removal
                open_removal = True
                assert change.last_up_at is not None and change.first_down_at is not None
                assert change.last_up_at <= change.first_down_at
                assert state.run_first_at is not None
                assert state.run_first_at <= change.first_down_at <= change.at
                assert change.at - state.run_first_at >= DOWNS_OVER
                assert state.run_fails >= 3
            if change.kind in (ChangeKind.REAPPEARED, ChangeKind.RETRACTED):
                assert open_removal
                open_removal = False
        assert state.removed is open_removal
        assert not (state.removed and state.provisional)
        assert (state.run_first_at is None) == (state.run_fails == 0)
        if state.removed and state.up_before_at and state.first_down_at:
            assert state.up_before_at <= state.first_down_at
