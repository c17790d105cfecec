"""Inbox and triage through the door: read, matched, answered, put away."""

import email
import email.policy
import re
import uuid

import pytest
from cast import Cast
from correspondents import Way, joined, leave, receive
from house import Browser, House
from sqlalchemy import select

from takedown.db import Sessions, committing
from takedown.flow import notify
from takedown.outbox.inbox.models import InboundMail
from takedown.outbox.models import Delivery, Notice
from takedown.people.models import StaffRole
from takedown.people.tasks import Task
from takedown.routes import holds
from takedown.urls.models import Url
from takedown.vault import Vault


@pytest.fixture
def way() -> Way:
    return Way()


@pytest.fixture
def house(sessions: Sessions, vault: Vault, way: Way) -> House:
    """A closed world with one notice that has left, approved by somebody else."""
    made = joined(sessions, vault, way)
    with committing(sessions) as session:
        cast = Cast(session, vault, made.clock())
        provider = cast.provider()
        cast.contact(provider)
        cast.known("https://media.example.test/a.jpg", provider, cast.route())
    leave(made)
    return made


def mail(house: House, mail_id: uuid.UUID) -> InboundMail:
    with house.ports.sessions() as session:
        return session.get_one(InboundMail, mail_id)


def stray(house: House, way: Way) -> uuid.UUID:
    """A mail that nothing ties to a notice."""
    lost = {
        "to": "x@example.org",
        "in_reply_to": "<a@b>",
        "references": "<a@b>",
        "from": "x@y.test",
    }
    return receive(house, way, "asks", subject="Hello", **lost)


@pytest.fixture
def analyst(house: House) -> Browser:
    return house.browser(StaffRole.ANALYST)


def test_a_reply_is_listed_read_and_let_go(house: House, way: Way, analyst: Browser) -> None:
    found = receive(house, way, "asks", "Look at https://media.example.test/a.jpg <b>now</b>")
    assert str(found) in analyst.get("/inbox").text
    assert f'href="/inbox/{found}"' in analyst.get("/today").text
    page = analyst.get(f"/inbox/{found}").text
    assert "hxxps://media[.]example[.]test/a.jpg &lt;b&gt;now&lt;/b&gt;" in page
    assert "https://media.example.test" not in page
    assert "reminders wait" in page
    assert analyst.post(f"/inbox/{found}/read").status_code == 303
    assert mail(house, found).read_at == house.clock()
    assert str(found) not in analyst.get("/inbox").text
    assert str(found) in analyst.get("/inbox?show=all").text


def test_a_bounce_is_found_on_today_in_the_queue_and_on_its_notice(
    house: House, way: Way, analyst: Browser
) -> None:
    found = receive(house, way, "bounces")
    reply = receive(house, way, "asks")
    notice = mail(house, found).notice_id
    today = analyst.get("/today").text
    for kind, about in (("bounced", found), ("reply", reply)):
        section = today.partition(f'<section class="sheet flush" id="{kind}"')[2]
        assert f'href="/inbox/{about}"' in section.partition("</section>")[0], kind
    assert "Harbour Hosting" in today
    for page in ("/queue?show=left", f"/queue/{notice}"):
        assert re.search(r'<span class="badge bad">.*came back', analyst.get(page).text), page


def test_an_answer_leaves_in_the_thread_under_the_name_of_the_function(
    house: House, way: Way, analyst: Browser
) -> None:
    found = receive(house, way, "asks")
    assert analyst.post(f"/inbox/{found}/answer", {"text": "The notice desk."}).status_code == 303
    house.clock.later(seconds=5)
    notify.send(house.ports)
    raw, sender, recipient = way.sent[1]
    message = email.message_from_bytes(raw, policy=email.policy.default)
    first = email.message_from_bytes(way.sent[0][0], policy=email.policy.default)
    assert recipient == "abuse@harbour.example"
    assert message["In-Reply-To"].endswith("@desk.test>")
    assert first["Message-ID"] in message["References"]
    assert message["Subject"].startswith("Re: ")
    assert "[NTD-" in message["Subject"]
    assert message["Auto-Submitted"] is None
    assert re.fullmatch(r"notices\+[a-z2-7]{42}@hotline\.example\.org", sender)
    assert "The notice desk." in message.get_body().get_content()
    assert mail(house, found).state == "answered"
    with house.ports.sessions() as session:
        assert session.scalars(select(Task.kind).where(Task.done_at.is_(None))).all() == []
        answer = session.scalars(select(Notice).where(Notice.kind == "answer")).one()
        assert answer.status == "accepted"
    assert analyst.get(f"/queue/{answer.id}").status_code == 200


def test_a_hold_stops_an_answer(house: House, way: Way, analyst: Browser) -> None:
    found = receive(house, way, "asks")
    analyst.post(f"/inbox/{found}/answer", {"text": "The notice desk."})
    with committing(house.ports.sessions) as session:
        notice = session.scalars(select(Notice).where(Notice.kind == "answer")).one()
        holds.place(
            session,
            subject="provider",
            subject_id=notice.provider_id,
            probes_go_on=True,
            asked_by="police",
            reason="",
            placed_by="user:x",
            now=house.clock(),
        )
    house.clock.later(seconds=5)
    notify.send(house.ports)
    assert len(way.sent) == 1
    with house.ports.sessions() as session:
        delivery = session.scalars(select(Delivery).where(Delivery.notice_id == notice.id)).one()
        assert delivery.status == "ready"


def test_an_answer_with_a_location_is_refused_and_so_is_one_to_a_machine(
    house: House, way: Way, analyst: Browser
) -> None:
    found = receive(house, way, "asks")
    refused = analyst.post(f"/inbox/{found}/answer", {"text": "see media.example.test"})
    assert refused.status_code == 409
    machine = receive(house, way, "away")
    assert analyst.post(f"/inbox/{machine}/answer", {"text": "Thank you"}).status_code == 409
    assert mail(house, found).state == mail(house, machine).state == "filed"


def test_a_refusal_is_answered_by_a_second_person(house: House, way: Way, analyst: Browser) -> None:
    found = receive(house, way, "refuses")
    with committing(house.ports.sessions) as session:
        me = house.person(StaffRole.SUPERVISOR)
        session.scalars(select(Notice)).one().approved_by = f"user:{me.id}"
    first = house.browser(StaffRole.SUPERVISOR)
    assert first.post(f"/inbox/{found}/answer", {"text": "No."}).status_code == 409
    assert analyst.post(f"/inbox/{found}/answer", {"text": "We looked."}).status_code == 303


def test_what_matches_nothing_is_filed_by_hand_or_put_away(
    house: House, way: Way, analyst: Browser
) -> None:
    one, other = stray(house, way), None
    assert "Hello" in analyst.get("/inbox?show=triage").text
    assert analyst.post(f"/inbox/{one}/match", {"number": "NTD-2026-999999"}).status_code == 409
    with house.ports.sessions() as session:
        number = session.scalars(select(Notice.number)).one()
    assert analyst.post(f"/inbox/{one}/match", {"number": number.lower()}).status_code == 303
    assert (mail(house, one).state, mail(house, one).matched_by) == ("filed", "person")
    house.clock.later(seconds=1)
    other = receive(house, way, "not_ours", subject="Else", to="x@example.org", in_reply_to="<a@b>",
                    references="<a@b>", **{"from": "x@y.test"})  # fmt: skip
    assert analyst.post(f"/inbox/{other}/discard", {"why": ""}).status_code == 409
    assert analyst.post(f"/inbox/{other}/discard", {"why": "an advert"}).status_code == 303
    assert (mail(house, other).state, mail(house, other).why) == ("discarded", "an advert")


def test_the_case_and_the_notice_show_what_came_back(
    house: House, way: Way, analyst: Browser
) -> None:
    found = receive(house, way, "removed")
    with house.ports.sessions() as session:
        notice = session.scalars(select(Notice)).one()
        page = analyst.get(f"/queue/{notice.id}").text
    assert f"/inbox/{found}" in page
    listed = re.search(r"/cases/([0-9a-f-]{36})", page)
    assert listed is not None
    case = analyst.get(f"/cases/{listed[1]}").text
    assert "mail: claim" in case
    assert "says: removed" in case


def test_a_mail_is_not_for_a_manager(house: House, way: Way) -> None:
    found = receive(house, way, "asks")
    browser = house.browser(StaffRole.MANAGER)
    assert browser.get("/inbox").status_code in (403, 404)
    assert browser.get(f"/inbox/{found}").status_code in (403, 404)


def test_where_they_are_right_it_is_withdrawn_and_retracted(
    house: House, way: Way, analyst: Browser
) -> None:
    place = f"/inbox/{receive(house, way, 'refuses')}"
    with house.ports.sessions() as session:
        url = session.scalars(select(Url)).one()
    assert "Are they right?" in analyst.get(place).text
    assert analyst.post(f"{place}/mistaken", {"mistake": "wrong"}).status_code == 409
    assert analyst.post(f"{place}/mistaken", {"mistake": "asked"}).status_code == 400
    chosen = {"mistake": "wrong", "url": str(url.id)}
    assert analyst.post(f"{place}/mistaken", chosen).status_code == 303
    with house.ports.sessions() as session:
        assert session.get_one(Url, url.id).status == "withdrawn"
        assert session.scalars(select(Task).where(Task.done_at.is_(None))).all() == []
    notify.compose(house.ports)
    with house.ports.sessions() as session:
        retraction = session.scalars(select(Notice).where(Notice.kind == "retraction")).one()
    assert "please restore" in analyst.get(f"/queue/{retraction.id}").text
