"""From how many places a removal was seen, and why a case is looked at next when it is."""

import uuid

import pytest
from house import House
from looked_at import HOUR, case, removed

from takedown.checks.cadence import Why
from takedown.people.models import Scope, StaffRole
from takedown.web.check_words import NEXT


def api(house: House, url_id: uuid.UUID) -> dict[str, object]:
    """The case as a program reads it."""
    answer = house.app.test_client().get(f"/api/v1/urls/{url_id}", headers=house.bearer(Scope.READ))
    assert answer.status_code == 200
    return dict(answer.json or {})


@pytest.mark.parametrize(("mask", "alone"), [(0b1, True), (0b11, False)])
def test_a_removal_seen_from_one_place_says_so_wherever_it_is_shown(
    house: House, mask: int, alone: bool
) -> None:
    gone = removed(house, "a", run_vantages=0b11, run_down_vantages=mask)
    browser = house.browser(StaffRole.ANALYST)
    assert ("seen gone from one place only" in browser.get(f"/cases/{gone}").text) is alone
    assert ("from one place only" in browser.get("/cases").text) is alone
    assert api(house, gone)["one_vantage"] is alone


def test_what_is_up_or_only_failing_says_nothing_of_the_kind(house: House) -> None:
    failing = case(house, "a", run_first_at=house.clock(), run_fails=1, run_vantages=1)
    browser = house.browser(StaffRole.ANALYST)
    page = browser.get(f"/cases/{failing}").text
    assert "failing, not confirmed yet" in page and "one place" not in page
    assert api(house, failing)["one_vantage"] is False


def test_the_page_and_the_programs_are_told_why_it_is_looked_at_next(house: House) -> None:
    soon = case(house, "a", next_why="anchor", next_check_at=house.clock() + HOUR)
    never = case(house, "b", next_why="age", next_check_at=None)
    browser = house.browser(StaffRole.ANALYST)
    assert "because shares are read at this age" in browser.get(f"/cases/{soon}").text
    page = browser.get(f"/cases/{never}").text
    assert "none planned" in page and "because" not in page
    assert (api(house, soon)["next_check_why"], api(house, never)["next_check_why"]) == (
        "anchor",
        None,
    )


def test_every_reason_has_its_words() -> None:
    assert set(NEXT) == set(Why)
