"""Providers and contacts that findings bring up: written once, whoever meets them first."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from takedown.db import new_id
from takedown.hosts.cards import AbuseMail
from takedown.hosts.known import Book, Fact
from takedown.hosts.models import (
    Contact,
    Kind,
    Medium,
    Provider,
    ProviderDomain,
    ProviderMark,
    ProviderNumber,
    ProviderRange,
    Standing,
)
from takedown.hosts.providers import OnRecord
from takedown.vault import STANDING

# Held until commit by whoever makes providers or contacts, so that no two wait crosswise.
_LOCK = 0x7A6B_0002
_MOST_CONTACTS = 3


class Maker:
    """Makes what is not on record yet; `book`: the well-known providers."""

    def __init__(self, record: OnRecord, book: Book, now: datetime) -> None:
        self.record = record
        self.book = book
        self.now = now
        self._session = record.session
        self._vault = record.vault
        self._curated: dict[str, Provider] = {}

    def of_fact(self, fact: Fact) -> Provider:
        """A well-known provider, with all that the reference data say of it."""
        if fact.name not in self._curated:
            provider = self._provider(fact.name, fact.country, fact)
            self._curate(provider, fact)
            self.record.read(domains=fact.domains, asns=fact.asns)
            self._curated[fact.name] = provider
        return self._curated[fact.name]

    def of_name(self, name: str, country: str | None) -> Provider:
        """The provider of this name or other name, made where there is none."""
        return self.record.named(name) or self._provider(name, country, None)

    def announces(self, provider: Provider, asn: int) -> Provider:
        """The number is the provider's, unless somebody else was first: then it is theirs."""
        self._number(provider, asn)
        self.record.read(asns=[asn])
        return self.record.announcer(asn) or provider

    def contacts(self, provider: Provider, mails: Iterable[AbuseMail]) -> int:
        """Keep looked-up addresses, best first, unapproved; how many were new."""
        new = 0
        for mail in list(mails)[:_MOST_CONTACTS]:
            source = "whois" if mail.evidence.endswith("(WHOIS)") else "rdap"
            new += self.contact(provider, mail.address, source, mail.evidence)
        return new

    def contact(
        self,
        provider: Provider,
        address: str,
        source: str,
        evidence: str,
        *,
        verified_on: date | None = None,
        proposed_by: str | None = None,
    ) -> int:
        """One address, unapproved; 0 where it was known. `proposed_by`: who typed it in."""
        index = self._vault.blind("contact", address.lower())
        if index in self.record.contacts[provider.id]:
            return 0
        _lock(self._session)
        made = new_id()
        added = self._session.execute(
            insert(Contact)
            .values(
                id=made,
                provider_id=provider.id,
                medium=Medium.EMAIL,
                address=self._vault.seal("contacts.address", made, STANDING, address),
                address_index=index,
                language=provider.language,
                source=source,
                evidence=evidence,
                verified_on=verified_on,
                proposed_by=proposed_by,
                plain_locations=False,
                max_urls=100,
                aggregation_minutes=0,
                batch="any",
                feedback_report=False,
                bounces=0,
                answers=0,
                first_seen_at=self.now,
            )
            .on_conflict_do_nothing(index_elements=["provider_id", "medium", "address_index"])
            .returning(Contact.id)
        )
        self.record.contacts[provider.id].add(index)
        return len(added.all())

    def _provider(self, name: str, country: str | None, fact: Fact | None) -> Provider:
        _lock(self._session)
        self.record.read(names=[name])
        known = self.record.named(name)
        if known is not None:
            return known
        made = new_id()
        self._session.execute(
            insert(Provider).values(
                id=made,
                name=self._vault.seal("providers.name", made, STANDING, name),
                name_index=self._vault.blind("provider", name.casefold()),
                public_name=fact.name if fact else None,
                reviewed_at=self.now if fact else None,
                reviewed_by="reference" if fact else None,
                country=country,
                standing=Standing.UNKNOWN,
                proxy=fact.proxy if fact else False,
                kind=Kind.PROVIDER,
                signatory=False,
                first_seen_at=self.now,
            )
        )
        self.record.read(names=[name])
        return self._session.get_one(Provider, made)

    def _curate(self, provider: Provider, fact: Fact) -> None:
        """Enter what the reference data know; what stands as another's stays theirs."""
        own = {"provider_id": provider.id}
        for asn in sorted(fact.asns):
            self._number(provider, asn)
        for network in fact.ranges:
            self._enter(ProviderRange, own | {"id": new_id(), "network": str(network)})
        for domain, path in [*((one, "") for one in fact.domains), *fact.paths]:
            made = new_id()
            sealed = self._vault.seal("provider_domains.domain", made, STANDING, domain)
            index = self._vault.blind("domain", domain)
            named = {"id": made, "domain": sealed, "domain_index": index, "path": path}
            self._enter(ProviderDomain, own | named)
        marks = {"cname": fact.cname_marks, "header": fact.header_marks}
        for kind, values in marks.items():
            for value in values:
                self._enter(ProviderMark, own | {"id": new_id(), "kind": kind, "value": value})
        for address in fact.contacts:
            self.contact(
                provider, address, "curated", "reference data", verified_on=fact.checked_on
            )

    def _number(self, provider: Provider, asn: int) -> None:
        self._enter(ProviderNumber, {"asn": asn, "provider_id": provider.id})

    def _enter(self, table: type, values: dict[str, object]) -> None:
        self._session.execute(insert(table).values(**values).on_conflict_do_nothing())


def _lock(session: Session) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
