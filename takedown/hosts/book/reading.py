"""What stands in the book, in clear: for people who may see it, and for the export."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.db import among
from takedown.hosts.book.fields import CONTACT, PROVIDER, Values, from_column
from takedown.hosts.models import (
    Contact,
    Provider,
    ProviderAlias,
    ProviderDomain,
    ProviderMark,
    ProviderNumber,
    ProviderRange,
)
from takedown.vault import Vault

_SEALED: Final = ("name", "notes")
_PLAIN: Final = tuple(
    name for name, field in PROVIDER.items() if not field.many and name not in _SEALED
)
_CONTACT_PLAIN: Final = tuple(name for name in CONTACT if name != "address")


def provider_values(
    session: Session, vault: Vault, providers: Collection[Provider]
) -> dict[uuid.UUID, Values]:
    """Every field of these providers, by id: six questions for any number of them."""
    lists = {
        "aliases": _aliases(session, vault, providers),
        "domains": _domains(session, vault, providers),
        "asns": _rows(session, ProviderNumber, providers, lambda row: f"AS{row.asn}"),
        "ranges": _rows(session, ProviderRange, providers, lambda row: str(row.network)),
        "marks": _rows(session, ProviderMark, providers, lambda row: f"{row.kind}:{row.value}"),
    }
    found: dict[uuid.UUID, Values] = {}
    for provider in providers:
        values = {name: from_column(getattr(provider, name)) for name in _PLAIN}
        values["name"] = vault.open("providers.name", provider.id, provider.name)
        values["notes"] = notes_of(vault, provider)
        for name, rows in lists.items():
            values[name] = "\n".join(sorted(rows.get(provider.id, ())))
        found[provider.id] = {name: values[name] for name in PROVIDER}
    return found


def contact_values(vault: Vault, contact: Contact) -> Values:
    """Every field of a contact."""
    values = {name: from_column(getattr(contact, name)) for name in _CONTACT_PLAIN}
    values["address"] = vault.open("contacts.address", contact.id, contact.address)
    return {name: values[name] for name in CONTACT}


def notes_of(vault: Vault, provider: Provider) -> str:
    """A provider's notes in clear."""
    return vault.open("providers.notes", provider.id, provider.notes) if provider.notes else ""


def contacts_by_provider(
    session: Session, ids: Iterable[uuid.UUID]
) -> dict[uuid.UUID, list[Contact]]:
    """The contacts that stand in the book, by provider; retired ones are left out."""
    found: dict[uuid.UUID, list[Contact]] = defaultdict(list)
    rows = select(Contact).where(among(Contact.provider_id, ids), Contact.retired_at.is_(None))
    for contact in session.scalars(rows.order_by(Contact.id)):
        found[contact.provider_id].append(contact)
    return found


def _aliases(
    session: Session, vault: Vault, providers: Collection[Provider]
) -> dict[uuid.UUID, list[str]]:
    def text(row: ProviderAlias) -> str:
        return vault.open("provider_aliases.name", row.id, row.name)

    return _rows(session, ProviderAlias, providers, text)


def _domains(
    session: Session, vault: Vault, providers: Collection[Provider]
) -> dict[uuid.UUID, list[str]]:
    def text(row: ProviderDomain) -> str:
        return vault.open("provider_domains.domain", row.id, row.domain) + row.path

    return _rows(session, ProviderDomain, providers, text)


def _rows(
    session: Session, table: Any, providers: Collection[Provider], text: Callable[[Any], str]
) -> dict[uuid.UUID, list[str]]:
    ids = [provider.id for provider in providers]
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    for row in session.scalars(select(table).where(among(table.provider_id, ids))):
        found[row.provider_id].append(text(row))
    return found
