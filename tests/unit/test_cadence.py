"""When to look: often at first, at the anchors exactly, and not for ever."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from looking import anchors, next_at, schedule

from takedown.checks.cadence import (
    ANCHOR_HOURS,
    DAY,
    END,
    HOUR,
    MIN_GAP,
    SHARE_OF_AGE,
    WINDOW,
    Phase,
    Why,
    next_look,
)

T0 = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
SEEDS = st.integers(min_value=0, max_value=2**63)
AGES = st.floats(min_value=0, max_value=364 * 24).map(lambda h: h * HOUR)


def test_the_anchors_are_the_hours_at_which_shares_are_read() -> None:
    assert ANCHOR_HOURS == (1, 6, 12, 24, 48, 72, 168)
    assert timedelta(minutes=15) == WINDOW


def test_the_routes_deadline_is_an_anchor_too() -> None:
    found = next_look(T0, T0 + 35 * HOUR, deadline_hours=36)
    assert found is not None and found.why is Why.DEADLINE
    assert timedelta(0) <= found.at - (T0 + 36 * HOUR) <= WINDOW
    assert next_look(T0, T0, deadline_hours=0) == next_look(T0, T0)


@given(SEEDS)
def test_a_url_that_stays_up_costs_about_28_checks_in_72_hours_and_65_in_60_days(
    seed: int,
) -> None:
    looks = list(schedule(T0, T0 + 60 * DAY, seed=seed))
    in_72_hours = sum(at <= T0 + 72 * HOUR + WINDOW for at in looks)
    assert 26 <= in_72_hours <= 28
    assert 60 <= len(looks) <= 65


@given(SEEDS, st.sampled_from([None, 4.0, 24.0, 36.0, 100.0]))
def test_a_look_falls_in_every_window(seed: int, deadline: float | None) -> None:
    looks = list(schedule(T0, T0 + 8 * DAY, deadline_hours=deadline, seed=seed))
    for anchor in anchors(T0, deadline):
        assert any(anchor <= at <= anchor + WINDOW for at in looks)


@given(AGES, SEEDS, st.sampled_from(Phase))
def test_the_next_look_is_later_and_no_later_than_its_cap(
    age: timedelta, seed: int, phase: Phase
) -> None:
    now = T0 + age
    at = next_at(T0, now, phase=phase, removed_at=now - age / 2, seed=seed)
    assert at is not None
    cap = 12 * HOUR if age < 7 * DAY else DAY if age < 30 * DAY else 7 * DAY
    if phase is Phase.PROVISIONAL:
        cap = min(cap, 8 * HOUR)
    if phase is Phase.REMOVED:
        cap = 7 * DAY
    assert timedelta(0) < at - now <= cap + 5 * timedelta(minutes=1)


@pytest.mark.parametrize(
    ("age", "gap"),
    [
        (timedelta(0), timedelta(minutes=15)),
        (2 * HOUR, HOUR / 2),
        (30 * HOUR, 7.5 * HOUR),
        (6 * DAY, 12 * HOUR),
        (10 * DAY, DAY),
        (40 * DAY, 7 * DAY),
    ],
)
def test_the_gap_grows_with_age(age: timedelta, gap: timedelta) -> None:
    at = next_at(T0, T0 + age)
    assert at is not None
    assert gap <= at - (T0 + age) <= gap + timedelta(minutes=5)


def test_a_provisional_url_is_looked_at_within_eight_hours() -> None:
    now = T0 + 40 * DAY
    at = next_at(T0, now, phase=Phase.PROVISIONAL)
    assert at is not None and at - now <= 8 * HOUR + timedelta(minutes=5)


def test_a_return_is_looked_at_again_after_the_hour_that_decides() -> None:
    now = T0 + 40 * DAY
    at = next_at(T0, now, phase=Phase.RETURNING)
    assert at is not None and HOUR < at - now < 2 * HOUR


@given(SEEDS)
def test_after_a_removal_there_are_looks_at_7_30_and_90_days(seed: int) -> None:
    removed_at = T0 + 2 * DAY
    looks, at = (
        [],
        next_at(T0, removed_at + DAY, phase=Phase.REMOVED, removed_at=removed_at, seed=seed),
    )
    while at is not None:
        looks.append(at)
        at = next_at(T0, at, phase=Phase.REMOVED, removed_at=removed_at, seed=seed)
    for days in (7, 30, 90):
        due = removed_at + days * DAY
        assert any(due <= look <= due + WINDOW for look in looks)
    assert len(looks) < 70
    assert looks[-1] >= T0 + END


def test_many_urls_together_are_looked_at_at_all_ages() -> None:
    looks = {
        round((at - T0) / HOUR, 3)
        for seed in range(300)
        for at in schedule(T0, T0 + 8 * DAY, seed=seed)
    }
    ordered = sorted(look for look in looks if look >= 3)
    widest = max(b / a for a, b in pairwise(ordered))
    assert widest < 1.03


@given(SEEDS, st.sampled_from([None, 4.0, 36.0]), st.sampled_from([Phase.OPEN, Phase.PROVISIONAL]))
def test_a_url_of_its_own_rhythm_never_waits_longer_than_its_gap(
    seed: int, deadline: float | None, phase: Phase
) -> None:
    now = T0 + 2 * HOUR
    while now < T0 + 12 * DAY:
        at = next_at(T0, now, deadline_hours=deadline, phase=phase, seed=seed)
        assert at is not None
        gap = max(MIN_GAP, min(SHARE_OF_AGE * (now - T0), DAY if now - T0 >= 7 * DAY else DAY / 2))
        assert at - now <= gap + timedelta(minutes=5)
        due = any(one <= at <= one + WINDOW for one in anchors(T0, deadline))
        assert at - now >= MIN_GAP or due
        now = at


def test_after_twelve_months_looking_ends() -> None:
    assert next_at(T0, T0 + END) is None
    assert next_at(T0, T0 + END - HOUR) is not None


def test_the_same_seed_gives_the_same_moment_and_seeds_spread_a_batch() -> None:
    now = T0 + 30 * HOUR
    moments = {next_at(T0, now, seed=seed) for seed in range(200)}
    assert len(moments) > 100
    assert next_at(T0, now, seed=7) == next_at(T0, now, seed=7)


def test_a_missed_anchor_is_not_looked_for_again() -> None:
    now = T0 + 25 * HOUR
    at = next_at(T0, now)
    assert at is not None and at > now
    assert 24 in ANCHOR_HOURS
