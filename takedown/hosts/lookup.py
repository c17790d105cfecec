"""Who hosts a name: DNS, the local tables and the registries, put together.

No database here: values in, findings out, so that nothing is looked up inside a transaction.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from takedown.hosts import asn_table, geolocation, tables, upstreams
from takedown.hosts.asn_table import AsnDatabase, AsnTable
from takedown.hosts.bootstrap import Bootstrap
from takedown.hosts.domains import private_domain
from takedown.hosts.finding import HostFinding, Local, finding
from takedown.hosts.inquiry import Inquiry
from takedown.hosts.limits import Limits
from takedown.hosts.memory import Memory
from takedown.hosts.registry import Registry
from takedown.hosts.resolve import Answer, Resolver, literal
from takedown.hosts.whois_names import WhoisNames

__all__ = ["HostFinding", "Lookup", "judged"]

_MOST_CARRIERS = 2  # of one number that registries are asked about
_PATIENCE = 3  # times the deadline: for registries that want a pause
_Table = TypeVar("_Table")


@dataclass(frozen=True)
class Lookup:
    """Looks up hosts with frozen settings.

    `allowed(address)`: the guard of the probes, for addresses that no registry may be told of and
    no redirect may lead to. `domain_of(name)`: the registrable domain, None without one.
    `deadline`: seconds for one look-up; `concurrency`: look-ups at once; `rdap_url` None: by the
    lists at `bootstrap_url` (None: IANA's), kept in `bootstrap_file`. Tables may be missing:
    findings say so of `asn_table`, the others are the operator's choice.
    """

    dns_servers: tuple[str, ...]
    rdap_url: str | None
    asn_table: Path | None
    allowed: Callable[[str], bool]
    domain_of: Callable[[str], str | None]
    deadline: float = 10.0
    concurrency: int = 50
    bootstrap_file: Path | None = None
    bootstrap_url: str | None = None
    whois_server: str | None = None
    geolocation_table: Path | None = None
    upstream_table: Path | None = None
    memory: Memory = field(default_factory=Memory, repr=False)
    limits: Limits = field(default_factory=Limits, repr=False)

    @property
    def resolver(self) -> Resolver:
        """The DNS half alone, for pinning probes: each call asks anew."""
        return Resolver(self.dns_servers, self.deadline, self.concurrency)

    def table(self) -> AsnTable | AsnDatabase | None:
        """The IP-to-ASN table, loaded once for each version of its file; None: there is none."""
        return _loaded(asn_table.load, self.asn_table)

    def tables(self, now: datetime) -> list[tables.TableState]:
        """Each reference table with its date, its age at `now` and whether it is old."""
        paths = (self.asn_table, self.geolocation_table, self.upstream_table)
        return [
            tables.state(name, path, now) for name, path in zip(tables.NAMES, paths, strict=True)
        ]

    def findings(self, names: Iterable[str], now: datetime) -> dict[str, HostFinding]:
        """A finding for each host; nothing is asked about twice within its validity."""
        domains = {name: self._domain(name) for name in names}
        resolver = Resolver(self.dns_servers, self.deadline, self.concurrency, self.memory)
        answers = resolver.resolve(domains, now)
        standing = {name: judged(answer) for name, answer in answers.items()}
        local = self._local(address for address in standing.values() if address)
        askable = {
            address: local[address].network
            for name, address in standing.items()
            if address and self._may(answers[name])
        }
        carriers = {asn for a in askable for asn in local[a].upstream_asns[:_MOST_CARRIERS]}
        said = self._inquiry(now).ask(askable, {d for d in domains.values() if d}, carriers)
        return {
            name: finding(
                name,
                domains[name],
                private_domain(name) if domains[name] else None,
                answer,
                local.get(standing[name] or "", Local()),
                said,
                address=standing[name],
                forbidden=bool(answer.addresses) and not self._may(answer),
            )
            for name, answer in answers.items()
        }

    def _domain(self, name: str) -> str | None:
        """The registrable domain; the last two labels, where the suffix is on no list: its
        prevailing rule is `*`. Nobody registers the name of an onion service."""
        labels = name.split(".")
        if literal(name) or len(labels) < 2 or labels[-1] == "onion":
            return None
        return self.domain_of(name) or ".".join(labels[-2:])

    def _local(self, addresses: Iterable[str]) -> Mapping[str, Local]:
        numbers = self.table()
        places = _loaded(geolocation.load, self.geolocation_table)
        carriers = _loaded(upstreams.load, self.upstream_table)
        missing = () if numbers else ("no IP-to-ASN table",)
        found = {}
        for address in addresses:
            network = numbers.lookup(address) if numbers else None
            found[address] = Local(
                network,
                places.country(address) if places else None,
                carriers.of(network.asn) if network and carriers else (),
                missing,
            )
        return found

    def _inquiry(self, now: datetime) -> Inquiry:
        patience = self.deadline * _PATIENCE
        return Inquiry(self._registry, self.memory, self.limits, self.concurrency, patience, now)

    @cached_property
    def _registry(self) -> Registry:
        source = self.bootstrap_url
        lists = Bootstrap(self.bootstrap_file, self.deadline, self.allowed, source)
        names = WhoisNames(self.allowed, self.whois_server)
        return Registry(self.rdap_url, self.deadline, self.allowed, lists, source, names)

    def _may(self, answer: Answer) -> bool:
        """Whether registries may be asked: one forbidden address refuses them all."""
        return all(self.allowed(address) for address in answer.addresses)


def judged(answer: Answer) -> str | None:
    """The address that stands for the host: the lowest IPv4, else IPv6, so that it stays."""
    return min(answer.addresses, key=lambda a: (":" in a, a), default=None)


def _loaded(load: Callable[[Path], _Table], path: Path | None) -> _Table | None:
    try:
        return load(path) if path else None
    except (OSError, ValueError):
        return None
