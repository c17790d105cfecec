"""Suspects before a real keyboard: one key for each answer, and each can be taken back."""

import re
from collections.abc import Iterator

import pytest
from house import House
from looked_at import case, removed, suspect
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from takedown.checks import sampling
from takedown.checks.models import ManualFinding
from takedown.db import committing
from takedown.people.models import StaffRole

TOUCH = re.compile(r"albums/(\w)\.jpg")


@pytest.fixture(params=["en", "fr"])
def page(
    house: House, chromium: Browser, address: str, request: pytest.FixtureRequest
) -> Iterator[Page]:
    """An analyst's tab in either language, watched for complaints."""
    house.person(StaffRole.ANALYST)
    context = chromium.new_context(base_url=address, locale=request.param)
    tab = context.new_page()
    tab.set_default_timeout(20_000)
    complaints: list[str] = []
    tab.on(
        "console", lambda said: said.type in ("error", "warning") and complaints.append(said.text)
    )
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto("/sign-in")
    tab.locator("#email").fill("analyst")
    tab.locator("#password").fill(house.passwords["analyst"])
    tab.locator("button.main").click()
    tab.wait_for_url("**/today")
    yield tab
    assert [one for one in complaints if "422" not in one] == []  # a refusal is one
    context.close()


def found(house: House) -> list[tuple[str, str, bool]]:
    """The manual findings: what was seen, why it was asked for, and whether it stands."""
    with house.ports.sessions() as session:
        rows = session.scalars(select(ManualFinding).order_by(ManualFinding.entered_at))
        return [(one.verdict, one.how, one.undone_at is None) for one in rows]


def first(page: Page) -> str:
    """Which suspect stands first, and takes the keys."""
    match = TOUCH.search(page.locator("code.location").first.inner_text())
    assert match
    return match[1]


def test_each_key_answers_for_the_first_and_undo_brings_it_back(house: House, page: Page) -> None:
    for name in "abcd":
        suspect(house, name)
        house.clock.later(minutes=1)
    page.goto("/suspects")
    assert first(page) == "a"
    page.keyboard.press("r")
    page.wait_for_url("**decided=**")
    assert first(page) == "b"
    assert found(house) == [("down", "suspect", True)]
    page.locator("form.notice button").click()
    page.wait_for_url("**/suspects")
    assert found(house) == [("down", "suspect", False)]
    page.keyboard.press("u")
    page.wait_for_url("**decided=**")
    assert found(house)[-1] == ("up", "suspect", True)
    left = page.locator("section.sheet").count()
    page.keyboard.press("a")
    expect(page.locator("section.sheet")).to_have_count(left - 1)
    assert len(found(house)) == 2


def test_moved_opens_by_its_key_takes_the_letters_and_says_what_is_wrong(
    house: House, page: Page
) -> None:
    suspect(house, "a")
    page.goto("/suspects")
    page.keyboard.press("m")
    field = page.locator("input[name=location]")
    expect(field).to_be_visible()
    field.focus()
    page.keyboard.type("ruaux rur")  # letters in a field answer nothing
    page.keyboard.press("Enter")
    expect(page.locator(".notice.bad")).to_be_visible()
    expect(field).to_have_value("ruaux rur")
    expect(field).to_be_focused()
    assert found(house) == []
    field.fill("hxxps://cdn[.]example[.]test/b.jpg")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/**")
    assert found(house) == [("down", "moved", True)]


def test_the_sample_is_answered_by_keys(house: House, page: Page) -> None:
    case(house, "a")
    removed(house, "b")
    with committing(house.ports.sessions) as session:
        sampling.draw(session, house.clock(), 5)
    page.goto("/suspects/sample")
    page.keyboard.press("u")
    page.wait_for_url("**answered=**")
    page.keyboard.press("n")
    expect(page.locator(".empty")).to_be_visible()
    assert [finding[:2] for finding in found(house)] == [("up", "sample")]
