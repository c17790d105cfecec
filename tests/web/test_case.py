"""A case: one timeline, and buttons that all do something."""

import uuid

import pytest
from cast import Cast
from house import Browser, House
from sqlalchemy import select

from takedown.audit import AuditEntry, verify
from takedown.checks import service as checks
from takedown.checks.models import CheckState, ManualFinding
from takedown.db import committing
from takedown.episodes.models import Episode
from takedown.hosts.models import Host
from takedown.people.models import StaffRole
from takedown.people.tasks import Task, TaskKind, ask
from takedown.routes.models import Hold
from takedown.urls.models import Url

LOCATION = "https://media.example.test/albums/a.jpg"


@pytest.fixture
def case(house: House) -> uuid.UUID:
    """A located Url under an open episode, looked at from now on."""
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, house.clock())
        provider = cast.provider()
        cast.contact(provider)
        known = cast.known(LOCATION, provider, cast.route())
        opening = checks.Opening(known.url.id, known.host.domain_index, house.clock(), 24)
        checks.open_checks(session, [opening], now=house.clock())
        return known.url.id


def row(house: House, table: type, key: object) -> object:
    with house.ports.sessions() as session:
        return session.get(table, key)


def entries(house: House, action: str) -> list[AuditEntry]:
    with house.ports.sessions() as session:
        assert verify(session, house.ports.vault.audit_key) is None
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def opened(house: House, case: uuid.UUID, *roles: StaffRole) -> Browser:
    browser = house.browser(*(roles or (StaffRole.ANALYST,)))
    assert browser.get(f"/cases/{case}").status_code == 200
    return browser


def test_the_page_says_who_hosts_it_and_how_one_may_act(house: House, case: uuid.UUID) -> None:
    text = opened(house, case).get(f"/cases/{case}").text
    for words in ("Harbour Hosting", "Netherlands", "notice to the host", "AS64500", "located"):
        assert words in text, words


def test_reveal_shows_the_exact_location_once_and_is_logged_without_it(
    house: House, case: uuid.UUID
) -> None:
    browser = opened(house, case)
    page = browser.post(f"/cases/{case}/reveal", {"why": "viewer"})
    assert LOCATION in page.text
    assert f'href="{LOCATION}' not in page.text
    assert LOCATION not in browser.get(f"/cases/{case}").text
    (entry,) = entries(house, "url.reveal")
    assert entry.subject == str(case)
    assert entry.detail == {"why": "viewer"}


def test_reveal_without_a_reason_reveals_nothing(house: House, case: uuid.UUID) -> None:
    answer = opened(house, case).post(f"/cases/{case}/reveal")
    assert answer.status_code == 400
    assert LOCATION not in answer.text


def test_too_many_reveals_within_the_hour_are_refused(house: House, case: uuid.UUID) -> None:
    browser = opened(house, case)
    answers = [
        browser.post(f"/cases/{case}/reveal", {"why": "viewer"}).status_code for _ in range(31)
    ]
    assert answers == [200] * 30 + [429]


def test_check_now_puts_it_first(house: House, case: uuid.UUID) -> None:
    browser = opened(house, case)
    house.clock.later(hours=1)
    assert browser.post(f"/cases/{case}/check").status_code == 303
    state = row(house, CheckState, case)
    assert isinstance(state, CheckState)
    assert state.next_check_at == house.clock() and state.rank == 0


def test_a_finding_counts_as_an_observation_and_settles_what_asked_for_it(
    house: House, case: uuid.UUID
) -> None:
    with committing(house.ports.sessions) as session:
        ask(session, TaskKind.SUSPECT, "url", case, now=house.clock(), why="altered")
    browser = opened(house, case)
    assert "size, type or name differ" in browser.get("/today").text
    browser.post(f"/cases/{case}/finding", {"verdict": "up", "how": "signed in"})
    with house.ports.sessions() as session:
        found = session.scalars(select(ManualFinding)).one()
        assert (found.verdict, found.how) == ("up", "signed in")
        assert not session.scalars(select(Task).where(Task.done_at.is_(None))).all()
    assert "seen by a person: up" in browser.get(f"/cases/{case}").text


def test_a_hold_stands_until_a_supervisor_lets_go_in_a_fresh_session(
    house: House, case: uuid.UUID
) -> None:
    analyst = opened(house, case)
    analyst.post(
        f"/cases/{case}/hold", {"subject": "host", "asked_by": "Police unit", "reason": "inquiry"}
    )
    assert "A hold stands" in analyst.get(f"/cases/{case}").text
    state = row(house, CheckState, case)
    assert isinstance(state, CheckState) and state.next_check_at is None
    with house.ports.sessions() as session:
        hold = session.scalars(select(Hold)).one()
    assert analyst.post(f"/holds/{hold.id}/release").status_code == 403
    supervisor = opened(house, case, StaffRole.SUPERVISOR)
    with supervisor.client.session_transaction() as kept:
        kept["fs_paa"] = 0
    stale = supervisor.post(f"/holds/{hold.id}/release")
    assert "/account/again" in stale.headers["Location"]
    supervisor.get("/account/again")
    supervisor.post("/account/again", {"password": house.passwords["supervisor"]})
    supervisor.get("/holds")
    assert supervisor.post(f"/holds/{hold.id}/release").status_code == 409  # no reason
    let_go = supervisor.post(f"/holds/{hold.id}/release", {"why": "the inquiry is over"})
    assert let_go.status_code == 303
    assert "A hold stands" not in supervisor.get(f"/cases/{case}").text
    assert len(entries(house, "hold.release")) == 1


def test_withdrawing_stops_everything_about_it(house: House, case: uuid.UUID) -> None:
    browser = opened(house, case)
    browser.post(f"/cases/{case}/withdraw", {"why": "wrong"})
    url, state = row(house, Url, case), row(house, CheckState, case)
    assert isinstance(url, Url) and url.status == "withdrawn"
    assert isinstance(state, CheckState) and state.next_check_at is None
    with house.ports.sessions() as session:
        assert session.scalars(select(Episode)).one().outcome == "rescinded"
    assert "withdrawn by a person" in browser.get(f"/cases/{case}").text


def test_free_text_that_names_a_registered_host_is_refused(house: House, case: uuid.UUID) -> None:
    browser = opened(house, case)
    for how in ("seen on media.example.test", "on media[.]example[.]test today"):
        answer = browser.post(f"/cases/{case}/finding", {"verdict": "up", "how": how})
        assert answer.status_code == 409
    with house.ports.sessions() as session:
        assert not session.scalars(select(ManualFinding)).all()


def test_an_address_is_found_by_post_and_stands_in_no_path(house: House, case: uuid.UUID) -> None:
    browser = house.browser(StaffRole.ANALYST)
    browser.get("/cases")
    for sought in (LOCATION, "hxxps://media[.]example[.]test/albums/a.jpg"):
        answer = browser.post("/cases/search", {"q": sought})
        assert answer.headers["Location"] == f"/cases/{case}"
    unknown = browser.post("/cases/search", {"q": "https://other.example.test/"})
    assert "Nothing of this address" in unknown.text


def test_cases_are_narrowed_by_state_provider_and_country(house: House, case: uuid.UUID) -> None:
    browser = house.browser(StaffRole.ANALYST)
    assert str(case) in browser.get("/cases?status=located&country=NL").text
    assert str(case) not in browser.get("/cases?status=removed").text
    assert str(case) not in browser.get("/cases?country=FR").text
    assert browser.get("/cases?status=nonsense&provider=x&before=y").status_code == 200


def test_a_task_is_done_by_a_person(house: House, case: uuid.UUID) -> None:
    with committing(house.ports.sessions) as session:
        ask(session, TaskKind.REAPPEARED, "url", case, now=house.clock(), why="reappeared")
        task = session.scalars(select(Task)).one().id
    browser = house.browser(StaffRole.ANALYST)
    assert "Reappeared" in browser.get("/today").text
    browser.post(f"/today/{task}/done")
    assert "Nothing waits for you" in browser.get("/today").text


def test_what_a_proxy_told_is_entered_by_a_form_and_logged_without_it(
    house: House, case: uuid.UUID
) -> None:
    browser = opened(house, case)
    refused = browser.post(f"/cases/{case}/origin", {"address": "127.0.0.1", "source": "reply"})
    assert refused.status_code == 409
    assert "this address must not be asked about" in refused.text
    told = {"provider": "Island Hosting", "mail": "desk@island.example", "source": "reply"}
    assert browser.post(f"/cases/{case}/origin", told).status_code == 303
    (entry,) = entries(house, "host.origin")
    assert entry.detail == {"case": str(case), "source": "reply"}
    with house.ports.sessions() as session:
        host = session.get_one(Host, session.get_one(Url, case).host_id)
        assert (host.origin_source, host.locate_due_at) == ("reply", house.clock())
        assert host.origin_provider_id is not None


def test_look_up_again_makes_its_host_due(house: House, case: uuid.UUID) -> None:
    browser = opened(house, case)
    assert browser.post(f"/cases/{case}/look-up").status_code == 303
    with house.ports.sessions() as session:
        host = session.get_one(Host, session.get_one(Url, case).host_id)
    assert host.locate_due_at == house.clock()
    assert entries(house, "url.look_up")[0].subject == str(case)
