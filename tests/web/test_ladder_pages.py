"""Ladders, calendars and rates through their pages; two people where a domain is reached."""

from datetime import timedelta

import pytest
from cast import Cast
from house import Browser, House
from sqlalchemy import select

from takedown.db import committing
from takedown.hosts.models import Contact, Provider, TraceProvider
from takedown.outbox.ladder.models import Ladder
from takedown.outbox.ladder.standing import fill, standing
from takedown.outbox.models import Notice
from takedown.outbox.pace.models import Calendar
from takedown.people.models import StaffRole
from takedown.people.tasks import Task
from takedown.urls.models import Url

from takedown.flow import notify  # isort: skip

DEFAULT = {
    "reminder_cap": "1",
    "why": "one is enough",
    "hours-0": "24",
    "step-0": "reminder",
    "hours-1": "72",
    "step-1": "escalation:upstream",
}


@pytest.fixture
def supervisor(house: House) -> Browser:
    with committing(house.ports.sessions) as session:
        fill(session, house.clock())
    browser = house.browser(StaffRole.SUPERVISOR)
    browser.get("/ladders")
    return browser


def escalated(house: House) -> str:
    """A draft to a registrar about one address that was notified six days ago."""
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, house.clock())
        host, registrar = cast.provider(), cast.provider("Example Registrar")
        cast.contact(host)
        cast.contact(registrar, "abuse@registrar.example")
        route = cast.route()
        one = cast.known("https://media.example.test/a.jpg", host, route)
        cast.known("https://other.example.test/b.jpg", host, route)
        session.add(
            TraceProvider(
                trace_id=one.trace.id, role="registrar", provider_id=registrar.id, source="rdap"
            )
        )
    for days in (0, 2, 3, 6):
        house.clock.later(days=days)
        notify.compose(house.ports) if not days else notify.follow_up(house.ports)
        with committing(house.ports.sessions) as session:
            waiting = select(Notice).where(Notice.accepted_at.is_(None), ~Notice.two_people)
            for notice in session.scalars(waiting):
                _accept(session, notice, house.clock())
    with house.ports.sessions() as session:
        return str(session.scalars(select(Notice.id).where(Notice.kind == "escalation")).one())


def _accept(session, notice: Notice, at) -> None:
    """As if a server had taken it: what a sender writes, without the server."""
    from takedown.episodes.models import Episode
    from takedown.outbox.models import NoticeUrl

    notice.status, notice.accepted_at, notice.accepted_by = "accepted", at, "relay"
    notice.approved_at, notice.approved_by = at, "user:cast"
    about = select(NoticeUrl.episode_id).where(NoticeUrl.notice_id == notice.id)
    for episode in session.scalars(select(Episode).where(Episode.id.in_(about))):
        if episode.notified_at is None:
            episode.notified_at, episode.notice_id = at, notice.id


def test_a_ladder_without_domain_steps_stands_at_once(house: House, supervisor: Browser) -> None:
    assert "escalation to the registrar" in supervisor.get("/ladders").text
    answer = supervisor.post("/ladders", DEFAULT)
    assert answer.status_code == 303
    with house.ports.sessions() as session:
        rules = standing(session).of(None, None)
    assert [rung.after_hours for rung in rules.rungs] == [24, 72]
    assert rules.reminder_cap == 1


def test_a_step_on_a_whole_domain_waits_for_another_person(
    house: House, supervisor: Browser
) -> None:
    supervisor.post("/ladders", DEFAULT)
    sooner = DEFAULT | {"hours-2": "96", "step-2": "escalation:registry"}
    supervisor.post("/ladders", sooner)
    with house.ports.sessions() as session:
        assert len(standing(session).of(None, None).rungs) == 2
        waiting = session.scalars(select(Ladder).where(Ladder.confirmed_at.is_(None))).one()
    refused = supervisor.post(f"/ladders/{waiting.id}/confirm")
    assert refused.status_code == 422
    other = House.browser(house, StaffRole.SUPERVISOR, StaffRole.ANALYST)
    other.get("/ladders")
    assert other.post(f"/ladders/{waiting.id}/confirm").status_code == 303
    with house.ports.sessions() as session:
        assert standing(session).of(None, None).rungs[-1].role == "registry"


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours-1": "12"},
        {"hours-0": "9999999"},
        {"hours-0": "-3"},
        {"step-1": "escalation:site_owner"},
        {"step-1": "escalation:upstream", "step-2": "escalation:upstream", "hours-2": "99"},
        {"why": " "},
        {"reminder_cap": "99"},
        {"scope": "route:no-id"},
    ],
)
def test_what_is_no_ladder_changes_nothing(
    house: House, supervisor: Browser, wrong: dict[str, str]
) -> None:
    assert supervisor.post("/ladders", DEFAULT | wrong).status_code == 422
    with house.ports.sessions() as session:
        assert len(session.scalars(select(Ladder)).all()) == 1


def test_a_calendar_shows_its_next_fourteen_days(house: House, supervisor: Browser) -> None:
    typed = {
        "time_zone": "Europe/Paris",
        "weekday": ["0", "1", "2", "3", "4"],
        "opens": "09:00",
        "closes": "18:00",
        "holidays": f"{house.clock().date() + timedelta(days=2)} Feast",
    }
    supervisor.get("/pace")
    assert supervisor.post("/pace", typed).status_code == 303
    text = supervisor.get("/pace").text
    assert "09:00 – 18:00" in text
    assert "Feast" in text
    for wrong in ({"time_zone": "Paris"}, {"weekday": []}, {"holidays": "soon"}, {"opens": "9"}):
        assert supervisor.post("/pace", typed | wrong).status_code == 422
    supervisor.post("/pace", {"act": "remove"})
    with house.ports.sessions() as session:
        assert session.scalars(select(Calendar)).all() == []


def test_rates_and_closures_are_kept_for_a_provider(house: House, supervisor: Browser) -> None:
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, house.clock())
        provider = cast.provider()
        contact = cast.contact(provider)
    supervisor.get(f"/pace/{provider.id}")
    kept = {"max_per_hour": "20", f"contact-{contact.id}": "5", "closure": "yes"}
    supervisor.post(f"/pace/{provider.id}/rates", kept)
    with house.ports.sessions() as session:
        row = session.get_one(Provider, provider.id)
        assert (row.max_per_hour, row.closure) == (20, True)
        assert session.get_one(Contact, contact.id).max_per_hour == 5
    bad = supervisor.post(f"/pace/{provider.id}/rates", kept | {"max_per_hour": "no"})
    assert bad.status_code == 422


def test_two_people_release_what_reaches_a_domain(house: House) -> None:
    notice = escalated(house)
    first = house.browser(StaffRole.SUPERVISOR)
    assert "Two people approve this one" in first.get(f"/queue/{notice}").text
    first.post(f"/queue/{notice}/lives-there", {"words": "a bakery and a school"})
    assert "a bakery and a school" in first.get(f"/queue/{notice}").text
    for _ in range(2):  # the same person twice is one
        first.post("/queue/approve", {"notice": notice})
    with house.ports.sessions() as session:
        assert session.get_one(Notice, notice).status == "draft"
    assert "the first yes was given now; another person gives the second." in (
        first.get(f"/queue/{notice}").text
    )
    assert "one yes is kept" in first.get("/queue").text
    second = House.browser(house, StaffRole.SUPERVISOR, StaffRole.ANALYST)
    second.get("/queue")
    second.post("/queue/approve", {"notice": notice})
    with house.ports.sessions() as session:
        row = session.get_one(Notice, notice)
        assert row.status == "approved"
        assert row.first_yes_by != row.approved_by


def test_a_lone_person_goes_on_and_another_looks_afterwards(house: House) -> None:
    notice = escalated(house)
    lone = house.browser(StaffRole.SUPERVISOR)
    lone.get(f"/queue/{notice}")
    lone.post(f"/queue/{notice}/alone", {"why": "night shift, a live stream"})
    with house.ports.sessions() as session:
        assert session.get_one(Notice, notice).status == "approved"
        task = session.scalars(select(Task).where(Task.kind == "second_look")).one()
    assert lone.post(f"/today/{task.id}/done").status_code == 403
    other = House.browser(house, StaffRole.SUPERVISOR, StaffRole.ANALYST)
    other.get("/today")
    assert other.post(f"/today/{task.id}/done").status_code == 303


def test_a_case_shows_its_whole_ladder(house: House) -> None:
    escalated(house)
    browser = house.browser(StaffRole.SUPERVISOR)
    with house.ports.sessions() as session:
        url = session.scalars(select(Url.id).order_by(Url.id)).first()
    text = browser.get(f"/cases/{url}").text
    assert "The ladder ahead" in text
    assert "escalation to the upstream network" in text
    assert "nobody is known to ask" in text
