"""Who gets in, and who is slowed."""

import re

import pytest
from cast import LIVE
from house import Browser, House, build
from passlib.totp import TOTP
from sqlalchemy import func, select

from takedown.audit import AuditEntry
from takedown.db import Sessions, committing
from takedown.people import service
from takedown.people.models import StaffRole, User, WebSession
from takedown.vault import Vault

PATTERN_KEY = re.compile(r'<span class="secret">([A-Z2-7 -]+)</span>')


def test_first_administrator_signs_in_with_printed_password_and_works_at_once(
    house: House,
) -> None:
    with committing(house.ports.sessions) as session:
        first = service.create_first_administrator(session, house.ports.vault, now=house.clock())
    assert first is not None
    browser = Browser(house.app)
    answer = browser.sign_in("admin", first.password)
    assert answer.status_code == 302
    today = browser.get("/today")
    assert today.status_code == 200
    assert "one-time password" in today.text
    assert browser.get("/people").status_code == 200


def test_there_is_only_one_first_administrator(house: House) -> None:
    house.person(StaffRole.ANALYST)
    with committing(house.ports.sessions) as session:
        again = service.create_first_administrator(session, house.ports.vault, now=house.clock())
    assert again is None


def test_unknown_wrong_and_disabled_get_the_same_body(house: House) -> None:
    house.person(StaffRole.ANALYST, name="alice")
    bob = house.person(StaffRole.ANALYST, name="bob")
    with committing(house.ports.sessions) as session:
        user = session.get_one(User, bob.id)
        service.disable(session, house.ports.vault, user, now=house.clock(), by="machine")
    bodies = []
    for name, password in [
        ("nobody", "x" * 16),
        ("alice", "x" * 16),
        ("bob", house.passwords["bob"]),
    ]:
        answer = Browser(house.app).sign_in(name, password)
        text = re.sub(r'(content|value)="[^"]*"', "", answer.text)
        bodies.append((answer.status_code, text))
    assert bodies[0] == bodies[1] == bodies[2]
    assert "do not fit together" in bodies[0][1]


def test_five_failures_slow_the_account_and_then_it_opens_again(house: House) -> None:
    house.person(StaffRole.ANALYST, name="alice")
    for _ in range(5):
        Browser(house.app).sign_in("alice", "wrong-wrong-wrong")
    slowed = Browser(house.app).sign_in("alice", house.passwords["alice"])
    assert slowed.status_code == 200
    assert "Too many attempts" in slowed.text
    house.clock.later(seconds=31)
    assert Browser(house.app).sign_in("alice", house.passwords["alice"]).status_code == 302


def test_a_stranger_slows_nobody_who_signs_in_from_a_known_address(house: House) -> None:
    house.person(StaffRole.ANALYST, name="alice")
    at_home = {"REMOTE_ADDR": "192.0.2.7"}
    known = Browser(house.app)
    known.client.environ_base |= at_home
    assert known.sign_in("alice", house.passwords["alice"]).status_code == 302
    stranger = Browser(house.app)
    stranger.client.environ_base |= {"REMOTE_ADDR": "198.51.100.9"}
    for _ in range(6):
        answer = stranger.sign_in("alice", "wrong-wrong-wrong")
    assert "Too many attempts" in answer.text
    again = Browser(house.app)
    again.client.environ_base |= at_home
    assert again.sign_in("alice", house.passwords["alice"]).status_code == 302


def test_a_network_of_ipv6_is_slowed_whole_however_its_addresses_are_written(house: House) -> None:
    for last in range(5):
        prober = Browser(house.app)
        prober.client.environ_base |= {"REMOTE_ADDR": f"2001:db8::{last + 1:x}"}
        prober.sign_in(f"nobody{last}", "wrong-wrong-wrong")
    same, other = Browser(house.app), Browser(house.app)
    same.client.environ_base |= {"REMOTE_ADDR": "2001:db8::a:b:c:d"}
    other.client.environ_base |= {"REMOTE_ADDR": "2001:db8:0:1::1"}
    assert "Too many attempts" in same.sign_in("somebody", "wrong-wrong-wrong").text
    assert "Too many attempts" not in other.sign_in("somebody", "wrong-wrong-wrong").text


@pytest.mark.parametrize("page", ["/account/again", "/account/password"])
def test_whoever_sits_at_an_open_browser_is_slowed_in_guessing_its_password(
    house: House, page: str
) -> None:
    browser = house.browser(StaffRole.ANALYST)
    new = {"new_password": "a sentence that is long"} | {
        "new_password_confirm": "a sentence that is long"
    }
    for _ in range(5):
        assert "Too many attempts" not in browser.post(page, {"password": "wrong"} | new).text
    right = {"password": house.passwords["analyst"]} | new
    assert "Too many attempts" in browser.post(page, right).text
    house.clock.later(minutes=16)
    assert browser.post(page, right).status_code == 302


def test_a_right_password_of_a_closed_account_is_slowed_as_a_wrong_one(house: House) -> None:
    bob = house.person(StaffRole.ANALYST, name="bob")
    with committing(house.ports.sessions) as session:
        user = session.get_one(User, bob.id)
        service.disable(session, house.ports.vault, user, now=house.clock(), by="machine")
    for _ in range(6):
        answer = Browser(house.app).sign_in("bob", house.passwords["bob"])
    assert "Too many attempts" in answer.text


def test_session_cookie_is_new_at_sign_in_and_the_database_holds_only_its_hash(
    house: House,
) -> None:
    house.person(StaffRole.ANALYST, name="alice")
    browser = Browser(house.app)
    browser.get("/sign-in")
    before = browser.client.get_cookie("takedown")
    answer = browser.sign_in("alice", house.passwords["alice"])
    after = browser.client.get_cookie("takedown")
    assert before is not None and after is not None
    assert before.value != after.value
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    with house.ports.sessions() as session:
        rows = session.scalars(select(WebSession)).all()
    assert after.value.encode() not in b"".join(row.token_hash + row.data for row in rows)


def test_outside_loopback_the_cookie_is_bound_to_the_host_and_to_tls(
    sessions: Sessions, vault: Vault
) -> None:
    house = build(sessions, vault, secure=True)
    cookie = house.app.test_client().get("/sign-in").headers["Set-Cookie"]
    assert cookie.startswith("__Host-takedown=")
    assert "Secure" in cookie and "Path=/" in cookie and "Domain" not in cookie


def test_idle_and_absolute_limits_end_a_session(house: House) -> None:
    browser = house.browser(StaffRole.ANALYST)
    house.clock.later(hours=1, minutes=59)
    assert browser.get("/today").status_code == 200
    house.clock.later(hours=2, minutes=1)
    assert browser.get("/today").status_code == 303
    again = house.browser(StaffRole.ANALYST)
    for _ in range(12):
        house.clock.later(minutes=62)
        last = again.get("/today")
    assert last.status_code == 303


def test_disabling_a_person_ends_all_their_sessions_at_once(house: House) -> None:
    browser = house.browser(StaffRole.ANALYST)
    with committing(house.ports.sessions) as session:
        user = service.find(session, "analyst")
        assert user is not None
        service.disable(session, house.ports.vault, user, now=house.clock(), by="machine")
    assert browser.get("/today").status_code == 303


def test_signing_out_leaves_no_session(house: House) -> None:
    browser = house.browser(StaffRole.ANALYST)
    cookie = browser.client.get_cookie("takedown")
    assert browser.post("/sign-out").status_code == 302
    assert browser.get("/today").status_code == 303
    assert cookie is not None
    stolen = Browser(house.app)
    stolen.client.set_cookie("takedown", cookie.value)
    assert stolen.get("/today").status_code == 303


def test_a_request_that_was_under_way_at_signing_out_brings_no_session_back(house: House) -> None:
    browser = house.browser(StaffRole.ANALYST)
    cookie = browser.client.get_cookie("takedown")
    assert cookie is not None
    sent = {"Cookie": f"takedown={cookie.value}"}
    with house.app.test_request_context("/today", headers=sent) as under_way:
        under_way.session["seen"] = "late"
        browser.post("/sign-out")
        answer = house.app.make_response("")
        house.app.session_interface.save_session(house.app, under_way.session, answer)
    assert "Set-Cookie" not in answer.headers
    with house.ports.sessions() as session:
        assert session.scalar(select(WebSession).where(WebSession.user_id.is_not(None))) is None


def test_next_never_leads_to_another_site(house: House) -> None:
    house.person(StaffRole.ANALYST, name="alice")
    browser = Browser(house.app)
    answer = browser.sign_in("alice", house.passwords["alice"], next="//evil.example/")
    assert "evil" not in answer.headers.get("Location", "")
    browser.sign_in("alice", house.passwords["alice"])
    assert (
        "evil"
        not in browser.post("/language", {"language": "fr", "back": "//evil.example"}).headers[
            "Location"
        ]
    )


@pytest.mark.filterwarnings("ignore:Passing SelectField choices:DeprecationWarning")
def test_when_anything_can_leave_a_second_factor_is_enrolled_and_each_code_works_once(
    sessions: Sessions, vault: Vault
) -> None:
    house = build(sessions, vault, leaves=LIVE)
    house.person(StaffRole.ANALYST, name="alice")
    browser = Browser(house.app)
    answer = browser.sign_in("alice", house.passwords["alice"])
    assert answer.headers["Location"].endswith("/account/second-factor")
    assert browser.get("/today").status_code == 303
    browser.get("/account/second-factor")
    shown = browser.post("/account/second-factor", {"setup": "authenticator"})
    key = PATTERN_KEY.search(shown.text)
    assert key is not None
    code = TOTP(key[1].replace("-", "").replace(" ", "")).generate().token
    done = browser.post("/sign-in/code", {"code": code})
    assert done.status_code == 302
    asked = browser.get("/today")
    assert asked.headers["Location"] == "/account/password"
    second = Browser(house.app)
    answer = second.sign_in("alice", house.passwords["alice"])
    assert "/sign-in/code" in answer.headers["Location"]
    second.get("/sign-in/code")
    replayed = second.post("/sign-in/code", {"code": code})
    assert replayed.status_code == 200
    assert second.get("/today").status_code == 303
    for _ in range(4):
        second.post("/sign-in/recovery", {"code": "0000-0000-0000"})
    assert "Too many attempts" in second.post("/sign-in/recovery", {"code": "0"}).text


def test_a_chosen_password_replaces_the_printed_one_and_signs_out_the_others(
    house: House,
) -> None:
    here, elsewhere = house.browser(StaffRole.ANALYST), house.browser(StaffRole.ANALYST)
    here.get("/account/password")
    new = "a sentence that is long"
    answer = here.post(
        "/account/password",
        {
            "password": house.passwords["analyst"],
            "new_password": new,
            "new_password_confirm": new,
        },
    )
    assert answer.status_code == 302, answer.text
    assert here.get("/today").status_code == 200
    assert "one-time password" not in here.get("/today").text
    assert elsewhere.get("/today").status_code == 303
    assert Browser(house.app).sign_in("analyst", new).status_code == 302


def test_each_sign_in_stands_in_the_log(house: House) -> None:
    house.browser(StaffRole.ANALYST)
    with house.ports.sessions() as session:
        count = session.scalar(
            select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "sign_in")
        )
    assert count == 1
