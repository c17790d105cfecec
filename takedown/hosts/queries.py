"""The contact book as it is read: what waits for a person, and who to write to first."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from takedown import audit
from takedown.hosts.cards import mail_at
from takedown.hosts.models import Contact, Provider
from takedown.hosts.providers import contact_address, provider_name
from takedown.people.tasks import TaskKind, settle
from takedown.vault import Vault

_SOURCES = ("curated", "reply", "rdap", "whois")  # curated beats looked-up


@dataclass(frozen=True, slots=True)
class Waiting:
    """A contact that waits for a person's approval before its first notice."""

    contact_id: uuid.UUID
    provider_id: uuid.UUID
    provider: str = field(repr=False)
    country: str | None
    medium: str
    address: str = field(repr=False)
    source: str
    evidence: str | None
    first_seen_at: datetime


def waiting(session: Session, vault: Vault) -> list[Waiting]:
    """Contacts to approve, oldest first, in clear: for people with a right to see them."""
    rows = session.execute(
        select(Contact, Provider)
        .join(Provider, Provider.id == Contact.provider_id)
        .where(Contact.approved_at.is_(None), Contact.retired_at.is_(None))
        .order_by(Contact.first_seen_at, Contact.id)
    )
    return [
        Waiting(
            contact.id,
            provider.id,
            provider_name(vault, provider),
            provider.country,
            contact.medium,
            contact_address(vault, contact),
            contact.source,
            contact.evidence,
            contact.first_seen_at,
        )
        for contact, provider in rows
    ]


def by_address(session: Session, vault: Vault, addresses: Iterable[str]) -> list[Contact]:
    """Contacts with these mail addresses, whatever their case."""
    indexes = [vault.blind("contact", address.strip().lower()) for address in addresses]
    standing = select(Contact).where(Contact.retired_at.is_(None))
    return list(session.scalars(standing.where(Contact.address_index.in_(indexes))))


def approve(session: Session, contact: Contact, *, by: str, now: datetime) -> None:
    """A person stands by a contact: notices may go there. The door enters it in the audit chain."""
    if contact.approved_at is None:
        contact.approved_at, contact.approved_by = now, by
        audit.record(
            session, at=now, subject="contact", subject_id=contact.id, kind="contact.approved"
        )
    settle(session, TaskKind.CONTACT, contact.provider_id, now=now, by=by)


def contacts_of(session: Session, provider_id: uuid.UUID, now: datetime) -> list[Contact]:
    """Ways to reach a provider, best first: approved, then by source, then those that bounce less.

    Inhibited ones are left out until their date.
    """
    rows = session.scalars(
        select(Contact).where(
            Contact.provider_id == provider_id,
            Contact.retired_at.is_(None),
            or_(Contact.inhibited_until.is_(None), Contact.inhibited_until <= now),
        )
    )
    return sorted(rows, key=_rank)


def contact_of(session: Session, provider_id: uuid.UUID, now: datetime) -> Contact | None:
    """The best way to reach a provider, approved or not; None is an answer: no contact."""
    return next(iter(contacts_of(session, provider_id, now)), None)


def tips_off(vault: Vault, contact: Contact, domains: Collection[str]) -> bool:
    """Whether a contact stands at the domain of a Url that a notice would name: never write."""
    return mail_at(contact_address(vault, contact), domains)


def _rank(contact: Contact) -> tuple[bool, int, int, str]:
    source = _SOURCES.index(contact.source) if contact.source in _SOURCES else len(_SOURCES)
    return contact.approved_at is None, source, contact.bounces, contact.id.hex
