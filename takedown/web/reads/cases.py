"""The list of cases, and finding one by a pasted address."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from takedown.checks.models import CheckState
from takedown.errors import InvalidUrl
from takedown.flow.case import in_state, one_vantage
from takedown.hosts.models import Host, Provider, Trace
from takedown.routes import holds
from takedown.urls import hopping
from takedown.urls.models import Url, UrlStatus
from takedown.urls.normalise import canonical
from takedown.vault import Vault
from takedown.web.reads.contacts import provider_name

PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One case in a list."""

    id: uuid.UUID
    number: str
    status: str
    held: bool
    verdict: str | None
    one_vantage: bool  # a removal that was seen from one place only
    provider: str | None = field(repr=False)
    country: str | None
    registered_at: datetime
    next_check_at: datetime | None
    location: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list is narrowed to; none of it is a location."""

    status: str = ""
    provider: uuid.UUID | None = None
    country: str = ""
    before: int | None = None
    hops: uuid.UUID | None = None  # a Url whose name stands under other suffixes


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines, and where the next ones begin."""

    lines: list[Line]
    next: int | None


def page(session: Session, vault: Vault, wanted: Filter) -> Page:
    """Cases, newest first."""
    rows = session.execute(_narrowed(wanted).limit(PAGE + 1)).all()
    held = holds.standing(session, [row.Url.id for row in rows])
    lines = [
        Line(
            row.Url.id,
            row.Url.number,
            row.Url.status,
            row.Url.id in held,
            row.CheckState.verdict if row.CheckState else None,
            one_vantage(row.CheckState),
            provider_name(vault, row.Provider) if row.Provider else None,
            row.country,
            row.Url.registered_at,
            row.CheckState.next_check_at if row.CheckState else None,
            vault.open("urls.location", row.Url.id, row.Url.location),
        )
        for row in rows[:PAGE]
    ]
    return Page(lines, rows[PAGE - 1].Url.serial if len(rows) > PAGE else None)


def find(session: Session, vault: Vault, text: str) -> uuid.UUID | None:
    """The case of a pasted address or of a number like 2026-000123."""
    text = text.strip()
    year, _, serial = text.partition("-")
    if year.isdigit() and serial.isdigit() and len(serial) < 18:
        return session.scalar(select(Url.id).where(Url.serial == int(serial)))
    try:
        index = vault.blind("url", canonical(text).url)
    except InvalidUrl:
        return None
    return session.scalar(select(Url.id).where(Url.location_index == index))


def countries(session: Session) -> list[str]:
    """The hosting countries that occur: from one to the next by the index, however many traces."""
    first = select(func.min(Trace.country).label("code")).cte("countries", recursive=True)
    after = select(func.min(Trace.country)).where(Trace.country > first.c.code).scalar_subquery()
    found = first.union_all(select(after).where(first.c.code.is_not(None)))
    return [str(code) for code in session.scalars(select(found.c.code)) if code is not None]


def names(session: Session, vault: Vault, ids: set[uuid.UUID]) -> Mapping[uuid.UUID, str]:
    """Providers by id."""
    rows = session.scalars(select(Provider).where(Provider.id.in_(ids)))
    return {provider.id: provider_name(vault, provider) for provider in rows}


def _narrowed(wanted: Filter) -> Select[tuple[Url, Provider, str, CheckState]]:
    query = (
        select(Url, Provider, Trace.country, CheckState)
        .join(Host, Host.id == Url.host_id)
        .outerjoin(Trace, Trace.id == Host.trace_id)
        .outerjoin(Provider, Provider.id == Trace.provider_id)
        .outerjoin(CheckState, CheckState.url_id == Url.id)
        .order_by(Url.serial.desc())
    )
    conditions = []
    if wanted.status in set(UrlStatus):
        conditions.append(in_state(wanted.status))
    if wanted.provider is not None:
        conditions.append(Trace.provider_id == wanted.provider)
    if wanted.country:
        conditions.append(Trace.country == wanted.country)
    if wanted.hops is not None:
        conditions.append(hopping.same_name(wanted.hops))
    if wanted.before is not None:
        conditions.append(Url.serial < wanted.before)
    return query.where(and_(True, *conditions))  # type: ignore[return-value]
