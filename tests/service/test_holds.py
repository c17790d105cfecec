"""A hold stops everything that leaves, at every door, and covers what comes, moves and merges."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cast import HOTLINE, Cast, Known
from click.testing import CliRunner
from held_world import ADDRESS, SUBJECTS, WHO, World, world
from sqlalchemy import select

from takedown.audit import AuditEntry, verify
from takedown.checks.verdict import Verdict
from takedown.cli import door, takedown
from takedown.db import Sessions, committing
from takedown.flow import check, compose, follow_up, locate, run, send
from takedown.heartbeats import Heartbeat
from takedown.hosts.models import Host, Provider, Trace, TraceProvider
from takedown.outbox.approve import Outcome
from takedown.outbox.models import Delivery, DeliveryStatus
from takedown.people.tasks import Task, TaskKind
from takedown.routes import holds, police
from takedown.routes.gate import Reason
from takedown.routes.models import Route
from takedown.urls import service as urls
from takedown.urls.models import Url
from takedown.urls.reading import read
from takedown.vault import Vault
from takedown.web import acts, hold_acts


@pytest.fixture
def house(sessions: Sessions, vault: Vault, now: datetime) -> Iterator[World]:
    with world(sessions, vault, now) as made:
        yield made


def each_subject_holds(house: World, door: Callable[[], int], **how: object) -> None:
    """Nothing leaves by this door while a hold on any subject stands; it does afterwards."""
    for subject in SUBJECTS:
        hold = house.hold(subject, **how)
        assert door() == 0, subject
        house.release(hold)
    assert door() > 0


def test_nothing_is_composed(house: World) -> None:
    house.fill()

    def door() -> int:
        compose(house.ports, None)
        return house.drafts()

    each_subject_holds(house, door)


def test_nothing_is_reminded_of(house: World) -> None:
    house.fill()
    compose(house.ports, None)
    house.approve()
    send(house.ports, None)
    assert house.sent() == 1
    house.pass_time(hours=24)

    def door() -> int:
        follow_up(house.ports, None)
        send(house.ports, None)
        return house.sent() - 1

    each_subject_holds(house, door)


def test_nothing_is_handed_to_the_police(house: World) -> None:
    house.fill()
    with committing(house.sessions) as session:
        cast = Cast(session, house.vault, house.now)
        unit = cast.provider("Police unit", kind="police", country=HOTLINE.country)
        cast.contact(unit, "unit@police.example")
        route = cast.route("BE", kind="police")
        url = session.get_one(Url, house.known.url.id)
        cast.decision(url, session.get_one(Trace, house.known.trace.id), route)

    def door() -> int:
        compose(house.ports, None)
        return house.drafts()

    each_subject_holds(house, door)


def test_what_was_drafted_is_not_approved_and_the_rest_of_its_letter_is(house: World) -> None:
    house.fill()
    with committing(house.sessions) as session:
        cast = Cast(session, house.vault, house.now)
        provider = session.get_one(Provider, house.known.provider.id)
        other = cast.known("https://other.test/b.jpg", provider, None)
        other.url.not_checkable = True
        cast.decision(other.url, other.trace, session.scalars(select(Route)).first())
    compose(house.ports, None)
    hold = house.hold("domain")
    (answer,) = house.approve()
    assert (answer.outcome, answer.why) == (Outcome.REFUSED, (Reason.HELD,))
    compose(house.ports, None)
    (answer,) = house.approve()
    assert answer.outcome is Outcome.APPROVED
    send(house.ports, None)
    (envelope,) = house.post.envelopes
    assert b"b.jpg" in envelope.content and b"a.jpg" not in envelope.content
    house.release(hold)
    compose(house.ports, None)
    house.approve()
    send(house.ports, None)
    assert b"a.jpg" in house.post.envelopes[1].content


def test_no_draft_is_approved(house: World) -> None:
    house.fill()
    compose(house.ports, None)

    def door() -> int:
        return sum(answer.approved for answer in house.approve())

    each_subject_holds(house, door)


def test_no_draft_is_approved_by_command(house: World, monkeypatch: pytest.MonkeyPatch) -> None:
    house.fill()
    compose(house.ports, None)
    monkeypatch.setattr(door, "closed_world_only", lambda what: None)
    monkeypatch.setattr(door, "ports", lambda now: house.ports)

    def by_command() -> int:
        CliRunner().invoke(takedown, ["notices", "approve", "--all"])
        return house.count(Delivery)

    each_subject_holds(house, by_command)


def test_what_was_approved_is_not_sent(house: World) -> None:
    house.fill()
    for subject in SUBJECTS:
        compose(house.ports, None)
        assert [answer.outcome for answer in house.approve()] == [Outcome.APPROVED]
        hold = house.hold(subject)
        send(house.ports, None)
        assert house.sent() == 0, subject
        house.release(hold)
    compose(house.ports, None)
    house.approve()
    send(house.ports, None)
    assert house.sent() == 1


def test_a_hold_in_the_last_moment_keeps_the_final_dot_back(house: World) -> None:
    house.fill()
    compose(house.ports, None)
    house.approve()
    for subject in SUBJECTS:
        placed: list[holds.Hold] = []
        house.post.meanwhile = lambda one=subject, kept=placed: kept.append(house.hold(one))
        send(house.ports, None)
        house.post.meanwhile = lambda: None
        assert len(placed) == 1 and house.sent() == 0, subject
        house.release(placed[0])
        house.pass_time(hours=1)
        compose(house.ports, None)
        house.approve()
    send(house.ports, None)
    assert house.sent() == 1


def test_what_may_have_arrived_is_not_repeated(house: World) -> None:
    house.fill()
    compose(house.ports, None)
    house.approve()
    with committing(house.sessions) as session:
        (delivery,) = session.scalars(select(Delivery))
        delivery.status, delivery.due_at = DeliveryStatus.UNCERTAIN, house.now

    def door() -> int:
        house.pass_time(hours=1)
        send(house.ports, None)
        return house.sent()

    each_subject_holds(house, door)
    assert house.count(Delivery, Delivery.possible_duplicate) == 1


def test_nothing_is_looked_up_where_its_placer_said_so(house: World) -> None:
    house.fill()

    def door() -> int:
        house.look_up(house.known)
        locate(house.ports, None)
        return house.reached()

    each_subject_holds(house, door, silent=True)


def test_nothing_is_probed_where_its_placer_said_so(house: World) -> None:
    house.fill()

    def door() -> int:
        house.look_at(house.at_address)
        check(house.ports, None)
        return house.reached()

    each_subject_holds(house, door, silent=True, of=house.at_address)


def test_looking_goes_on_where_its_placer_let_it(house: World) -> None:
    house.fill()
    for subject in SUBJECTS:
        house.hold(subject, of=house.at_address)
    house.look_at(house.at_address)
    check(house.ports, None)
    assert len(house.site.requests) == 1
    house.look_up(house.known)
    locate(house.ports, None)
    assert house.asked


def test_a_person_who_presses_check_and_one_who_enters_a_finding_send_nothing_out(
    house: World,
) -> None:
    house.fill()
    house.look_at(house.at_address)
    hold = house.hold("host", silent=True, of=house.at_address)
    with committing(house.sessions) as session:
        url = session.get_one(Url, house.at_address.url.id)
        with pytest.raises(acts.NotLookedAt):
            acts.look_now(session, house.ports, url, actor=f"user:{WHO}")
        acts.find(
            *(session, house.ports, url, Verdict.UP),
            seen_at=house.now,
            how="in the viewer",
            actor=f"user:{WHO}",
        )
    house.pass_time(hours=30)
    check(house.ports, None)
    assert house.reached() == 0
    house.release(hold)
    check(house.ports, None)
    assert len(house.site.requests) == 1


def test_what_was_not_looked_at_is_due_at_once_when_the_hold_is_released(house: World) -> None:
    house.fill()
    house.look_at(house.at_address)
    house.look_up(house.known)
    here, there = house.hold("url", silent=True), house.hold("provider", silent=True)
    locate(house.ports, None)
    check(house.ports, None)
    house.pass_time(minutes=5)
    house.release(here)
    assert house.due(house.at_address.url.id) is None  # the other hold still stands
    house.release(there)
    assert house.due(house.at_address.url.id) == house.now
    assert house.count(Host, Host.locate_due_at == house.now) == 1


def test_what_is_registered_later_is_not_looked_at_for_a_moment(house: World) -> None:
    house.fill()
    for subject in ("host", "domain"):
        placed = [house.hold(subject, silent=True, of=one) for one in both(house)]
        house.pass_time(hours=13)  # a Trace so old is made anew for what is registered
        register(
            house, f"https://media.example.test/{subject}", house.site.url(ADDRESS, f"/{subject}")
        )
        for _ in range(2):
            locate(house.ports, None)
            check(house.ports, None)
            house.pass_time(minutes=20)
        assert house.reached() == 0, subject
        if subject == "host":
            house.hold("domain", silent=True)
            house.hold("domain", silent=True, of=house.at_address)
            for one in placed:
                house.release(one)


def both(house: World) -> tuple[Known, Known]:
    return house.known, house.at_address


def test_others_on_a_host_with_one_silent_url_are_looked_up_without_delay(house: World) -> None:
    house.fill()
    house.hold("url", silent=True)
    house.look_up(house.known)
    locate(house.ports, None)
    assert house.reached() == 0
    house.pass_time(hours=1)
    with committing(house.sessions) as session:
        session.get_one(Trace, house.known.trace.id).at = house.now - timedelta(hours=13)
    register(house, "https://media.example.test/another.jpg")
    locate(house.ports, None)
    assert house.asked


def register(house: World, *locations: str) -> list[uuid.UUID]:
    entries = read(list(locations), now=house.now, schemes=house.ports.schemes)
    made = urls.register(house.sessions, house.vault, entries, now=house.now, actor=f"user:{WHO}")
    assert made.registered == len(locations)
    return made.ids


def test_a_hold_on_a_host_stays_when_another_provider_hosts_it(house: World) -> None:
    house.fill()
    house.hold("host")
    moved(house, house.known)
    assert house.covered(house.known.url.id)


def test_a_hold_on_a_provider_covers_what_was_there_and_what_comes_but_not_what_had_left(
    house: World,
) -> None:
    house.fill()
    with committing(house.sessions) as session:
        cast = Cast(session, house.vault, house.now)
        provider = session.get_one(Provider, house.known.provider.id)
        left = cast.known("https://left.example.test/a.jpg", provider, None)
        house.pass_time(hours=1)
        cast.now = house.now
        elsewhere = cast.provider("Island Hosting")
        trace_at(cast, left.host, elsewhere, house.now)
        arrives = cast.known("https://arrives.example.test/a.jpg", elsewhere, None)
    house.pass_time(hours=1)
    house.hold("provider")
    house.pass_time(hours=1)
    moved(house, house.known)
    with committing(house.sessions) as session:
        cast = Cast(session, house.vault, house.now)
        host = session.get_one(Host, arrives.host.id)
        trace_at(cast, host, session.get_one(Provider, house.known.provider.id), house.now)
    assert house.covered(house.known.url.id)  # moved away since
    assert house.covered(arrives.url.id)
    assert not house.covered(left.url.id)


def test_a_look_up_that_failed_lets_nothing_slip_from_a_providers_hold(house: World) -> None:
    house.fill()
    house.pass_time(hours=1)
    with committing(house.sessions) as session:
        cast = Cast(session, house.vault, house.now)
        host = session.get_one(Host, house.known.host.id)
        before = host.trace_id
        failed = cast.trace(host, session.get_one(Provider, house.known.provider.id))
        failed.at, failed.dns, failed.provider_id, host.trace_id = (
            *(house.now, "servfail", None),
            before,
        )
    house.pass_time(hours=1)
    house.hold("provider")
    assert house.covered(house.known.url.id)


def test_a_hold_on_a_proxy_covers_what_stands_behind_it(house: World) -> None:
    house.fill()
    with committing(house.sessions) as session:
        cast = Cast(session, house.vault, house.now)
        proxy, registrar = cast.provider("Front"), cast.provider("Namesafe")
        for role, one in (("proxy", proxy), ("registrar", registrar)):
            session.add(
                TraceProvider(
                    trace_id=house.known.trace.id, role=role, provider_id=one.id, source="rdap"
                )
            )
    for one, covered in ((proxy, True), (registrar, False)):
        asked = hold_acts.Asked("Police unit", "", None, True, None)
        with committing(house.sessions) as session:
            placed = hold_acts.on_provider(session, house.ports, one.id, asked, actor=f"user:{WHO}")
        assert house.covered(house.known.url.id) is covered
        with house.sessions() as session:
            assert holds.providers_held(session, [one.id]) == {one.id}
        house.release(placed)


def test_a_hold_covers_both_halves_of_a_merged_provider(house: World) -> None:
    house.fill()
    house.hold("provider")
    with committing(house.sessions) as session:
        cast = Cast(session, house.vault, house.now)
        survivor = cast.provider("Harbour Group")
        other = cast.known("https://group.example.test/a.jpg", survivor, None)
        session.get_one(Provider, house.known.provider.id).merged_into_id = survivor.id
    assert house.covered(house.known.url.id)
    assert house.covered(other.url.id)
    with house.sessions() as session:
        both = {survivor.id, house.known.provider.id}
        assert holds.providers_held(session, both) == both
        assert len(holds.on_provider(session, survivor.id)) == 1


def moved(house: World, known: Known) -> None:
    with committing(house.sessions) as session:
        cast = Cast(session, house.vault, house.now)
        host = session.get_one(Host, known.host.id)
        trace_at(cast, host, cast.provider("Cloud Haven"), house.now)


def trace_at(cast: Cast, host: Host, provider: Provider, at: datetime) -> None:
    cast.trace(host, provider).at = at
    cast.session.flush()


def test_a_review_is_asked_for_when_it_is_due_and_releases_nothing(house: World) -> None:
    house.fill()
    asked = hold_acts.Asked("Police unit", "", "PU 7", True, house.now + timedelta(days=14))
    with committing(house.sessions) as session:
        url = session.get_one(Url, house.known.url.id)
        hold = hold_acts.on_url(session, house.ports, url, "url", asked, actor=f"user:{WHO}")
    house.pass_time(days=13)
    follow_up(house.ports, None)
    assert house.count(Task, Task.kind == TaskKind.HOLD_REVIEW) == 0
    house.pass_time(days=1)
    for _ in range(2):
        follow_up(house.ports, None)
    assert house.count(Task, Task.kind == TaskKind.HOLD_REVIEW, Task.done_at.is_(None)) == 1
    assert house.covered(house.known.url.id)
    with committing(house.sessions) as session:
        hold_acts.look_over(
            *(session, house.ports, hold.id),
            review_at=house.now + timedelta(days=7),
            actor=f"user:{WHO}",
        )
    follow_up(house.ports, None)
    assert house.count(Task, Task.kind == TaskKind.HOLD_REVIEW, Task.done_at.is_(None)) == 0
    assert house.covered(house.known.url.id)


def test_only_a_person_releases_a_hold_and_says_why(house: World) -> None:
    house.fill()
    hold = house.hold("url")
    with committing(house.sessions) as session:
        for by in ("machine", f"token:{WHO}"):
            with pytest.raises(holds.HoldError, match="person"):
                holds.release(session, hold.id, why="over", released_by=by, now=house.now)
        with pytest.raises(holds.HoldError, match="reason"):
            holds.release(session, hold.id, why=" ", released_by="user:x", now=house.now)
    assert house.covered(house.known.url.id)
    house.release(hold)
    with house.sessions() as session:
        assert verify(session, house.vault.audit_key) is None
        acted = session.scalars(select(AuditEntry.action).order_by(AuditEntry.number)).all()
        assert acted == ["hold.place", "hold.release"]
        with pytest.raises(holds.HoldError, match="no such hold"):
            holds.release(session, hold.id, why="x", released_by="user:x", now=house.now)


def test_where_a_victim_is_at_risk_nobody_looks_before_the_police_agree(house: World) -> None:
    house.fill(victim_at_risk=True)
    house.look_at(house.at_address)
    house.look_up(house.known)
    locate(house.ports, None)
    check(house.ports, None)
    assert house.reached() == 0
    with committing(house.sessions) as session:
        for known in (house.known, house.at_address):
            url = session.get_one(Url, known.url.id)
            hold_acts.police_agree(session, house.ports, url, actor=f"user:{WHO}")
    locate(house.ports, None)
    check(house.ports, None)
    assert house.asked and len(house.site.requests) == 1
    compose(house.ports, None)
    assert house.drafts() == 0  # they have not cleared the notice


def test_once_the_police_have_agreed_for_all_nobody_waits_for_them(house: World) -> None:
    house.fill(victim_at_risk=True)
    house.look_at(house.at_address)
    agreeing = replace(house.ports, hotline=replace(HOTLINE, police_agree_probes=True))
    check(agreeing, None)
    assert len(house.site.requests) == 1


def test_a_route_that_says_the_police_first_keeps_probes_back_until_they_clear_it(
    house: World,
) -> None:
    house.fill()
    with committing(house.sessions) as session:
        cast = Cast(session, house.vault, house.now)
        route = cast.route("GB", police_first=True)
        url = session.get_one(Url, house.at_address.url.id)
        trace = session.get_one(Trace, house.at_address.trace.id)
        decision = cast.decision(url, trace, route)
    ids = [house.known.url.id, house.at_address.url.id]
    with house.sessions() as session:
        assert police.unasked(session, ids) == {house.at_address.url.id}
    with committing(house.sessions) as session:
        session.get_one(Url, house.at_address.url.id).police_cleared_at = house.now
    with house.sessions() as session:
        assert police.unasked(session, ids) == set()
    assert decision.id


def test_a_stage_is_late_by_its_own_cadence(house: World) -> None:
    run(house.ports, "purge", every=3600)
    run(house.ports, "follow-up", every=60)
    run(house.ports, "compose")
    house.pass_time(minutes=12)
    with house.sessions() as session:
        beats = {beat.stage: beat for beat in session.scalars(select(Heartbeat))}
    late = {name for name, beat in beats.items() if beat.late(house.now)}
    assert late == {"follow-up"}
    house.pass_time(hours=2)
    assert beats["purge"].late(house.now)
    run(house.ports, "purge")  # by hand: the clock's cadence stays known
    with house.sessions() as session:
        assert session.get_one(Heartbeat, "purge").every == 3600
