"""WHOIS by ipwhois: the fallback for addresses whose registry gives no RDAP answer."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from takedown.hosts.cards import AbuseMail, is_national, iso_country, mails_in, plain
from takedown.hosts.rdap import Registration

# How the registries mark the address for complaints: RIPE and AFRINIC in a comment or as
# `abuse-mailbox`, APNIC as `abuse-mailbox` of an IRT, ARIN as `OrgAbuseEmail`, LACNIC as the
# e-mail of the person that `abuse-c` names; remarks last.
_COMMENT = re.compile(r"^% Abuse contact for .* is '(.*)'", re.I | re.M)
_FIELDS = frozenset({"abuse-mailbox", "orgabuseemail", "rabuseemail"})
_Block = list[tuple[str, str]]


def look_up(address: str, deadline: float) -> Registration:
    """Ask the registries' WHOIS; `deadline` in seconds for each of its few steps.

    Global addresses only: others never leave this machine. Never raises on what is answered.
    """
    if not ipaddress.ip_address(address).is_global:
        return Registration(problems=("forbidden address",))
    from ipwhois import ipwhois

    client: Any = ipwhois.IPWhois  # untyped
    try:
        said = client(address, timeout=max(1, int(deadline))).lookup_whois(
            inc_raw=True, retry_count=0, inc_nir=False
        )
    except Exception as error:  # it raises what it meets, and messages that hold the address
        return Registration(problems=(f"WHOIS: {type(error).__name__}",), down=True)
    return read(said)


def announced(address: str, deadline: float, said: Registration) -> Registration:
    """What a registry said, with the number that announces the address, as ipwhois finds it.

    Global addresses only. Never raises on what is answered.
    """
    if not ipaddress.ip_address(address).is_global:
        return said.noted(("forbidden address",))
    from ipwhois import asn, net

    seconds = max(1, int(deadline / 2))
    try:
        found: Any = asn.IPASN(net.Net(address, timeout=seconds))  # type: ignore[no-untyped-call]
        told = found.lookup(retry_count=0, asn_methods=["dns", "whois"], get_asn_description=False)
    except Exception as error:  # it raises what it meets, and messages that hold the address
        return said.noted((f"who announces the address: {type(error).__name__}",))
    number = str(told.get("asn") or "").split(" ")[0]
    return replace(said, asn=int(number)) if number.isdigit() else said


def parse(address: str, text: str, origin: Mapping[str, str]) -> Registration:
    """Read a WHOIS text about a global address; `origin`: `asn`, `asn_registry`, ... as
    ipwhois names what it knows of the announcement. Never raises on what the text holds."""
    from ipwhois.net import Net
    from ipwhois.whois import Whois

    try:
        client: Any = Whois(Net(address))  # type: ignore[no-untyped-call]
        said = client.lookup(response=text, asn_data=origin, is_offline=True, inc_raw=True)
    except Exception as error:  # its parser raises what it meets
        told = Registration(problems=(f"WHOIS could not be read ({type(error).__name__})",))
        return read({"raw": text, **origin}).noted(told.problems)
    return read({**said, **origin})


def read(said: dict[str, Any]) -> Registration:
    """A Registration from ipwhois's reading (`nets`, `asn`) and the raw text it rests on."""
    raw = said.get("raw")
    text = raw if isinstance(raw, str) else ""
    blocks = list(_blocks(text))
    net = _narrowest(said.get("nets"))
    abuse = abuse_in(text)
    number = str(said.get("asn") or "").split(" ")[0]
    country = iso_country(str(net.get("country") or said.get("asn_country_code") or ""))
    problems = [] if any(not mail.last_resort for mail in abuse) else [_NO_CONTACT]
    if not net:
        problems.append("WHOIS: no network could be read")
    return Registration(
        network=_network(net, said.get("asn_registry") == "arin"),
        ranges=tuple(_cidrs(net)),
        country=country,
        organisation=_organisation(blocks, net, abuse),
        organisation_country=country if said.get("asn_registry") == "arin" else None,
        asn=int(number) if number.isdigit() else None,
        abuse=tuple(abuse),
        raw={"whois": text},
        problems=tuple(problems),
        source="whois",
    )


_NO_CONTACT = "no abuse contact for the address"


def abuse_in(text: str) -> list[AbuseMail]:
    """Addresses that a WHOIS text marks as being for complaints, best first."""
    blocks = list(_blocks(text))
    pointed = {value for block in blocks for key, value in block if key == "abuse-c"}
    marked: list[tuple[str, str]] = [
        *(("abuse contact", said) for said in _COMMENT.findall(text)),
        *_values(blocks, "abuse mailbox", _FIELDS),
        *_values(
            [b for b in blocks if pointed & {v for k, v in b if k == "nic-hdl"}],
            "abuse contact",
            {"e-mail"},
        ),
        *(("remark", said) for said in _remarks(blocks)),
    ]
    found: dict[str, AbuseMail] = {}
    for what, said in marked:
        for mail in mails_in(said):
            found.setdefault(mail, AbuseMail(mail, f"{what} of the address (WHOIS)"))
    for block in blocks:
        if any(key == "irt" and is_national(value) for key, value in block):
            for _, said in _values([block], "", _FIELDS):
                for mail in mails_in(said):
                    words = "national registry of the address (WHOIS)"
                    found.setdefault(mail, AbuseMail(mail, words, last_resort=True))
    return list(found.values())


def _values(
    blocks: list[_Block], what: str, names: frozenset[str] | set[str]
) -> Iterator[tuple[str, str]]:
    """Fields of these names; a national registry's team stands for nobody's network."""
    for block in blocks:
        if what and any(key == "irt" and is_national(value) for key, value in block):
            continue
        yield from ((what, value) for key, value in block if key in names)


def _remarks(blocks: list[_Block]) -> Iterator[str]:
    for block in blocks:
        yield from (
            value
            for key, value in block
            if key == "remarks" and ("abuse" in value.lower() or "spam" in value.lower())
        )


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


def _narrowest(nets: Any) -> dict[str, Any]:
    """The smallest network with a name: route objects stand among them without one."""
    found = [net for net in nets if isinstance(net, dict)] if isinstance(nets, list) else []
    named = [net for net in found if net.get("name")] or found
    sized = [(sum(1 << (128 - _length(c)) for c in _cidrs(net)), net) for net in named]
    return min(sized, key=lambda pair: pair[0])[1] if sized else {}


def _network(net: dict[str, Any], handled: bool) -> str | None:
    """Its handle, else its range, and its name; elsewhere than at ARIN the handle is a person's."""
    known = (net.get("handle" if handled else "range"), net.get("name"))
    return plain(" ".join(str(one) for one in known if one)) or None


def _organisation(blocks: list[_Block], net: dict[str, Any], abuse: list[AbuseMail]) -> str | None:
    """Whose network it is: its organisation, the desk that answers for it, its description."""
    for names in ({"org-name"}, {"owner"}, {"orgname"}):
        for _, value in _values(blocks, "organisation", names):
            if value:
                return value
    first = abuse[0].address if abuse else ""
    for block in blocks:
        fields = dict(block)
        if "role" in fields and fields.get("abuse-mailbox", "").lower() == first != "":
            return fields["role"] or None
    return plain(str(net.get("description") or "")).partition("\n")[0].strip() or None


def _cidrs(net: dict[str, Any]) -> Iterator[str]:
    for one in str(net.get("cidr") or "").split(","):
        try:
            yield str(ipaddress.ip_network(one.strip()))
        except ValueError:
            continue


def _length(cidr: str) -> int:
    """Its prefix as if it were IPv6, so that both families compare."""
    network = ipaddress.ip_network(cidr)
    return network.prefixlen + 128 - network.max_prefixlen
