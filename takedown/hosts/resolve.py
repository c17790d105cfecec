"""Names to addresses by servers of our own choice; address literals and `.onion` pass through."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import pycares

from takedown.hosts.dns_batch import Batch, Dns, Found, Question
from takedown.hosts.memory import Memory

__all__ = ["Answer", "Dns", "Resolver", "literal"]

_A: Final = pycares.QUERY_TYPE_A
_AAAA: Final = pycares.QUERY_TYPE_AAAA
_NS: Final = pycares.QUERY_TYPE_NS
_CNAME: Final = pycares.QUERY_TYPE_CNAME
_NOTHING: Final = (Dns.NXDOMAIN, Dns.NO_DATA)
_NOTHING_HOLDS_S: Final = 60  # its own time (RFC 2308) is not told to us: less than zones give
_LONGEST_CHAIN: Final = 12
# Which of two answers (A and AAAA) speaks for the name where neither holds an address.
_WEIGHT: Final = (Dns.NXDOMAIN, Dns.TIMEOUT, Dns.SERVFAIL, Dns.REFUSED, Dns.NO_DATA)


@dataclass(frozen=True, slots=True)
class Answer:
    """What DNS said about one name; `addresses` IPv4 first, each family in the order given."""

    dns: Dns
    addresses: tuple[str, ...] = field(default=(), repr=False)
    aliases: tuple[str, ...] = field(default=(), repr=False)  # the CNAME chain, as it was followed
    nameservers: tuple[str, ...] = field(default=(), repr=False)  # of the registrable domain
    partial: bool = False  # one of A and AAAA failed: there may be more addresses
    circle: bool = False  # the chain comes back to itself, or never ends


@dataclass(frozen=True, slots=True)
class _Family:
    """The A or the AAAA side of a name: its chain of aliases, and what stands at its end."""

    said: Dns
    addresses: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    circle: bool = False


@dataclass(frozen=True, slots=True)
class Resolver:
    """Asks `servers` ("address:port"; none: the system's); each call has a cache of its own.

    `deadline`: seconds for one question; `concurrency`: names asked at once. `memory`: answers of
    earlier calls are used until their TTL is over; None: each call asks anew.
    """

    servers: tuple[str, ...] = ()
    deadline: float = 10.0
    concurrency: int = 50
    memory: Memory | None = None

    def addresses(self, names: Iterable[str]) -> dict[str, Answer]:
        """A and AAAA of each name: what a probe pins its connection to."""
        return self.resolve(dict.fromkeys(names))

    def resolve(
        self, names: dict[str, str | None], now: datetime | None = None
    ) -> dict[str, Answer]:
        """A and AAAA of each name, and the NS of its registrable domain (the value, if any).

        `now` is needed where there is a memory.
        """
        answers = {name: _unasked(name) for name in names}
        asked = [name for name, answer in answers.items() if answer is None]
        zones = {domain for name in asked if (domain := names[name])}
        found: dict[Question, Found] = {}
        wanted = [(name, kind) for name in asked for kind in (_A, _AAAA)]
        wanted += [(domain, _NS) for domain in zones]
        for _ in range(_LONGEST_CHAIN + 1):
            self._ask(wanted, found, now)
            wanted = [end for name in asked for end in _open_ends(found, name)]
            if not wanted:
                break
        return {
            name: answer or _host(found, name, _nameservers(found, names[name]))
            for name, answer in answers.items()
        }

    def _ask(
        self, questions: Iterable[Question], found: dict[Question, Found], now: datetime | None
    ) -> None:
        wanted = [question for question in questions if question not in found]
        if self.memory is not None and now is not None:
            for question in wanted:
                if (known := self.memory.of_question(question, now)) is not None:
                    found[question] = known
            wanted = [question for question in wanted if question not in found]
        if not wanted:
            return
        answered = Batch(self.servers, self.deadline, self.concurrency * 2).ask(wanted)
        found.update(answered)
        if self.memory is not None and now is not None:
            for question, said in answered.items():
                if said in _NOTHING or said == []:
                    self.memory.keep_question(question, said, _NOTHING_HOLDS_S, now)
                elif isinstance(said, list):
                    self.memory.keep_question(question, said, min(r.ttl for r in said), now)


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


def _host(found: dict[Question, Found], name: str, nameservers: tuple[str, ...]) -> Answer:
    sides = [_family(found, name, kind) for kind in (_A, _AAAA)]
    addresses = tuple(dict.fromkeys(address for side in sides for address in side.addresses))
    circle = any(side.circle for side in sides)
    said = Dns.OK if addresses else min((side.said for side in sides), key=_WEIGHT.index)
    return Answer(
        dns=said,
        addresses=addresses,
        aliases=tuple(dict.fromkeys(alias for side in sides for alias in side.aliases)),
        nameservers=nameservers,
        partial=bool(addresses) and any(side.said.failed for side in sides),
        circle=circle and not addresses,
    )


def _family(found: dict[Question, Found], name: str, kind: int) -> _Family:
    """Follow the aliases from a name; what a resolver gave along is used, and asked for else.

    A chain that comes back to itself is what resolvers answer with SERVFAIL (RFC 1034, 3.6.2).
    """
    chain: list[str] = []
    at = name.lower()
    said = found.get((name, kind), Dns.SERVFAIL)
    while True:
        if isinstance(said, Dns):
            return _Family(said, (), tuple(chain))
        addresses = _values(said, kind, at)
        if addresses:
            return _Family(Dns.OK, addresses, tuple(chain))
        following = next(iter(_values(said, _CNAME, at)), None)
        if following is None:
            if (at, kind) in found and found[at, kind] is not said and at != name.lower():
                said = found[at, kind]
                continue
            return _Family(Dns.NO_DATA, (), tuple(chain))
        if following in chain or following == name.lower() or len(chain) == _LONGEST_CHAIN:
            return _Family(Dns.SERVFAIL, (), tuple(chain), circle=True)
        chain.append(following)
        at = following


def _open_ends(found: dict[Question, Found], name: str) -> list[Question]:
    """The ends of a name's chains of aliases that nothing has been asked about, where it has no
    address yet."""
    sides = {kind: _family(found, name, kind) for kind in (_A, _AAAA)}
    if any(side.addresses for side in sides.values()):
        return []
    ends = [(s.aliases[-1], k) for k, s in sides.items() if s.aliases and s.said is Dns.NO_DATA]
    return [end for end in ends if end not in found]


def _nameservers(found: dict[Question, Found], domain: str | None) -> tuple[str, ...]:
    said = found.get((domain or "", _NS), Dns.NO_DATA)
    if domain is None or isinstance(said, Dns):
        return ()
    return tuple(sorted(_values(said, _NS, domain.lower())))


def _values(records: list[pycares.DNSRecord], kind: int, owner: str) -> tuple[str, ...]:
    """The data of the records of one kind that belong to a name, each once, lower-cased."""
    attribute = {_A: "addr", _AAAA: "addr", _NS: "nsdname", _CNAME: "cname"}[kind]
    values = [
        str(getattr(record.data, attribute)).rstrip(".").lower()
        for record in records
        if record.type == kind and record.name.rstrip(".").lower() == owner
    ]
    return tuple(dict.fromkeys(values))
