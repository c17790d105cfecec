"""A day of somebody who has never seen it, by keyboard alone: what the pages say leads on."""

import re

import pytest
from cast import Cast
from correspondents import Way, joined, leave, receive
from house import House
from playwright.sync_api import Browser, Locator, Page, expect

from takedown.db import Sessions, committing
from takedown.flow import notify
from takedown.people.models import StaffRole
from takedown.routes.models import Route
from takedown.vault import Vault


@pytest.fixture
def way() -> Way:
    return Way()


@pytest.fixture
def house(sessions: Sessions, vault: Vault, way: Way) -> House:
    """Two notices have left: one was answered, one came back. Two more wait for approval."""
    made = joined(sessions, vault, way)
    hosts(made, "harbour", "northhost")
    leave(made)
    receive(made, way, "asks", "Which of the two files do you mean?")
    receive(made, way, "bounces", nth=1)
    hosts(made, "lagoon", "kestrel")
    notify.compose(made.ports)
    made.person(StaffRole.ANALYST, name="newcomer")
    return made


def hosts(house: House, *names: str) -> None:
    """Providers, each with an address that is due for its first notice."""
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, house.clock())
        route = session.query(Route).first() or cast.route()
        for name in names:
            provider = cast.provider(name.capitalize())
            cast.contact(provider, f"abuse@{name}.example")
            cast.known(f"https://{name}.example.test/a.jpg", provider, route)


def press(one: Locator) -> None:
    """What can be pressed by a mouse has its place in the order of the keyboard, and Enter does."""
    one.focus()
    expect(one).to_be_focused()
    one.page.keyboard.press("Enter")


def typed(page: Page, text: str) -> None:
    page.keyboard.press("Tab")
    page.keyboard.type(text)


@pytest.fixture
def page(house: House, chromium: Browser, address: str) -> Page:
    """The newcomer's tab, signed in by keyboard."""
    tab = chromium.new_context(base_url=address, locale="en").new_page()
    tab.set_default_timeout(20_000)
    tab.goto("/")
    expect(tab.locator("#email")).to_be_focused()
    tab.keyboard.type("newcomer")
    typed(tab, house.passwords["newcomer"])
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/today")
    return tab


def test_a_newcomer_approves_holds_answers_and_finds_a_bounce(page: Page) -> None:
    main, aside = page.get_by_role("main"), page.get_by_role("navigation")

    press(main.get_by_role("link", name=re.compile("^Approvals")))
    approve = page.locator("button[data-needs-choice]")
    expect(approve).to_be_disabled()
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    expect(approve).to_contain_text("(2)")
    press(approve)
    expect(page.get_by_text("2 notices approved.")).to_be_visible()

    press(aside.get_by_role("link", name=re.compile("^Inbox")))
    press(main.get_by_role("link", name=re.compile("^Re: ")))
    expect(main.get_by_text("Which of the two files")).to_be_visible()
    page.get_by_label("Your answer").focus()
    page.keyboard.type("The first of them.")
    press(page.get_by_role("button", name="Send the answer"))
    expect(page.get_by_text("The answer leaves with the next run")).to_be_visible()

    press(aside.get_by_role("link", name=re.compile("^Today")))
    bounced = main.get_by_role("region", name=re.compile("^Notice came back"))
    press(bounced.get_by_role("link"))
    expect(main.get_by_text(re.compile(r"5\.1\.1 .*unknown", re.I))).to_be_visible()
    expect(main.get_by_role("link", name="Look for another contact")).to_be_visible()

    press(main.get_by_role("link", name=re.compile(r"^\d{4}-\d{6}$")))
    press(main.get_by_text("Hold", exact=True))
    page.get_by_label("Asked for by").focus()
    page.keyboard.type("Police unit")
    press(page.get_by_role("button", name="Place the hold"))
    expect(page.get_by_text("The hold stands: nothing leaves.")).to_be_visible()
