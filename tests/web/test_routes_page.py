"""Routes as supervisors and administrators work on them: edit, verify, preview, agree, stop."""

import re
import tomllib
from pathlib import Path

import pytest
from cast import Cast
from house import Browser, House
from sqlalchemy import select

from takedown.audit import AuditEntry
from takedown.db import committing
from takedown.flow import placing
from takedown.people.models import StaffRole
from takedown.routes import members, table
from takedown.routes.models import Agreement, DoNotForward, Member, Route, RouteChange

CONFIG = Path(__file__).parents[2] / "config"
ROWS = table.read(tomllib.loads((CONFIG / "jurisdictions.toml").read_text("utf-8")))
FACTS = members.read(tomllib.loads((CONFIG / "hotlines.toml").read_text("utf-8")))
SEEN = re.compile(r'name="seen" value="([0-9a-f]+)"')


@pytest.fixture
def house(house: House) -> House:
    with committing(house.ports.sessions) as session:
        table.fill(session, ROWS, house.clock())
        dutch = [fact for fact in FACTS if fact.country == "NL"]
        members.fill(session, house.ports.vault, dutch, house.clock())
    return house


def supervisor(house: House, name: str) -> Browser:
    house.person(StaffRole.SUPERVISOR, name=name)
    browser = Browser(house.app)
    assert browser.sign_in(name, house.passwords[name]).status_code == 302
    return browser


def rows(house: House, kind):
    with house.ports.sessions() as session:
        return session.scalars(select(kind)).all()


def dutch(house: House) -> Route:
    (row,) = [one for one in rows(house, Route) if one.country == "NL"]
    return row


def form(**changed: str) -> dict[str, str]:
    known = {
        "kind": "direct",
        "deadline_hours": "24",
        "binds_on": "signatories",
        "languages": "nl;en",
        "source": "the code, https://law.example/ntd",
        "checked_on": "2026-03-01",
        "why": "read again",
    }
    return known | changed


def opened(browser: Browser, path: str) -> dict[str, str]:
    found = SEEN.search(browser.get(path).text)
    assert found is not None
    return {"seen": found[1]}


def test_an_edit_is_verified_by_another_supervisor_and_stands_in_history_and_log(
    house: House,
) -> None:
    alice, bob = supervisor(house, "alice"), supervisor(house, "bob")
    path = f"/routes/{dutch(house).id}"
    answer = alice.post(path, form(deadline_hours="12") | opened(alice, path))
    assert answer.status_code == 303
    page = alice.get(path).text
    assert "Deadline in hours: 24 → 12" in page and "read again" in page
    assert "another supervisor verifies it" in page
    day = house.clock().date().isoformat()
    refused = alice.post(f"{path}/verify", {"read_on": day} | opened(alice, path))
    assert refused.status_code == 422 and "you wrote this" in refused.text
    done = bob.post(f"{path}/verify", {"read_on": day} | opened(bob, path))
    assert done.status_code == 303
    assert dutch(house).status == "verified"
    assert [one.action for one in rows(house, AuditEntry)][-2:] == ["route.edit", "route.verify"]


def test_a_stale_form_is_refused_with_a_clear_message_in_both_languages(house: House) -> None:
    alice, bob = supervisor(house, "alice"), supervisor(house, "bob")
    path = f"/routes/{dutch(house).id}"
    late = opened(alice, path)
    bob.post(path, form(note="first") | opened(bob, path))
    for language, said in (("en", "somebody else has changed it"), ("fr", "quelqu’un d’autre")):
        alice.headers["Accept-Language"] = language
        answer = alice.post(path, form(note="second") | late)
        assert answer.status_code == 422 and said in answer.text
    assert dutch(house).note == "first"
    assert len(rows(house, RouteChange)) == 1


WRONG = [
    ({"deadline_hours": "soon"}, "is not a number of hours"),
    ({"deadline_hours": "99999999999"}, "is not a number of hours"),
    ({"binds_on": ""}, "is missing beside a deadline"),
    ({"kind": "letter"}, "is none of"),
    ({"languages": "dutch"}, "are codes such as"),
    ({"checked_on": "someday"}, "is not a date"),
    ({"checked_on": "2999-01-01"}, "lies in the future"),
    ({"source": ""}, "is missing"),
    ({"note": "=1+1"}, "begins as a formula"),
    ({"via": "x" * 501}, "is one line of at most"),
    ({"why": ""}, "is missing"),
    ({"why": "see media[.]example[.]test"}, "names a registered host"),
    ({"source": "https://media.example.test/a"}, "names a registered host"),
]


def test_what_is_wrong_is_said_beside_its_field_and_nothing_changes(house: House) -> None:
    with committing(house.ports.sessions) as session:
        Cast(session, house.ports.vault, house.clock()).host("media.example.test")
    alice = supervisor(house, "alice")
    path = f"/routes/{dutch(house).id}"
    for changed, said in WRONG:
        answer = alice.post(path, form(**changed) | opened(alice, path))
        assert answer.status_code == 422, changed
        assert said in answer.text and "Nothing was changed." in answer.text, changed
    assert not rows(house, RouteChange)


def test_a_row_is_added_for_a_new_country_by_an_administrator(house: House) -> None:
    admin = house.browser(StaffRole.ADMINISTRATOR)
    admin.get("/routes")
    new = form(country="LU", direction="home")
    answer = admin.post("/routes", new)
    assert answer.status_code == 303
    assert admin.post("/routes", new).status_code == 422
    page = admin.get("/routes?country=LU").text
    assert "the row of the hosting country" in page and "a supervisor, each one" in page
    path = answer.headers["Location"]
    assert f'action="{path}/verify"' not in admin.get(path).text
    assert admin.post(f"{path}/verify", {"read_on": "2026-03-01"}).status_code == 403


AHEAD = {
    "BE": ["by way of the police", "the police", "no hours are named"],
    "NL": ["binds those who signed the code", "24", "nl, en"],
    "AU": ["by way of the regulator", "an authority&#39;s order", "never be overdue"],
    "LU": ["the global preset", "notice to the host"],
    "GB": ["nothing leaves before they agree"],
}


def test_the_preview_says_what_would_happen(house: House) -> None:
    alice = supervisor(house, "alice")
    for country, words in AHEAD.items():
        page = alice.get(f"/routes?country={country}").text
        seen = page[page.index('id="ahead"') : page.index('id="world"')]
        assert [word for word in words if word not in seen] == [], country


def test_the_list_is_narrowed_and_says_how_old_it_is(house: House) -> None:
    alice = supervisor(house, "alice")
    page = alice.get("/routes?kind=regulator&status=unverified").text
    listed = page[page.index('id="rows"') :]
    assert "Australia" in listed and "Netherlands" not in listed.partition("Add a row")[0]
    assert "19 unverified" in page and "21 Nov 2026" in page
    assert "No row is like that" in alice.get("/routes?status=verified").text
    assert alice.get("/routes?country=XX&kind=nonsense").status_code == 200
    file = alice.get("/routes/table.csv")
    assert file.mimetype == "text/csv" and "NL,home,direct" in file.text


def test_an_agreement_is_recorded_by_one_verified_by_another_and_ended(house: House) -> None:
    alice, bob = supervisor(house, "alice"), supervisor(house, "bob")
    alice.get("/routes/agreements")
    typed = form(
        country="NL", via="Offlimits", basis="protocol", signed_on="2026-02-01", ends_on=""
    )
    assert alice.post("/routes/agreements", typed).status_code == 303
    (agreement,) = rows(house, Agreement)
    page = alice.get("/routes/agreements").text
    assert "waits for a second person" in page and "I have read it" not in page
    path = f"/routes/agreements/{agreement.id}"
    assert alice.post(f"{path}/verify").status_code == 422
    assert "I have read it" in bob.get("/routes/agreements").text
    assert bob.post(f"{path}/verify").status_code == 303
    assert "an agreement with this country" in bob.get("/routes?country=NL").text
    assert bob.post(f"{path}/end").status_code == 303
    assert "an agreement with this country" not in bob.get("/routes?country=NL").text
    assert bob.post(f"{path}/end").status_code == 422


def test_a_member_is_checked_leaves_and_is_added(house: House) -> None:
    alice, bob = supervisor(house, "alice"), supervisor(house, "bob")
    assert "not checked" in alice.get("/routes/members").text
    (member,) = [one for one in rows(house, Member) if one.country == "NL"]
    assert alice.post(f"/routes/members/{member.id}/check").status_code == 303
    assert alice.post(f"/routes/members/{member.id}/left").status_code == 303
    assert alice.post(f"/routes/members/{member.id}/left").status_code == 422
    new = {"country": "MD", "name": "Example Line", "source": "the list"}
    assert alice.post("/routes/members", new).status_code == 303
    assert alice.post("/routes/members", new).status_code == 422
    (added,) = [one for one in rows(house, Member) if one.country == "MD"]
    assert alice.post(f"/routes/members/{added.id}/check").status_code == 422
    bob.get("/routes/members")
    assert bob.post(f"/routes/members/{added.id}/check").status_code == 303


def test_a_country_is_stopped_by_one_and_let_go_by_another(house: House) -> None:
    admin, alice = house.browser(StaffRole.ADMINISTRATOR), supervisor(house, "alice")
    admin.get("/routes/do-not-forward")
    asked = {"country": "NL", "reason": "asked by the ministry"}
    assert admin.post("/routes/do-not-forward", asked).status_code == 303
    assert admin.post("/routes/do-not-forward", asked).status_code == 422
    assert "nothing goes there" in alice.get("/routes?country=NL").text
    assert admin.post("/routes/do-not-forward/remove", asked).status_code == 403
    assert "Take off the list" in alice.get("/routes/do-not-forward").text
    assert alice.post("/routes/do-not-forward/remove", asked).status_code == 303
    assert not rows(house, DoNotForward)
    assert alice.post("/routes/do-not-forward/remove", asked).status_code == 422


IN_THE_CASE = {
    "NL": ["notice to the host", "24 h asked for", "binds those who signed the code", "nl, en"],
    "AU": ["by way of the regulator", "an authority&#39;s order, not on our notice"],
    "BE": ["by way of the police", "nl, fr, de"],
    "LU": ["no row of its own: the global preset", "Luxembourg"],
}


def test_a_case_says_its_route_what_its_deadline_binds_on_and_why(house: House) -> None:
    cases = {}
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, house.clock())
        for country in IN_THE_CASE:
            provider = cast.provider(f"Host of {country}", country=country)
            name = f"www.{country.lower()}.example.test"
            url = cast.url(f"https://{name}/a", cast.host(name, provider))
            placing.reroute(session, house.ports, [url], now=house.clock())
            cases[country] = url.id
    alice = supervisor(house, "alice")
    for country, words in IN_THE_CASE.items():
        page = alice.get(f"/cases/{cases[country]}").text.replace("\u202f", " ")
        stands = page[page.index('id="state"') : page.index('id="chain"')]
        assert [word for word in (*words, "unverified") if word not in stands] == [], country


def test_the_pages_speak_french_and_load_quickly(house: House) -> None:
    browser = house.browser(StaffRole.SUPERVISOR, language="fr")
    for path in ("", "?country=NL", "/agreements", "/members", "/do-not-forward"):
        page = browser.get(f"/routes{path}")
        assert page.status_code == 200
        assert 'lang="fr"' in page.text and "Ne pas transmettre" in page.text
        assert len(page.get_data()) < 300_000
