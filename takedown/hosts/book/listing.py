"""Lists of providers: narrowed by what is no name, and found by one."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from takedown.hosts.book import values
from takedown.hosts.book.problems import BadField
from takedown.hosts.models import (
    Contact,
    Provider,
    ProviderAlias,
    ProviderDomain,
    ProviderNumber,
)
from takedown.vault import Vault

#: Sealed names are opened one by one to be searched: this many at most, the newest ones, which
#: takes a tenth of a second. Older ones are found by a whole name, a network, a domain, an address.
OPENED: Final = 20_000
_SHORTEST: Final = 2


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to; none of it is a name. `reviewed` alone is for managers."""

    kind: str = ""
    standing: str = ""
    country: str = ""
    waits: bool = False
    reviewed: bool = False
    before: uuid.UUID | None = None


def page(session: Session, wanted: Filter, limit: int) -> Sequence[Provider]:
    """Providers, the newest first; merged ones are left out."""
    return session.scalars(narrowed(wanted).limit(limit)).all()


def countries(session: Session) -> list[str]:
    """The countries that providers are of."""
    codes = session.scalars(
        select(Provider.country).where(Provider.country.is_not(None)).distinct()
    )
    return sorted(str(code) for code in codes)


def find(
    session: Session, vault: Vault, text: str, limit: int, *, reviewed: bool = False
) -> list[Provider]:
    """Providers by a name or a part of one, an alias, AS number, domain or contact address.

    With `reviewed`, by public names alone. The text is never logged or kept.
    """
    sought = text.strip().casefold()
    if len(sought) < _SHORTEST:
        return []
    base = narrowed(Filter(reviewed=reviewed))
    public = Provider.public_name.icontains(sought, autoescape=True)
    if reviewed:
        return list(session.scalars(base.where(public).limit(limit)))
    known = session.scalars(base.where(or_(public, *_exact(vault, sought))).limit(limit))
    found = {one.id: one for one in known}
    if len(found) < limit:
        names = select(Provider.id, Provider.name).where(Provider.merged_into_id.is_(None))
        newest = session.execute(names.order_by(Provider.id.desc()).limit(OPENED))
        ids = [
            row.id
            for row in newest
            if sought in vault.open("providers.name", row.id, row.name).casefold()
        ]
        more = session.scalars(base.where(Provider.id.in_(ids[: limit + len(found)])))
        found |= {one.id: one for one in more}
    return list(found.values())[:limit]


def narrowed(wanted: Filter) -> Select[Provider]:
    """The question behind a list."""
    query = select(Provider).where(Provider.merged_into_id.is_(None)).order_by(Provider.id.desc())
    if wanted.kind:
        query = query.where(Provider.kind == wanted.kind)
    if wanted.standing:
        query = query.where(Provider.standing == wanted.standing)
    if wanted.country:
        query = query.where(Provider.country == wanted.country)
    if wanted.waits:
        query = query.where(Provider.id.in_(select(Contact.provider_id).where(*waiting())))
    if wanted.reviewed:
        query = query.where(Provider.reviewed_at.is_not(None), Provider.public_name.is_not(None))
    if wanted.before is not None:
        query = query.where(Provider.id < wanted.before)
    return query


def waiting() -> tuple[ColumnElement[bool], ...]:
    """What makes a contact wait for a person."""
    return Contact.approved_at.is_(None), Contact.retired_at.is_(None)


def _exact(vault: Vault, sought: str) -> list[ColumnElement[bool]]:
    """The conditions under which a whole word names a provider."""
    index = vault.blind("provider", sought)
    alias = select(ProviderAlias.provider_id).where(ProviderAlias.name_index == index)
    domain = select(ProviderDomain.provider_id).where(
        ProviderDomain.domain_index == vault.blind("domain", sought.partition("/")[0])
    )
    contact = select(Contact.provider_id).where(
        Contact.address_index == vault.blind("contact", sought), Contact.retired_at.is_(None)
    )
    exact = [Provider.name_index == index, *(Provider.id.in_(q) for q in (alias, domain, contact))]
    try:
        asn = int(values.asn(sought).removeprefix("AS"))
    except BadField:
        return exact
    holders = select(ProviderNumber.provider_id).where(ProviderNumber.asn == asn)
    return [*exact, Provider.id.in_(holders)]
