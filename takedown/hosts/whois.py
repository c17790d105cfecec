"""WHOIS by ipwhois: the fallback for addresses whose registry gives no RDAP answer."""

import ipaddress
import re
from typing import Any

from takedown.hosts.cards import AbuseMail, iso_country, mails_in
from takedown.hosts.rdap import Registration

# How the registries mark the address for complaints: RIPE and AFRINIC in a comment or as
# `abuse-mailbox`, APNIC as `abuse-mailbox` of an IRT, ARIN as `OrgAbuseEmail`; remarks last.
_MARKS = (
    (
        re.compile(r"^% Abuse contact for .* is '(.*)'", re.I),
        "abuse contact of the address (WHOIS)",
    ),
    (re.compile(r"^abuse-mailbox:(.*)", re.I), "abuse mailbox of the address (WHOIS)"),
    (re.compile(r"^(?:Org|R)AbuseEmail:(.*)", re.I), "abuse contact of the address (WHOIS)"),
    (re.compile(r"^remarks:(.*abuse.*)", re.I), "remark of the address (WHOIS)"),
)


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


def read(said: dict[str, Any]) -> Registration:
    """A Registration from ipwhois's reading (`nets`, `asn`) and the raw text it rests on."""
    nets = [net for net in said.get("nets") or [] if isinstance(net, dict)]
    net = nets[-1] if nets else {}  # the narrowest comes last
    abuse = abuse_in(said.get("raw") or "")
    ranges = [one.strip() for one in str(net.get("cidr") or "").split(",") if one.strip()]
    number = str(said.get("asn") or "").split(" ")[0]
    return Registration(
        network=" ".join(filter(None, (net.get("handle"), net.get("name")))) or None,
        ranges=tuple(one for one in ranges if _is_network(one)),
        country=iso_country(net.get("country") or said.get("asn_country_code") or ""),
        organisation=(net.get("description") or "").partition("\n")[0].strip() or None,
        asn=int(number) if number.isdigit() else None,
        abuse=tuple(abuse),
        raw={"whois": said.get("raw")},
        problems=() if abuse else ("no abuse contact for the address",),
        source="whois",
    )


def abuse_in(text: str) -> list[AbuseMail]:
    """Addresses that a WHOIS text marks as being for complaints, best first."""
    found: dict[str, AbuseMail] = {}
    for mark, evidence in _MARKS:
        for line in text.splitlines():
            if match := mark.match(line.strip()):
                for mail in mails_in(match[1]):
                    found.setdefault(mail, AbuseMail(mail, evidence))
    return list(found.values())


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True
