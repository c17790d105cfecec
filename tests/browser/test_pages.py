"""What a person does in a browser, in both languages: sign in, paste, read what became of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from house import House
from playwright.sync_api import Browser, Page, ViewportSize, expect

from takedown.db import committing
from takedown.people import service

LINES = """hxxps://media[.]example[.]test/a.jpg
https://img.example.test/b.png
https://img.example.test/c.png?size=large
nonsense
http://192.0.2.7/d
hxxp://files(dot)example(dot)test/e.zip
"https://quoted.example.test/f"
<https://bracketed.example.test/g>
what is this
https://bücher.example.test/h
https://img.example.test/i.webm
"""
WORDS = {
    "en": ("Today", "Register", "2 lines were handed back", "9", "Sign out"),
    "fr": ("Aujourd’hui", "Enregistrer", "2 lignes ont été rendues", "9", "Se déconnecter"),
}
PATHS = (
    *("/today", "/register", "/queue", "/queue?show=left", "/cases", "/contacts", "/holds"),
    *("/suspects", "/inbox", "/providers", "/book", "/connectors", "/letters", "/ladders"),
    *("/pace", "/routes", "/routes/agreements", "/routes/members", "/routes/do-not-forward"),
    *("/overview", "/compliance", "/countries", "/workload", "/stages", "/people", "/account"),
)
DESK: ViewportSize = {"width": 1280, "height": 720}
TELEPHONE: ViewportSize = {"width": 380, "height": 800}


@dataclass
class Watch:
    """Everything that a browser complains of, asks for elsewhere or loads too much of."""

    home: str
    complaints: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)

    def over(self, page: Page) -> None:
        page.on("console", lambda said: said.type in ("error", "warning") and self.note(said.text))
        page.on("pageerror", lambda error: self.note(str(error)))
        page.on("request", lambda asked: self.asked(asked.url))
        page.on("response", self.answered)

    def note(self, text: str) -> None:
        self.complaints.append(text)

    def asked(self, url: str) -> None:
        if not url.startswith((self.home, "data:")):
            self.note(f"asked elsewhere: {url}")

    def answered(self, answer: Any) -> None:
        if answer.status >= 400:
            self.note(f"{answer.status} {answer.url}")
        elif answer.status == 200 and not answer.url.startswith("data:"):
            length = answer.headers.get("content-length", "0")
            self.sizes[answer.url] = int(length)


@pytest.fixture
def password(house: House) -> str:
    """The one that is printed at the first start."""
    with committing(house.ports.sessions) as session:
        made = service.create_first_administrator(session, house.ports.vault, now=house.clock())
    assert made is not None
    return made.password


@pytest.fixture
def page(chromium: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A tab of a browser in the language of the test, watched."""
    lang = getattr(request, "param", "en")
    context = chromium.new_context(base_url=address, locale=lang)
    tab = context.new_page()
    tab.set_default_timeout(20_000)
    yield tab
    context.close()


def sign_in(page: Page, password: str) -> None:
    page.goto("/")
    page.locator("#email").fill("admin")
    page.locator("#password").fill(password)
    page.locator("button.main").click()
    page.wait_for_url("**/today")


@pytest.mark.parametrize(("page", "lang"), [("en", "en"), ("fr", "fr")], indirect=["page"])
def test_signing_in_with_the_printed_password_and_registering_by_paste(
    page: Page, lang: str, address: str, password: str
) -> None:
    watch = Watch(address)
    watch.over(page)
    today, register, back, registered, leave = WORDS[lang]
    sign_in(page, password)
    expect(page.locator("h1")).to_have_text(today)
    page.get_by_role("navigation").get_by_role("link", name=register).click()
    page.locator("#text").fill(LINES)
    expect(page.locator("#preview tbody tr")).to_have_count(11)
    assert page.locator("#text").input_value() == LINES
    page.locator("button.main").click()
    expect(page.get_by_text(back)).to_be_visible()
    expect(page.locator("dl.figures dd").first).to_have_text(registered)
    assert page.locator("#text").input_value().split() == ["nonsense", "what", "is", "this"]
    expect(page.get_by_text("hxxps://media[.]example[.]test/a.jpg")).to_be_visible()
    page.locator("table a").first.click()
    expect(page.locator(".timeline li").first).to_be_visible()
    page.get_by_role("button", name=leave).click()
    page.wait_for_url("**/sign-in")
    assert watch.complaints == []


@pytest.mark.parametrize(("page", "lang"), [("en", "en"), ("fr", "fr")], indirect=["page"])
def test_every_page_loads_clean_small_and_from_here_alone_fits_a_telephone_and_names_its_fields(
    page: Page, lang: str, address: str, password: str
) -> None:
    watch = Watch(address)
    watch.over(page)
    sign_in(page, password)
    for path in PATHS:
        watch.sizes.clear()
        page.set_viewport_size(DESK)
        page.goto(path, wait_until="networkidle")
        expect(page.locator("h1")).to_be_visible()
        assert sum(watch.sizes.values()) < 300_000, path
        assert page.locator("h1").count() == 1, path
        assert nameless(page) == [], path
        assert page.locator("html").get_attribute("lang") == lang
        page.set_viewport_size(TELEPHONE)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= TELEPHONE["width"], path
    assert watch.complaints == []


def nameless(page: Page) -> list[str]:
    """Fields that no label names."""
    found: list[str] = page.evaluate(
        """[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
        .filter(one => !one.labels?.length && !one.ariaLabel).map(one => one.name)"""
    )
    return found


def test_nothing_typed_is_lost_while_the_preview_changes(page: Page, password: str) -> None:
    sign_in(page, password)
    page.goto("/register")
    page.locator("#text").press_sequentially("https://media.example.test/", delay=5)
    page.wait_for_timeout(300)
    page.locator("#text").press_sequentially("a.jpg", delay=5)
    expect(page.get_by_text("hxxps://media[.]example[.]test/a.jpg")).to_be_visible()
    assert page.locator("#text").input_value() == "https://media.example.test/a.jpg"
