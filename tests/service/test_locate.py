"""From a due Host to its Trace, provider and contact: real DNS, real RDAP, real PostgreSQL."""

import json
import threading
import tomllib
import uuid
from datetime import datetime, timedelta
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from cast import Cast
from patience import within
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import config
from sandbox import Running
from takedown import db
from takedown.audit import Event
from takedown.checks.guard import allowed
from takedown.hosts import leasing
from takedown.hosts.book import Desk, contacts, listing
from takedown.hosts.cards import mail_at
from takedown.hosts.dns_batch import Dns
from takedown.hosts.keeping import BACKOFF, Outcome, Stored, store_all
from takedown.hosts.known import Book, known_providers
from takedown.hosts.leasing import LEASE, MOST_LOST, Claim
from takedown.hosts.lookup import HostFinding, Lookup
from takedown.hosts.models import Contact, Host, Provider, Trace
from takedown.hosts.providers import contact_address, provider_name
from takedown.outbox.contacts import choose
from takedown.people.tasks import Task, TaskKind, ask
from takedown.urls.normalise import registrable_domain
from takedown.vault import Vault

BOOK = known_providers(tomllib.loads((Path(config.__file__).parent / "providers.toml").read_text()))


@pytest.fixture
def lookup(town: Running) -> Lookup:
    return looking(town)


def looking(town: Running, **more: Any) -> Lookup:
    """Look-ups in the small internet; more than its answers need, less than a test's patience."""
    there = town.endpoints
    fields = {
        "dns_servers": (there["dns"],),
        "rdap_url": there["rdap"],
        "asn_table": Path(there["asn_table"]),
        "allowed": partial(allowed, open_networks=(ip_network(there["networks"]),)),
        "domain_of": registrable_domain,
        "deadline": 5.0,
        **more,
    }
    return Lookup(**fields)


def due(cast: Cast, *names: str) -> list[Host]:
    hosts = [cast.host(name) for name in names]
    leasing.due_again(cast.session, [host.id for host in hosts], cast.now)
    cast.session.commit()
    return hosts


def book_of(session: Session, provider_id: uuid.UUID) -> list[Contact]:
    return list(session.scalars(select(Contact).where(Contact.provider_id == provider_id)))


def chosen(session: Session, provider: Provider, now: datetime) -> Contact | None:
    """Whom a notice to this provider would go to."""
    return choose(book_of(session, provider.id), now)


def store(
    session: Session,
    vault: Vault,
    claim: Claim,
    finding: HostFinding,
    now: datetime,
    book: Book | None = None,
) -> Stored | None:
    """Keep one finding; None where the lease is no longer ours."""
    kept = store_all(session, vault, [claim], {claim.name: finding}, now, book)
    return kept[0] if kept else None


def located(
    session: Session, vault: Vault, lookup: Lookup, now: datetime
) -> dict[str, Stored | None]:
    """The stage as its door runs it: claim, look up outside any transaction, store."""
    claimed = leasing.claim(session, vault, now, 1000)
    session.commit()
    findings = lookup.findings([name for claim in claimed.claims for name in claim.names], now)
    stored = store_all(session, vault, claimed.claims, findings, now, BOOK)
    session.commit()
    names = {claim.host_id: claim.name for claim in claimed.claims}
    return {names[one.host_id]: one for one in stored}


def tasks(session: Session) -> set[tuple[str, str]]:
    return {(task.kind, task.why) for task in session.scalars(select(Task))}


def test_every_host_of_the_small_internet_is_located_as_it_really_is(
    cast: Cast, session: Session, vault: Vault, lookup: Lookup, town: Running, now: datetime
) -> None:
    homes = ("northhost", "westcloud", "southrack", "deepcard", "busyline")
    town.script(*({"host": f"w{n}.many{n % 9}.test", "provider": homes[n % 5]} for n in range(200)))
    world = town.world()
    truth = {host["name"]: host for host in world["hosts"] if host["dns"] == "ok"}
    providers = {provider["key"]: provider for provider in world["providers"]}
    registrars = {registrar["key"]: registrar for registrar in world["registrars"]}
    due(cast, *truth)
    with within(20):
        stored = located(session, vault, lookup, now)
    assert len(stored) == len(truth) >= 400
    for name, host in truth.items():
        seen = providers[host["front"] or host["provider"]]
        one = stored[name]
        assert one is not None and one.trace is not None
        trace = one.trace
        assert one.outcome is Outcome.LOCATED and not one.moved
        assert (trace.asn, trace.country, trace.proxy) == (
            seen["asn"],
            seen["country"],
            seen["is_proxy"],
        )
        assert trace.role == ("proxy" if seen["is_proxy"] else "host")
        provider = session.get_one(Provider, trace.provider_id)
        assert provider_name(vault, provider) == seen["name"]
        contact = chosen(session, provider, now)
        known = contact_address(vault, contact) if contact else None
        assert known == (seen["abuse"] if seen["abuse_in_rdap"] else None)
        assert vault.open("traces.address", trace.id, trace.address or b"") in seen["addresses"]
        if trace.registrar is not None:
            assert trace.registrar_country == registrars[host["registrar"]]["country"]
    hosting = {host["front"] or host["provider"] for host in truth.values()}
    known = session.scalar(select(func.count()).select_from(Provider))
    assert known == len(hosting) + len(registrars)


def test_a_network_is_asked_about_once_and_its_answer_holds_for_a_day(
    lookup: Lookup, town: Running, now: datetime
) -> None:
    hosts = [h for h in town.world()["hosts"] if h["provider"] == "northhost" and not h["front"]]
    hosts = [h for h in hosts if h["dns"] == "ok"]
    names = [h["name"] for h in hosts]
    domains = {registrable_domain(n) or ".".join(n.split(".")[-2:]) for n in names}
    unknown = domains - {h["domain"] for h in hosts}  # "not found" is no answer to keep
    before = town.connections()["rdap"]
    lookup.findings(names, now)
    assert town.connections()["rdap"] - before == 1 + len(domains)
    lookup.findings(names, now + timedelta(hours=5))
    assert town.connections()["rdap"] - before == 1 + len(domains) + len(unknown)
    again = looking(town, memory=lookup.memory)
    again.findings(names[:1], now + timedelta(hours=25))
    assert town.connections()["rdap"] - before == 3 + len(domains) + len(unknown)


def test_what_is_stored_opens_in_its_place_and_nowhere_shows_the_host(
    cast: Cast, session: Session, vault: Vault, lookup: Lookup, town: Running, now: datetime
) -> None:
    name = next(h["name"] for h in town.world()["hosts"] if h["provider"] == "southrack")
    due(cast, name)
    stored = located(session, vault, lookup, now)[name]
    assert stored is not None and stored.trace is not None
    trace = stored.trace
    evidence = json.loads(vault.open("traces.evidence", trace.id, trace.evidence or b""))
    assert evidence["address"]["objectClassName"] == "ip network"
    assert trace.sources["asn"] == "table" and trace.sources["country"] == "rdap"
    assert trace.sources["contact"] == "abuse role of the address"
    event = session.scalars(select(Event).where(Event.subject_id == stored.host_id)).one()
    plain = json.dumps([trace.sources, trace.problems, trace.domain_status, event.detail])
    assert name not in plain and "127." not in plain
    assert name not in repr(stored)
    assert name not in repr(lookup.findings([name], now)[name])


def test_a_name_that_does_not_exist_is_a_finding_without_a_provider(
    cast: Cast, session: Session, vault: Vault, lookup: Lookup, now: datetime
) -> None:
    host, empty = due(cast, "none.trouble.test", "nodata.trouble.test")
    stored = located(session, vault, lookup, now)
    assert {one.outcome for one in stored.values() if one} == {Outcome.ABSENT}
    for one, word in ((host, "nxdomain"), (empty, "no_data")):
        session.refresh(one)
        trace = session.get_one(Trace, one.trace_id)
        assert (trace.dns, trace.provider_id, trace.address) == (word, None, None)
        assert one.locate_due_at is None
    assert not tasks(session)


@pytest.mark.parametrize("name", ["servfail.trouble.test", "slow.trouble.test"])
def test_a_lookup_that_fails_comes_back_ever_later_and_then_asks_a_person(
    cast: Cast, session: Session, vault: Vault, town: Running, now: datetime, name: str
) -> None:
    (host,) = due(cast, name)
    lookup = looking(town, deadline=0.4)
    for wait in BACKOFF:
        stored = located(session, vault, lookup, now)[name]
        assert stored is not None and stored.outcome is Outcome.RETRY
        session.refresh(host)
        assert host.locate_due_at == now + wait and host.trace_id is None
        assert not located(session, vault, lookup, now + wait - timedelta(seconds=1))
        now += wait
    stored = located(session, vault, lookup, now)[name]
    assert stored is not None and stored.outcome is Outcome.NEEDS_OPERATOR
    assert stored.trace is not None and stored.trace.provider_id is None
    session.refresh(host)
    assert host.locate_due_at is None
    word = "servfail" if "serv" in name else "timeout"
    assert tasks(session) == {("locate", f"DNS: {word}")}


def test_a_host_found_before_keeps_its_trace_when_its_name_fails_for_good(
    cast: Cast, session: Session, vault: Vault, lookup: Lookup, now: datetime
) -> None:
    (host,) = due(cast, "files.harbour.example")
    host.trace_id = cast.trace(host, cast.provider()).id
    host.locate_attempts = len(BACKOFF)
    session.commit()
    before = host.trace_id
    claim = leasing.claim(session, vault, now, 1).claims[0]
    finding = HostFinding(claim.name, None, Dns.SERVFAIL)
    stored = store(session, vault, claim, finding, now)
    assert stored is not None and stored.outcome is Outcome.NEEDS_OPERATOR
    assert host.trace_id == before and not stored.moved


def test_a_registry_that_is_down_is_asked_again_only_where_no_contact_is_known(
    cast: Cast, session: Session, vault: Vault, town: Running, now: datetime
) -> None:
    names = [
        h["name"]
        for h in town.world()["hosts"]
        if h["provider"] in ("northhost", "eastserve") and not h["front"] and h["dns"] == "ok"
    ]
    due(cast, *names)
    deaf = looking(town, rdap_url="http://127.0.0.1:1", deadline=1.0)
    assert {s.outcome for s in located(session, vault, deaf, now).values() if s} == {Outcome.RETRY}
    later = now + BACKOFF[0]
    assert {s.outcome for s in located(session, vault, looking(town), later).values() if s} == {
        Outcome.LOCATED
    }
    leasing.due_again(session, [h.id for h in session.scalars(select(Host))], later)
    session.commit()
    again = located(session, vault, deaf, later)
    assert {s.outcome for s in again.values() if s} == {Outcome.LOCATED}
    problems = {p for s in again.values() if s and s.trace for p in s.trace.problems}
    assert "registry of the address: silent" in problems, "it was let alone after a few tries"


def test_a_forbidden_address_is_told_to_no_registry_and_to_a_person(
    cast: Cast, session: Session, vault: Vault, town: Running, now: datetime
) -> None:
    name = "rebound.harbour.test"
    town.script({"host": name, "provider": "northhost", "addresses": ["127.20.1.10", "127.0.0.1"]})
    due(cast, name)
    before = town.connections()["rdap"]
    stored = located(session, vault, looking(town), now)[name]
    assert stored is not None and stored.outcome is Outcome.NEEDS_OPERATOR
    assert stored.trace is not None and stored.trace.provider_id is None
    assert stored.trace.problems[-1] == "forbidden address"
    assert ("security", "its name leads to a forbidden address") in tasks(session)
    assert town.connections()["rdap"] - before == 1, "about its domain alone"


def test_a_contact_at_the_hosts_own_domain_is_never_recorded(
    cast: Cast, session: Session, vault: Vault, town: Running, now: datetime
) -> None:
    name = "panel.northhost.example"
    town.script({"host": name, "provider": "northhost"})
    due(cast, name)
    stored = located(session, vault, looking(town), now)[name]
    assert stored is not None and stored.trace is not None
    assert "a contact at the host's own domain was left out" in stored.trace.problems
    assert book_of(session, stored.trace.provider_id) == []
    assert ("contact", "no contact is known") in tasks(session)


def test_a_host_that_moves_gets_a_second_trace(
    cast: Cast, session: Session, vault: Vault, town: Running, now: datetime
) -> None:
    name = "wanders.harbour.test"
    town.script({"host": name, "provider": "northhost"})
    (host,) = due(cast, name)
    first = located(session, vault, looking(town), now)[name]
    town.script({"host": name, "provider": "eastserve"})
    leasing.due_again(session, [host.id], now)
    session.commit()
    second = located(session, vault, looking(town), now + timedelta(days=1))[name]
    assert first is not None and second is not None
    assert not first.moved and second.moved
    traces = session.scalars(select(Trace).order_by(Trace.at)).all()
    assert [trace.country for trace in traces] == ["NL", "DE"]
    session.refresh(host)
    assert host.trace_id == traces[1].id


def test_an_address_that_stands_as_host_needs_no_name_and_an_onion_has_no_address(
    cast: Cast, session: Session, vault: Vault, lookup: Lookup, now: datetime
) -> None:
    onion = "a" * 56 + ".onion"
    due(cast, "127.20.4.10", onion)
    stored = located(session, vault, lookup, now)
    literal, hidden = stored["127.20.4.10"], stored[onion]
    assert literal is not None and literal.trace is not None
    assert (literal.outcome, literal.trace.dns) == (Outcome.LOCATED, "literal")
    assert (literal.trace.country, literal.trace.registrar) == ("DE", None)
    assert hidden is not None and hidden.trace is not None
    assert (hidden.outcome, hidden.trace.dns) == (Outcome.HIDDEN, "onion")


def test_a_lease_that_ran_out_belongs_to_the_next_and_its_finding_is_not_kept(
    cast: Cast, session: Session, vault: Vault, now: datetime
) -> None:
    due(cast, "files.harbour.example")
    slow = leasing.claim(session, vault, now, 10).claims
    assert leasing.claim(session, vault, now + LEASE / 2, 10).claims == []
    quick = leasing.claim(session, vault, now + LEASE, 10).claims
    finding = HostFinding("files.harbour.example", None, Dns.NXDOMAIN)
    assert store(session, vault, slow[0], finding, now + LEASE) is None
    assert session.scalars(select(Trace)).all() == []
    assert store(session, vault, quick[0], finding, now + LEASE) is not None


def test_a_host_whose_lease_ran_out_five_times_is_put_aside_and_its_neighbour_goes_on(
    cast: Cast, session: Session, vault: Vault, now: datetime
) -> None:
    poison, _ = due(cast, "poison.harbour.example", "files.harbour.example")
    for _ in range(MOST_LOST):
        claimed = leasing.claim(session, vault, now, 10)
        for claim in claimed.claims:
            if claim.host_id != poison.id:
                store(session, vault, claim, HostFinding(claim.name, None, Dns.NXDOMAIN), now)
                leasing.due_again(session, [claim.host_id], now)
        now += LEASE
    claimed = leasing.claim(session, vault, now, 10)
    assert claimed.quarantined == [poison.id]
    assert [claim.name for claim in claimed.claims] == ["files.harbour.example"]
    session.refresh(poison)
    assert poison.locate_due_at is None
    assert tasks(session) == {("locate", "its look-up never came back")}


def test_two_workers_that_meet_the_same_providers_in_other_order_make_each_once(
    cast: Cast, sessions: db.Sessions, vault: Vault, town: Running, now: datetime
) -> None:
    names = [h["name"] for h in town.world()["hosts"] if h["dns"] == "ok"][:40]
    due(cast, *names)
    with sessions() as one, sessions() as two:
        shares = [leasing.claim(each, vault, now, 20).claims for each in (one, two)]
        one.commit()
        two.commit()
        findings = looking(town).findings(names, now)
        failed: list[BaseException] = []

        def work(session: Session, share: list[Claim]) -> None:
            try:
                for claim in share:
                    store(session, vault, claim, findings[claim.name], now, BOOK)
                session.commit()
            except BaseException as error:
                failed.append(error)

        orders = (shares[0], shares[1][::-1])
        threads = [
            threading.Thread(target=work, args=pair)
            for pair in zip((one, two), orders, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert not failed
    made = cast.session.scalars(select(Provider)).all()
    assert len(made) == len({provider_name(vault, one) for one in made})
    assert cast.session.scalar(select(func.count()).select_from(Trace)) == 40


def test_a_looked_up_contact_waits_and_an_approved_or_curated_one_goes_first(
    cast: Cast, session: Session, vault: Vault, now: datetime
) -> None:
    provider = cast.provider()
    found = cast.contact(provider, "noc@harbour.example", source="rdap", approved_at=None)
    desk = Desk(session, vault, "user:alice", now, registrable_domain)
    assert chosen(session, provider, now) is found
    assert session.scalars(select(Contact).where(*listing.waiting())).all() == [found]
    curated = cast.contact(provider, "desk@harbour.example", approved_at=None)
    assert chosen(session, provider, now) is curated
    contacts.approve(desk, found)
    assert chosen(session, provider, now) is found
    contacts.approve(desk, curated)
    assert chosen(session, provider, now) is curated
    curated.inhibited_until = now + timedelta(days=1)
    assert chosen(session, provider, now) is found
    assert chosen(session, provider, now + timedelta(days=1)) is curated
    assert mail_at(contact_address(vault, found), {"harbour.example"})
    assert not mail_at(contact_address(vault, found), {"files.harbour.example", "arbour.example"})
    assert listing.by_address(session, vault, [" NOC@Harbour.example "]) == [found]
    assert chosen(session, cast.provider("Empty Desk"), now) is None


def test_a_platform_is_met_by_its_domain_and_takes_no_contact_of_its_network(
    cast: Cast, session: Session, vault: Vault, town: Running, now: datetime
) -> None:
    entry = {
        "name": "Example Platform",
        "domains": ["example.net"],
        "contacts": ["desk@platform.example"],
        "source": "made up",
        "checked_on": "2026-03-01",
    }
    book = known_providers({"provider": [entry]})
    names = [h["name"] for h in town.world()["hosts"] if h["name"].endswith(".example.net")][:3]
    for round_ in (names[:1], names[1:]):
        due(cast, *round_)
        claims = leasing.claim(session, vault, now, 10).claims
        findings = looking(town).findings(round_, now)
        kept = store_all(session, vault, claims, findings, now, book)
        assert {one.trace.role for one in kept if one.trace} == {"platform"}
    provider = session.scalars(select(Provider).where(Provider.reviewed_by == "reference")).one()
    assert provider.public_name == "Example Platform"
    (contact,) = book_of(session, provider.id)
    assert contact.source == "curated"
    assert contact_address(vault, contact) == "desk@platform.example"


def test_a_host_that_nobody_may_ask_about_is_given_back_with_its_turn(
    cast: Cast, session: Session, vault: Vault, now: datetime
) -> None:
    (host,) = due(cast, "files.harbour.example")
    for _ in range(MOST_LOST + 1):
        claims = leasing.claim(session, vault, now, 10).claims
        leasing.put_back(session, claims, now + timedelta(hours=1))
        assert leasing.claim(session, vault, now, 10).claims == []
        now += timedelta(hours=1)
    session.refresh(host)
    assert (host.locate_due_at, host.locate_lost) == (now, 0)


def test_the_open_question_about_a_host_is_settled_when_it_is_found(
    cast: Cast, session: Session, vault: Vault, lookup: Lookup, town: Running, now: datetime
) -> None:
    name = next(h["name"] for h in town.world()["hosts"] if h["provider"] == "clearcut")
    (host,) = due(cast, name)
    ask(session, TaskKind.LOCATE, "host", host.id, now=now, why="DNS: timeout")
    session.commit()
    located(session, vault, lookup, now)
    task = session.scalars(select(Task).where(Task.kind == TaskKind.LOCATE)).one()
    session.refresh(task)
    assert (task.done_at, task.done_by) == (now, "machine")
