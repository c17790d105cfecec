"""Lists of providers: narrowed by what is no name, and found by one."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Final

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from takedown.db import among
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
OPENED: Final = 10_000
PAGE: Final = 50
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
    ids = list(dict.fromkeys(_exact(session, vault, sought)))
    if not ids or not _is_mark(sought):
        ids += session.scalars(base.with_only_columns(Provider.id).where(public).limit(limit))
        ids += _by_part(session, vault, sought, limit)
    return list(session.scalars(base.where(among(Provider.id, ids)).limit(limit)))


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


def by_address(session: Session, vault: Vault, addresses: Iterable[str]) -> list[Contact]:
    """The contacts in the book with these mail addresses, whatever their case."""
    indexes = [vault.blind("contact", address.strip().lower()) for address in addresses]
    standing = select(Contact).where(Contact.retired_at.is_(None))
    return list(session.scalars(standing.where(Contact.address_index.in_(indexes))))


def _exact(session: Session, vault: Vault, sought: str) -> Iterator[uuid.UUID]:
    """The providers that a whole word names: by their own name, or by what leads to them."""
    index = vault.blind("provider", sought)
    holders = [
        select(Provider.id).where(Provider.name_index == index),
        select(ProviderAlias.provider_id).where(ProviderAlias.name_index == index),
        select(ProviderDomain.provider_id).where(
            ProviderDomain.domain_index == vault.blind("domain", sought.partition("/")[0])
        ),
        select(Contact.provider_id).where(
            Contact.address_index == vault.blind("contact", sought), Contact.retired_at.is_(None)
        ),
    ]
    with suppress(BadField):
        asn = int(values.asn(sought).removeprefix("AS"))
        holders.append(select(ProviderNumber.provider_id).where(ProviderNumber.asn == asn))
    for holder in holders:
        yield from session.scalars(holder.limit(PAGE))


def _by_part(session: Session, vault: Vault, sought: str, limit: int) -> Iterator[uuid.UUID]:
    """The newest providers whose sealed name holds the text."""
    names = select(Provider.id, Provider.name).where(Provider.merged_into_id.is_(None))
    newest = session.execute(names.order_by(Provider.id.desc()).limit(OPENED))
    found = (
        row.id
        for row in newest
        if sought in vault.open("providers.name", row.id, row.name).casefold()
    )
    yield from islice(found, limit)


def _is_mark(sought: str) -> bool:
    """Whether it reads as a network, a domain or an address rather than as a name."""
    return "@" in sought or "." in sought or sought.removeprefix("as").isdigit()
