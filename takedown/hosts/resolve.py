"""Names to addresses by servers of our own choice; address literals and `.onion` pass through."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field

import pycares

from takedown.hosts.dns_batch import Batch, Dns

__all__ = ["Answer", "Dns", "Resolver", "literal"]

_A, _AAAA = pycares.QUERY_TYPE_A, pycares.QUERY_TYPE_AAAA
# Which of two answers (A and AAAA) speaks for the name where neither holds an address.
_WEIGHT = (Dns.NXDOMAIN, Dns.TIMEOUT, Dns.SERVFAIL, Dns.REFUSED, Dns.NO_DATA)
_Result = list[pycares.DNSRecord] | Dns


@dataclass(frozen=True, slots=True)
class Answer:
    """What DNS said about one name; `addresses` IPv4 first, each family in the order given."""

    dns: Dns
    addresses: tuple[str, ...] = field(default=(), repr=False)
    aliases: tuple[str, ...] = field(default=(), repr=False)  # the CNAME chain, as it was followed
    nameservers: tuple[str, ...] = field(default=(), repr=False)  # of the registrable domain
    partial: bool = False  # one of A and AAAA failed: there may be more addresses


@dataclass(frozen=True, slots=True)
class Resolver:
    """Asks `servers` ("address:port"; none: the system's); each call has a cache of its own.

    `deadline`: seconds for one question; `concurrency`: names asked at once.
    """

    servers: tuple[str, ...] = ()
    deadline: float = 10.0
    concurrency: int = 50

    def addresses(self, names: Iterable[str]) -> dict[str, Answer]:
        """A and AAAA of each name: what a probe pins its connection to."""
        return self.resolve(dict.fromkeys(names))

    def resolve(self, names: dict[str, str | None]) -> dict[str, Answer]:
        """A and AAAA of each name, and the NS of its registrable domain (the value, if any)."""
        answers = {name: _unasked(name) for name in names}
        asked = [name for name, answer in answers.items() if answer is None]
        questions = [(name, kind) for name in asked for kind in (_A, _AAAA)]
        zones = {domain for name in asked if (domain := names[name])}
        questions += [(domain, pycares.QUERY_TYPE_NS) for domain in zones]
        found = Batch(self.servers, self.deadline, self.concurrency * 2).ask(questions)
        zone = {
            domain: _values(found[domain, pycares.QUERY_TYPE_NS], pycares.QUERY_TYPE_NS, "nsdname")
            for domain in zones
        }
        return {
            name: answer or _host(found[name, _A], found[name, _AAAA], zone.get(names[name] or ""))
            for name, answer in answers.items()
        }


def literal(name: str) -> str | None:
    """The address that stands as host, without IPv6's brackets; None for a name."""
    try:
        return str(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        return None


def _unasked(name: str) -> Answer | None:
    address = literal(name)
    if address is not None:
        return Answer(Dns.LITERAL, (address,))
    return Answer(Dns.ONION) if name.endswith(".onion") else None


def _host(v4: _Result, v6: _Result, nameservers: list[str] | None) -> Answer:
    addresses = (*_values(v4, _A, "addr"), *_values(v6, _AAAA, "addr"))
    chain = [alias for r in (v4, v6) for alias in _values(r, pycares.QUERY_TYPE_CNAME, "cname")]
    failed = [r if isinstance(r, Dns) else Dns.NO_DATA for r in (v4, v6)]
    return Answer(
        dns=Dns.OK if addresses else min(failed, key=_WEIGHT.index),
        addresses=addresses,
        aliases=tuple(dict.fromkeys(chain)),
        nameservers=tuple(sorted(nameservers or ())),
        partial=bool(addresses) and any(said.failed for said in failed),
    )


def _values(result: _Result, kind: int, attribute: str) -> list[str]:
    if isinstance(result, Dns):
        return []
    values = [getattr(record.data, attribute) for record in result if record.type == kind]
    return list(dict.fromkeys(str(value).rstrip(".").lower() for value in values))
