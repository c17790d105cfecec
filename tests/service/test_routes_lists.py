"""Agreements, members and the do-not-forward list: what decisions rest on besides rows."""

import tomllib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from cast import HOTLINE, Cast, national
from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.hosts.models import Kind, Provider
from takedown.people.tasks import Task, TaskKind, settle
from takedown.people.two_people import OwnWork
from takedown.routes import agreements, forwarding, members, service, table
from takedown.routes.errors import RouteRefused
from takedown.routes.models import Agreement, BindsOn, Member, Route, RouteKind, RouteStatus
from takedown.vault import Vault

CONFIG = Path(__file__).parents[2] / "config"
ROWS = table.read(tomllib.loads((CONFIG / "jurisdictions.toml").read_text("utf-8")))
FACTS = members.read(tomllib.loads((CONFIG / "hotlines.toml").read_text("utf-8")))
AGREED = table.RouteRow(
    country="NL",
    direction="home",
    kind=RouteKind.DIRECT,
    source="agreement of 1 February, kept in the safe",
    checked_on=date(2026, 2, 1),
    status=RouteStatus.UNVERIFIED,
    via="Offlimits",
    deadline_hours=6,
    binds_on=BindsOn.NOTICE,
    languages=("nl",),
    basis="Letter of understanding",
)


@pytest.fixture
def session(sessions, vault: Vault, now):
    with sessions() as opened:
        table.fill(opened, ROWS, now)
        members.fill(opened, vault, FACTS, now)
        yield opened


def decided(session: Session, now, country: str, hotline=None):
    known = service.rules(session, now)
    return known.decide(hotline or national(), country, signatory=False)


def recorded(session: Session, now, *, ends_on=None, by="user:alice", **fields) -> Agreement:
    row = replace(AGREED, **fields)
    return agreements.record(session, row, ends_on=ends_on, by=by, now=now)


def test_an_agreement_decides_only_once_a_second_person_has_verified_it(session, now) -> None:
    made = recorded(session, now)
    assert decided(session, now, "NL").why == "partner_hotline:*INHOPE/abroad"
    with pytest.raises(OwnWork):
        agreements.verify(session, made.id, by="user:alice", now=now)
    agreements.verify(session, made.id, by="user:bob", now=now)
    found = decided(session, now, "NL")
    assert (found.why, found.agreement_id, found.route_id) == ("agreement:NL", made.id, None)
    assert (found.kind, found.status, found.deadline_hours) == ("direct", "verified", 6)
    assert found.binding and found.basis == "Letter of understanding"
    assert decided(session, now, "DE").kind == RouteKind.HOTLINE
    with pytest.raises(RouteRefused):
        agreements.verify(session, made.id, by="user:bob", now=now)


def test_an_ended_agreement_decides_no_more(session: Session, now) -> None:
    made = recorded(session, now)
    agreements.verify(session, made.id, by="user:bob", now=now)
    agreements.end(session, made.id, by="user:alice", now=now)
    assert decided(session, now, "NL").kind == RouteKind.HOTLINE
    with pytest.raises(RouteRefused):
        agreements.end(session, made.id, by="user:alice", now=now)


def test_of_two_agreements_the_one_signed_last_decides(session: Session, now) -> None:
    for day, hours in ((1, 6), (20, 12)):
        made = recorded(session, now, checked_on=date(2026, 2, day), deadline_hours=hours)
        agreements.verify(session, made.id, by="user:bob", now=now)
    assert decided(session, now, "NL").deadline_hours == 12


LACKING = [
    ({"basis": None}, "basis"),
    ({"via": None}, "via"),
    ({"checked_on": date(2026, 3, 3)}, "signed_on"),
    ({"ends_on": date(2026, 3, 1)}, "ends_on"),
    ({"ends_on": date(2026, 1, 1)}, "ends_on"),
]


def test_an_agreement_says_with_whom_on_what_and_until_when(session: Session, now) -> None:
    for fields, field in LACKING:
        with pytest.raises(RouteRefused) as refused:
            recorded(session, now, **fields)
        assert refused.value.field == field


def test_before_it_ends_a_person_is_asked_once_and_after_its_last_day_it_is_over(
    session: Session, now
) -> None:
    last = now.date() + timedelta(days=31)
    made = recorded(session, now, ends_on=last)
    agreements.verify(session, made.id, by="user:bob", now=now)
    asked = select(Task).where(Task.kind == TaskKind.AGREEMENT)
    assert agreements.run_out(session, now) == []
    assert session.scalars(asked).all() == []
    for _ in range(2):
        assert agreements.run_out(session, now + timedelta(days=1)) == []
    (task,) = session.scalars(asked).all()
    assert (task.subject_id, task.due_at.date()) == (made.id, last)
    settle(session, TaskKind.AGREEMENT, made.id, now=now, by="user:bob")
    assert agreements.run_out(session, now + timedelta(days=31)) == []
    assert len(session.scalars(asked).all()) == 1
    assert decided(session, now + timedelta(days=31), "NL").agreement_id == made.id
    assert decided(session, now + timedelta(days=32), "NL").agreement_id is None
    assert agreements.run_out(session, now + timedelta(days=32)) == [made]
    assert (made.ended_by, agreements.run_out(session, now + timedelta(days=33))) == ("machine", [])


def test_the_members_come_as_organisations_that_nobody_has_checked(session, vault, now) -> None:
    rows = members.standing(session)
    assert len(rows) == len(FACTS) > 45
    assert {row.checked_on for row in rows} == {None}
    names = {row.name for row in members.standing(session, "NL")}
    assert names == {"Offlimits"}
    partner = session.get(Provider, members.standing(session, "NL")[0].provider_id)
    assert (partner.kind, partner.country, partner.public_name) == (Kind.HOTLINE, "NL", "Offlimits")
    assert b"Offlimits" not in partner.name
    assert members.fill(session, vault, FACTS, now) == 0


def test_a_partner_that_nobody_checked_is_unverified_whatever_its_row_says(session, now) -> None:
    row = session.scalars(select(Route).where(Route.country == "*INHOPE")).one()
    row.status = RouteStatus.VERIFIED
    session.flush()
    assert decided(session, now, "NL").status == RouteStatus.UNVERIFIED
    (member,) = members.standing(session, "NL")
    members.check(session, member.id, read_on=now.date(), by="user:bob", now=now)
    assert decided(session, now, "NL").status == RouteStatus.VERIFIED
    with pytest.raises(RouteRefused):
        members.check(
            session, member.id, read_on=now.date() + timedelta(days=1), by="user:bob", now=now
        )


def test_a_hotline_that_left_gets_nothing_and_may_come_back(session: Session, now) -> None:
    (member,) = members.standing(session, "NL")
    members.leave(session, member.id, by="user:bob", now=now)
    assert decided(session, now, "NL").why == "own_police:*/abroad"
    with pytest.raises(RouteRefused):
        members.leave(session, member.id, by="user:bob", now=now)
    members.check(session, member.id, read_on=now.date(), by="user:bob", now=now)
    assert decided(session, now, "NL").kind == RouteKind.HOTLINE


def test_a_new_member_never_takes_a_provider_of_its_name(session, cast: Cast, vault, now) -> None:
    host = cast.provider("Safe Line", country="MD")
    asked = {"name": "Safe Line", "source": "the list"}
    made = members.add(session, vault, country="MD", **asked, by="user:bob", now=now)
    assert made.provider_id != host.id
    assert session.get(Provider, made.provider_id).kind == Kind.HOTLINE
    assert decided(session, now, "MD").kind == RouteKind.HOTLINE
    with pytest.raises(OwnWork):
        members.check(session, made.id, read_on=now.date(), by="user:bob", now=now)
    for country in ("MD", "XX"):
        with pytest.raises(RouteRefused):
            members.add(session, vault, country=country, **asked, by="user:bob", now=now)


def test_nothing_goes_to_a_country_of_the_list_whatever_was_agreed(session, now) -> None:
    made = recorded(session, now)
    agreements.verify(session, made.id, by="user:bob", now=now)
    forwarding.add(session, "NL", reason="asked by the ministry", by="user:alice", now=now)
    for hotline in (HOTLINE, national()):
        assert decided(session, now, "NL", hotline).why == "do_not_forward"
    assert forwarding.forbidden(session, [None, "FR", "NL"])
    assert not forwarding.forbidden(session, [None, "FR"])
    assert not forwarding.forbidden(session, [])
    with pytest.raises(OwnWork):
        forwarding.remove(session, "NL", by="user:alice")
    forwarding.remove(session, "NL", by="user:bob")
    assert not forwarding.forbidden(session, ["NL"])


def test_the_list_takes_countries_with_a_reason(session: Session, now) -> None:
    for country, reason in (("XX", "x"), ("NL", ""), ("nl", "x")):
        with pytest.raises(RouteRefused):
            forwarding.add(session, country, reason=reason, by="user:alice", now=now)


def test_every_member_of_the_reference_data_names_its_source() -> None:
    assert {fact.source for fact in FACTS} == {"INHOPE's public list of members"}
    assert len({(fact.country, fact.name) for fact in FACTS}) == len(FACTS)
    assert {"NL", "BE", "FR", "CA", "DE", "GB", "US", "IE"} <= {fact.country for fact in FACTS}
    with pytest.raises(table.BadRoutes):
        members.read({"source": "x", "hotline": [{"country": "XX", "name": "y"}]})
    with pytest.raises(table.BadRoutes):
        members.read({"hotline": [{"country": "NL", "name": "y"}]})


def test_a_member_is_stored_once(session: Session) -> None:
    rows = session.scalars(select(Member)).all()
    assert len({row.provider_id for row in rows}) == len(rows)
