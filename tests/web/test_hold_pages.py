"""Holds on the pages and in the API: placed, shown wherever the thing is, reviewed, let go."""

import uuid
from datetime import timedelta

import pytest
from cast import Cast, Known
from house import House
from sqlalchemy import delete, select

from takedown.audit import AuditEntry
from takedown.db import committing
from takedown.flow import compose, follow_up, run
from takedown.hosts.models import Contact, Host
from takedown.outbox.models import Delivery, Notice
from takedown.people import attempts
from takedown.people.models import Scope, StaffRole, User
from takedown.people.tasks import Task, TaskKind
from takedown.routes import holds
from takedown.routes.models import Hold
from takedown.urls import service as urls
from takedown.urls.models import Url
from takedown.urls.reading import read

ASKED = {"asked_by": "Police unit", "reason": "an inquiry", "reference": "PU 7"}
LOCATION = "https://media.example.test/a.jpg"


@pytest.fixture
def known(house: House) -> Known:
    """A Url that is due for its first notice."""
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, house.clock())
        provider = cast.provider()
        cast.contact(provider)
        return cast.known(LOCATION, provider, cast.route())


def stand(house: House) -> list[Hold]:
    with house.ports.sessions() as session:
        wanted = select(Hold).where(Hold.released_at.is_(None)).order_by(Hold.placed_at)
        return list(session.scalars(wanted))


def test_a_hold_shows_wherever_the_thing_is_shown(house: House, known: Known) -> None:
    compose(house.ports, None)
    browser = house.browser(StaffRole.ANALYST)
    case = f"/cases/{known.url.id}"
    browser.get(case)
    browser.post(f"{case}/hold", ASKED | {"subject": "provider", "probes": "yes"})
    with house.ports.sessions() as session:
        notice = session.scalars(select(Notice.id)).one()
    page = browser.get(case).text
    assert "A hold stands" in page and "Police unit" in page and "PU 7" in page
    assert "held" in browser.get("/cases").text
    assert str(known.url.id) in browser.get("/cases?status=held").text
    assert "a hold stands" in browser.get("/queue").text
    assert "A hold stands" in browser.get(f"/queue/{notice}").text
    assert "Harbour Hosting" in browser.get("/holds").text
    told = house.app.test_client().get(
        f"/api/v1/urls/{known.url.id}", headers=house.bearer(Scope.READ)
    )
    assert told.get_json()["status"] == "held"


def test_a_draft_with_a_held_address_is_not_approved_on_the_page(
    house: House, known: Known
) -> None:
    compose(house.ports, None)
    browser = house.browser(StaffRole.SUPERVISOR)
    with house.ports.sessions() as session:
        notice = session.scalars(select(Notice.id)).one()
    browser.get(f"/cases/{known.url.id}")
    browser.post(f"/cases/{known.url.id}/hold", ASKED | {"subject": "domain"})
    browser.post("/queue/approve", {"notice": str(notice)})
    assert "a hold stands" in browser.get("/queue").text
    with house.ports.sessions() as session:
        assert not session.scalars(select(Delivery)).all()


def test_a_pasted_address_places_a_hold_on_any_subject(house: House, known: Known) -> None:
    browser = house.browser(StaffRole.ANALYST)
    browser.get("/holds")
    pasted = "hxxps://media[.]example[.]test/a.jpg"
    for subject in ("url", "host", "domain", "provider"):
        placed = browser.post("/holds", ASKED | {"subject": subject, "location": pasted})
        assert placed.status_code == 303
        page = browser.get("/holds").text
        assert "1 address" in page and "https://media.example.test" not in page
        with committing(house.ports.sessions) as session:
            assert known.url.id in holds.unprobed(session, [known.url.id])
            session.execute(delete(Hold))


@pytest.mark.parametrize("subject", ["host", "domain"])
def test_what_nobody_has_registered_yet_is_held_from_its_first_second(
    house: House, subject: str
) -> None:
    browser = house.browser(StaffRole.ANALYST)
    browser.get("/holds")
    browser.post("/holds", ASKED | {"subject": subject, "location": LOCATION})
    assert "media[.]" in (page := browser.get("/holds").text) or "example[.]test" in page
    with house.ports.sessions() as session:
        assert session.scalars(select(Host)).one().locate_due_at is None
    entries = read([LOCATION], now=house.clock(), schemes=house.ports.schemes)
    ports = house.ports
    made = urls.register(ports.sessions, ports.vault, entries, now=house.clock(), actor="machine")
    with house.ports.sessions() as session:
        assert holds.unprobed(session, made.ids) == set(made.ids)


def test_what_cannot_be_held_is_said_and_nothing_typed_is_lost(house: House) -> None:
    browser = house.browser(StaffRole.ANALYST)
    browser.get("/holds")
    for wrong, said in (
        ({"subject": "url"}, "nothing of this address is registered"),
        ({"subject": "provider"}, "its provider is not known yet"),
        ({"subject": "host", "location": "nonsense"}, "no scheme"),
        ({"subject": "host", "asked_by": " "}, "say which unit"),
    ):
        answer = browser.post("/holds", ASKED | {"location": LOCATION} | wrong)
        assert answer.status_code == 409
        assert said in answer.text
        assert 'value="PU 7"' in answer.text
    assert stand(house) == []


def test_a_reason_that_names_a_registered_host_is_refused(house: House, known: Known) -> None:
    browser = house.browser(StaffRole.ANALYST)
    browser.get("/holds")
    wrong = ASKED | {"subject": "host", "location": LOCATION, "reason": "media.example.test"}
    assert "names a registered host" in browser.post("/holds", wrong).text
    assert stand(house) == []


def test_a_provider_is_held_from_its_page(house: House, known: Known) -> None:
    browser = house.browser(StaffRole.ANALYST)
    browser.get("/holds")
    browser.post(f"/holds/provider/{known.provider.id}", ASKED)
    (hold,) = stand(house)
    assert (hold.subject, hold.subject_id) == ("provider", known.provider.id)


def test_a_hold_is_reviewed_and_then_let_go_for_a_reason(house: House, known: Known) -> None:
    browser = house.browser(StaffRole.SUPERVISOR)
    browser.get("/holds")
    due = ASKED | {"subject": "host", "location": LOCATION, "review_days": "7"}
    browser.post("/holds", due)
    house.clock.later(days=8)
    browser = house.browser(StaffRole.SUPERVISOR)
    follow_up(house.ports, None)
    assert "Police unit · PU 7" in browser.get("/today").text
    with house.ports.sessions() as session:
        task = session.scalars(select(Task).where(Task.kind == TaskKind.HOLD_REVIEW)).one()
    assert browser.post(f"/today/{task.id}/done").status_code == 403
    (hold,) = stand(house)
    browser.post(f"/holds/{hold.id}/review", {"review_days": "30"})
    (hold,) = stand(house)
    assert hold.review_at == house.clock() + timedelta(days=30)
    assert "Police unit · PU 7" not in browser.get("/today").text
    browser.post(f"/holds/{hold.id}/release", {"why": "the inquiry is over"})
    assert stand(house) == []
    assert "the inquiry is over" in browser.get("/holds").text
    with house.ports.sessions() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action.like("hold.%")))
        kept = {entry.action: entry.detail for entry in entries}
    assert kept["hold.release"]["why"] == "the inquiry is over"
    assert set(kept) == {"hold.place", "hold.review", "hold.release"}


def test_looks_wait_for_the_police_until_a_person_says_that_they_agree(
    house: House, known: Known
) -> None:
    with committing(house.ports.sessions) as session:
        session.get_one(Url, known.url.id).victim_at_risk = True
    browser = house.browser(StaffRole.ANALYST)
    case = f"/cases/{known.url.id}"
    assert "Look-ups and checks wait for the police" in browser.get(case).text
    assert browser.post(f"{case}/check").status_code == 409
    browser.post(f"{case}/police-agree")
    assert "Look-ups and checks wait for the police" not in browser.get(case).text
    with house.ports.sessions() as session:
        url = session.get_one(Url, known.url.id)
        assert url.police_agreed_at == house.clock() and url.police_cleared_at is None


def test_an_inhibited_contact_is_said_in_the_queue(house: House, known: Known) -> None:
    compose(house.ports, None)
    with committing(house.ports.sessions) as session:
        contact = session.scalars(select(Contact)).one()
        contact.inhibited_until = house.clock() + timedelta(days=3)
        contact.inhibited_why = "asked for a pause"
    page = house.browser(StaffRole.ANALYST).get("/queue").text
    assert "not to be written to" in page and "asked for a pause" in page


def test_a_supervisor_is_told_when_one_person_reveals_much_within_a_day(
    house: House, known: Known
) -> None:
    house.person(StaffRole.ANALYST)
    person = f"user:{_id_of(house, 'analyst')}"
    with committing(house.ports.sessions) as session:
        for _ in range(attempts.REVEALS_PER_DAY + 1):
            house.clock.later(minutes=5)
            attempts.count_reveal(session, house.ports.vault, person, house.clock())
    with house.ports.sessions() as session:
        task = session.scalars(select(Task)).one()
    assert task.kind == TaskKind.REVEALS
    supervisor, analyst = house.browser(StaffRole.SUPERVISOR), house.browser(StaffRole.ANALYST)
    assert "Many reveals" in supervisor.get("/today").text
    assert "Many reveals" not in analyst.get("/today").text
    assert analyst.post(f"/today/{task.id}/done").status_code == 403
    assert supervisor.post(f"/today/{task.id}/done").status_code == 303


def _id_of(house: House, name: str) -> uuid.UUID:
    with house.ports.sessions() as session:
        return session.scalars(select(User.id).where(User.username == name)).one()


def test_the_house_is_ready_while_its_scheduler_keeps_time(house: House) -> None:
    client = house.app.test_client()
    never = client.get("/readyz")
    assert (never.status_code, never.get_json()["problems"]) == (503, ["scheduler: never ran"])
    run(house.ports, "check", every=5)
    run(house.ports, "purge", every=3600)
    assert client.get("/readyz").status_code == 200
    house.clock.later(minutes=11)
    late = client.get("/readyz")
    assert (late.status_code, late.get_json()["problems"]) == (503, ["scheduler: check is late"])
    assert client.get("/readyz/web").status_code == 200
    run(house.ports, "check", every=5)
    assert client.get("/readyz").status_code == 200


def test_a_missing_key_file_is_not_ready(house: House, known: Known) -> None:
    house.ports.vault._file.unlink()
    answer = house.app.test_client().get("/readyz/web")
    assert (answer.status_code, answer.get_json()["problems"]) == (503, ["keys"])
