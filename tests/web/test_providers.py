"""The contact book's pages: reading, editing, two people, merging, import and export."""

import io
import re
import uuid

import pytest
from cast import Cast
from house import Browser, House
from sqlalchemy import func, select

from takedown.audit import AuditEntry
from takedown.db import committing
from takedown.hosts.models import Contact, Provider, ProviderMerge
from takedown.people.models import Scope, StaffRole
from takedown.routes import holds

ANALYST, SUPERVISOR = StaffRole.ANALYST, StaffRole.SUPERVISOR


@pytest.fixture
def analyst(house: House) -> Browser:
    return house.browser(ANALYST)


@pytest.fixture
def supervisor(house: House) -> Browser:
    return house.browser(SUPERVISOR)


def cast_provider(house: House, name: str = "Harbour", **more: object) -> uuid.UUID:
    with committing(house.ports.sessions) as session:
        return Cast(session, house.ports.vault, house.clock()).provider(name, **more).id


def entries(house: House) -> list[AuditEntry]:
    with house.ports.sessions() as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.number)).all()
        return [one for one in rows if one.action.startswith(("provider", "contact", "book"))]


def only(house: House, table: type) -> uuid.UUID:
    with house.ports.sessions() as session:
        return session.scalars(select(table.id)).one()  # type: ignore[attr-defined,no-any-return]


def test_a_provider_is_added_and_changed_and_each_act_is_in_the_log(
    house: House, analyst: Browser
) -> None:
    analyst.get("/providers/new")
    analyst.post("/providers", {"name": "Quay & Sons", "asns": "AS64496\r\nAS64497"})
    made = only(house, Provider)
    page = analyst.get(f"/providers/{made}").text
    assert "Quay &amp; Sons" in page and "AS64497" in page and "entered by hand" in page
    form = {"name": "Quay & Sons", "country": "NL", "standing": "cooperative", "why": "quick"}
    assert analyst.post(f"/providers/{made}", form).status_code == 303
    page = analyst.get(f"/providers/{made}").text
    assert "Netherlands" in page and "standing unknown → cooperative" in page and "quick" in page
    assert [(one.action, one.subject, one.detail) for one in entries(house)] == [
        ("provider.add", str(made), {}),
        ("provider.edit", str(made), {"fields": ["country", "standing"]}),
    ]


def test_what_is_wrong_is_named_and_nothing_typed_is_lost(house: House) -> None:
    made = cast_provider(house)
    browser = house.browser(ANALYST, language="fr")
    browser.get(f"/providers/{made}/edit")
    form = {"name": "Harbour", "asns": "AS64496\nneuf", "notes": "<b>typed</b>"}
    answer = browser.post(f"/providers/{made}", form)
    assert answer.status_code == 422
    assert 'id="asns-error"' in answer.text and 'href="#asns"' in answer.text
    assert "&lt;b&gt;typed&lt;/b&gt;" in answer.text and "neuf" in answer.text
    assert entries(house) == []


def test_notes_and_reasons_name_no_registered_host(house: House, analyst: Browser) -> None:
    made = cast_provider(house)
    with committing(house.ports.sessions) as session:
        Cast(session, house.ports.vault, house.clock()).host("media.example.test")
    analyst.get(f"/providers/{made}/edit")
    form = {"name": "Harbour", "notes": "see media[.]example[.]test"}
    answer = analyst.post(f"/providers/{made}", form)
    assert answer.status_code == 422 and 'id="notes-error"' in answer.text


def test_two_people_stand_behind_a_contact(
    house: House, analyst: Browser, supervisor: Browser
) -> None:
    made = cast_provider(house)
    supervisor.get(f"/contacts/new/{made}")
    supervisor.post(f"/contacts/new/{made}", {"address": "abuse@harbour.example"})
    contact = only(house, Contact)
    assert "somebody else approves" in supervisor.get("/contacts").text
    refused = supervisor.post(f"/contacts/{contact}/approve")
    assert refused.status_code == 422 and "somebody else does" in refused.text
    assert analyst.post(f"/contacts/{contact}/approve").status_code == 403
    house.person(SUPERVISOR, name="second")
    second = Browser(house.app)
    second.sign_in("second", house.passwords["second"])
    second.get("/contacts")
    assert second.post(f"/contacts/{contact}/approve").status_code == 303
    with house.ports.sessions() as session:
        assert session.get_one(Contact, contact).approved_by is not None
    assert [one.action for one in entries(house)] == ["contact.add", "contact.approve"]


def test_another_address_leads_to_the_contact_that_waits(house: House, analyst: Browser) -> None:
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, house.clock())
        old = cast.contact(cast.provider()).id
    analyst.get(f"/contacts/{old}")
    form = {"medium": "email", "address": "noc@harbour.example", "max_urls": "100"}
    answer = analyst.post(f"/contacts/{old}", form)
    assert "waits for approval" in analyst.get(answer.headers["Location"]).text
    assert "retired" in analyst.get(f"/contacts/{old}").text
    detail = entries(house)[0].detail
    assert "address" in detail["fields"] and "harbour" not in str(detail)


def test_a_contact_is_inhibited_by_anybody_and_lifted_by_a_supervisor(
    house: House, analyst: Browser, supervisor: Browser
) -> None:
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, house.clock())
        contact = cast.contact(cast.provider()).id
    analyst.get(f"/contacts/{contact}")
    wrong = analyst.post(f"/contacts/{contact}/inhibit", {"until": "soon", "why": "typed"})
    assert wrong.status_code == 422 and 'value="typed"' in wrong.text
    form = {"until": "2099-01-01T00:00", "why": "their desk asked"}
    assert analyst.post(f"/contacts/{contact}/inhibit", form).status_code == 303
    assert "their desk asked" in analyst.get(f"/contacts/{contact}").text
    assert analyst.post(f"/contacts/{contact}/lift").status_code == 403
    supervisor.get(f"/contacts/{contact}")
    supervisor.post(f"/contacts/{contact}/lift")
    assert "their desk asked" not in supervisor.get(f"/contacts/{contact}").text
    analyst.post(f"/contacts/{contact}/verify")
    analyst.post(f"/contacts/{contact}/retire")
    assert "retired" in analyst.get(f"/contacts/{contact}").text


def test_a_provider_is_found_by_any_of_its_marks_and_the_word_stands_in_no_path(
    house: House, analyst: Browser
) -> None:
    analyst.get("/providers/new")
    form = {"name": "Harbour Hosting", "aliases": "Old Pier", "asns": "64496"}
    analyst.post("/providers", form | {"domains": "harbour.example", "public_name": "Haven"})
    made = only(house, Provider)
    cast_provider(house, "Another")
    for sought in ("HARBOUR", "old pier", "AS64496", "harbour.example", "have", "bour hos"):
        answer = analyst.post("/providers/search", {"q": sought})
        assert answer.headers.get("Location") == f"/providers/{made}", sought
    assert "Nothing of this" in analyst.post("/providers/search", {"q": "zebra"}).text
    assert analyst.post("/providers/search", {"q": "%"}).status_code == 200


def test_a_manager_reads_reviewed_names_and_no_address(house: House) -> None:
    secret = cast_provider(house, "Secret Hosting")
    known = cast_provider(
        house, "Harbour", public_name="Harbour Hosting", reviewed_at=house.clock()
    )
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, house.clock())
        cast.contact(session.get_one(Provider, known))
    for role in (StaffRole.MANAGER, StaffRole.AUDITOR):
        browser = house.browser(role)
        page = browser.get("/providers").text
        assert "Harbour Hosting" in page and "Secret" not in page
        page = browser.get(f"/providers/{known}").text
        assert "0 bounces" in page and "abuse@" not in page and 'id="history"' not in page
        assert browser.get(f"/providers/{secret}").status_code == 404
        assert browser.post("/providers/search", {"q": "secret"}).status_code == 200
        assert "Secret" not in browser.post("/providers/search", {"q": "secret"}).text
        assert browser.get("/book").status_code == 403


def test_the_list_is_narrowed_and_turned_page_by_page(house: House, analyst: Browser) -> None:
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, house.clock())
        for number in range(60):
            one = cast.provider(f"Number {number}", country="BE" if number % 2 else "NL")
        cast.contact(one, approved_at=None, approved_by=None)
        cast.provider("Unit", kind="police")
    first = analyst.get("/providers").text
    assert first.count("data-row") == 50
    following = re.search(r'href="(/providers\?before=[^"]+)"', first)
    assert following is not None
    assert analyst.get(following[1].replace("&amp;", "&")).text.count("data-row") == 11
    for query, count in (("country=BE", 30), ("kind=police", 1), ("waits=yes", 1), ("kind=x", 0)):
        assert analyst.get(f"/providers?{query}").text.count("data-row") == count, query


TABLE = "name,country,contact_address\nHarbour,NL,abuse@harbour.example\nQuay,XX,\n"


def test_an_import_shows_the_difference_before_it_is_saved(
    house: House, analyst: Browser, supervisor: Browser
) -> None:
    analyst.get("/book")
    upload = {"file": (io.BytesIO(b"\xef\xbb\xbf" + TABLE.encode()), "book.csv")}
    seen = analyst.post("/book/import", upload, content_type="multipart/form-data")
    assert "new provider" in seen.text and "not a country" in seen.text
    assert "abuse@harbour.example" in seen.text
    with house.ports.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Provider)) == 0
    saved = analyst.post("/book/import", {"table": TABLE, "save": "yes"})
    assert "wait for somebody else" in saved.text
    assert "abuse@harbour.example" in supervisor.get("/contacts").text
    out = analyst.post("/book/export")
    assert out.mimetype == "text/csv" and "abuse@harbour.example" in out.text
    again = analyst.post("/book/import", {"table": out.text})
    assert "rows that say what stands already" in again.text and 'data-label="Line"' not in (
        again.text
    )
    assert [one.action for one in entries(house)] == ["book.import", "book.export"]
    assert analyst.post("/book/import", {"table": " "}).status_code == 422
    wrong = {"file": (io.BytesIO(b"name\nH\xe9"), "book.csv")}
    assert (
        analyst.post("/book/import", wrong, content_type="multipart/form-data").status_code == 422
    )


def test_a_merge_is_proposed_by_one_and_confirmed_by_another(
    house: House, analyst: Browser, supervisor: Browser
) -> None:
    gone, kept = cast_provider(house, "Old Pier"), cast_provider(house, "Harbour")
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, house.clock())
        cast.contact(session.get_one(Provider, gone), "abuse@pier.example")
    analyst.get(f"/book/merge/{gone}")
    assert str(kept) in analyst.post(f"/book/merge/{gone}", {"q": "harbour"}).text
    named = {"q": "harbour", "into": str(kept), "why": "Harbour bought it"}
    assert analyst.post(f"/book/merge/{gone}", named).status_code == 422
    answer = analyst.post(f"/book/merge/{gone}", named | {"why": "bought last year"})
    page = analyst.get(answer.headers["Location"]).text
    assert "contacts" in page and "A supervisor who did not propose it" in page
    merge = only(house, ProviderMerge)
    assert analyst.post(f"/book/merges/{merge}/confirm").status_code == 403
    assert "merge is proposed" in supervisor.get(f"/providers/{kept}").text
    supervisor.post(f"/book/merges/{merge}/confirm")
    page = supervisor.get(f"/providers/{kept}").text
    assert "abuse@pier.example" in page and "Old Pier" in page
    assert "It was merged" in supervisor.get(f"/providers/{gone}").text
    assert "Old Pier" not in supervisor.get("/providers").text
    again = supervisor.post(f"/book/merges/{merge}/confirm")
    assert again.status_code == 422 and "decided already" in again.text
    assert [one.action for one in entries(house)] == ["provider.merge_propose", "provider.merge"]


def test_a_supervisor_does_not_confirm_their_own_proposal_and_anybody_drops_it(
    house: House, analyst: Browser, supervisor: Browser
) -> None:
    gone, kept = cast_provider(house, "Old Pier"), cast_provider(house, "Harbour")
    supervisor.get(f"/book/merge/{gone}")
    supervisor.post(f"/book/merge/{gone}", {"into": str(kept), "why": "same desk"})
    merge = only(house, ProviderMerge)
    refused = supervisor.post(f"/book/merges/{merge}/confirm")
    assert refused.status_code == 422 and "somebody else does" in refused.text
    analyst.get(f"/book/merges/{merge}")
    analyst.post(f"/book/merges/{merge}/refuse")
    assert "refused" in analyst.get(f"/book/merges/{merge}").text


def test_a_hold_is_shown_where_the_provider_is(house: House, analyst: Browser) -> None:
    made = cast_provider(house)
    with committing(house.ports.sessions) as session:
        holds.place(
            session,
            subject="provider",
            subject_id=made,
            asked_by="Unit 7",
            reason="an inquiry",
            probes_go_on=True,
            placed_by="machine",
            now=house.clock(),
        )
    page = analyst.get(f"/providers/{made}").text
    assert "Unit 7" in page and "an inquiry" in page


def test_programs_read_reviewed_names_and_health_without_addresses(house: House) -> None:
    cast_provider(house, "Secret Hosting")
    known = cast_provider(
        house, "Harbour", public_name="Harbour Hosting", reviewed_at=house.clock()
    )
    with committing(house.ports.sessions) as session:
        cast = Cast(session, house.ports.vault, house.clock())
        cast.contact(session.get_one(Provider, known), bounces=2)
    client, bearer = house.app.test_client(), house.bearer(Scope.READ)
    listed = client.get("/api/v1/providers", headers=bearer)
    assert {one["name"] for one in listed.get_json()["items"]} == {None, "Harbour Hosting"}
    one = client.get(f"/api/v1/providers/{known}", headers=bearer)
    (contact,) = one.get_json()["contacts"]
    assert (contact["medium"], contact["bounces"], contact["approved"]) == ("email", 2, True)
    for answer in (listed, one):
        assert "abuse@" not in answer.text and "Secret" not in answer.text
