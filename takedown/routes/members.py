"""Hotlines of INHOPE's member list: to them goes what is hosted in their country.

The list comes along as reference data (`config/hotlines.toml`); people compare it with its source.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from takedown.audit import record
from takedown.db import new_id
from takedown.hosts.models import Kind, Provider, Standing
from takedown.people.two_people import not_by
from takedown.routes.countries import is_country
from takedown.routes.errors import RouteRefused, required
from takedown.routes.models import Member
from takedown.routes.table import BadRoutes
from takedown.vault import STANDING, Vault


@dataclass(frozen=True, slots=True)
class MemberFact:
    """One hotline as the reference data names it; `checked_on` None: not compared by anybody."""

    country: str
    name: str
    source: str
    checked_on: date | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """The countries of the list, and those of which nobody has checked a single hotline."""

    countries: frozenset[str] = frozenset()
    unchecked: frozenset[str] = frozenset()


def read(data: Mapping[str, Any]) -> tuple[MemberFact, ...]:
    """The members of parsed reference data (`[[hotline]]` tables). Raises `BadRoutes`."""
    facts = []
    for number, raw in enumerate(data.get("hotline", ()), start=1):
        country, name = str(raw.get("country") or ""), str(raw.get("name") or "")
        source = str(raw.get("source") or data.get("source") or "")
        for field, value in (("country", country), ("name", name), ("source", source)):
            if not value:
                raise BadRoutes(number, field, "is missing")
        if not is_country(country):
            raise BadRoutes(number, "country", "is no ISO 3166-1 code of two capital letters")
        facts.append(MemberFact(country, name, source, raw.get("checked_on")))
    return tuple(facts)


def fill(session: Session, vault: Vault, facts: Sequence[MemberFact], now: datetime) -> int:
    """Insert what is not there, each with its organisation; how many were new."""
    there = {(row.country, row.name) for row in session.scalars(select(Member))}
    missing = [fact for fact in facts if (fact.country, fact.name) not in there]
    for fact in missing:
        _keep(session, vault, fact, added_by=None, now=now)
    return len(missing)


def add(
    session: Session,
    vault: Vault,
    *,
    country: str,
    name: str,
    source: str,
    by: str,
    now: datetime,
) -> Member:
    """A member that somebody types in; another person checks it. Raises `RouteRefused`."""
    if not is_country(country):
        raise RouteRefused("country", "is no ISO 3166-1 code of two capital letters")
    name, source = required("name", name), required("source", source)
    known = select(Member).where(Member.country == country, Member.name == name)
    if session.scalar(known) is not None:
        raise RouteRefused("name", "stands there already")
    return _keep(session, vault, MemberFact(country, name, source), added_by=by, now=now)


def check(
    session: Session, member_id: uuid.UUID, *, read_on: date, by: str, now: datetime
) -> Member:
    """Somebody found it in the list on that day; one that had left is back.

    Raises `RouteRefused`; `OwnWork` for who typed it in.
    """
    member = _member(session, member_id)
    not_by({member.added_by}, by)
    if read_on > now.date():
        raise RouteRefused("checked_on", "lies in the future")
    member.checked_on, member.checked_by, member.left_on = read_on, by, None
    session.flush()
    record(session, at=now, subject="member", subject_id=member.id, kind="member_checked")
    return member


def leave(session: Session, member_id: uuid.UUID, *, by: str, now: datetime) -> Member:
    """It is no member any more: nothing goes to it by its membership. Raises `RouteRefused`."""
    member = _member(session, member_id)
    if member.left_on is not None:
        raise RouteRefused("", "it has left already")
    member.left_on, member.checked_on, member.checked_by = now.date(), now.date(), by
    session.flush()
    record(session, at=now, subject="member", subject_id=member.id, kind="member_left")
    return member


def standing(session: Session, country: str | None = None) -> Sequence[Member]:
    """The members that have not left, by country and name; of one country where it is named."""
    query = select(Member).where(Member.left_on.is_(None)).order_by(Member.country, Member.name)
    if country is not None:
        query = query.where(Member.country == country)
    return session.scalars(query).all()


def membership(session: Session) -> Membership:
    """What routing asks of the list."""
    rows = standing(session)
    checked = {row.country for row in rows if row.checked_on is not None}
    countries = frozenset(row.country for row in rows)
    return Membership(countries, countries - checked)


def _keep(
    session: Session, vault: Vault, fact: MemberFact, *, added_by: str | None, now: datetime
) -> Member:
    provider_id = _organisation(session, vault, fact, added_by or "reference", now)
    member = Member(
        id=new_id(),
        country=fact.country,
        name=fact.name,
        source=fact.source,
        added_by=added_by,
        checked_on=fact.checked_on,
        checked_by=None,
        left_on=None,
        provider_id=provider_id,
    )
    session.add(member)
    session.flush()
    record(session, at=now, subject="member", subject_id=member.id, kind="member_added")
    return member


def _organisation(
    session: Session, vault: Vault, fact: MemberFact, by: str, now: datetime
) -> uuid.UUID:
    """The partner hotline as an organisation of the contact book; people add its contacts.

    A provider that happens to bear its name stays what it is.
    """
    for name in (fact.name, f"{fact.name} ({fact.country})"):
        index = vault.blind("provider", name.casefold())
        made = new_id()
        session.execute(
            insert(Provider)
            .values(
                id=made,
                name=vault.seal("providers.name", made, STANDING, name),
                name_index=index,
                kind=Kind.HOTLINE,
                public_name=fact.name,
                reviewed_at=now,
                reviewed_by=by,
                country=fact.country,
                standing=Standing.UNKNOWN,
                proxy=False,
                signatory=False,
                first_seen_at=now,
            )
            .on_conflict_do_nothing(index_elements=["name_index"])
        )
        found = session.scalars(select(Provider).where(Provider.name_index == index)).one()
        if found.kind == Kind.HOTLINE and found.country == fact.country:
            return found.id
    raise RouteRefused("name", "an organisation of another kind bears this name")


def _member(session: Session, member_id: uuid.UUID) -> Member:
    found = session.get(Member, member_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise RouteRefused("", "no such member")
    return found
