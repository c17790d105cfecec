"""Ladders and calendars as values: what may stand, what comes when, the nights of the clocks."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from takedown.outbox.ladder.ahead import State, plan
from takedown.outbox.ladder.rules import (
    DEFAULT,
    LadderRefused,
    Rules,
    Rung,
    adds_domain_level,
    check,
    reachable,
)
from takedown.outbox.pace.hours import Hours, first_common

PARIS = ZoneInfo("Europe/Paris")
WEEK = frozenset(range(5))
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_night_that_loses_an_hour_opens_when_the_hour_would_have_come() -> None:
    night = Hours(PARIS, frozenset({6}), time(2, 30), time(4))
    assert night.window(date(2026, 3, 29)) == (at("2026-03-29T01:30"), at("2026-03-29T02:00"))


def test_the_night_that_gains_an_hour_is_open_for_both_of_them() -> None:
    night = Hours(PARIS, frozenset({6}), time(2), time(2, 59))
    assert night.window(date(2026, 10, 25)) == (at("2026-10-25T00:00"), at("2026-10-25T01:59"))


def test_office_hours_keep_to_the_wall_through_the_year() -> None:
    office = Hours(PARIS, WEEK, time(9), time(17))
    assert office.opening(at("2026-03-27T20:00")) == at("2026-03-30T07:00")
    assert office.opening(at("2026-10-23T20:00")) == at("2026-10-26T08:00")
    assert office.opening(at("2026-10-26T08:30")) == at("2026-10-26T08:30")


def test_holidays_are_closed_and_a_night_shift_runs_into_the_next_day() -> None:
    feast = Hours(PARIS, WEEK, time(9), time(17), frozenset({date(2026, 3, 5)}))
    assert feast.opening(at("2026-03-04T17:00")) == at("2026-03-06T08:00")
    night = Hours(PARIS, frozenset({2}), time(22), time(6))
    assert night.opening(at("2026-03-05T04:59")) == at("2026-03-05T04:59")
    assert night.opening(at("2026-03-05T05:00")) == at("2026-03-11T21:00")


def test_two_calendars_open_at_their_first_common_hour_or_never() -> None:
    here = Hours(PARIS, WEEK, time(9), time(18))
    there = Hours(ZoneInfo("America/Toronto"), WEEK, time(9), time(17))
    assert first_common((here, there), at("2026-03-04T09:00")) == at("2026-03-04T14:00")
    weekend = Hours(PARIS, frozenset({5, 6}), time(9), time(18))
    assert first_common((here, weekend), NOON) is None


@pytest.mark.parametrize(
    "rungs",
    [
        (Rung(0, "reminder"),),
        (Rung(48, "reminder"), Rung(24, "reminder")),
        (Rung(24, "escalation", "site_owner"),),
        (Rung(24, "police", "hotline"),),
        (Rung(24, "first"),),
        (Rung(24, "escalation", "upstream"), Rung(48, "escalation", "upstream")),
        tuple(Rung(24, "reminder") for _ in range(13)),
    ],
)
def test_what_can_be_no_ladder_is_refused(rungs: tuple[Rung, ...]) -> None:
    with pytest.raises(LadderRefused):
        check(Rules(rungs))


def test_a_whole_domain_asks_for_two_people_whatever_is_written() -> None:
    steps = Rules((Rung(24, "escalation", "registrar", second_person=False),)).steps()
    assert steps[-1].second_person
    sooner = Rules((Rung(100, "escalation", "registrar"),))
    assert adds_domain_level(DEFAULT, sooner)
    assert not adds_domain_level(sooner, DEFAULT)


def test_reminders_beyond_the_cap_are_no_steps() -> None:
    kinds = [step.kind for step in Rules(DEFAULT.rungs, reminder_cap=1).steps()]
    assert kinds.count("reminder") == 1


def test_who_is_unknown_is_passed_over_and_of_three_one_is_asked() -> None:
    steps = DEFAULT.steps()
    known = frozenset({("escalation", 5), ("police", 1), ("regulator", 1)})
    kept = [step.kind for step in reachable(steps, known)]
    assert kept == ["first", "reminder", "reminder", "escalation", "police"]


def test_the_plan_shows_what_was_accepted_what_is_due_and_what_nobody_gets() -> None:
    steps = DEFAULT.steps()
    reached = reachable(steps, frozenset({("escalation", 5)}))
    accepted = {("first", 0): NOON, ("reminder", 1): NOON + timedelta(hours=40)}
    planned = plan(steps, reached, accepted, NOON, NOON + timedelta(hours=53))
    assert [one.state for one in planned][:5] == [
        State.DONE,
        State.DONE,
        State.DUE,
        State.NOBODY,
        State.AHEAD,
    ]
    assert planned[2].at == NOON + timedelta(hours=52)
    assert planned[4].at == NOON + timedelta(hours=144)
