"""English and French, complete."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask_babel import force_locale
from house import Browser, House

from takedown.people.models import StaffRole
from takedown.web import language, show

ROOT = Path(language.__file__).parents[2]
FRENCH = language.TRANSLATIONS / "fr" / "LC_MESSAGES"


@pytest.fixture(scope="module")
def french() -> Catalog:
    """The catalogue as people edit it."""
    with (FRENCH / "messages.po").open("rb") as file:
        return read_po(file, locale="fr")


def texts(message: object) -> tuple[str, ...]:
    return message if isinstance(message, tuple) else (str(message),)


def test_nothing_is_left_untranslated_or_uncertain(french: Catalog) -> None:
    for message in french:
        if message.id:
            assert all(texts(message.string)), message.id
            assert not message.fuzzy, message.id


def test_extraction_finds_nothing_new(french: Catalog, tmp_path: Path) -> None:
    found = tmp_path / "messages.pot"
    subprocess.run(
        [
            *(sys.executable, "-m", "babel.messages.frontend", "-q", "extract"),
            *("-F", "babel.cfg", "-k", "_l", "-o", str(found), "."),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tools")},  # its reader of docstrings
        check=True,
    )
    with found.open("rb") as file:
        wanted = {texts(message.id)[0] for message in read_po(file) if message.id}
    have = {texts(message.id)[0] for message in french if message.id}
    assert wanted == have


def test_placeholders_are_the_same_in_both_languages(french: Catalog) -> None:
    for message in french:
        names = {frozenset(re.findall(r"%\((\w+)\)s", text)) for text in texts(message.id)}
        told = {frozenset(re.findall(r"%\((\w+)\)s", text)) for text in texts(message.string)}
        if message.id:
            assert frozenset().union(*told) <= frozenset().union(*names), message.id
            assert len(texts(message.id)) > 1 or told == names, message.id


def test_the_compiled_catalogue_is_the_one_that_people_edit(french: Catalog) -> None:
    with (FRENCH / "messages.mo").open("rb") as file:
        compiled = read_mo(file)
    for message in french:
        if message.id:
            assert tuple(compiled[message.id].string) == tuple(message.string)


def test_a_browser_gets_its_language_and_the_switch_wins(house: House) -> None:
    assert "Se connecter" in Browser(house.app, "fr-FR,fr;q=0.9").get("/sign-in").text
    assert "Sign in" in Browser(house.app, "de").get("/sign-in").text
    browser = house.browser(StaffRole.ANALYST)
    browser.post("/language", {"language": "fr", "back": "/register"})
    assert '<html lang="fr">' in browser.get("/today").text


@pytest.mark.parametrize(
    ("low", "high", "english", "french"),
    [
        (21.2, 21.9, "21–22 h", "21–22 h"),
        (0.2, 0.4, "12–24 min", "12–24 min"),
        (40.0, 72.0, "40 h – 3 d", "40 h – 3 j"),
        (0.0, 5.0, "within 5 h", "en 5 h"),
        (100.0, None, "over 4.2 d", "plus de 4,2 j"),
        (None, None, "–", "–"),
    ],
)
def test_intervals_are_said_in_words(
    house: House, low: float | None, high: float | None, english: str, french: str
) -> None:
    with house.app.test_request_context():
        for lang, words in (("en", english), ("fr", french)):
            with force_locale(lang):
                assert show.span(low, high).replace("\u202f", " ") == words


def test_a_time_carries_its_exact_utc(house: House) -> None:
    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    with house.app.test_request_context():
        assert 'title="2026-03-02 09:00:00 UTC"' in show.instant(at)


def test_one_and_many_are_told_apart_in_french(house: House) -> None:
    browser = house.browser(StaffRole.ANALYST, language="fr")
    browser.get("/register")
    one = browser.post("/register", {"text": "bof"}).text
    two = browser.post("/register", {"text": "bof\nbah"}).text
    assert "Une ligne a été rendue" in one
    assert "2 lignes ont été rendues" in two


def test_the_account_remembers_its_language(house: House) -> None:
    house.browser(StaffRole.ANALYST).post("/language", {"language": "fr"})
    assert '<html lang="fr">' in house.browser(StaffRole.ANALYST).get("/today").text
