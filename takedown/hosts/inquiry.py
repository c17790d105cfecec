"""The questions of one batch to the registries: many at once, none twice, the slow in nobody's way.

Addresses that the table counts to one range are asked about once; the answer says how far it
reaches. What it does not cover is asked about in smaller groups.
"""

import ipaddress
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime

from takedown.hosts.asn_table import Network
from takedown.hosts.memory import Memory
from takedown.hosts.rdap import Kind, Registration
from takedown.hosts.registry import Registry

_NEIGHBOURS = {4: 24, 6: 48}  # what is commonly given out as one piece


@dataclass(frozen=True, slots=True)
class Said:
    """What the registries said, by what they were asked about."""

    addresses: dict[str, Registration] = field(default_factory=dict)
    numbers: dict[int, Registration] = field(default_factory=dict)
    domains: dict[str, Registration] = field(default_factory=dict)


class Inquiry:
    """Asks for one batch. The thread that calls `ask` hands out the work and reads all answers."""

    def __init__(self, registry: Registry, memory: Memory, places: int, now: datetime) -> None:
        self._registry = registry
        self._memory = memory
        self._places = places
        self._now = now
        self._said = Said()
        self._under_way: dict[Future[Registration], Callable[[Registration], None]] = {}

    def ask(self, addresses: Mapping[str, Network | None], domains: Iterable[str]) -> Said:
        """Registrations of addresses (with the table's network) and of registrable domains."""
        self._pool = ThreadPoolExecutor(self._places, thread_name_prefix="registry")
        with self._pool:
            self._networks = dict(addresses)
            self._split(addresses, self._range)
            for domain in domains:
                self._domain(domain)
            while self._under_way:
                done, _ = wait(self._under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    self._under_way.pop(future)(future.result())
        return self._said

    def _start(self, kind: Kind, what: str) -> Future[Registration]:
        return self._pool.submit(self._asked, kind, what)

    def _asked(self, kind: Kind, what: str) -> Registration:
        try:
            return self._registry.ask(kind, what)
        except Exception as error:  # one look-up that breaks must not take the batch with it
            return Registration(problems=(f"look-up broke: {type(error).__name__}",), down=True)

    def _domain(self, domain: str) -> None:
        if kept := self._memory.of_domain(domain, self._now):
            self._said.domains[domain] = kept
            return

        def answered(said: Registration) -> None:
            self._said.domains[domain] = said
            self._memory.keep_domain(domain, said, self._now)

        self._under_way[self._start("domain", domain)] = answered

    def _split(self, addresses: Iterable[str], key: Callable[[str], Hashable]) -> None:
        groups: dict[Hashable, list[str]] = defaultdict(list)
        for address in addresses:
            if kept := self._memory.of_address(address, self._now):
                self._take(address, kept)
            else:
                groups[key(address)].append(address)
        for group in groups.values():
            self._group(group, key)

    def _group(self, group: list[str], key: Callable[[str], Hashable]) -> None:
        first, *others = group

        def answered(said: Registration) -> None:
            self._memory.keep_address(first, said, self._now)
            self._take(first, said)
            apart = []
            for other in others:
                same = said.down or (said.raw is None and key is not self._range)
                if same or (said.raw is not None and said.covers(other)):
                    self._take(other, said)
                else:
                    apart.append(other)
            self._split(apart, _neighbours if key is self._range else _alone)

        self._under_way[self._start("ip", first)] = answered

    def _range(self, address: str) -> Hashable:
        network = self._networks[address]
        return (network.first, network.last) if network else _neighbours(address)

    def _take(self, address: str, said: Registration) -> None:
        """Keep it; where it names no abuse contact, its autonomous system may have one."""
        self._said.addresses[address] = said
        network = self._networks[address]
        asn = network.asn if network else said.asn
        if said.raw is not None and not said.abuse and asn and asn not in self._said.numbers:
            self._number(asn)

    def _number(self, asn: int) -> None:
        if kept := self._memory.of_number(asn, self._now):
            self._said.numbers[asn] = kept
            return
        self._said.numbers[asn] = Registration()

        def answered(said: Registration) -> None:
            self._said.numbers[asn] = said
            self._memory.keep_number(asn, said, self._now)

        self._under_way[self._start("autnum", str(asn))] = answered


def _neighbours(address: str) -> Hashable:
    version = ipaddress.ip_address(address).version
    return str(ipaddress.ip_network(f"{address}/{_NEIGHBOURS[version]}", strict=False))


def _alone(address: str) -> Hashable:
    return address
