"""The queue: composed, read, approved by the right person, or not."""

import uuid
from datetime import time

import pytest
from cast import Cast
from house import House
from sqlalchemy import select

from takedown.audit import AuditEntry
from takedown.db import committing, new_id
from takedown.flow import notify
from takedown.hosts.models import Contact
from takedown.outbox import leases, queries
from takedown.outbox.models import Delivery, Notice, NoticeUrl
from takedown.outbox.pace.models import Calendar
from takedown.people.models import StaffRole
from takedown.web.views.queue import LEFT


def compose(house: House, *, verified: bool = True, approved: bool = True) -> uuid.UUID:
    """A draft about two addresses of one provider."""
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, house.clock())
        provider = cast.provider()
        waiting = {} if approved else {"approved_at": None, "approved_by": None, "source": "rdap"}
        cast.contact(provider, **waiting)
        route = cast.route(status="verified" if verified else "unverified")
        for place in "ab":
            cast.known(f"https://media.example.test/{place}.jpg", provider, route)
    notify.compose(house.ports)
    with house.ports.sessions() as session:
        return session.scalars(select(Notice.id)).one()


@pytest.fixture
def draft(house: House) -> uuid.UUID:
    """On a verified route, to an approved contact."""
    return compose(house)


def status(house: House, notice: uuid.UUID) -> str:
    with house.ports.sessions() as session:
        return str(session.get_one(Notice, notice).status)


def test_a_draft_is_read_before_it_is_approved(house: House, draft: uuid.UUID) -> None:
    browser = house.browser(StaffRole.ANALYST)
    assert "Harbour Hosting" in browser.get("/queue").text
    text = browser.get(f"/queue/{draft}").text
    assert "hxxps://media[.]example[.]test/a.jpg" in text
    assert "https://media.example.test" not in text


def test_an_analyst_approves_what_one_person_may(house: House, draft: uuid.UUID) -> None:
    browser = house.browser(StaffRole.ANALYST)
    browser.get("/queue")
    browser.post("/queue/approve", {"notice": str(draft)})
    assert "1 notice approved." in browser.get("/queue").text
    with house.ports.sessions() as session:
        assert session.scalars(select(Delivery)).one().status == "ready"
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "notice.approve"))
        assert entry.one().actor.startswith("user:")
    assert "approved, on its way" in browser.get("/queue?show=left").text


def test_what_left_stands_newest_first_and_asks_for_nobody(house: House) -> None:
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, house.clock())
        route = cast.route()
        for name in ("harbour", "lagoon"):
            provider = cast.provider(name.capitalize())
            cast.contact(provider, f"abuse@{name}.example")
            cast.known(f"https://{name}.example.test/a.jpg", provider, route)
    notify.compose(house.ports)
    with committing(house.ports.sessions) as session:
        first, last = session.scalars(select(Notice).order_by(Notice.serial))
        ids = [first.id, last.id]
        notify.approve(session, house.ports, ids, actor="user:first", supervisor=True)
    with house.ports.sessions() as session:
        found = queries.queue(*(session, house.ports.vault), statuses=LEFT, newest=True, limit=1)
        assert [one.notice.id for line in found for one in line.waiting] == [last.id]
    page = house.browser(StaffRole.ANALYST).get("/queue?show=left").text
    assert page.index(last.number) < page.index(first.number)
    assert "supervisor" not in page


def test_an_unverified_route_waits_for_a_supervisor(house: House) -> None:
    draft = compose(house, verified=False)
    analyst = house.browser(StaffRole.ANALYST)
    analyst.get("/queue")
    analyst.post("/queue/approve", {"notice": str(draft)})
    assert "needs a supervisor" in analyst.get("/queue").text
    choice, button = f'value="{draft}" aria-label', '<button class="main">Approve</button>'
    page = analyst.get("/queue").text
    assert choice not in page and "All of these wait for a supervisor." in page
    assert button not in analyst.get(f"/queue/{draft}").text
    assert status(house, draft) == "draft"
    supervisor = house.browser(StaffRole.SUPERVISOR)
    assert choice in supervisor.get("/queue").text
    assert button in supervisor.get(f"/queue/{draft}").text
    supervisor.post("/queue/approve", {"notice": str(draft)})
    assert status(house, draft) == "approved"


def test_one_address_is_taken_out_and_put_back(house: House, draft: uuid.UUID) -> None:
    browser = house.browser(StaffRole.ANALYST)
    browser.get(f"/queue/{draft}")
    with house.ports.sessions() as session:
        url_id = session.scalars(select(NoticeUrl.url_id)).first()
    browser.post(f"/queue/{draft}/take-out/{url_id}")
    page = browser.get(f"/queue/{draft}").text
    assert "the text is written anew without it" in page
    assert f'action="/queue/put-back/{url_id}"' in page
    assert "Compose again" in browser.get(f"/cases/{url_id}").text
    browser.post(f"/queue/put-back/{url_id}")
    page = browser.get(f"/cases/{url_id}").text
    assert "It is composed again at the next run." in page
    assert "Compose again" not in page


def test_a_discarded_draft_is_gone_from_the_queue(house: House, draft: uuid.UUID) -> None:
    browser = house.browser(StaffRole.ANALYST)
    browser.get(f"/queue/{draft}")
    browser.post(f"/queue/{draft}/discard")
    assert status(house, draft) == "discarded"
    page = browser.get("/queue").text
    assert "is discarded. Its addresses stand in no notice" in page
    assert "Nothing waits for approval" in page


def test_the_exact_message_is_a_reveal(house: House, draft: uuid.UUID) -> None:
    browser = house.browser(StaffRole.ANALYST)
    browser.get("/queue")
    browser.post("/queue/approve", {"notice": str(draft)})
    page = browser.post(f"/queue/{draft}/message")
    assert "Message-ID" in page.text
    with house.ports.sessions() as session:
        revealed = select(AuditEntry).where(AuditEntry.action == "url.reveal")
        assert session.scalars(revealed).one().subject == str(draft)


def test_a_looked_up_contact_waits_for_a_supervisor(house: House) -> None:
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, house.clock())
        cast.contact(cast.provider(), approved_at=None, approved_by=None, source="rdap")
    supervisor = house.browser(StaffRole.SUPERVISOR)
    assert "abuse@harbour.example" in supervisor.get("/contacts").text
    with house.ports.sessions() as session:
        contact = session.scalars(select(Contact.id)).one()
    supervisor.post(f"/contacts/{contact}/approve")
    assert "No contact waits" in supervisor.get("/contacts").text
    with house.ports.sessions() as session:
        assert (session.get_one(Contact, contact).approved_by or "").startswith("user:")


# --- now, and not at all -----------------------------------------------------------------------


def closed_today(house: House) -> None:
    """Our calendar opens on another day."""
    day = (house.clock().weekday() + 2) % 7
    with committing(house.ports.sessions) as session:
        session.add(
            Calendar(
                id=new_id(),
                provider_id=None,
                time_zone="Europe/Paris",
                weekdays=[day],
                opens=time(9),
                closes=time(17),
                holidays=[],
                edited_by="user:carol",
                edited_at=house.clock(),
            )
        )


def test_a_person_sends_now_what_a_calendar_keeps(house: House) -> None:
    closed_today(house)
    draft = compose(house)
    analyst = house.browser(StaffRole.ANALYST)
    analyst.get("/queue")
    analyst.post("/queue/approve", {"notice": str(draft)})
    with house.ports.sessions() as session:
        assert session.scalars(select(Delivery)).one().due_at > house.clock()
    assert analyst.post(f"/queue/{draft}/now", {"why": ""}).status_code == 400
    answer = analyst.post(
        f"/queue/{draft}/now", {"why": "their desk waits for it"}, follow_redirects=True
    )
    assert "whatever the calendars say" in answer.text
    with house.ports.sessions() as session:
        assert session.scalars(select(Delivery)).one().due_at == house.clock()
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "notice.hurry"))
        assert entry.detail["why"] == "their desk waits for it"


def test_what_gathers_is_composed_at_a_persons_word(house: House) -> None:
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, house.clock())
        provider = cast.provider()
        contact = cast.contact(provider, aggregation_minutes=600)
        cast.known("https://media.example.test/a.jpg", provider, cast.route())
    assert notify.compose(house.ports).done == 0
    analyst = house.browser(StaffRole.ANALYST)
    assert "gathers with others" in analyst.get("/queue").text
    analyst.post(f"/queue/contacts/{contact.id}/now", {"why": "they asked for it today"})
    assert notify.compose(house.ports).done == 1
    assert "gathers with others" not in analyst.get("/queue").text


@pytest.mark.parametrize("what", ["address", "provider"])
def test_a_hold_is_placed_from_the_notice_that_it_stops(
    house: House, draft: uuid.UUID, what: str
) -> None:
    with house.ports.sessions() as session:
        first = session.scalars(select(NoticeUrl.url_id).order_by(NoticeUrl.url_id)).first()
    analyst = house.browser(StaffRole.ANALYST)
    analyst.get(f"/queue/{draft}")
    typed = {"asked_by": "the police", "what": str(first) if what == "address" else "provider"}
    assert analyst.post(f"/queue/{draft}/hold", typed).status_code == 303
    assert "A hold stands" in analyst.get(f"/queue/{draft}").text
    notify.compose(house.ports)
    with house.ports.sessions() as session:
        standing = session.scalars(select(NoticeUrl).where(NoticeUrl.withdrawn_at.is_(None))).all()
        assert len(standing) == (1 if what == "address" else 0)


def test_a_hold_on_what_is_not_in_the_notice_is_refused(house: House, draft: uuid.UUID) -> None:
    analyst = house.browser(StaffRole.ANALYST)
    analyst.get(f"/queue/{draft}")
    asked = {"asked_by": "the police"}
    assert analyst.post(f"/queue/{draft}/hold", asked | {"what": str(draft)}).status_code == 404
    assert analyst.post(f"/queue/{draft}/hold", asked | {"what": "all"}).status_code == 400


def test_what_reached_nobody_is_composed_again_from_its_page(
    house: House, draft: uuid.UUID
) -> None:
    browser = house.browser(StaffRole.ANALYST)
    browser.get("/queue")
    browser.post("/queue/approve", {"notice": str(draft)})
    with committing(house.ports.sessions) as session:
        delivery = session.scalars(select(Delivery)).one()
        token = leases.claim(session, delivery, now=house.clock())
        assert leases.arm(session, delivery.id, token, now=house.clock())
        leases.doubt(session, delivery, now=house.clock(), why="dot: no answer")
        leases.bury(session, delivery, now=house.clock(), why="too old")
    today = browser.get("/today").text
    assert "Notice not delivered" in today and "Harbour Hosting" in today
    assert "Notice may have arrived" not in today
    with house.ports.sessions() as session:
        urls = session.scalars(select(NoticeUrl.url_id)).all()
    assert "Compose again" in browser.get(f"/cases/{urls[0]}").text
    assert "It reached nobody." in browser.get(f"/queue/{draft}").text
    browser.post(f"/queue/{draft}/compose-again")
    assert "composed anew at the next run" in browser.get(f"/queue/{draft}").text
    assert "Notice not delivered" not in browser.get("/today").text
    notify.compose(house.ports)
    with house.ports.sessions() as session:
        again = select(NoticeUrl.url_id).where(NoticeUrl.withdrawn_at.is_(None))
        assert set(session.scalars(again)) == set(urls)
    assert "Approve the chosen" in browser.get("/queue").text
