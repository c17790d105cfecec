"""What every answer says to the browser, and what no form does without."""

import gzip
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


def test_pages_are_small_with_all_that_they_load(house: House) -> None:
    browser = house.browser(StaffRole.SUPERVISOR)
    packed = {"Accept-Encoding": "gzip"}
    for path in PAGES:
        page = browser.get(path)
        files = set(re.findall(r'="(/static/[^"]+)"', page.text))
        loaded = [len(browser.get(file, headers=packed).data) for file in files]
        assert len(page.data) + sum(loaded) < 300_000, path


def test_static_text_is_packed_for_whoever_can_unpack_it_and_nothing_else_is(house: House) -> None:
    browser = house.browser(StaffRole.ANALYST)
    plain = browser.get("/static/takedown.css")
    packed = browser.get("/static/takedown.css", headers={"Accept-Encoding": "gzip, br"})
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
    assert packed.headers["Vary"] == "Accept-Encoding"
    page = browser.get("/today", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in page.headers


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
    kept = {path for path in (STATIC / "vendor").iterdir() if path.suffix != ".md"}
    licences = {path for path in kept if path.name.endswith("-LICENSE")}
    assert kept - licences
    for path in kept - licences:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert f"| {path.name} |" in listed and digest in listed, path.name
    for path in licences:
        assert path.name in listed
