"""Who stands in which role toward a Url, how each is reached, and where that was read."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.hosts.models import Contact, Host, Provider, Role, Source, Trace, TraceProvider
from takedown.routes import service as routes
from takedown.urls.models import Url
from takedown.vault import Vault
from takedown.web.reads.contacts import provider_name

_ORDER = list(Role)


@dataclass(frozen=True, slots=True)
class Way:
    """A contact and whether it may be used: approved, waiting or inhibited."""

    id: uuid.UUID
    medium: str
    address: str = field(repr=False)
    state: str


@dataclass(frozen=True, slots=True)
class Standing:
    """One provider in one role. `answers`: it is the one that is written to first."""

    role: str
    provider_id: uuid.UUID
    name: str = field(repr=False)
    country: str | None
    source: str
    answers: bool
    ways: list[Way]


@dataclass(frozen=True, slots=True)
class Places:
    """Three facts that can disagree; the first one drives the route."""

    address: str | None
    organisation: str | None
    registrar: str | None

    @property
    def differ(self) -> bool:
        """Whether they name several countries."""
        return len({self.address, self.organisation, self.registrar} - {None}) > 1


@dataclass(frozen=True, slots=True)
class Chain:
    """The newest Trace as a page shows it. `hidden`: a proxy stands before an unknown host."""

    links: list[Standing]
    asn: int | None  # of where it is hosted, else of what answers
    places: Places
    proxied: bool
    hidden: bool
    told_at: datetime | None
    told_by: str | None
    problems: list[str]


def chain(session: Session, vault: Vault, url: Url, host: Host, now: datetime) -> Chain | None:
    """None: the host has not been traced yet."""
    trace = session.get(Trace, host.trace_id) if host.trace_id else None
    if trace is None:
        return None
    rows = session.execute(
        select(TraceProvider.role, TraceProvider.source, Provider)
        .join(Provider, Provider.id == TraceProvider.provider_id)
        .where(TraceProvider.trace_id == trace.id)
    )
    stands = [(row.role, row.source, row.Provider) for row in rows]
    decided = routes.newest(session, url.id)
    answers = (trace.provider_id, trace.role)
    if decided is not None and decided.provider_id is not None:
        answers = (decided.provider_id, decided.role)
        if answers not in {(provider.id, role) for role, _, provider in stands}:
            own = session.get_one(Provider, decided.provider_id)  # by this Url's path alone
            stands.append((decided.role or Role.PLATFORM, Source.BOOK, own))
    ways = _ways(session, vault, {provider.id for _, _, provider in stands}, now)
    links = [
        Standing(
            role,
            provider.id,
            provider_name(vault, provider),
            provider.country,
            source,
            (provider.id, role) == answers,
            ways.get(provider.id, []),
        )
        for role, source, provider in sorted(stands, key=lambda one: _ORDER.index(one[0]))
    ]
    told = host.origin_told_at is not None and trace.proxy
    return Chain(
        links,
        trace.asn,
        Places(trace.country, trace.organisation_country, trace.registrar_country),
        trace.proxy,
        trace.proxy and not any(link.role == Role.HOST for link in links),
        host.origin_told_at if told else None,
        host.origin_source if told else None,
        trace.problems,
    )


def _ways(
    session: Session, vault: Vault, providers: Iterable[uuid.UUID], now: datetime
) -> dict[uuid.UUID, list[Way]]:
    """The contacts that stand in the book, approved ones first."""
    found: dict[uuid.UUID, list[Way]] = {}
    rows = session.scalars(
        select(Contact)
        .where(Contact.provider_id.in_(list(providers)), Contact.retired_at.is_(None))
        .order_by(Contact.approved_at.is_(None), Contact.first_seen_at, Contact.id)
    )
    for contact in rows:
        address = vault.open("contacts.address", contact.id, contact.address)
        way = Way(contact.id, contact.medium, address, _state(contact, now))
        found.setdefault(contact.provider_id, []).append(way)
    return found


def _state(contact: Contact, now: datetime) -> str:
    if contact.inhibited_until is not None and contact.inhibited_until > now:
        return "inhibited"
    return "approved" if contact.approved_at is not None else "waiting"
