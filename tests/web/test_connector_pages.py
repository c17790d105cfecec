"""Connectors through the door: described by one, approved by another, their secret never shown."""

import ast
import html
import json
import uuid
from pathlib import Path

import pytest
from cast import Cast
from connectors import xarf_shape
from house import Browser, House
from sqlalchemy import select

from takedown.audit import AuditEntry
from takedown.db import committing
from takedown.outbox.connectors.models import ConnectorRow
from takedown.outbox.connectors.shapes import SHAPES
from takedown.people.models import StaffRole
from takedown.web.connector_reasons import REASONS

SECRET = "correct-horse-battery"


@pytest.fixture
def place(house: House) -> str:
    """The page of a contact that is an interface."""
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, house.clock())
        contact = cast.contact(cast.provider(), "xarf-shape", medium="api")
        return f"/connectors/contact/{contact.id}"


def save(browser: Browser, place: str, **changes: object):
    browser.get(place)
    document = json.dumps({**xarf_shape(), **changes})
    return browser.post(place, {"settings": document, "seen": "0", "why": "they ask for it"})


def row(house: House) -> ConnectorRow | None:
    with house.ports.sessions() as session:
        return session.scalars(select(ConnectorRow)).first()


def test_an_interface_that_nobody_described_stands_in_the_list(house: House, place: str) -> None:
    browser = house.browser(StaffRole.ADMINISTRATOR)
    page = browser.get("/connectors").text
    assert place in page and "not described yet" in page
    assert "Harbour Hosting" not in page, "nobody has reviewed the name"
    assert browser.get(f"/connectors/contact/{uuid.uuid4()}").status_code == 404


@pytest.mark.parametrize("role", [StaffRole.ANALYST, StaffRole.MANAGER, StaffRole.AUDITOR])
def test_others_do_not_see_them(house: House, place: str, role: StaffRole) -> None:
    assert house.browser(role).get(place).status_code == 403


def test_what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost(
    house: House, place: str
) -> None:
    answer = save(house.browser(StaffRole.SUPERVISOR), place, max_urls=7)
    assert answer.status_code == 422
    assert '<span class="mono">max_urls</span>' in answer.text
    assert "lifecycle:test" in answer.text
    assert row(house) is None


def test_two_people_put_one_in_force_and_the_secret_is_never_shown(
    house: House, place: str
) -> None:
    writer, other = house.browser(StaffRole.SUPERVISOR), house.browser(StaffRole.ADMINISTRATOR)
    assert save(writer, place).status_code == 303
    kept = row(house)
    pages = [writer.post(f"/connectors/{kept.id}/secret", {"secret": SECRET}).text]
    pages.append(writer.get(place).text)
    assert "another person approves it" in pages[-1]
    seen = {"seen": "2"}
    assert writer.post(f"/connectors/{kept.id}/approve", seen).status_code == 422
    pages.append(other.get(place).text)
    assert other.post(f"/connectors/{kept.id}/approve", {"seen": "1"}).status_code == 422
    assert other.post(f"/connectors/{kept.id}/approve", seen).status_code == 303
    pages += [other.get(place).text, other.get("/connectors").text]
    assert "in force" in pages[-1]
    assert [page for page in pages if SECRET in page] == []
    assert row(house).approved_by != row(house).written_by
    other.post(f"/connectors/{kept.id}/disable")
    assert row(house).approved_at is None
    with house.ports.sessions() as session:
        entries = session.scalars(select(AuditEntry)).all()
    acts = {one.action for one in entries}
    assert {"connector.write", "connector.secret", "connector.approve", "connector.disable"} <= acts
    assert SECRET not in str([one.detail for one in entries])


def test_nothing_is_tried_in_rehearsal(house: House, place: str) -> None:
    browser = house.browser(StaffRole.SUPERVISOR)
    save(browser, place)
    answer = browser.post(f"/connectors/{row(house).id}/try")
    assert answer.status_code == 422
    assert "Nothing leaves in rehearsal" in answer.text


TYPED = {
    "shape": "xarf",
    "url": "https://api.provider.example/v1/abuse",
    "name": "provider",
    "login": "bearer",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_usual_shape_is_drawn_up_from_a_few_fields_and_saved_by_a_person(
    house: House, place: str, shape: str
) -> None:
    browser = house.browser(StaffRole.SUPERVISOR)
    browser.get(place)
    poll = "https://status.provider.example/{reference}"
    answer = browser.post(f"{place}/shape", TYPED | {"shape": shape, "poll_url": poll})
    assert answer.status_code == 200
    assert row(house) is None, "nothing is saved yet"
    drawn = html.unescape(answer.text.partition('spellcheck="false"')[2]).partition("</textarea>")
    settings = drawn[0].partition(">")[2]
    assert json.loads(settings)["hosts"] == ["api.provider.example", "status.provider.example"]
    saved = browser.post(place, {"settings": settings, "seen": "0", "why": "they ask for it"})
    assert saved.status_code == 303
    assert row(house) is not None


@pytest.mark.parametrize(
    ("language", "said"), [("en", "does not begin with"), ("fr", "ne commence pas par https://")]
)
def test_what_is_wrong_in_a_field_is_said_in_the_readers_language(
    house: House, place: str, language: str, said: str
) -> None:
    browser = house.browser(StaffRole.SUPERVISOR, language=language)
    browser.get(place)
    answer = browser.post(f"{place}/shape", TYPED | {"url": "http://api.provider.example/"})
    assert answer.status_code == 422
    assert said in answer.text
    assert browser.post(f"{place}/shape", TYPED | {"shape": "smoke"}).status_code == 400


def test_there_are_words_for_whatever_can_be_wrong_in_settings() -> None:
    root = Path(__file__).parents[2]
    files = [
        *(root / "notices/channels").glob("*.py"),
        *(root / "takedown").rglob("connectors/*.py"),
    ]
    raised = {
        call.args[1].value
        for file in files
        if file.name != "form.py"
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "BadConnector"
        and isinstance(call.args[1], ast.Constant)
    }
    assert len(raised) > 30
    assert raised == set(REASONS)
