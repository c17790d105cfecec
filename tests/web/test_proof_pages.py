"""Proof in the pages: answers of servers, the evidence file, a provider's list against ours."""

import io
import json
import uuid
from base64 import b64encode

import pytest
from cast import CLOSED, Cast
from house import Browser, House, build
from sqlalchemy import select

from takedown.audit import AuditEntry
from takedown.db import Sessions, committing
from takedown.flow import notify
from takedown.outbox.evidence import chain
from takedown.outbox.models import Delivery, DeliveryStatus, Notice
from takedown.outbox.results import ANSWERS
from takedown.people.models import StaffRole
from takedown.vault import Vault


@pytest.fixture
def house(sessions: Sessions, vault: Vault) -> House:
    """A hotline in a closed world, where what leaves arrives at once."""
    return build(sessions, vault, CLOSED)


@pytest.fixture
def sent(house: House) -> Notice:
    """A notice that was accepted."""
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, house.clock())
        provider = cast.provider(public_name="Harbour Hosting")
        cast.contact(provider)
        cast.known("https://media.example.test/a.jpg", provider, cast.route(status="verified"))
    notify.compose(house.ports)
    with committing(house.ports.sessions) as session:
        notice = session.scalars(select(Notice)).one()
        notify.approve(session, house.ports, [notice.id], actor="user:alice", supervisor=True)
        delivery = session.scalars(select(Delivery)).one()
        said = house.ports.vault.seal(ANSWERS, delivery.id, notice.cohort, "250 kept for a.jpg")
        at = house.clock()
        delivery.answers = [[at.isoformat(), "dot", 250, b64encode(said).decode()]]
        delivery.status, delivery.queue_id = DeliveryStatus.SENT, "QUEUE42"
        delivery.armed_at = delivery.accepted_at = notice.accepted_at = at
        delivery.accepted_by = "recipient"
        notice.status = "accepted"
    return notice


def acts(house: House) -> list[str]:
    with house.ports.sessions() as session:
        return list(session.scalars(select(AuditEntry.action)))


def test_a_notice_shows_each_answer_and_its_words_by_a_reveal(house: House, sent: Notice) -> None:
    browser = house.browser(StaffRole.ANALYST)
    page = browser.get(f"/queue/{sent.id}").text
    assert "QUEUE42" in page
    assert "after the text · 250" in page
    assert "kept for a.jpg" not in page
    assert "kept for a.jpg" in browser.post(f"/queue/{sent.id}/message").text


@pytest.mark.parametrize("form", ["json", "pdf"])
def test_an_evidence_file_is_taken_with_a_reason(house: House, sent: Notice, form: str) -> None:
    browser = house.browser(StaffRole.ANALYST)
    browser.get(f"/queue/{sent.id}")
    path = f"/queue/{sent.id}/evidence"
    assert browser.post(path, {"form": form, "why": "curious"}).status_code == 400
    answer = browser.post(path, {"form": form, "why": "disputed", "lang": "fr"})
    assert answer.status_code == 200
    assert sent.number in answer.headers["Content-Disposition"]
    if form == "json":
        assert chain.broken(json.loads(answer.data)) is None
    else:
        assert answer.data.startswith(b"%PDF-")
    assert acts(house).count("notice.evidence") == 1


def test_where_nothing_left_no_file_is_made(house: House, sent: Notice) -> None:
    with committing(house.ports.sessions) as session:
        session.get_one(Notice, sent.id).mode = "rehearsal"
    browser = house.browser(StaffRole.ANALYST)
    browser.get(f"/queue/{sent.id}")
    form = {"form": "json", "why": "disputed"}
    assert browser.post(f"/queue/{sent.id}/evidence", form).status_code == 303
    assert "Nothing about this has left" in browser.get(f"/queue/{sent.id}").text
    assert "notice.evidence" not in acts(house)


def compare(browser: Browser, provider: uuid.UUID, table: bytes) -> str:
    path = f"/providers/{provider}/received"
    browser.get(path)
    upload = {"list": (io.BytesIO(table), "received.csv")}
    return browser.post(path, upload, content_type="multipart/form-data").text


def test_a_list_is_compared_and_forgotten(house: House, sent: Notice) -> None:
    browser = house.browser(StaffRole.ANALYST)
    table = b"url\nhttps://media.example.test/a.jpg\nhttps://elsewhere.example.org/\n"
    page = compare(browser, sent.provider_id, table)
    assert "Both know of it: 1" in page
    assert "Only they know of it: 1" in page
    assert "elsewhere.example" not in page
    assert "no table of text" in compare(browser, sent.provider_id, b"\x00\x01")
    assert acts(house).count("provider.reconcile") == 1
