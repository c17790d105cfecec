"""What every answer says to the browser, and what no form does without."""

import hashlib
import re
from pathlib import Path

from house import Browser, House

from takedown.people.models import StaffRole
from takedown.web import static_files

STATIC = Path(static_files.__file__).parent / "static"
PAGES = ("/today", "/register", "/queue", "/cases", "/compliance", "/holds", "/account")


def test_every_page_keeps_nothing_and_runs_nothing_foreign(house: House) -> None:
    browser = house.browser(StaffRole.ANALYST)
    for path in (*PAGES, "/not-there", "/healthz"):
        headers = browser.get(path).headers
        assert headers["Cache-Control"] == "no-store", path
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        policy = headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy and "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_pages_have_no_inline_code_and_name_nothing_outside(house: House) -> None:
    browser = house.browser(StaffRole.SUPERVISOR, StaffRole.ADMINISTRATOR)
    for path in (*PAGES, "/contacts", "/stages", "/people"):
        text = browser.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path
        assert not re.search(r"<style|\sstyle=|\son\w+=", text), path
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", text), path


def test_pages_are_small(house: House) -> None:
    browser = house.browser(StaffRole.SUPERVISOR)
    files = sum(path.stat().st_size for path in STATIC.rglob("*") if path.suffix in (".css", ".js"))
    for path in PAGES:
        assert len(browser.get(path).data) + files < 300_000, path


def test_only_files_named_by_their_checksum_are_kept_by_a_browser(house: House) -> None:
    browser = Browser(house.app)
    named = re.search(r'href="(/static/takedown.css\?v=\w+)"', browser.get("/sign-in").text)
    assert named is not None
    assert "immutable" in browser.get(named[1]).headers["Cache-Control"]
    assert browser.get("/static/takedown.css").headers["Cache-Control"] == "no-store"


def test_a_form_without_its_token_changes_nothing(house: House) -> None:
    browser = house.browser(StaffRole.ANALYST)
    browser.token = ""
    answer = browser.post("/register", {"text": "https://media.example.test/a.jpg"})
    assert answer.status_code == 400
    assert "No cases here" in browser.get("/cases").text


def test_htmx_sends_the_token_in_a_header(house: House) -> None:
    browser = house.browser(StaffRole.ANALYST)
    browser.get("/register")
    token, browser.token = browser.token, ""
    answer = browser.post(
        "/register/preview",
        {"text": "https://media.example.test/a.jpg"},
        headers={"X-CSRFToken": token, "HX-Request": "true"},
    )
    assert answer.status_code == 200
    assert "<html" not in answer.text


def test_vendored_files_are_what_the_list_says() -> None:
    listed = (STATIC / "vendor" / "VENDORED.md").read_text()
    for path in (STATIC / "vendor").glob("*.js"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() in listed
