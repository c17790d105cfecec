"""People and tokens; the log and its verification; figures for those who see no location."""

import logging
import re
import uuid

import pytest
from cast import Cast
from house import Browser, House, build
from sqlalchemy import select

from takedown.audit import AuditEntry
from takedown.db import Sessions, committing
from takedown.people.models import ApiToken, StaffRole, User
from takedown.vault import Vault

SECRET = re.compile(r'<span class="secret">([^<]+)</span>')


def shown_once(page: str) -> str:
    found = SECRET.search(page)
    assert found is not None
    return found[1]


def test_a_person_is_added_and_signs_in_with_what_was_shown_once(house: House) -> None:
    browser = house.browser(StaffRole.ADMINISTRATOR)
    browser.get("/people")
    form = {"email": "Bob@Hotline.example.org", "username": "bob", "roles": ["analyst"]}
    password = shown_once(browser.post("/people", form).text)
    assert password not in browser.get("/people").text
    assert Browser(house.app).sign_in("bob@hotline.example.org", password).status_code == 302


def test_a_taken_name_is_refused_and_what_was_typed_stays(house: House) -> None:
    house.person(StaffRole.ANALYST, name="alice")
    browser = house.browser(StaffRole.ADMINISTRATOR, language="fr")
    browser.get("/people")
    form = {"email": "alice@hotline.example.org", "roles": ["analyst"]}
    answer = browser.post("/people", form)
    assert answer.status_code == 422
    assert "ce nom existe déjà" in answer.text
    assert "alice@hotline.example.org" in answer.text


def test_roles_are_given_and_taken_by_somebody_else_who_is_named_in_the_log(house: House) -> None:
    admin, analyst = house.browser(StaffRole.ADMINISTRATOR), house.browser(StaffRole.ANALYST)
    ids = ids_of(house)
    page = admin.get("/people").text
    assert f"/people/{ids['analyst']}/roles" in page
    assert f"/people/{ids['administrator']}/roles" not in page
    form = {"roles": ["manager", "auditor", "emperor"]}
    assert admin.post(f"/people/{ids['analyst']}/roles", form).status_code == 303
    assert analyst.get("/today").status_code == 303, "whoever was signed in signs in anew"
    analyst.sign_in("analyst", house.passwords["analyst"])
    assert analyst.get("/today").status_code == 403
    assert analyst.get("/compliance").status_code == 200
    assert "person.roles" in {one.action for one in entries(house)}
    admin.get("/people")
    none = admin.post(f"/people/{ids['analyst']}/roles")
    assert none.status_code == 422 and "a role is needed" in none.text
    assert admin.post(f"/people/{ids['administrator']}/roles", form).status_code == 422
    assert admin.post(f"/people/{uuid.uuid4()}/roles", form).status_code == 404


def ids_of(house: House) -> dict[str | None, uuid.UUID]:
    with house.ports.sessions() as session:
        return {user.username: user.id for user in session.scalars(select(User))}


def entries(house: House) -> list[AuditEntry]:
    with house.ports.sessions() as session:
        return list(session.scalars(select(AuditEntry)))


def test_a_closed_account_is_out_and_nobody_closes_their_own(house: House) -> None:
    admin, analyst = house.browser(StaffRole.ADMINISTRATOR), house.browser(StaffRole.ANALYST)
    ids = ids_of(house)
    admin.get("/people")
    admin.post(f"/people/{ids['analyst']}/disable")
    assert analyst.get("/today").status_code == 303
    assert admin.post(f"/people/{ids['administrator']}/disable").status_code == 422


def test_a_token_is_shown_once_works_and_is_ended(house: House) -> None:
    browser = house.browser(StaffRole.ADMINISTRATOR)
    browser.get("/people")
    page = browser.post("/people/tokens", {"name": "importer", "scopes": ["read"]})
    bearer = {"Authorization": f"Bearer {shown_once(page.text)}"}
    client = house.app.test_client()
    assert client.get("/api/v1/urls", headers=bearer).status_code == 200
    with house.ports.sessions() as session:
        token = session.scalars(select(ApiToken.id)).one()
    browser.post(f"/people/tokens/{token}/revoke")
    assert client.get("/api/v1/urls", headers=bearer).status_code == 401


def test_an_administrator_alone_sees_no_location_and_no_figures(house: House) -> None:
    browser = house.browser(StaffRole.ADMINISTRATOR)
    for path in (
        "/today",
        "/cases",
        "/queue",
        "/register",
        "/compliance",
        f"/cases/{uuid.uuid4()}",
    ):
        assert browser.get(path).status_code == 403, path
    assert browser.get("/").headers["Location"] == "/people"


def test_a_manager_reads_reviewed_names_only(house: House) -> None:
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, house.clock())
        route = cast.route()
        for name, public in (("Secret Hosting", None), ("Harbour", "Harbour Hosting")):
            provider = cast.provider(name, public_name=public)
            known = cast.known(f"https://{name[:6].lower()}.example.test/a", provider, route)
            known.episode.notified_at = house.clock()
    house.count()
    page = house.browser(StaffRole.MANAGER).get("/compliance").text
    assert "Secret Hosting" not in page
    assert ">other<" in page
    assert "Harbour Hosting" in page
    assert "Secret Hosting" in house.browser(StaffRole.ANALYST).get("/compliance").text


def test_an_auditor_reads_and_verifies_the_log(house: House) -> None:
    house.browser(StaffRole.ANALYST)
    auditor = house.browser(StaffRole.AUDITOR)
    page = auditor.get("/log").text
    assert "signed in" in page and "analyst" in page
    assert "The chain holds" in auditor.post("/log/verify").text


def test_an_error_says_an_id_and_no_log_line_holds_a_location(
    sessions: Sessions,
    vault: Vault,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    house = build(sessions, vault)
    house.app.config["PROPAGATE_FAILURES"] = house.app.testing = False
    canary = "canary-7f3a.example.test"

    def broken() -> str:
        raise ValueError(f"https://{canary}/x")

    view = house.app.view_functions["today.index"]
    house.app.view_functions["today.index"] = broken
    broken.__dict__["needs"] = view.__dict__["needs"]
    browser = house.browser(StaffRole.ANALYST)
    with caplog.at_level(logging.DEBUG):
        answer = browser.get("/today")
    assert answer.status_code == 500
    error_id = shown_once(answer.text)
    assert error_id in caplog.text
    captured = capfd.readouterr()
    assert canary not in answer.text + caplog.text + captured.out + captured.err
