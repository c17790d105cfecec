"""Connectors through the door: described by one, approved by another, their secret never shown."""

import json
import uuid

import pytest
from cast import Cast
from connectors import xarf_shape
from house import Browser, House
from sqlalchemy import select

from takedown.audit import AuditEntry
from takedown.db import committing
from takedown.outbox.connectors.models import ConnectorRow
from takedown.people.models import StaffRole

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
