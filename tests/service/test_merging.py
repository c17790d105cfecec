"""Two providers that are one: everything follows, nothing is forgotten, and two people say so."""

from datetime import timedelta
from pathlib import Path

import pytest
from cast import Cast, letter
from sqlalchemy import inspect, select

from takedown import models
from takedown.audit import AuditEntry, Event
from takedown.episodes.models import Episode, Outcome
from takedown.flow import merging as whole
from takedown.hosts.book import Desk, contacts, editing, merging
from takedown.hosts.book.problems import BookError
from takedown.hosts.book.reading import provider_values
from takedown.hosts.models import Contact, Provider, TraceProvider
from takedown.outbox.models import Notice, NoticeUrl
from takedown.people.tasks import Task, TaskKind, ask
from takedown.people.two_people import OwnWork
from takedown.routes import holds
from takedown.stats.facts import open_facts, refresh
from takedown.stats.figures import league
from takedown.stats.query import Query


@pytest.fixture
def pier(alice: Desk) -> Provider:
    """The one that goes."""
    return editing.add(
        alice,
        {
            "name": "Old Pier",
            "aliases": "PIER-NET",
            "asns": "AS64497",
            "ranges": "198.51.100.0/24",
            "domains": "pier.example",
            "marks": "cname:cdn.pier.example",
            "country": "GB",
            "language": "en",
            "notes": "told by phone",
        },
    )


@pytest.fixture
def harbour(alice: Desk) -> Provider:
    """The one that stays."""
    return editing.add(alice, {"name": "Harbour", "asns": "AS64496", "notes": "a desk of five"})


def merge(alice: Desk, bob: Desk, gone: Provider, kept: Provider) -> dict[str, int]:
    made = merging.propose(alice, gone, kept, "bought last year")
    return whole.confirm(bob, made)


def values(desk: Desk, provider: Provider) -> dict[str, str]:
    desk.session.expire_all()
    return provider_values(desk.session, desk.vault, [provider])[provider.id]


def notice(cast: Cast, provider: Provider, contact: Contact, episode: Episode, step: int) -> Notice:
    """A first notice or a reminder that went."""
    kind = "reminder" if step else "first"
    row = letter(provider, contact, cast.now, kind=kind, step=step)
    cast.session.add(row)
    cast.session.flush()
    cast.session.add(
        NoticeUrl(
            notice_id=row.id,
            url_id=episode.url_id,
            episode_id=episode.id,
            trace_id=episode.trace_id,
            kind=kind,
            step=step,
            last_confirmed_at=cast.now,
            last_confirmed_by="check",
            decision={},
        )
    )
    cast.session.flush()
    return row


def test_all_by_which_it_was_met_leads_to_the_survivor(
    alice: Desk, bob: Desk, pier: Provider, harbour: Provider
) -> None:
    moved = merge(alice, bob, pier, harbour)
    kept = values(alice, harbour)
    assert kept["aliases"] == "Old Pier\nPIER-NET"
    assert kept["asns"] == "AS64496\nAS64497"
    assert (kept["ranges"], kept["domains"]) == ("198.51.100.0/24", "pier.example")
    assert kept["marks"] == "cname:cdn.pier.example"
    assert (kept["country"], kept["language"]) == ("GB", "en")
    assert kept["notes"] == "a desk of five\n\ntold by phone"
    assert (moved["asns"], moved["aliases"], moved["domains"]) == (1, 1, 1)
    assert pier.merged_into_id == harbour.id
    assert values(alice, pier)["name"] == "Old Pier"
    with pytest.raises(BookError, match="merged into another"):
        editing.change(alice, pier, {"country": "FR"})


def test_a_merge_needs_two_people_a_reason_and_two_providers(
    alice: Desk, bob: Desk, pier: Provider, harbour: Provider
) -> None:
    for gone, kept, why, wrong in (
        (pier, pier, "same", "the same provider"),
        (pier, harbour, " ", "a reason is needed"),
        (pier, harbour, "old pier says so", "names the provider"),
        (pier, harbour, "HARBOUR says so", "names the provider"),
        (pier, editing.add(alice, {"name": "Unit", "kind": "police"}), "x", "different kinds"),
    ):
        with pytest.raises(BookError, match=wrong):
            merging.propose(alice, gone, kept, why)
    made = merging.propose(alice, pier, harbour, "bought last year")
    with pytest.raises(BookError, match="proposed already"):
        merging.propose(bob, harbour, pier, "the other way")
    with pytest.raises(OwnWork, match="somebody else"):
        whole.confirm(alice, made)
    assert pier.merged_into_id is None
    whole.confirm(bob, made)
    with pytest.raises(BookError, match="decided already"):
        whole.confirm(bob, made)
    assert (made.done, made.closed_by) == (True, bob.by)
    entry = alice.session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.subject) == ("provider.merge", str(harbour.id))
    assert "Pier" not in str(entry.detail)


def test_what_is_refused_can_be_proposed_again(
    alice: Desk, bob: Desk, pier: Provider, harbour: Provider
) -> None:
    made = merging.propose(alice, pier, harbour, "bought last year")
    merging.take_back(bob, made)
    assert not made.done and merging.proposed(alice.session, pier.id) == []
    merge(alice, bob, pier, harbour)
    assert pier.merged_into_id == harbour.id


def test_merged_twice_it_leads_to_the_last_in_one_step(
    alice: Desk, bob: Desk, pier: Provider, harbour: Provider
) -> None:
    port = editing.add(alice, {"name": "Port"})
    merge(alice, bob, pier, harbour)
    merge(bob, alice, harbour, port)
    alice.session.expire_all()
    assert pier.merged_into_id == harbour.merged_into_id == port.id
    assert set(values(alice, port)["aliases"].splitlines()) == {"Old Pier", "PIER-NET", "Harbour"}
    with pytest.raises(BookError, match="merged into another"):
        merging.propose(alice, port, pier, "in a circle")


def test_the_preview_says_what_then_moves(
    cast: Cast, alice: Desk, bob: Desk, pier: Provider, harbour: Provider
) -> None:
    route = cast.route()
    known = cast.known("https://media.example.test/a.jpg", pier, route)
    notice(cast, pier, cast.contact(pier), known.episode, 0)
    cast.contact(harbour)
    cast.contact(pier, "noc@pier.example")
    seen = whole.preview(alice.session, alice.vault, pier, harbour)
    assert set(seen.takes_over) == {"country", "language", "notes"}
    assert (seen.notices, seen.duplicates, seen.moves["contacts"]) == (1, 1, 2)
    moved = merge(alice, bob, pier, harbour)
    for name in ("episodes", "traces", "asns", "aliases", "holds", "tasks", "routes"):
        assert seen.moves[name] == moved[name], name
    assert (moved["contacts"], moved["duplicates"]) == (1, 1)


def test_contacts_come_along_and_doubles_are_folded(
    cast: Cast, alice: Desk, bob: Desk, pier: Provider, harbour: Provider
) -> None:
    waits = contacts.add(alice, harbour, {"address": "Abuse@harbour.example"})
    waits.bounces = 1
    later = cast.now + timedelta(days=1)
    same = cast.contact(pier, bounces=2, answers=5, last_answer_at=later, inhibited_until=later)
    own = cast.contact(pier, "noc@pier.example")
    merge(alice, bob, pier, harbour)
    alice.session.expire_all()
    assert own.provider_id == harbour.id and own.approved_at is not None
    assert same.provider_id == pier.id and same.retired_at is not None
    assert waits.approved_by == "user:cast"  # what another person had approved already
    assert (waits.bounces, waits.answers, waits.last_answer_at) == (3, 5, later)
    assert waits.inhibited_until == later


def test_the_more_cautious_standing_stays(alice: Desk, bob: Desk, pier: Provider) -> None:
    careful = editing.add(alice, {"name": "Quay", "standing": "cooperative"}, why="quick")
    editing.change(alice, pier, {"standing": "suspected_complicit"}, why="warned a customer")
    merge(alice, bob, pier, careful)
    assert values(alice, careful)["standing"] == "suspected_complicit"
    unknown = editing.add(alice, {"name": "Jetty"})
    friendly = editing.add(alice, {"name": "Mole", "standing": "cooperative"}, why="quick")
    merge(alice, bob, unknown, friendly)
    assert values(alice, friendly)["standing"] == "cooperative"


def test_figures_count_them_as_one_and_the_notice_keeps_its_name(
    cast: Cast, alice: Desk, bob: Desk, pier: Provider, harbour: Provider, tmp_path: Path
) -> None:
    route = cast.route()
    went = cast.known("https://media.example.test/a.jpg", pier, route)
    other = cast.known("https://pictures.example.net/b.jpg", harbour, route)
    for one in (went, other):
        one.episode.notified_at = cast.now
    sent = notice(cast, pier, cast.contact(pier), went.episode, 0)
    merge(alice, bob, pier, harbour)
    alice.session.expire_all()
    with refresh(alice.session, tmp_path, alice.now, vault=alice.vault) as written:
        written.point()
    (line,) = league(open_facts(tmp_path), Query())["items"]
    assert (line["provider_id"], line["episodes"]) == (str(harbour.id), 2)
    assert sent.provider_id == pier.id
    told = alice.session.scalars(select(Event.kind).where(Event.subject_id == pier.id)).all()
    assert "provider.merged" in told


def test_a_hold_on_either_covers_both(
    cast: Cast, alice: Desk, bob: Desk, pier: Provider, harbour: Provider
) -> None:
    known = cast.known("https://media.example.test/a.jpg", harbour, cast.route())
    hold = holds.place(
        alice.session,
        subject="provider",
        subject_id=pier.id,
        asked_by="Unit 7",
        reason="an inquiry",
        probes_go_on=True,
        placed_by=alice.by,
        now=alice.now,
    )
    assert holds.standing(alice.session, [known.url.id]) == set()
    merge(alice, bob, pier, harbour)
    alice.session.expire_all()
    assert hold.subject_id == harbour.id
    assert holds.standing(alice.session, [known.url.id]) == {known.url.id}


def test_tasks_follow_and_the_same_one_is_not_asked_twice(
    alice: Desk, bob: Desk, pier: Provider, harbour: Provider
) -> None:
    for provider in (pier, harbour):
        ask(alice.session, TaskKind.CONTACT, "provider", provider.id, now=alice.now)
    ask(alice.session, TaskKind.SECURITY, "provider", pier.id, now=alice.now)
    merge(alice, bob, pier, harbour)
    alice.session.expire_all()
    still = alice.session.scalars(select(Task).where(Task.done_at.is_(None))).all()
    assert {(one.kind, one.subject_id) for one in still} == {
        ("contact", harbour.id),
        ("security", harbour.id),
    }


@pytest.mark.parametrize("primary_at", ["pier", "harbour"])
def test_open_episodes_of_the_same_address_become_one(
    cast: Cast, alice: Desk, bob: Desk, pier: Provider, harbour: Provider, primary_at: str
) -> None:
    known = cast.known("https://media.example.test/a.jpg", pier, cast.route())
    trace = cast.trace(known.host, harbour)
    other = cast.episode(known.url, trace, primary=primary_at == "harbour", ordinal=2)
    known.episode.primary = primary_at == "pier"
    alice.session.flush()
    secondary, primary = sorted((known.episode, other), key=lambda one: one.primary)
    secondary.notified_at = cast.now - timedelta(hours=5)
    contact = cast.contact(pier)
    first = notice(cast, pier, contact, secondary, 0)
    secondary.notice_id = first.id
    notice(cast, pier, contact, secondary, 1)
    notice(cast, harbour, contact, primary, 0)
    moved = merge(alice, bob, pier, harbour)
    alice.session.expire_all()
    assert moved["collisions"] == 1
    assert (primary.outcome, secondary.outcome) == (Outcome.OPEN, Outcome.RESCINDED)
    assert {primary.provider_id, secondary.provider_id} == {harbour.id}
    assert (primary.notified_at, primary.notice_id) == (cast.now - timedelta(hours=5), first.id)
    steps = select(NoticeUrl.step).where(NoticeUrl.episode_id == primary.id)
    assert sorted(alice.session.scalars(steps)) == [0, 1]  # the reminder counts: none goes twice


def test_who_stands_twice_in_one_role_of_a_finding_stands_once(
    cast: Cast, alice: Desk, bob: Desk, pier: Provider, harbour: Provider
) -> None:
    host = cast.host("media.example.test", harbour)
    for provider, role in ((pier, "host"), (harbour, "host"), (pier, "registrar")):
        row = {"trace_id": host.trace_id, "provider_id": provider.id, "role": role}
        alice.session.add(TraceProvider(**row, source="rdap"))
    alice.session.flush()
    merge(alice, bob, pier, harbour)
    rows = alice.session.execute(select(TraceProvider.role, TraceProvider.provider_id)).all()
    assert sorted(rows) == [("host", harbour.id), ("registrar", harbour.id)]


def test_what_is_written_under_a_merged_provider_follows_later(
    cast: Cast, alice: Desk, bob: Desk, pier: Provider, harbour: Provider
) -> None:
    merge(alice, bob, pier, harbour)
    late = cast.known("https://media.example.test/a.jpg", pier, cast.route())
    assert whole.gather(alice) > 0
    alice.session.expire_all()
    assert {late.trace.provider_id, late.episode.provider_id} == {harbour.id}
    assert whole.gather(alice) == 0


def test_no_column_that_names_a_provider_is_forgotten() -> None:
    """Each one goes along, meets its like, or stays on purpose."""
    moving = {**merging.MOVING, **whole.MOVING}
    known = {
        f"{inspect(one.class_).local_table.name}.{one.key}"
        for columns in moving.values()
        for one in columns
    }
    known |= {"contacts.provider_id", "trace_providers.provider_id", "providers.merged_into_id"}
    known |= set(whole.STAYING)
    named = {
        f"{table.name}.{column.name}"
        for table in models.Base.metadata.tables.values()
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name == "providers"
    }
    assert named == known
