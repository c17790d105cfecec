"""WHOIS through ipwhois: the fallback for addresses whose registry gives no RDAP answer."""

import ipaddress
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from takedown.hosts import port43
from takedown.hosts.cards import (
    AbuseMail,
    is_national,
    iso_country,
    mails_in,
    plain,
    speaks_of_abuse,
)
from takedown.hosts.registration import Registration

# How the registries mark the address for complaints: RIPE and AFRINIC in a comment or as
# `abuse-mailbox`, APNIC as `abuse-mailbox` of an IRT, ARIN as `OrgAbuseEmail`, LACNIC as the
# e-mail of the person that `abuse-c` names; remarks last.
_COMMENT = re.compile(r"^% Abuse contact for .* is '(.*)'", re.I | re.M)
_MAILBOXES = frozenset({"abuse-mailbox", "orgabuseemail", "rabuseemail"})
_LAST = "national registry"
_NO_CONTACT = "no abuse contact for the address"
_Block = list[tuple[str, str]]
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def look_up(address: str, deadline: float, allowed: Callable[[str], bool]) -> Registration:
    """Ask the registries' WHOIS; `deadline` in seconds for each of its two steps.

    Global addresses only: others never leave this machine. Never raises on what is answered.
    """
    if not ipaddress.ip_address(address).is_global:
        return Registration(problems=("forbidden address",))
    try:
        told = _origin(_net(address, deadline))
        text = _ask(told["asn_registry"], address, deadline, allowed)
    except Exception as error:  # it raises what it meets, and messages that hold the address
        return Registration(problems=(f"WHOIS: {type(error).__name__}",), down=True)
    return read(text, told)


def announced(address: str, deadline: float, said: Registration) -> Registration:
    """What a registry said, with the number that announces the address, as ipwhois finds it.

    Global addresses only. Never raises on what is answered.
    """
    if not ipaddress.ip_address(address).is_global:
        return said.noted(("forbidden address",))
    try:
        told = _origin(_net(address, deadline))
    except Exception as error:  # it raises what it meets, and messages that hold the address
        return said.noted((f"who announces the address: {type(error).__name__}",))
    return replace(said, asn=_number(told))


def _net(address: str, deadline: float) -> Any:
    from ipwhois import net

    made: Any = net.Net  # untyped
    return made(address, timeout=max(1, int(deadline / 2)))


def _origin(net: Any) -> dict[str, str]:
    from ipwhois import asn

    asker: Any = asn.IPASN  # untyped
    told = asker(net).lookup(retry_count=0, asn_methods=["dns", "whois"], get_asn_description=False)
    return {key: str(value) for key, value in dict(told).items()}


def _ask(registry: str, address: str, deadline: float, allowed: Callable[[str], bool]) -> str:
    from ipwhois.whois import RIR_WHOIS

    question = f"n + {address}" if registry == "arin" else address
    server = f"{RIR_WHOIS[registry]['server']}:43"
    return port43.ask(server, question, time.monotonic() + deadline, allowed)


def _number(told: Mapping[str, str]) -> int | None:
    first = told.get("asn", "").split(" ")[0]
    return int(first) if first.isascii() and first.isdigit() else None


def read(text: str, told: Mapping[str, str]) -> Registration:
    """Read a WHOIS text about an address; `told`: `asn`, `asn_registry`, `asn_country_code`, as
    ipwhois names what it knows of the announcement. Never raises on what the text holds.

    ipwhois's own reading is not used: its patterns take seconds on some registries' answers.
    """
    text, broken = port43.whole_lines(text)
    blocks = list(_blocks(text))
    net = _narrowest(blocks)
    fields = dict(reversed(net)) if net else {}
    abuse = abuse_in(text)
    holder = _holder(blocks)
    country = iso_country(fields.get("country") or holder or told.get("asn_country_code", ""))
    problems = [] if any(not mail.last_resort for mail in abuse) else [_NO_CONTACT]
    if not net:
        problems.append("WHOIS: no network could be read")
    if broken:
        problems.append("WHOIS: cut short")
    return Registration(
        network=_network(fields),
        ranges=tuple(map(str, _networks(net))),
        country=country,
        organisation=_organisation(blocks, net, abuse),
        organisation_country=iso_country(holder) if holder else None,
        asn=_number(told),
        abuse=tuple(abuse),
        raw={"whois": text},
        problems=tuple(problems),
        source="whois",
    )


def abuse_in(text: str) -> list[AbuseMail]:
    """Addresses that a WHOIS text marks as being for complaints, best first."""
    blocks = list(_blocks(text))
    national = [block for block in blocks if _is_national(block)]
    others = [block for block in blocks if not _is_national(block)]
    pointed = set(_values(others, {"abuse-c"}))
    persons = [block for block in others if pointed & set(_values([block], {"nic-hdl"}))]
    marked = (
        ("abuse contact", _COMMENT.findall(text)),
        ("abuse mailbox", _values(others, _MAILBOXES)),
        ("abuse contact", _values(persons, {"e-mail"})),
        ("remark", (said for said in _values(others, {"remarks"}) if speaks_of_abuse(said))),
        (_LAST, _values(national, _MAILBOXES)),
    )
    found: dict[str, AbuseMail] = {}
    for what, values in marked:
        for mail in (mail for said in values for mail in mails_in(said)):
            words = f"{what} of the address (WHOIS)"
            found.setdefault(mail, AbuseMail(mail, words, last_resort=what == _LAST))
    return list(found.values())


def _values(blocks: list[_Block], names: frozenset[str] | set[str]) -> Iterator[str]:
    return (value for block in blocks for key, value in block if key in names)


def _is_national(block: _Block) -> bool:
    """Whether it is a national registry's team, set on all that the registry gave out."""
    return any(key == "irt" and is_national(value) for key, value in block)


def _blocks(text: str) -> Iterator[_Block]:
    """The objects of a WHOIS text: fields up to an empty line; comments left out."""
    block: _Block = []
    for line in text.splitlines():
        if not line.strip():
            if block:
                yield block
            block = []
        elif line[0] not in "%#" and ":" in line:
            key, _, value = line.partition(":")
            block.append((key.strip().lower(), plain(value.strip())))
    if block:
        yield block


def _narrowest(blocks: list[_Block]) -> _Block:
    """The object of the smallest network; routes are not networks."""
    found = [(sum(one.num_addresses for one in _networks(block)), block) for block in blocks]
    sized = [(size, block) for size, block in found if size]
    return min(sized, key=lambda pair: pair[0])[1] if sized else []


def _networks(block: _Block) -> list[_Network]:
    """The networks of an object: `first - last`, or CIDRs, LACNIC's short ones among them."""
    for key, value in block:
        if key in ("cidr", "inetnum", "inet6num", "netrange"):
            try:
                first, dash, last = value.partition(" - ")
                if dash:
                    ends = ipaddress.ip_address(first.strip()), ipaddress.ip_address(last.strip())
                    return list(ipaddress.summarize_address_range(*ends))
                return [ipaddress.ip_network(_padded(one.strip())) for one in value.split(",")]
            except (ValueError, TypeError):
                continue
    return []


def _padded(cidr: str) -> str:
    """LACNIC writes 192.0/16 for 192.0.0.0/16."""
    bare, slash, length = cidr.partition("/")
    missing = 0 if ":" in bare else 3 - bare.count(".")
    return bare + ".0" * missing + slash + length


def _network(fields: Mapping[str, str]) -> str | None:
    known = ("nethandle", "inetnum", "inet6num", "netname")
    return " ".join(fields[key] for key in known if fields.get(key)) or None


def _holder(blocks: list[_Block]) -> str:
    """The country of the organisation's own object."""
    for block in blocks:
        fields = dict(block)
        if ("orgname" in fields or "org-name" in fields) and fields.get("country"):
            return fields["country"]
    return ""


def _organisation(blocks: list[_Block], net: _Block, abuse: list[AbuseMail]) -> str | None:
    """Whose network it is: its organisation, the desk that answers for it, its description."""
    for name in ("org-name", "owner", "orgname"):
        if named := next(filter(None, _values(blocks, {name})), None):
            return named
    first = abuse[0].address if abuse else ""
    for block in blocks:
        fields = dict(block)
        if "role" in fields and fields.get("abuse-mailbox", "").lower() == first != "":
            return fields["role"] or None
    return next((value for key, value in net if key == "descr" and value), None)
