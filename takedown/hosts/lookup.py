"""Who hosts a name: DNS, the local IP-to-ASN table and the registries, put together.

No database here: values in, findings out, so that nothing is looked up inside a transaction.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from takedown.hosts import asn_table
from takedown.hosts.asn_table import AsnDatabase, AsnTable, Network
from takedown.hosts.cards import AbuseMail, mail_at
from takedown.hosts.dns_batch import Dns
from takedown.hosts.inquiry import Inquiry, Said
from takedown.hosts.memory import Memory
from takedown.hosts.rdap import Registration
from takedown.hosts.registry import Bootstrap, Registry
from takedown.hosts.resolve import Answer, Resolver, literal

_EMPTY = Registration()


@dataclass(frozen=True, slots=True)
class HostFinding:
    """All that was found about one host at one time: what a Trace is made of."""

    name: str = field(repr=False)
    domain: str | None = field(repr=False)
    dns: Dns
    addresses: tuple[str, ...] = field(default=(), repr=False)
    address: str | None = field(default=None, repr=False)  # the one that was judged
    aliases: tuple[str, ...] = field(default=(), repr=False)
    nameservers: tuple[str, ...] = field(default=(), repr=False)
    asn: int | None = None
    asn_name: str | None = field(default=None, repr=False)
    network: str | None = field(default=None, repr=False)
    country: str | None = None
    organisation: str | None = field(default=None, repr=False)
    organisation_country: str | None = None
    registrar: str | None = field(default=None, repr=False)
    registrar_country: str | None = None
    domain_status: tuple[str, ...] = ()
    abuse: tuple[AbuseMail, ...] = field(default=(), repr=False)  # of the host, best first
    registrar_abuse: tuple[AbuseMail, ...] = field(default=(), repr=False)
    evidence: dict[str, Any] = field(default_factory=dict, repr=False)
    sources: dict[str, str] = field(default_factory=dict)  # fact -> where it came from
    problems: tuple[str, ...] = ()
    forbidden: bool = False  # an address that must not be reached: nobody was asked about it
    registry_down: bool = False  # the address's registry did not answer


@dataclass(frozen=True)
class Lookup:
    """Looks up hosts with frozen settings.

    `allowed(address)`: the guard of the probes, for addresses that no registry may be told of and
    no redirect may lead to. `domain_of(name)`: the registrable domain, None without one.
    `deadline`: seconds for one look-up; `concurrency`: look-ups at once; `rdap_url` None: by
    IANA's lists, kept in `bootstrap_file`. `asn_table` may be missing: findings say so.
    """

    dns_servers: tuple[str, ...]
    rdap_url: str | None
    asn_table: Path | None
    allowed: Callable[[str], bool]
    domain_of: Callable[[str], str | None]
    deadline: float = 10.0
    concurrency: int = 50
    bootstrap_file: Path | None = None
    memory: Memory = field(default_factory=Memory, repr=False)

    @property
    def resolver(self) -> Resolver:
        """The DNS half alone, also for pinning probes."""
        return Resolver(self.dns_servers, self.deadline, self.concurrency)

    def table(self) -> AsnTable | AsnDatabase | None:
        """The IP-to-ASN table, loaded once for each version of its file; None: there is none."""
        try:
            return asn_table.load(self.asn_table) if self.asn_table else None
        except (OSError, ValueError):
            return None

    def findings(self, names: Iterable[str], now: datetime) -> dict[str, HostFinding]:
        """A finding for each host; a network or domain is asked about once within its validity."""
        domains = {name: self.domain_of(name) or _by_default(name) for name in names}
        answers = self.resolver.resolve(domains)
        table = self.table()
        standing = {name: judged(answer) for name, answer in answers.items()}
        networks = {a: table.lookup(a) if table else None for a in standing.values() if a}
        open_to_ask = {a: networks[a] for n, a in standing.items() if a and self._may(answers[n])}
        bootstrap = Bootstrap(self.bootstrap_file, self.deadline, self.allowed)
        registry = Registry(self.rdap_url, self.deadline, self.allowed, bootstrap)
        inquiry = Inquiry(registry, self.memory, self.concurrency, now)
        said = inquiry.ask(open_to_ask, {domain for domain in domains.values() if domain})
        missing = () if table else ("no IP-to-ASN table",)
        return {
            name: _finding(
                name,
                domains[name],
                answer,
                networks.get(standing[name] or ""),
                said,
                forbidden=bool(answer.addresses) and not self._may(answer),
                missing=missing,
            )
            for name, answer in answers.items()
        }

    def _may(self, answer: Answer) -> bool:
        """Whether registries may be asked: one forbidden address refuses them all."""
        return all(self.allowed(address) for address in answer.addresses)


def _by_default(name: str) -> str | None:
    """The last two labels, where the suffix is on no list: its prevailing rule is `*`."""
    labels = name.split(".")
    return None if literal(name) or len(labels) < 2 else ".".join(labels[-2:])


def judged(answer: Answer) -> str | None:
    """The address that stands for the host: the lowest IPv4, else IPv6, so that it stays."""
    return min(answer.addresses, key=lambda a: (":" in a, a), default=None)


def _finding(
    name: str,
    domain: str | None,
    answer: Answer,
    network: Network | None,
    said: Said,
    *,
    forbidden: bool,
    missing: tuple[str, ...],
) -> HostFinding:
    address = judged(answer)
    of_address = said.addresses.get(address or "", _EMPTY)
    asn = network.asn if network else of_address.asn
    of_number = said.numbers.get(asn or 0, _EMPTY)
    of_domain = said.domains.get(domain or "", _EMPTY)
    abuse, own = _host_abuse(of_address, of_number, name, domain)
    country, country_from = _country(network, of_address)
    problems = [*(missing if address else ()), *of_address.problems, *of_number.problems]
    problems += [*of_domain.problems, *own]
    if answer.partial:
        problems.append("one of A and AAAA was not answered")
    if forbidden:
        problems.append("forbidden address")
    if network and of_address.country and network.country not in (None, of_address.country):
        problems.append("registry and table name different countries")
    documents = {"address": of_address.raw, "number": of_number.raw, "domain": of_domain.raw}
    sources = {
        "asn": "table" if network else of_address.source if asn else None,
        "country": country_from,
        "organisation": of_address.source if of_address.organisation else None,
        "registrar": of_domain.source if of_domain.registrar else None,
        "contact": abuse[0].evidence if abuse else None,
    }
    return HostFinding(
        name=name,
        domain=domain,
        dns=answer.dns,
        addresses=answer.addresses,
        address=address,
        aliases=answer.aliases,
        nameservers=answer.nameservers or of_domain.nameservers,
        asn=asn,
        asn_name=network.name if network else None,
        network=of_address.network,
        country=country,
        organisation=of_address.organisation or of_number.organisation,
        organisation_country=of_address.organisation_country or of_number.organisation_country,
        registrar=of_domain.registrar,
        registrar_country=of_domain.registrar_country,
        domain_status=of_domain.status,
        abuse=abuse,
        registrar_abuse=of_domain.abuse,
        evidence={fact: raw for fact, raw in documents.items() if raw is not None},
        sources={fact: source for fact, source in sources.items() if source},
        problems=tuple(dict.fromkeys(problems)),
        forbidden=forbidden,
        registry_down=of_address.down,
    )


def _country(network: Network | None, said: Registration) -> tuple[str | None, str | None]:
    """Where the address is: as its registry says, else the table, else where its holder is."""
    if said.country:
        return said.country, said.source
    if network and network.country:
        return network.country, "table"
    if said.organisation_country:
        return said.organisation_country, f"{said.source}, of the organisation"
    return None, None


def _host_abuse(
    of_address: Registration, of_number: Registration, name: str, domain: str | None
) -> tuple[tuple[AbuseMail, ...], list[str]]:
    """Mails for the host, without those at its own name or domain: that would be a tip-off."""
    every = {m.address: m for m in reversed((*of_address.abuse, *of_number.abuse))}
    own = {domain or name, name}
    kept = tuple(m for m in reversed(every.values()) if not mail_at(m.address, own))
    left_out = len(every) - len(kept)
    return kept, ["a contact at the host's own domain was left out"] if left_out else []
