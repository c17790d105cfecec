"""Hand-overs through the door: the file, the receipt, the police's answer."""

import io
import re
import uuid
import zipfile
from dataclasses import dataclass

import pytest
from cast import CLOSED, Cast
from house import Browser, House, build
from sqlalchemy import select

from takedown.audit import AuditEntry, Event
from takedown.db import Sessions, committing
from takedown.episodes.models import Episode
from takedown.flow import notify
from takedown.outbox.models import Delivery, DeliveryStatus, Notice
from takedown.people import attempts
from takedown.people.models import StaffRole
from takedown.people.tasks import Task, TaskKind, ask
from takedown.urls.models import Url
from takedown.vault import Vault


@pytest.fixture
def house(sessions: Sessions, vault: Vault) -> House:
    """A closed world: notices leave, and nothing else is there."""
    return build(sessions, vault, CLOSED)


@dataclass
class Handed:
    """An approved hand-over to the police that a person carries."""

    notice: uuid.UUID
    delivery: uuid.UUID
    url: uuid.UUID

    @property
    def place(self) -> str:
        return f"/queue/{self.notice}/deliveries/{self.delivery}"


def hand_over(house: House) -> Handed:
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, house.clock())
        provider = cast.provider()
        known = cast.known("https://media.example.test/a.jpg", provider, cast.route(kind="police"))
        police = cast.provider("Police unit", kind="police", country="FR")
        cast.contact(police, "https://police.example/form", medium="form")
    notify.compose(house.ports)
    with committing(house.ports.sessions) as session:
        notice = session.scalars(select(Notice)).one()
        notify.approve(session, house.ports, [notice.id], actor="user:carol", supervisor=True)
        delivery = session.scalars(select(Delivery)).one()
    return Handed(notice.id, delivery.id, known.url.id)


def delivery(house: House) -> Delivery:
    with house.ports.sessions() as session:
        return session.scalars(select(Delivery)).one()


def actions(house: House) -> list[str]:
    with house.ports.sessions() as session:
        return [entry.action for entry in session.scalars(select(AuditEntry))]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_says_what_to_do_with_a_hand_over_by_hand(house: House, language: str) -> None:
    handed = hand_over(house)
    page = house.browser(StaffRole.ANALYST, language=language).get(f"/queue/{handed.notice}").text
    words = {
        "en": ("Take the file", "What reference came back?", "police"),
        "fr": ("Prendre le fichier", "Quelle référence est revenue", "police"),
    }
    assert all(word in page for word in words[language])
    assert "https://media.example.test" not in page


def test_a_person_takes_the_file_and_enters_the_receipt(house: House) -> None:
    handed = hand_over(house)
    analyst = house.browser(StaffRole.ANALYST)
    analyst.get(f"/queue/{handed.notice}")
    answer = analyst.post(f"{handed.place}/file", {"why": "hand_over"})
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "example" not in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        assert packed.namelist() == ["hand-over.txt", "urls.csv", "urls.json"]
        assert b"https://media.example.test/a.jpg" in packed.read("urls.csv")
    assert "notice.file" in actions(house)
    assert analyst.post(f"{handed.place}/receipt", {"reference": "PV 17/2026"}).status_code == 303
    assert "PV 17/2026" in analyst.get(f"/queue/{handed.notice}").text
    assert (delivery(house).status, delivery(house).accepted_by) == ("sent", "person")
    assert "notice.receipt" in actions(house)
    assert "Take the file" not in analyst.get(f"/queue/{handed.notice}").text


def test_who_may_not_reveal_takes_no_file(house: House) -> None:
    handed = hand_over(house)
    for role in (StaffRole.MANAGER, StaffRole.ADMINISTRATOR, StaffRole.AUDITOR):
        assert house.browser(role).post(f"{handed.place}/file", {"why": "again"}).status_code == 403
    assert delivery(house).status == "ready"


@pytest.mark.parametrize("why", ["", "curiosity"])
def test_a_file_is_taken_for_a_known_reason(house: House, why: str) -> None:
    handed = hand_over(house)
    analyst = house.browser(StaffRole.ANALYST)
    assert analyst.post(f"{handed.place}/file", {"why": why}).status_code == 400
    assert "notice.file" not in actions(house)


def test_an_old_sign_in_takes_no_file(house: House) -> None:
    handed = hand_over(house)
    analyst = house.browser(StaffRole.ANALYST)
    with analyst.client.session_transaction() as kept:
        kept["fs_paa"] = 0
    answer = analyst.post(f"{handed.place}/file", {"why": "hand_over"})
    assert "/account/again" in answer.headers["Location"]
    assert delivery(house).status == "ready"


def test_too_many_files_an_hour_are_refused_and_change_nothing(house: House) -> None:
    handed = hand_over(house)
    analyst = house.browser(StaffRole.ANALYST)
    analyst.get(f"/queue/{handed.notice}")
    for _ in range(attempts.REVEALS_PER_HOUR):
        assert analyst.post(f"{handed.place}/file", {"why": "again"}).status_code == 200
    assert analyst.post(f"{handed.place}/file", {"why": "again"}).status_code == 429


def test_the_delivery_of_another_notice_is_not_found(house: House) -> None:
    handed = hand_over(house)
    analyst = house.browser(StaffRole.ANALYST)
    other = f"/queue/{uuid.uuid4()}/deliveries/{handed.delivery}"
    assert analyst.post(f"{other}/file", {"why": "again"}).status_code == 404
    assert analyst.post(f"{other}/receipt", {"reference": "x"}).status_code == 404


def test_a_hold_keeps_the_file_back_and_says_so(house: House) -> None:
    handed = hand_over(house)
    analyst = house.browser(StaffRole.ANALYST)
    analyst.get(f"/cases/{handed.url}")
    form = {"subject": "url", "asked_by": "unit 5", "reason": "operation", "review_days": "14"}
    analyst.post(f"/cases/{handed.url}/hold", form)
    answer = analyst.post(f"{handed.place}/file", {"why": "hand_over"})
    assert answer.status_code == 303
    assert "It may not leave as it stands" in analyst.get(f"/queue/{handed.notice}").text
    assert delivery(house).status == "superseded"


def clear(browser: Browser, url: uuid.UUID, **form: str) -> int:
    browser.get(f"/cases/{url}")
    return browser.post(f"/cases/{url}/clearance", form).status_code


def test_the_police_answer_settles_what_was_asked_and_stands_in_the_log(house: House) -> None:
    url = hand_over(house).url
    with committing(house.ports.sessions) as session:
        session.get_one(Url, url).victim_at_risk = True
        ask(session, TaskKind.POLICE_CLEARANCE, "url", url, now=house.clock())
    analyst = house.browser(StaffRole.ANALYST)
    assert "The police have answered" in analyst.get(f"/cases/{url}").text
    assert clear(analyst, url, police_reference="PV 3/2026") == 303
    with house.ports.sessions() as session:
        found = session.get_one(Url, url)
        assert found.police_cleared_at == found.police_informed_at == house.clock()
        task = select(Task).where(Task.kind == TaskKind.POLICE_CLEARANCE)
        assert session.scalars(task).one().done_at == house.clock()
        event = session.scalars(select(Event).where(Event.kind == "police_cleared")).one()
        assert event.after == "PV 3/2026"
    assert "police.clear" in actions(house)
    page = analyst.get(f"/cases/{url}").text
    assert "the police agreed" in page
    assert "The police have answered" not in page


def test_a_reference_that_names_the_host_is_refused(house: House) -> None:
    url = hand_over(house).url
    assert (
        clear(house.browser(StaffRole.ANALYST), url, police_reference="media.example.test") == 409
    )
    with house.ports.sessions() as session:
        assert session.get_one(Url, url).police_cleared_at is None


def test_an_agreement_of_tomorrow_is_one_of_now(house: House) -> None:
    url = hand_over(house).url
    clear(house.browser(StaffRole.ANALYST), url, cleared_at="2099-01-01T00:00")
    with house.ports.sessions() as session:
        assert session.get_one(Url, url).police_cleared_at == house.clock()


def test_the_queue_says_who_receives_a_hand_over(house: House) -> None:
    hand_over(house)
    page = house.browser(StaffRole.ANALYST).get("/queue?show=left").text
    assert "To the police" in page
    assert "Police unit" in page


# --- a provider's own form, and what is in doubt -----------------------------------------------


def by_form(house: House, medium: str = "form") -> Handed:
    """A notice to a provider, approved: by its form, where nothing else is said."""
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, house.clock())
        provider = cast.provider()
        known = cast.known("https://media.example.test/a.jpg", provider, cast.route())
        address = "https://provider.example/abuse" if medium == "form" else "abuse@harbour.example"
        cast.contact(provider, address, medium=medium)
    notify.compose(house.ports)
    with committing(house.ports.sessions) as session:
        notice = session.scalars(select(Notice)).one()
        notify.approve(session, house.ports, [notice.id], actor="user:carol", supervisor=True)
        made = session.scalars(select(Delivery)).one()
    return Handed(notice.id, made.id, known.url.id)


def in_doubt(house: House) -> Handed:
    sent = by_form(house, "email")
    with committing(house.ports.sessions) as session:
        row = session.get_one(Delivery, sent.delivery)
        row.status, row.armed_at = DeliveryStatus.UNCERTAIN, house.clock()
        ask(session, TaskKind.UNCERTAIN_DELIVERY, "notice", sent.notice, now=house.clock())
    return sent


def test_what_goes_into_a_form_is_shown_box_by_box_to_whoever_may_reveal(house: House) -> None:
    handed = by_form(house)
    analyst = house.browser(StaffRole.ANALYST)
    before = analyst.get(f"/queue/{handed.notice}").text
    assert "Show what goes into it" in before
    assert "https://media.example.test/a.jpg" not in before
    shown = analyst.post(f"{handed.place}/form")
    assert shown.headers["Cache-Control"] == "no-store"
    assert ">https://media.example.test/a.jpg</textarea>" in shown.text
    assert 'href="https://provider.example/abuse"' in shown.text
    assert "Addresses to remove" in shown.text and "Legal basis" in shown.text
    assert "Their number for it" not in shown.text  # there is none
    boxes = "".join(re.findall(r"<textarea.*?</textarea>", shown.text, re.DOTALL))
    assert "The exact address follows." in boxes and "attached" not in boxes
    assert "notice.file" in actions(house)
    assert house.browser(StaffRole.MANAGER).post(f"{handed.place}/form").status_code == 403


def test_whoever_filled_it_in_says_so_with_or_without_a_reference(house: House) -> None:
    handed = by_form(house)
    analyst = house.browser(StaffRole.ANALYST)
    analyst.post(f"{handed.place}/form")
    assert analyst.post(f"{handed.place}/receipt", {"reference": ""}).status_code == 303
    row = delivery(house)
    assert (row.status, row.accepted_by, row.accepted_at) == ("sent", "person", house.clock())
    assert row.handed_by is not None and row.handed_by.startswith("user:")
    assert row.receipt is None and row.receipt_at is None
    with house.ports.sessions() as session:
        assert session.scalars(select(Episode)).one().notified_at == house.clock()
        assert session.scalars(select(Task).where(Task.done_at.is_(None))).all() == []
    assert "Show what goes into it" not in analyst.get(f"/queue/{handed.notice}").text
    analyst.post(f"{handed.place}/receipt", {"reference": "T-17"})
    assert "T-17" in analyst.get(f"/queue/{handed.notice}").text


def test_a_hold_keeps_the_boxes_back(house: House) -> None:
    handed = by_form(house)
    analyst = house.browser(StaffRole.ANALYST)
    analyst.post(f"{handed.place}/form")
    asked = {"subject": "url", "asked_by": "the police", "reason": "asked for"}
    analyst.post(f"/cases/{handed.url}/hold", asked)
    answer = analyst.post(f"{handed.place}/form", follow_redirects=True)
    assert "https://media.example.test/a.jpg" not in answer.text
    assert "It may not leave as it stands" in answer.text


def test_a_supervisor_says_that_what_was_in_doubt_arrived(house: House) -> None:
    sent = in_doubt(house)
    supervisor = house.browser(StaffRole.SUPERVISOR)
    assert "It may have arrived" in supervisor.get(f"/queue/{sent.notice}").text
    supervisor.post(f"{sent.place}/resolve", {"arrived": "yes"})
    assert (delivery(house).status, delivery(house).accepted_by) == ("sent", "person")
    assert "notice.resolve" in actions(house)
    with house.ports.sessions() as session:
        assert session.scalars(select(Task).where(Task.done_at.is_(None))).all() == []
    assert supervisor.post(f"{sent.place}/resolve", {"arrived": "no"}).status_code == 409


def test_what_did_not_arrive_goes_again_at_once(house: House) -> None:
    sent = in_doubt(house)
    supervisor = house.browser(StaffRole.SUPERVISOR)
    supervisor.post(f"{sent.place}/resolve", {"arrived": "no"})
    assert (delivery(house).status, delivery(house).due_at) == ("uncertain", house.clock())


def test_an_analyst_does_not_decide_what_arrived(house: House) -> None:
    sent = in_doubt(house)
    analyst = house.browser(StaffRole.ANALYST)
    assert analyst.post(f"{sent.place}/resolve", {"arrived": "yes"}).status_code == 403
    assert "A supervisor says which" in analyst.get(f"/queue/{sent.notice}").text
