"""Which organisation can act about a host: known by domain or number, else made from findings."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
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
    Kind,
    Medium,
    Provider,
    ProviderDomain,
    ProviderNumber,
    Role,
    Standing,
)
from takedown.vault import STANDING, Vault

__all__ = [
    "Book",
    "Match",
    "OnRecord",
    "contact_address",
    "known_providers",
    "provider_name",
]

# Held until commit by whoever makes providers or contacts, so that no two wait crosswise.
_LOCK = 0x7A6B_0002
_MOST_CONTACTS = 3


@dataclass(frozen=True, slots=True)
class Match:
    """A provider, and what it is toward the Urls of the host."""

    provider: Provider
    role: Role


class OnRecord:
    """The providers and contacts that a batch of findings can meet, read at once.

    What a batch adds is in here as well; another worker's additions are met at the insert.
    """

    def __init__(
        self, session: Session, vault: Vault, pairs: Iterable[tuple[Host, HostFinding]]
    ) -> None:
        self.session = session
        self.vault = vault
        every = list(pairs)
        self.read(
            {host.domain_index for host, _ in every},
            {finding.asn for _, finding in every if finding.asn},
        )

    def read(self, domains: Collection[bytes], asns: Collection[int]) -> None:
        """Read (again) who is on record for these domains (blind indexes) and numbers."""
        platforms = select(ProviderDomain.domain_index, Provider).join(
            Provider, Provider.id == ProviderDomain.provider_id
        )
        announcers = select(ProviderNumber.asn, Provider).join(
            Provider, Provider.id == ProviderNumber.provider_id
        )
        run = self.session.execute
        self.platforms: dict[bytes, Provider] = {
            bytes(index): provider
            for index, provider in run(
                platforms.where(ProviderDomain.domain_index.in_(domains), ProviderDomain.path == "")
            )
        }
        self.announcers: dict[int, Provider] = {
            int(asn): provider
            for asn, provider in run(announcers.where(ProviderNumber.asn.in_(asns)))
        }
        met = {p.id for p in (*self.platforms.values(), *self.announcers.values())}
        contacts = select(Contact.provider_id, Contact.address_index)
        self.contacts: dict[uuid.UUID, set[bytes]] = defaultdict(set)
        for provider_id, index in run(contacts.where(Contact.provider_id.in_(met))):
            self.contacts[provider_id].add(bytes(index))

    def match(self, host: Host, finding: HostFinding) -> Match | None:
        """The provider on record: the platform by its domain, else who announces the address."""
        platform = self.platforms.get(bytes(host.domain_index))
        if platform is not None:
            return Match(platform, Role.PLATFORM)
        announcer = self.announcers.get(finding.asn or 0)
        return _announcer(announcer) if announcer is not None else None

    def match_or_make(
        self, host: Host, finding: HostFinding, book: Book, now: datetime
    ) -> Match | None:
        """As `match`; else made, by reference data or by the finding; None: it names nobody."""
        platform = book.by_domain.get(finding.domain or "")
        known = self.match(host, finding)
        if known is not None and (platform is None or known.role is Role.PLATFORM):
            return known
        fact = platform or book.by_asn.get(finding.asn or 0)
        name = fact.name if fact else finding.organisation or finding.asn_name or finding.network
        if not name:
            return None
        provider = self._made(name, finding, fact, now)
        asns = set(fact.asns if fact else ())
        if finding.asn and platform is None:
            asns.add(finding.asn)
        for asn in sorted(asns):
            self.session.execute(
                insert(ProviderNumber)
                .values(asn=asn, provider_id=provider.id)
                .on_conflict_do_nothing()
            )
        if fact is not None:
            self._curate(provider, fact, now)
        self.read({*self.platforms, host.domain_index}, {*self.announcers, *asns})
        if platform is not None:
            return Match(provider, Role.PLATFORM)
        return self.match(host, finding) or _announcer(provider)

    def record(self, provider: Provider, mails: Iterable[AbuseMail], now: datetime) -> int:
        """Keep looked-up addresses, best first, unapproved; how many were new."""
        new = 0
        for mail in list(mails)[:_MOST_CONTACTS]:
            source = "whois" if mail.evidence.endswith("(WHOIS)") else "rdap"
            new += self._contact(provider, mail.address, source, mail.evidence, None, now)
        return new

    def _made(self, name: str, finding: HostFinding, fact: Fact | None, now: datetime) -> Provider:
        """The provider of this name, made where there is none."""
        _lock(self.session)
        index = self.vault.blind("provider", name.casefold())
        made = new_id()
        self.session.execute(
            insert(Provider)
            .values(
                id=made,
                name=self.vault.seal("providers.name", made, STANDING, name),
                name_index=index,
                public_name=fact.name if fact else None,
                reviewed_at=now if fact else None,
                reviewed_by="reference" if fact else None,
                country=fact.country if fact else finding.organisation_country or finding.country,
                standing=Standing.UNKNOWN,
                proxy=fact.proxy if fact else False,
                kind=Kind.PROVIDER,
                signatory=False,
                first_seen_at=now,
            )
            .on_conflict_do_nothing(index_elements=["name_index"])
        )
        return self.session.scalars(select(Provider).where(Provider.name_index == index)).one()

    def _curate(self, provider: Provider, fact: Fact, now: datetime) -> None:
        for domain in sorted(fact.domains):
            made = new_id()
            self.session.execute(
                insert(ProviderDomain)
                .values(
                    id=made,
                    provider_id=provider.id,
                    domain=self.vault.seal("provider_domains.domain", made, STANDING, domain),
                    domain_index=self.vault.blind("domain", domain),
                    path="",
                )
                .on_conflict_do_nothing()
            )
        for address in fact.contacts:
            self._contact(provider, address, "curated", "reference data", fact.checked_on, now)

    def _contact(
        self,
        provider: Provider,
        address: str,
        source: str,
        evidence: str,
        verified_on: date | None,
        now: datetime,
    ) -> int:
        index = self.vault.blind("contact", address.lower())
        if index in self.contacts[provider.id]:
            return 0
        _lock(self.session)
        made = new_id()
        added = self.session.execute(
            insert(Contact)
            .values(
                id=made,
                provider_id=provider.id,
                medium=Medium.EMAIL,
                address=self.vault.seal("contacts.address", made, STANDING, address),
                address_index=index,
                language=provider.language,
                source=source,
                evidence=evidence,
                verified_on=verified_on,
                plain_locations=False,
                max_urls=100,
                aggregation_minutes=0,
                batch="any",
                feedback_report=False,
                bounces=0,
                answers=0,
                first_seen_at=now,
            )
            .on_conflict_do_nothing(index_elements=["provider_id", "medium", "address_index"])
            .returning(Contact.id)
        )
        self.contacts[provider.id].add(index)
        return len(added.all())


def provider_name(vault: Vault, provider: Provider) -> str:
    """Its name in clear; for people with a right to it."""
    return vault.open("providers.name", provider.id, provider.name)


def contact_address(vault: Vault, contact: Contact) -> str:
    """Its address in clear; for sending, and for people with a right to it."""
    return vault.open("contacts.address", contact.id, contact.address)


def _announcer(provider: Provider) -> Match:
    return Match(provider, Role.PROXY if provider.proxy else Role.HOST)


def _lock(session: Session) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
