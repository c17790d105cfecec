"""A clock that was wrong for a while: nothing sleeps until time has caught up with it."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from watched import DAY, HOUR, Watched

from takedown.checks.models import Check, Lane
from takedown.db import Sessions, committing
from takedown.flow import run
from takedown.vault import Vault

YEARS = timedelta(days=1_400)


@pytest.fixture
def watched(sessions: Sessions, vault: Vault, now: datetime) -> Watched:
    """Two Urls that nobody answers for, on two hosts."""
    made = Watched(sessions, vault, now)
    made.watch("http://127.0.0.11:8009/a", "http://127.0.0.12:8009/b")
    return made


def test_what_was_looked_at_years_ahead_is_looked_at_again_now(watched: Watched) -> None:
    watched.look()
    watched.now += YEARS
    watched.look()
    watched.now -= YEARS - HOUR
    run(watched.ports, "purge")
    assert watched.look().done == 2
    assert len(watched.all(Check)) == 6
    assert all(watched.state(one).spell_last_at == watched.now for one in watched.urls)
    due = watched.due()
    assert due is not None and due <= watched.now + 8 * DAY


def test_a_lane_that_was_leased_years_ahead_comes_free(watched: Watched) -> None:
    with committing(watched.sessions) as session:
        session.execute(
            text("UPDATE lanes SET until = :then, next_at = :then, token = gen_random_uuid()"),
            {"then": watched.now + YEARS},
        )
    assert watched.look().done == 0
    run(watched.ports, "purge")
    assert watched.look().done == 2


def test_what_is_due_within_a_week_and_a_day_is_left_alone(watched: Watched) -> None:
    with committing(watched.sessions) as session:
        soon = {"then": watched.now + 7 * DAY}
        session.execute(text("UPDATE check_state SET next_check_at = :then"), soon)
        session.execute(
            text("UPDATE lanes SET due_at = :then, next_at = :now"),
            soon | {"now": watched.now + DAY},
        )
    run(watched.ports, "purge")
    assert watched.due() == watched.now + 7 * DAY
    assert {lane.next_at for lane in watched.all(Lane)} == {watched.now + DAY}
