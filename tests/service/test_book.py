"""The contact book: typed by one, approved by another; out and in again unchanged."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from cast import Cast
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from takedown.audit import Event
from takedown.hosts.book import Desk, contacts, editing, exchange, sheet
from takedown.hosts.book.health import ask_for_renewal, health
from takedown.hosts.book.problems import BookError
from takedown.hosts.book.reading import contact_values, provider_values
from takedown.hosts.models import Contact, Provider, ProviderDomain
from takedown.people.tasks import Task
from takedown.people.two_people import OwnWork
from takedown.vault import Vault

KEY = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEZexample+/==\n-----END PGP PUBLIC KEY BLOCK-----"
RICH = {
    "name": '=Harbour; Hosting, "Ltd"',
    "aliases": "@harbour\n'-quay\n'plain\nback\\slash; and more",
    "public_name": "Harbour Hosting",
    "country": "NL",
    "proxy": "yes",
    "signatory": "yes",
    "endorses_principles": "no",
    "preferred_medium": "api",
    "language": "nl",
    "check_interval_s": "30",
    "domains": "harbour.example\nfiles.example/share/",
    "asns": "AS64496\nAS64511",
    "ranges": "192.0.2.0/25\n2001:db8::/32",
    "marks": "cname:cdn.example.net\nheader:server: example; cdn",
    "notes": '-told by phone\nsecond line, "quoted"\n=1+1',
}
WAY = {
    "address": "Abuse@harbour.example",
    "language": "nl",
    "evidence": "+told by phone",
    "verified_on": "2026-02-01",
    "plain_locations": "yes",
    "max_urls": "25",
    "aggregation_minutes": "60",
    "batch": "same_domain",
    "feedback_report": "yes",
    "encryption_key": KEY,
}


def values(desk: Desk, provider: Provider) -> dict[str, str]:
    return provider_values(desk.session, desk.vault, [provider])[provider.id]


def history(session: Session, kind: str) -> list[Event]:
    return list(session.scalars(select(Event).where(Event.kind == kind).order_by(Event.id)))


def test_every_field_is_kept_as_it_was_typed(alice: Desk) -> None:
    provider = editing.add(alice, RICH)
    kept = values(alice, provider)
    assert kept["domains"] == "files.example/share/\nharbour.example"
    assert {name: kept[name] for name in RICH if name not in ("domains", "aliases")} == {
        name: text for name, text in RICH.items() if name not in ("domains", "aliases")
    }
    assert provider.reviewed_by == alice.by
    assert editing.change(alice, provider, kept) == []


@pytest.mark.parametrize(
    ("field", "text", "why"),
    [
        ("name", " ", "empty"),
        ("country", "Atlantis", "not a country"),
        ("standing", "friendly", "not one of unknown, cooperative"),
        ("asns", "AS64496\nnine", "line 2: not an autonomous system"),
        ("ranges", "192.0.2.1", "one address alone is a location"),
        ("ranges", "192.0.2.1/24", "not a network"),
        ("ranges", "0.0.0.0/0", "too many addresses"),
        ("domains", "http://harbour.example/", "not a host name"),
        ("domains", "harbour.example/a?b", "not the beginning of a path"),
        ("marks", "cookie: x", "not a mark"),
        ("language", "english!", "not a language"),
        ("public_name", "a\x00b", "control character"),
        ("check_interval_s", "0.5", "not a whole number from 1"),
    ],
)
def test_what_does_not_fit_is_named_by_its_field(
    alice: Desk, field: str, text: str, why: str
) -> None:
    with pytest.raises(BookError) as refused:
        editing.add(alice, {"name": "Harbour", field: text})
    assert list(refused.value.problems) == [field]
    assert why in refused.value.problems[field]
    assert text not in str(refused.value) or not text.strip()


def test_a_standing_changes_only_with_a_reason_that_names_nobody(alice: Desk) -> None:
    provider = editing.add(alice, {"name": "Harbour"})
    for why, wrong in (("", "a reason"), ("as harbour said", "names the provider")):
        with pytest.raises(BookError, match=wrong):
            editing.change(alice, provider, {"standing": "cooperative"}, why=why)
    editing.change(alice, provider, {"standing": "cooperative"}, why="answers within the hour")
    (event,) = history(alice.session, "provider.changed")
    assert (event.before, event.after) == ("unknown", "cooperative")
    assert event.detail["why"] == "answers within the hour"


def test_a_name_that_was_given_up_stays_an_alias_and_never_stands_in_the_history(
    alice: Desk,
) -> None:
    provider = editing.add(alice, {"name": "Harbour"})
    editing.change(alice, provider, {"name": "Quay", "notes": "once Harbour", "country": "NL"})
    assert values(alice, provider)["aliases"] == "Harbour"
    told = [(e.detail["field"], e.after) for e in history(alice.session, "provider.changed")]
    assert told == [
        ("name", "changed"),
        ("aliases", "changed"),
        ("country", "NL"),
        ("notes", "changed"),
    ]


def test_what_another_provider_holds_is_not_taken(alice: Desk) -> None:
    editing.add(alice, RICH)
    for field in ("name", "domains", "asns", "ranges", "marks"):
        with pytest.raises(BookError) as refused:
            editing.add(alice, {"name": "Quay", field: RICH[field]})
        assert "another provider has this" in refused.value.problems[field]
    with pytest.raises(BookError, match="merge the two"):
        editing.add(alice, {"name": "PLAIN", "aliases": "'PLAIN"})


def test_whoever_typed_a_contact_does_not_approve_it(alice: Desk, bob: Desk) -> None:
    contact = contacts.add(alice, editing.add(alice, {"name": "Harbour"}), WAY)
    with pytest.raises(OwnWork, match="somebody else"):
        contacts.approve(alice, contact)
    assert contact.approved_at is None
    assert contacts.approve(bob, contact)
    assert not contacts.approve(bob, contact)
    assert (contact.approved_by, contact.proposed_by) == (bob.by, alice.by)


def test_another_address_is_another_contact_that_waits(alice: Desk, bob: Desk) -> None:
    old = contacts.add(alice, editing.add(alice, {"name": "Harbour"}), WAY)
    contacts.approve(bob, old)
    new, changed = contacts.change(bob, old, {"address": "noc@harbour.example"})
    assert [one.name for one in changed] == ["address"]
    assert (new.approved_at, new.proposed_by) == (None, bob.by)
    assert old.retired_at == alice.now and old.approved_at is None
    assert contact_values(alice.vault, old)["address"] == "Abuse@harbour.example"
    assert contact_values(alice.vault, new) == contact_values(alice.vault, old) | {
        "address": "noc@harbour.example"
    }
    again = contacts.add(alice, alice.session.get_one(Provider, old.provider_id), WAY)
    assert again is old and old.retired_at is None and old.approved_at is None


def test_another_key_waits_for_another_person_and_another_language_does_not(
    alice: Desk, bob: Desk
) -> None:
    contact = contacts.add(alice, editing.add(alice, {"name": "Harbour"}), WAY)
    contacts.approve(bob, contact)
    contacts.change(bob, contact, {"language": "fr", "max_urls": "3"})
    assert contact.approved_by == bob.by
    contacts.change(bob, contact, {"encryption_key": ""})
    assert (contact.approved_by, contact.proposed_by) == (None, bob.by)
    keys = [e for e in history(bob.session, "contact.changed") if e.after == "changed"]
    assert [e.detail["field"] for e in keys] == ["encryption_key"]


@pytest.mark.parametrize(
    ("field", "text", "why"),
    [
        ("address", "abuse@harbour.example\r\nBcc: x@y.example", "control character"),
        ("address", "Abuse <abuse@harbour.example>", "not one mail address"),
        ("address", "a@b.example, c@d.example", "not one mail address"),
        ("max_urls", "0", "not a whole number"),
        ("verified_on", "2026-13-01", "not a date"),
        ("verified_on", "2030-01-01", "lies in the future"),
        ("batch", "none", "not one of"),
        ("encryption_key", KEY.replace("PUBLIC", "PRIVATE"), "a private key"),
        ("encryption_key", "hello", "not an armoured"),
    ],
)
def test_a_contact_that_does_not_fit_is_refused(
    alice: Desk, field: str, text: str, why: str
) -> None:
    provider = editing.add(alice, {"name": "Harbour"})
    with pytest.raises(BookError) as refused:
        contacts.add(alice, provider, WAY | {field: text})
    assert why in refused.value.problems[field]
    assert alice.session.scalar(select(func.count()).select_from(Contact)) == 0


def test_forms_and_connectors_are_reached_by_https_or_by_name(alice: Desk) -> None:
    provider = editing.add(alice, {"name": "Harbour"})
    for medium, address in (
        ("form", "http://harbour.example/abuse"),
        ("form", "https://me:secret@harbour.example/"),
        ("api", "not a name!"),
    ):
        with pytest.raises(BookError, match="not an https address"):
            contacts.add(alice, provider, {"medium": medium, "address": address})
    contacts.add(alice, provider, {"medium": "api", "address": "example_api"})
    contacts.add(alice, provider, {"medium": "form", "address": "https://harbour.example/abuse"})


def test_a_contact_at_a_reported_domain_would_tip_off(alice: Desk, cast: Cast) -> None:
    cast.host("user.share.example.com")
    provider = editing.add(alice, {"name": "Share"})
    for medium, address in (
        ("email", "abuse@example.com"),
        ("email", "abuse@mail.example.com"),
        ("form", "https://help.example.com/form"),
    ):
        with pytest.raises(BookError, match="whoever is reported would read it"):
            contacts.add(alice, provider, {"medium": medium, "address": address})
    editing.change(alice, provider, {"domains": "example.com"})
    assert contacts.add(alice, provider, {"address": "abuse@example.com"})


def test_an_inhibition_says_until_when_who_and_why_and_is_lifted(alice: Desk, bob: Desk) -> None:
    contact = contacts.add(alice, editing.add(alice, {"name": "Harbour"}), WAY)
    until = alice.now + timedelta(days=7)
    with pytest.raises(BookError) as refused:
        contacts.inhibit(alice, contact, alice.now, " ")
    assert set(refused.value.problems) == {"until", "why"}
    contacts.inhibit(alice, contact, until, "their desk asked for a pause")
    assert (contact.inhibited_until, contact.inhibited_by) == (until, alice.by)
    contacts.lift(bob, contact)
    assert contact.inhibited_until is contact.inhibited_why is None


def test_a_verification_expires_after_a_year_and_a_person_is_asked_once(
    session: Session, cast: Cast, alice: Desk, now: datetime
) -> None:
    used = {"last_success_at": now + timedelta(days=300)}
    old = cast.contact(cast.provider(), verified_on=date(2026, 1, 5), **used)
    unused = cast.contact(cast.provider("Quay"), "abuse@quay.example")
    fresh = cast.contact(cast.provider("Pier"), "abuse@pier.example", **used)
    fresh.last_answer_at = now + timedelta(days=200)
    later = now + timedelta(days=366)
    assert [health(one, now).expired for one in (old, unused, fresh)] == [False] * 3
    assert [health(one, later).expired for one in (old, unused, fresh)] == [True, True, False]
    session.flush()
    assert (ask_for_renewal(session, later), ask_for_renewal(session, later)) == (1, 0)
    task = session.scalars(select(Task)).one()
    assert (task.subject_id, task.why) == (old.id, "contact:renew")
    contacts.verify(replace(alice, now=later), old)
    session.refresh(task)
    assert task.done_at == later and not health(old, later).expired


def test_the_book_round_trips_unchanged(alice: Desk, vault: Vault, session: Session) -> None:
    provider = editing.add(alice, RICH)
    contacts.add(alice, provider, WAY)
    contacts.add(alice, provider, {"medium": "api", "address": "example_api"})
    editing.add(alice, {"name": "'=Quay", "notes": "'plain"})
    out = exchange.export(session, vault)
    assert not any(cell.startswith(tuple(sheet.HOSTILE)) for cell in cells(out))
    same = exchange.bring_in(alice, out, dry_run=False)
    assert (same.changed, same.refused, len(same.differences)) == ([], [], 3)
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Provider)) == 0
    back = exchange.bring_in(alice, out, dry_run=False)
    assert back.refused == []
    assert exchange.export(session, vault) == out
    waiting = session.scalars(select(Contact)).all()
    assert [(one.approved_at, one.proposed_by) for one in waiting] == [(None, alice.by)] * 2


def cells(text: str) -> list[str]:
    import csv
    import io

    return [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]


hostile = st.text(st.sampled_from(list("=+-@'\"\\;, ab\u00e9")), min_size=1, max_size=8)
printable = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), max_size=12)


@given(
    names=st.lists(hostile | printable.filter(str.strip), min_size=1, max_size=4), note=printable
)
def test_no_name_is_hostile_in_a_sheet_and_each_is_read_back(names: list[str], note: str) -> None:
    tidy = sorted({one.strip() for one in names if one.strip()} or {"x"})
    provider = dict.fromkeys(sheet.PROVIDER, "") | {
        "name": tidy[0],
        "aliases": "\n".join(tidy),
        "notes": note,
    }
    out = sheet.write([(provider, {})])
    assert not any(cell.startswith(tuple(sheet.HOSTILE)) for cell in cells(out))
    (row,) = sheet.read(out)
    assert isinstance(row, sheet.Row)
    assert row.provider == provider


@given(st.text(max_size=300))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_no_table_breaks_the_reader(text: str) -> None:
    for one in sheet.read("name,aliases,contact_address\n" + text):
        assert one.line >= 2
    list(sheet.read(text))


TABLE = """name;country;asns;contact_address;contact_max_urls
Harbour;NL;AS64496;abuse@harbour.example;25
Quay;Atlantis;;abuse@quay.example;
Pier;;AS64496;;
"Lost
Pier;FR;AS64499;x;
Harbour;;;noc@harbour.example;0
Harbour;DE;;noc@harbour.example;
Jetty;BE;64500;;5
Mole;BE;64501;abuse@mole.example;1
"""


def test_bad_rows_are_named_and_the_rest_goes_on(alice: Desk, session: Session) -> None:
    table = TABLE.replace('"Lost\n', "Lost;NL\n")
    made = exchange.bring_in(alice, table, dry_run=False)
    assert [(one.line, one.field) for one in made.refused] == [
        (3, "country"),
        (4, "asns"),
        (5, ""),
        (6, "contact_address"),
        (7, "contact_max_urls"),
        (8, "country"),
        (9, "contact_address"),
    ]
    assert [one.name for one in made.changed] == ["Harbour", "Mole"]
    assert session.scalar(select(func.count()).select_from(Provider)) == 2
    unclosed = exchange.bring_in(alice, TABLE, dry_run=True)
    assert (5, "") in [(one.line, one.field) for one in unclosed.refused]


def test_a_dry_run_shows_the_difference_and_changes_nothing(alice: Desk, session: Session) -> None:
    provider = editing.add(alice, {"name": "Harbour", "country": "NL"})
    session.flush()
    table = "name,country,contact_address\nHarbour,FR,abuse@harbour.example\n"
    seen = exchange.bring_in(alice, table, dry_run=True)
    (one,) = seen.changed
    assert [(c.name, c.before, c.after) for c in one.provider] == [("country", "NL", "FR")]
    assert one.new_contact and not one.new
    session.refresh(provider)
    assert provider.country == "NL"
    assert session.scalar(select(func.count()).select_from(Contact)) == 0
    assert len(history(session, "contact.added")) == 0


def test_an_import_never_empties_what_it_has_no_column_for(alice: Desk) -> None:
    provider = editing.add(alice, RICH)
    exchange.bring_in(alice, "name,country\n'=Harbour; Hosting\\, x,\n", dry_run=False)
    exchange.bring_in(alice, 'name,country\n"\'=Harbour; Hosting, ""Ltd""",\n', dry_run=False)
    kept = values(alice, provider)
    assert (kept["country"], kept["asns"]) == ("", RICH["asns"])


def test_a_table_without_a_head_that_fits_says_what_is_known(alice: Desk) -> None:
    made = exchange.bring_in(alice, "name,adress\nHarbour,x\n", dry_run=True)
    assert [(one.line, one.field) for one in made.refused] == [(1, "adress")]
    assert "known are name, aliases" in made.refused[0].reason
    assert exchange.bring_in(alice, "", dry_run=True).refused == []


def test_sealed_fields_hold_no_clear_text(alice: Desk, session: Session) -> None:
    provider = editing.add(alice, RICH)
    contact = contacts.add(alice, provider, WAY)
    rows = [provider.name, provider.notes, contact.address]
    rows += session.scalars(select(ProviderDomain.domain)).all()
    assert not any(b"arbour" in bytes(one or b"") for one in rows)
    told = [str((e.before, e.after, e.detail)) for e in session.scalars(select(Event))]
    assert not any("arbour.example" in one or "phone" in one for one in told)
