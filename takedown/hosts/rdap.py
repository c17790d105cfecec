"""What a registry's answer (RDAP, RFC 9083) says about a network, a number or a domain.

whoisit's parser reads the object itself, from what is first brought into the shape that the RFC
asks for; a malformed answer gives what could be read, and names what could not.
"""

import ipaddress
from functools import cache
from typing import Any

from takedown.hosts.cards import (
    AbuseMail,
    Entity,
    abuse_mails,
    entities,
    is_national,
    iso_country,
    mails_in,
    national_mails,
    plain,
    remark_lines,
    remarked_mails,
    speaks_of_abuse,
)
from takedown.hosts.registration import STATUSES, WHERE, Kind, Registration

_CLASS = {"ip": "ip network", "autnum": "autnum", "domain": "domain"}
_TEXTS = ("handle", "name", "type", "country", "startAddress", "endAddress", "ldhName")


def read(kind: Kind, raw: dict[str, Any]) -> Registration:
    """Read one answer. Never raises on what a registry could send."""
    problems: list[str] = []
    found = entities(raw.get("entities"), problems)
    parsed = _parsed(kind, _shaped(kind, raw, problems), problems)
    if kind == "domain":
        return _domain(raw, parsed, found, problems)
    owner = _owner(found)
    where = WHERE[kind]
    abuse = abuse_mails(found, where) or _remarked(raw, where) or remarked_mails(found, where)
    if not abuse:
        problems.append(f"no abuse contact for the {where}")
        abuse = national_mails(found, where)
    return Registration(
        network=" ".join(dict.fromkeys(filter(None, (parsed["handle"], parsed["name"])))) or None,
        ranges=tuple(str(cidr) for cidr in parsed.get("cidrs", ())),
        country=iso_country(parsed.get("country") or ""),
        organisation=_organisation(raw, found, owner),
        organisation_country=owner.country if owner else None,
        asn=_number(kind, parsed) or _number_in_brazil(raw),
        abuse=tuple(abuse),
        status=tuple(parsed["status"]),
        raw=raw,
        problems=tuple(problems),
    )


def read_desk(kind: Kind, raw: dict[str, Any]) -> Registration:
    """Read the answer about a desk that another answer named in the role `abuse`. Never raises."""
    problems: list[str] = []
    (desk, *_) = entities([raw], problems)
    mails = tuple(AbuseMail(m, f"abuse role of the {WHERE[kind]}, referred") for m in desk.mails)
    return Registration(abuse=mails, raw=raw, problems=tuple(problems))


def _domain(
    raw: dict[str, Any], parsed: dict[str, Any], found: list[Entity], problems: list[str]
) -> Registration:
    registrar = next((e for e in found if "registrar" in e.roles), None)
    registry = next((e for e in found if "registry" in e.roles), None)
    own = [e for e in found if "registrar" in e.within or (not e.depth and e.roles != {"registry"})]
    at_registry = [e for e in found if "registry" in e.roles | e.within]
    return Registration(
        registrar=registrar.name if registrar else None,
        registrar_country=registrar.country if registrar else None,
        abuse=tuple(abuse_mails(own, WHERE["domain"])),
        registry=registry.name if registry else None,
        registry_country=registry.country if registry else None,
        registry_abuse=tuple(abuse_mails(at_registry, "domain's registry")),
        status=tuple(w for word in parsed["status"] if (w := word.lower().strip()) in STATUSES),
        nameservers=tuple(sorted(name.lower().rstrip(".") for name in parsed["nameservers"])),
        raw=raw,
        problems=tuple(problems) if registrar else (*problems, "no registrar named"),
    )


def _owner(found: list[Entity]) -> Entity | None:
    """Whose network it is: the registrant, else whoever is named outermost without being a desk.

    An organisation goes before a person: some registries name people and organisations alike.
    """
    named = sorted((e for e in found if e.name), key=lambda e: e.kind == "individual")
    registrants = [entity for entity in named if "registrant" in entity.roles]
    others = [e for e in named if not e.roles & {"abuse", "technical", "noc"} and not e.depth]
    others.sort(key=lambda e: e.kind != "org")
    return next(iter(registrants or others), None)


def _organisation(raw: dict[str, Any], found: list[Entity], owner: Entity | None) -> str | None:
    """The owner's name; else what stands as description of the network; else a desk's name."""
    if owner is not None:
        return owner.name
    described = next(remark_lines(raw, "description"), "").strip()
    desks = (e.name for e in found if e.name and not e.depth and not is_national(e.handle))
    return described or next(desks, None)


def _remarked(raw: dict[str, Any], where: str) -> list[AbuseMail]:
    """Mail addresses in remarks of the object itself that speak of abuse."""
    return [
        AbuseMail(mail, f"remark of the {where}")
        for line in remark_lines(raw)
        if speaks_of_abuse(line)
        for mail in mails_in(line)
    ]


def _number_in_brazil(raw: dict[str, Any]) -> int | None:
    """The announcing number in the form of the Brazilian registry's extension."""
    told = raw.get("nicbr_autnum")
    digits = str(told).upper().removeprefix("AS") if isinstance(told, int | str) else ""
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 11 else 0
    return number if 0 < number < 1 << 32 else None


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
