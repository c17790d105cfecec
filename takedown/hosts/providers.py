"""Which organisation can act about a host: who is on record for its domain, address or number."""

import ipaddress
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from takedown.hosts.known import Network
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

Found = TypeVar("Found")


class OnRecord:
    """The providers and contacts that a batch of findings can meet, read at once.

    A provider that was merged into another stands for its survivor everywhere here.
    """

    def __init__(self, session: Session, vault: Vault) -> None:
        self.session = session
        self.vault = vault
        self.contacts: dict[uuid.UUID, set[bytes]] = defaultdict(set)
        self._platforms: dict[bytes, Provider] = {}
        self._announcers: dict[int, Provider] = {}
        self._named: dict[bytes, Provider] = {}
        self._ranges: dict[Network, Provider] = {}
        self._aliases: dict[str, Provider] = {}

    def read(
        self,
        *,
        domains: Iterable[str] = (),
        asns: Iterable[int] = (),
        names: Iterable[str] = (),
    ) -> None:
        """Read (again) who is on record for these; ranges and marks are read whole."""
        blind = self.vault.blind
        platforms = {blind("domain", one) for one in domains}
        named = {blind("provider", one.casefold()) for one in names}
        of_domains = _owners(ProviderDomain.domain_index, ProviderDomain.provider_id)
        of_numbers = _owners(ProviderNumber.asn, ProviderNumber.provider_id)
        of_aliases = _owners(ProviderAlias.name_index, ProviderAlias.provider_id)
        self._take(
            self._platforms,
            of_domains.where(ProviderDomain.domain_index.in_(platforms), ProviderDomain.path == ""),
        )
        self._take(self._announcers, of_numbers.where(ProviderNumber.asn.in_(set(asns))))
        self._take(self._named, of_aliases.where(ProviderAlias.name_index.in_(named)))
        own_names = select(Provider.name_index, Provider).where(Provider.name_index.in_(named))
        self._take(self._named, own_names)
        ranges: dict[str, Provider] = {}
        self._take(ranges, _owners(ProviderRange.network, ProviderRange.provider_id))
        self._ranges = {ipaddress.ip_network(str(one)): who for one, who in ranges.items()}
        marks = _owners(ProviderMark.value, ProviderMark.provider_id)
        self._take(self._aliases, marks.where(ProviderMark.kind == "cname"))
        shelves = (self._platforms, self._announcers, self._named, self._ranges, self._aliases)
        self.read_contacts({who.id for shelf in shelves for who in shelf.values()})

    def read_contacts(self, providers: Collection[uuid.UUID]) -> None:
        """Read (again) which addresses are known for these providers, retired ones included."""
        rows = select(Contact.provider_id, Contact.address_index)
        for provider_id, index in self.session.execute(
            rows.where(Contact.provider_id.in_(providers))
        ):
            self.contacts[provider_id].add(bytes(index))

    def platform(self, names: Iterable[str]) -> Provider | None:
        """Who publishes for its users under one of these domains; the first that is known."""
        found = (self._platforms.get(self.vault.blind("domain", name)) for name in names)
        return next((one for one in found if one is not None), None)

    def ranged(self, address: str) -> tuple[int, Provider] | None:
        """Whose range holds an address, the narrowest one, with the length of its prefix."""
        return narrowest(address, self._ranges)

    def announcer(self, asn: int | None) -> Provider | None:
        """Whose autonomous system it is."""
        return self._announcers.get(asn or 0)

    def behind_alias(self, aliases: Collection[str]) -> Provider | None:
        """Whose proxy a chain of aliases (CNAME) leads to."""
        mark = ending(aliases, self._aliases)
        return self._aliases[mark] if mark else None

    def named(self, name: str) -> Provider | None:
        """The provider of this name, or of which it is another name."""
        return self._named.get(self.vault.blind("provider", name.casefold()))

    def _take(self, shelf: dict[Any, Provider], query: Any) -> None:
        for key, provider in self.session.execute(query):
            plain = bytes(key) if isinstance(key, memoryview | bytes) else key
            shelf[plain] = survivor(self.session, provider)


def survivor(session: Session, provider: Provider) -> Provider:
    """The provider that a merged one lives on in; itself where it was not merged."""
    seen = {provider.id}
    while provider.merged_into_id is not None and provider.merged_into_id not in seen:
        seen.add(provider.merged_into_id)
        provider = session.get_one(Provider, provider.merged_into_id)
    return provider


def narrowest(address: str, ranges: Mapping[Network, Found]) -> tuple[int, Found] | None:
    """What the narrowest of `ranges` around an address leads to, and the length of its prefix."""
    if not ranges:
        return None
    whole = ipaddress.ip_network(address)
    lengths = {one.prefixlen for one in ranges if one.version == whole.version}
    for length in sorted(lengths, reverse=True):
        found = ranges.get(whole.supernet(new_prefix=length))
        if found is not None:
            return length, found
    return None


def ending(names: Collection[str], marks: Collection[str]) -> str | None:
    """The mark that one of these names is or ends in; the longest wins."""
    found = (mark for mark in marks for name in names if f".{name}".endswith(f".{mark}"))
    return max(found, key=len, default=None)


def domains_of(name: str, registrable: str | None) -> tuple[str, ...]:
    """The domains that a host name stands under, longest first, down to the registrable one.

    Between the two lie those that a platform gives its users (the suffix list's private section).
    """
    if registrable is None or not (name == registrable or name.endswith(f".{registrable}")):
        return tuple(filter(None, (name, registrable)))
    labels = name.split(".")
    last = len(labels) - registrable.count(".") - 1
    return tuple(".".join(labels[at:]) for at in range(last + 1))


def provider_name(vault: Vault, provider: Provider) -> str:
    """Its name in clear; for people with a right to it."""
    return vault.open("providers.name", provider.id, provider.name)


def contact_address(vault: Vault, contact: Contact) -> str:
    """Its address in clear; for sending, and for people with a right to it."""
    return vault.open("contacts.address", contact.id, contact.address)


def _owners(
    key: InstrumentedAttribute[Any], provider_id: InstrumentedAttribute[uuid.UUID]
) -> Select[Any, Provider]:
    return select(key, Provider).join(Provider, Provider.id == provider_id)
