"""Providers as pages show them: a list, and one with its contacts, stops and history."""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from takedown.audit import Event
from takedown.db import among
from takedown.episodes.models import Episode, Outcome
from takedown.hosts.book.fields import Values
from takedown.hosts.book.health import Health, health
from takedown.hosts.book.merging import proposed
from takedown.hosts.book.reading import contact_values, contacts_by_provider, provider_values
from takedown.hosts.models import Contact, Provider, ProviderMerge, Trace
from takedown.routes.models import Hold
from takedown.vault import Vault
from takedown.web.reads.contacts import provider_name
from takedown.web.reads.people import names_of

HISTORY = 100
_TRACES = 5_000


@dataclass(frozen=True, slots=True)
class Line:
    """One provider in a list."""

    id: uuid.UUID
    name: str = field(repr=False)
    reviewed: bool
    kind: str
    standing: str
    country: str | None
    proxy: bool
    contacts: int
    waits: int
    expired: int
    open_cases: int


@dataclass(frozen=True, slots=True)
class Way:
    """One contact with all that is known of it."""

    row: Contact
    values: Values = field(repr=False)
    health: Health
    inhibited: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A provider's page; `values` is everything that stands in the book about it."""

    row: Provider
    name: str = field(repr=False)
    values: Values = field(repr=False)
    ways: list[Way]
    open_cases: int
    hosts_in: list[tuple[str, int]]
    holds: Sequence[Hold]
    merges: Sequence[ProviderMerge]
    history: Sequence[Event]
    absorbed: list[tuple[uuid.UUID, str]] = field(repr=False)
    into: tuple[uuid.UUID, str] | None = field(repr=False)
    names: dict[str, str] = field(repr=False)


def lines(
    session: Session, vault: Vault, providers: Sequence[Provider], now: datetime
) -> list[Line]:
    """The providers of one page, with what hangs on them."""
    ids = [one.id for one in providers]
    ways = contacts_by_provider(session, ids)
    cases = open_cases(session, ids)
    made = []
    for one in providers:
        theirs = ways.get(one.id, [])
        made.append(
            Line(
                one.id,
                provider_name(vault, one),
                one.reviewed_at is not None,
                one.kind,
                one.standing,
                one.country,
                one.proxy,
                len(theirs),
                sum(way.approved_at is None for way in theirs),
                sum(health(way, now).expired for way in theirs),
                cases.get(one.id, 0),
            )
        )
    return made


def open_cases(session: Session, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many open cases each of these providers has."""
    rows = session.execute(
        select(Episode.provider_id, func.count())
        .where(among(Episode.provider_id, ids), Episode.outcome == Outcome.OPEN, Episode.primary)
        .group_by(Episode.provider_id)
    )
    return {row[0]: row[1] for row in rows}


def shown(session: Session, vault: Vault, provider: Provider, now: datetime) -> Shown:
    """Everything about one provider."""
    merged = session.scalars(select(Provider).where(Provider.merged_into_id == provider.id)).all()
    family = [provider.id, *(one.id for one in merged)]
    ways = contacts_by_provider(session, [provider.id]).get(provider.id, [])
    history = _history(session, [*family, *(one.id for one in ways)])
    holds = session.scalars(
        select(Hold).where(
            Hold.subject == "provider", Hold.subject_id.in_(family), Hold.released_at.is_(None)
        )
    ).all()
    into = session.get(Provider, provider.merged_into_id) if provider.merged_into_id else None
    return Shown(
        provider,
        provider_name(vault, provider),
        provider_values(session, vault, [provider])[provider.id],
        [way(vault, one, now) for one in ways],
        open_cases(session, [provider.id]).get(provider.id, 0),
        _hosts_in(session, provider.id),
        holds,
        proposed(session, provider.id),
        history,
        [(one.id, vault.open("providers.name", one.id, one.name)) for one in merged],
        (into.id, provider_name(vault, into)) if into else None,
        names_of(session, _people(provider, ways, holds, history)),
    )


def way(vault: Vault, contact: Contact, now: datetime) -> Way:
    """One contact as it stands."""
    inhibited = contact.inhibited_until is not None and now < contact.inhibited_until
    return Way(contact, contact_values(vault, contact), health(contact, now), inhibited)


def history_of(
    session: Session, ids: Sequence[uuid.UUID]
) -> tuple[Sequence[Event], dict[str, str]]:
    """The newest events about these rows, and the names of who acted."""
    events = _history(session, ids)
    return events, names_of(session, {_by(one) for one in events} - {""})


def _history(session: Session, ids: Sequence[uuid.UUID]) -> Sequence[Event]:
    wanted = select(Event).where(among(Event.subject_id, ids)).order_by(Event.id.desc())
    return session.scalars(wanted.limit(HISTORY)).all()


def _hosts_in(session: Session, provider_id: uuid.UUID) -> list[tuple[str, int]]:
    """Where its addresses lie, by how many findings say so; a sample of a large one."""
    some = select(Trace.country).where(Trace.provider_id == provider_id).limit(_TRACES)
    counted = Counter(code for code in session.scalars(some) if code)
    return counted.most_common(12)


def _people(provider: Provider, *rows: Iterable[Any]) -> set[str]:
    actors = {provider.reviewed_by}
    for row in (one for some in rows for one in some):
        for column in ("approved_by", "proposed_by", "inhibited_by", "placed_by"):
            actors.add(getattr(row, column, None))
        if isinstance(row, Event):
            actors.add(_by(row))
    return {actor for actor in actors if actor and ":" in actor}


def _by(event: Event) -> str:
    actor = str(event.detail.get("by") or "")
    return actor if ":" in actor else ""
