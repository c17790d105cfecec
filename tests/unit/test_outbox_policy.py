"""The outbox's rules: allowed moves, what is due when, how long to wait."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takedown.outbox.ladder.rules import DEFAULT
from takedown.outbox.models import DeliveryStatus as D
from takedown.outbox.policy import (
    MOVES,
    DeliveryMoveRefused,
    allowed,
    backoff,
    check_move,
    due,
    gap,
    look_again,
    retry_in,
    too_old,
)

LADDER = DEFAULT.steps()[:3]

NOTIFIED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FIRST, ONE, TWO = LADDER


def hours(n: float) -> datetime:
    return NOTIFIED + timedelta(hours=n)


def test_every_status_has_its_line_in_the_table_of_moves() -> None:
    assert set(MOVES) == set(D)


def test_the_way_out_is_one_way() -> None:
    way = [D.READY, D.CLAIMED, D.SENDING, D.SENT, D.ACKNOWLEDGED]
    assert all(allowed(a, b) for a, b in pairwise(way))
    assert not any(allowed(a, b) for a in (D.SENT, D.ACKNOWLEDGED) for b in way[:3])


def test_what_may_have_left_never_becomes_ready_by_itself() -> None:
    assert not allowed(D.UNCERTAIN, D.READY)
    assert allowed(D.SENDING, D.UNCERTAIN)


@pytest.mark.parametrize("last", [D.DEAD, D.SUPERSEDED, D.BOUNCED, D.ACKNOWLEDGED])
def test_an_end_is_an_end(last: D) -> None:
    assert MOVES[last] == frozenset()


def test_sent_is_reached_only_from_sending_or_by_evidence() -> None:
    assert {before for before in D if allowed(before, D.SENT)} == {D.SENDING, D.UNCERTAIN}


def test_a_move_that_is_not_in_the_table_is_refused() -> None:
    with pytest.raises(DeliveryMoveRefused):
        check_move(D.READY, D.SENT)


def test_the_first_notice_is_due_at_once_and_only_once() -> None:
    assert due(LADDER, {}, None, NOTIFIED) is FIRST
    assert due(LADDER, {("first", 0): None}, None, hours(500)) is None


@pytest.mark.parametrize(
    ("accepted", "at", "expected"),
    [
        ({("first", 0): hours(0)}, hours(23.9), None),
        ({("first", 0): hours(0)}, hours(24), ONE),
        ({("first", 0): hours(0), ("reminder", 1): None}, hours(60), None),
        ({("first", 0): hours(0), ("reminder", 1): hours(24)}, hours(47.9), None),
        ({("first", 0): hours(0), ("reminder", 1): hours(24)}, hours(48), TWO),
        ({("first", 0): hours(0), ("reminder", 1): hours(47)}, hours(48), None),
        ({("first", 0): hours(0), ("reminder", 1): hours(47)}, hours(59), TWO),
        (
            {("first", 0): hours(0), ("reminder", 1): hours(24), ("reminder", 2): hours(48)},
            hours(900),
            None,
        ),
    ],
)
def test_reminders_come_at_24_and_48_hours_one_at_a_time(
    accepted: dict[tuple[str, int], datetime | None], at: datetime, expected: object
) -> None:
    assert due(LADDER, accepted, NOTIFIED, at) is expected


def test_two_steps_keep_half_of_their_distance_however_late_they_are() -> None:
    assert gap(LADDER, TWO) == timedelta(hours=12)


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_backoff_stays_between_seconds_and_four_hours(attempts: int, draw: float) -> None:
    wait = backoff(attempts, draw)
    assert timedelta(0) < wait <= timedelta(hours=4)


@given(st.integers(1, 50), st.floats(0, 1, exclude_max=True))
def test_backoff_grows_with_the_attempts(attempts: int, draw: float) -> None:
    assert backoff(attempts, draw) <= backoff(attempts + 1, draw)


@pytest.mark.parametrize(
    ("attempts", "ceiling"), [(1, 60), (2, 120), (3, 240), (8, 7680), (9, 14400), (60, 14400)]
)
def test_backoff_doubles_from_a_minute_to_four_hours(attempts: int, ceiling: int) -> None:
    assert backoff(attempts, 0.5) == timedelta(seconds=ceiling / 2)


def test_greylisting_waits_six_minutes_once() -> None:
    assert retry_in(1, 450, 0.9) == timedelta(minutes=6)
    assert retry_in(1, 451, 0.0) == timedelta(minutes=6)
    assert retry_in(2, 450, 0.5) == timedelta(minutes=1)
    assert retry_in(1, 452, 0.5) == timedelta(seconds=30)


def test_three_days_are_enough() -> None:
    assert not too_old(NOTIFIED, hours(71.9))
    assert too_old(NOTIFIED, hours(72))


def test_what_has_nothing_due_is_read_again_when_it_may_have() -> None:
    told = {FIRST.key: NOTIFIED}
    assert look_again(LADDER, told, NOTIFIED, hours(1)) == hours(7)  # a ladder may change
    assert look_again(LADDER, told, NOTIFIED, hours(20)) == hours(24)
    assert look_again(LADDER, told, NOTIFIED, hours(24)) is None  # it is due
    drafted = told | {ONE.key: None}
    assert look_again(LADDER, drafted, NOTIFIED, hours(30)) == hours(31)
    late = told | {ONE.key: hours(60)}  # two reminders never go out together
    assert look_again(LADDER, late, NOTIFIED, hours(61)) == hours(67)
    over = late | {TWO.key: hours(72)}
    assert look_again(LADDER, over, NOTIFIED, hours(200)) == hours(206)  # nobody is left to ask
    assert look_again(LADDER, {}, None, hours(0)) is None
