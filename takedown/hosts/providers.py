"""Which organisation can act about a host: known by domain or number, else made from findings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from takedown.db import new_id
from takedown.hosts.cards import AbuseMail
from takedown.hosts.known import Book, Fact, known_providers
from takedown.hosts.lookup import HostFinding
from takedown.hosts.models import (
    Contact,
    Host,
    Medium,
    Provider,
    ProviderDomain,
    ProviderNumber,
    Role,
)
from takedown.vault import STANDING, Vault

__all__ = [
    "Book",
    "Match",
    "contact_address",
    "has_contact",
    "known_providers",
    "match",
    "match_or_make",
    "provider_name",
    "record_contacts",
]

# Held until commit by whoever makes providers or contacts, so that no two wait crosswise.
_LOCK = 0x7A6B_0002
_MOST_CONTACTS = 3


@dataclass(frozen=True, slots=True)
class Match:
    """A provider, and what it is toward the Urls of the host."""

    provider: Provider
    role: Role


def match(session: Session, host: Host, finding: HostFinding) -> Match | None:
    """The provider on record: the platform by its domain, else whoever announces the address."""
    platform = session.scalar(
        select(Provider)
        .join(ProviderDomain, ProviderDomain.provider_id == Provider.id)
        .where(ProviderDomain.domain_index == host.domain_index)
    )
    if platform is not None:
        return Match(platform, Role.PLATFORM)
    announcing = session.scalar(
        select(Provider)
        .join(ProviderNumber, ProviderNumber.provider_id == Provider.id)
        .where(ProviderNumber.asn == finding.asn)
    )
    return _announcer(announcing) if announcing is not None else None


def match_or_make(
    session: Session, vault: Vault, host: Host, finding: HostFinding, book: Book, now: datetime
) -> Match | None:
    """As `match`; else made from reference data, else from the finding; None: it names nobody."""
    fact = book.by_domain.get(finding.domain or "")
    known = match(session, host, finding)
    if known is not None and (fact is None or known.role is Role.PLATFORM):
        return known
    fact = fact or book.by_asn.get(finding.asn or 0)
    name = fact.name if fact else finding.organisation or finding.asn_name or finding.network
    if not name:
        return None
    _lock(session)
    provider = _named(session, vault, name, finding, fact, now)
    asns = {
        *(fact.asns if fact else ()),
        *([finding.asn] if finding.asn and not _platform(fact, finding) else ()),
    }
    for asn in sorted(asns):
        session.execute(
            insert(ProviderNumber).values(asn=asn, provider_id=provider.id).on_conflict_do_nothing()
        )
    if fact is not None:
        _curate(session, vault, provider, fact, now)
    if _platform(fact, finding):
        return Match(provider, Role.PLATFORM)
    return _announcer(provider)


def record_contacts(
    session: Session, vault: Vault, provider: Provider, mails: Iterable[AbuseMail], now: datetime
) -> int:
    """Keep looked-up addresses, best first, unapproved; how many were new."""
    new = 0
    for mail in list(mails)[:_MOST_CONTACTS]:
        source = "whois" if mail.evidence.endswith("(WHOIS)") else "rdap"
        new += _contact(session, vault, provider, mail.address, source, mail.evidence, None, now)
    return new


def has_contact(session: Session, provider: Provider) -> bool:
    """Whether any way to reach it is on record."""
    return (
        session.scalar(select(Contact.id).where(Contact.provider_id == provider.id).limit(1))
        is not None
    )


def provider_name(vault: Vault, provider: Provider) -> str:
    """Its name in clear; for people with a right to it."""
    return vault.open("providers.name", provider.id, provider.name)


def contact_address(vault: Vault, contact: Contact) -> str:
    """Its address in clear; for sending, and for people with a right to it."""
    return vault.open("contacts.address", contact.id, contact.address)


def _announcer(provider: Provider) -> Match:
    return Match(provider, Role.PROXY if provider.proxy else Role.HOST)


def _platform(fact: Fact | None, finding: HostFinding) -> bool:
    return fact is not None and finding.domain in fact.domains


def _named(
    session: Session,
    vault: Vault,
    name: str,
    finding: HostFinding,
    fact: Fact | None,
    now: datetime,
) -> Provider:
    index = vault.blind("provider", name.casefold())
    found = session.scalar(select(Provider).where(Provider.name_index == index))
    if found is not None:
        return found
    made = new_id()
    session.execute(
        insert(Provider)
        .values(
            id=made,
            name=vault.seal("providers.name", made, STANDING, name),
            name_index=index,
            public_name=fact.name if fact else None,
            reviewed_at=now if fact else None,
            reviewed_by="reference" if fact else None,
            country=fact.country if fact else finding.organisation_country or finding.country,
            standing="unknown",
            proxy=fact.proxy if fact else False,
            signatory=False,
            first_seen_at=now,
        )
        .on_conflict_do_nothing(index_elements=["name_index"])
    )
    return session.scalars(select(Provider).where(Provider.name_index == index)).one()


def _curate(session: Session, vault: Vault, provider: Provider, fact: Fact, now: datetime) -> None:
    for domain in sorted(fact.domains):
        session.execute(
            insert(ProviderDomain)
            .values(domain_index=vault.blind("domain", domain), provider_id=provider.id)
            .on_conflict_do_nothing()
        )
    for address in fact.contacts:
        _contact(
            session, vault, provider, address, "curated", "reference data", fact.checked_on, now
        )


def _contact(
    session: Session,
    vault: Vault,
    provider: Provider,
    address: str,
    source: str,
    evidence: str,
    verified_on: date | None,
    now: datetime,
) -> int:
    index = vault.blind("contact", address.lower())
    same = (Contact.provider_id == provider.id, Contact.address_index == index)
    if session.scalar(select(Contact.id).where(*same, Contact.medium == Medium.EMAIL)):
        return 0
    _lock(session)
    made = new_id()
    added = session.execute(
        insert(Contact)
        .values(
            id=made,
            provider_id=provider.id,
            medium=Medium.EMAIL,
            address=vault.seal("contacts.address", made, STANDING, address),
            address_index=index,
            language=provider.language,
            source=source,
            evidence=evidence,
            verified_on=verified_on,
            plain_locations=False,
            max_urls=100,
            bounces=0,
            first_seen_at=now,
        )
        .on_conflict_do_nothing(index_elements=["provider_id", "medium", "address_index"])
        .returning(Contact.id)
    )
    return len(added.all())


def _lock(session: Session) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
