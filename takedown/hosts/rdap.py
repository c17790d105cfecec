"""What a registry's answer (RDAP, RFC 9083) says about a network, a number or a domain.

whoisit's parser reads the object itself, from what is first brought into the shape that the RFC
asks for; a malformed answer gives what could be read, and names what could not.
"""

import ipaddress
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from takedown.hosts.cards import (
    AbuseMail,
    Entity,
    abuse_mails,
    entities,
    iso_country,
    mails_in,
    plain,
)

Kind = Literal["ip", "autnum", "domain"]
_CLASS = {"ip": "ip network", "autnum": "autnum", "domain": "domain"}
WHERE = {"ip": "address", "autnum": "autonomous system", "domain": "domain's registrar"}
_TEXTS = ("handle", "name", "type", "country", "startAddress", "endAddress", "ldhName")
# Of a name (RFC 9083 10.2.2, RFC 8056), also as EPP writes them; a registry's other words may be
# anything, and these are kept in the clear.
_WORDS = (
    *("validated", "locked", "private", "proxy", "removed", "obscured", "associated"),
    *("active", "inactive", "reserved", "administrative", "renew prohibited"),
    *("update prohibited", "transfer prohibited", "delete prohibited", "pending create"),
    *("pending renew", "pending transfer", "pending update", "pending delete"),
    *("pending restore", "add period", "auto renew period", "redemption period"),
    *("renew period", "transfer period", "client delete prohibited", "client hold"),
    *("client renew prohibited", "client transfer prohibited", "client update prohibited"),
    *("server delete prohibited", "server hold", "server renew prohibited"),
    *("server transfer prohibited", "server update prohibited", "ok"),
)
STATUSES = frozenset([*_WORDS, *(word.replace(" ", "") for word in _WORDS)])


@dataclass(frozen=True, slots=True)
class Registration:
    """A registry's answer as far as it could be read; empty with its problem where none came.

    Of a network or number: `abuse` is for the host. Of a domain: `abuse` is the registrar's, which
    is a contact for steps against the name and never the host's.
    """

    network: str | None = field(default=None, repr=False)  # handle and name
    ranges: tuple[str, ...] = field(default=(), repr=False)  # CIDRs that the answer covers
    country: str | None = None
    organisation: str | None = field(default=None, repr=False)
    organisation_country: str | None = None
    asn: int | None = None
    abuse: tuple[AbuseMail, ...] = field(default=(), repr=False)
    registrar: str | None = field(default=None, repr=False)
    registrar_country: str | None = None
    status: tuple[str, ...] = ()
    nameservers: tuple[str, ...] = field(default=(), repr=False)
    raw: dict[str, Any] | None = field(default=None, repr=False)
    problems: tuple[str, ...] = ()
    down: bool = False  # the registry did not answer the question; later it may
    source: str = "rdap"

    def covers(self, address: str) -> bool:
        """Whether an address lies in the network that this answer is about."""
        one = ipaddress.ip_address(address)
        return any(one in ipaddress.ip_network(cidr) for cidr in self.ranges)


def read(kind: Kind, raw: dict[str, Any]) -> Registration:
    """Read one answer. Never raises on what a registry could send."""
    problems: list[str] = []
    found = entities(raw.get("entities"), problems)
    parsed = _parsed(kind, _shaped(kind, raw, problems), problems)
    if kind == "domain":
        return _domain(raw, parsed, found, problems)
    owner = _owner(found)
    abuse = abuse_mails(found, WHERE[kind]) or _remarked(raw, WHERE[kind])
    if not abuse:
        problems.append(f"no abuse contact for the {WHERE[kind]}")
    return Registration(
        network=" ".join(dict.fromkeys(filter(None, (parsed["handle"], parsed["name"])))) or None,
        ranges=tuple(str(cidr) for cidr in parsed.get("cidrs", ())),
        country=iso_country(parsed.get("country") or ""),
        organisation=owner.name if owner else None,
        organisation_country=owner.country if owner else None,
        asn=_number(kind, parsed),
        abuse=tuple(abuse),
        status=tuple(parsed["status"]),
        raw=raw,
        problems=tuple(problems),
    )


def _domain(
    raw: dict[str, Any], parsed: dict[str, Any], found: list[Entity], problems: list[str]
) -> Registration:
    registrar = next((e for e in found if "registrar" in e.roles), None)
    own = [e for e in found if e.depth == 0 or "registrar" in e.within]
    return Registration(
        registrar=registrar.name if registrar else None,
        registrar_country=registrar.country if registrar else None,
        abuse=tuple(abuse_mails(own, WHERE["domain"])),
        status=tuple(w for word in parsed["status"] if (w := word.lower().strip()) in STATUSES),
        nameservers=tuple(sorted(name.lower().rstrip(".") for name in parsed["nameservers"])),
        raw=raw,
        problems=tuple(problems) if registrar else (*problems, "no registrar named"),
    )


def _owner(found: list[Entity]) -> Entity | None:
    """Whose network it is: the registrant, else whoever is named outermost without being a desk."""
    named = [entity for entity in found if entity.name]
    registrants = [entity for entity in named if "registrant" in entity.roles]
    others = [e for e in named if not e.roles & {"abuse", "technical", "noc"} and not e.depth]
    return next(iter(registrants or others), None)


def _remarked(raw: dict[str, Any], where: str) -> list[AbuseMail]:
    """Mail addresses in remarks of the object itself that speak of abuse."""
    lines: list[str] = []
    remarks = raw.get("remarks")
    for remark in remarks if isinstance(remarks, list) else []:
        said = remark.get("description") if isinstance(remark, dict) else None
        lines += [said] if isinstance(said, str) else said if isinstance(said, list) else []
    return [
        AbuseMail(mail, f"remark of the {where}")
        for line in lines
        if isinstance(line, str) and "abuse" in line.lower()
        for mail in mails_in(line)
    ]


def _number(kind: Kind, parsed: dict[str, Any]) -> int | None:
    numbers = parsed.get("asn_range" if kind == "autnum" else "origin_autnums") or [None]
    first = numbers[0]
    return first if isinstance(first, int) and 0 < first < 1 << 32 else None


def _shaped(kind: Kind, raw: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    """Only the fields that are read, each of the type that RFC 9083 gives it."""
    shaped: dict[str, Any] = {}
    for name in _TEXTS:
        value = raw.get(name)
        if isinstance(value, str):
            shaped[name] = plain(value)
        elif value is not None:
            problems.append(f"field {name} could not be read")
    for name in ("startAddress", "endAddress"):
        if name in shaped and (address := _address(shaped.pop(name))):
            shaped[name] = address
        elif name in raw and kind == "ip":
            problems.append(f"field {name} could not be read")
    for name in ("status", "arin_originas0_originautnums"):
        shaped[name] = _list(raw, name, (str, int), problems)
    for name in ("nameservers", "cidr0_cidrs"):
        if name in raw:
            shaped[name] = _list(raw, name, (dict,), problems)
    if not shaped.get("cidr0_cidrs"):
        shaped.pop("cidr0_cidrs", None)
    shaped["nameservers"] = [
        {"objectClassName": "nameserver", "ldhName": plain(str(one.get("ldhName") or ""))}
        for one in shaped.get("nameservers", ())
    ]
    for name in ("startAutnum", "endAutnum"):
        shaped[name] = raw.get(name)
    shaped["handle"] = shaped.get("handle") or "-"
    shaped["objectClassName"] = _CLASS[kind]
    if raw.get("objectClassName", _CLASS[kind]) != _CLASS[kind]:
        problems.append("an answer about something else")
    return shaped


def _list(
    raw: dict[str, Any], name: str, types: tuple[type, ...], problems: list[str]
) -> list[Any]:
    value = raw.get(name, [])
    items = value if isinstance(value, list) else [value]
    kept = [dict(item) if isinstance(item, dict) else item for item in items]
    kept = [plain(item) if isinstance(item, str) else item for item in kept]
    kept = [item for item in kept if isinstance(item, types)]
    if len(kept) != len(items) or not isinstance(value, list):
        problems.append(f"field {name} could not be read")
    return kept


def _address(text: str) -> str | None:
    """An address as registries write them: with a length behind, or zeros before (074.125.0.0)."""
    bare = text.partition("/")[0].strip()
    if ":" not in bare:
        bare = ".".join(part.lstrip("0") or "0" for part in bare.split("."))
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return None


def _parsed(kind: Kind, shaped: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    from whoisit import parser  # half a second, paid by those alone who look something up

    parse: Any = parser.parse  # its annotations say otherwise than its code
    empty = {"handle": "", "name": "", "status": [], "nameservers": []}
    try:
        parsed: dict[str, Any] = parse(_bootstrap(), _CLASS[kind], "", shaped)
    except Exception as error:  # the parser raises whatever it meets
        problems.append(f"the answer could not be read ({type(error).__name__})")
        return empty
    parsed["handle"] = "" if parsed["handle"] == "-" else parsed["handle"]
    return empty | parsed


@cache
def _bootstrap() -> Any:
    """The parser asks it for the registry's name alone; nothing is loaded nor fetched."""
    from whoisit.bootstrap import BaseBootstrap

    return BaseBootstrap()
