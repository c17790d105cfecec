"""Who stands behind, as a proxy tells it in its answer: addresses, a name, a contact."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from notices.inbound.model import Origin

_LONGEST: Final = 20_000
_ADDRESS: Final = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\.\d)|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}"
    r"(?:\.\d{1,3}){0,3})(?!\w|:(?!\d{1,5}\b))",
    re.I,
)
_SPEAKS: Final = re.compile(
    r"origin|hosting|hosted (?:by|at|on|with)|hoster|host(?:ing)? (?:provider|company|ip)"
    r"|back-?end|actual (?:server|host|ip)|real (?:server|host|ip)|(?:is|are) (?:located|served)"
    r"|point(?:s|ing)? to|resolves? to|underlying"
    r"|serveur (?:d['’])?origine|adresses? ip|hébergeur|hébergée?s? (?:par|chez|sur)"
    r"|ursprung|hinter|gehostet|server-ip|oorsprong|gehost|achterliggend"
    r"|origen|aloja|hosped|proveedor",
    re.I,
)
_PROVIDER: Final = re.compile(
    r"(?:^|[.;,] |\b)(?:(?:the |its |actual |current |real |upstream )*"
    r"(?:hosting[ -]?(?:provider|company|anbieter)|web ?host|host(?:er)?|hébergeur|proveedor de "
    r"(?:alojamiento|hosting))(?: \(?[\w ]{0,20}\)?)??"
    r"\s{0,2}(?:(?:is|are|est|ist|lautet|es)\b|:|=)\s{0,3}"
    r"|(?:hosted (?:by|at|with)|hébergée?s? (?:par|chez)|gehostet (?:bei|von)|gehost (?:bij|door)"
    r"|alojad[oa]s? (?:en|por))\s)"
    r"(?P<name>[^\s:=][^\n]{1,120})",
    re.I | re.M,
)
_CONTACT: Final = re.compile(
    r"(?:abuse|contact|contacter|kontakt\w*|contacteer|contacto|e-?mail)\b[^\n@]{0,60}?[\s:<(]"
    r"(?P<mail>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6})",
    re.I,
)
_UNDERLINED: Final = re.compile(r"^([^\n:]{3,40}):?[ \t]*\n[ \t]*[-=]{3,}[ \t]*\n", re.M)
_NEGATED: Final = re.compile(r"\b(?:not|n['’]t|no longer|pas|plus|nicht|niet|no)\b", re.I)


def origin(own_text: str) -> Origin | None:
    """What the text tells of who stands behind a proxy; None if nothing.

    An address counts where its line, or the line before it, speaks of an origin or of hosting.
    Loopback, unspecified and multicast addresses tell nothing.
    """
    text = _UNDERLINED.sub(r"\1:\n", _refanged(own_text[:_LONGEST]))
    addresses = tuple(dict.fromkeys(_addresses(text)))[:20]
    provider = _provider(text)
    if not addresses and provider is None:
        return None
    contact = _CONTACT.search(text)
    return Origin(addresses, provider, contact["mail"] if contact else None)


def _refanged(text: str) -> str:
    return re.sub(r"\[(\.|:|dot)\]|\((?:\.|dot)\)", lambda m: ":" if m[1] == ":" else ".", text)


def _addresses(text: str) -> Iterator[str]:
    lines = [line for line in text.split("\n") if line.strip()]
    speaks = False
    for line in lines:
        told = bool(_SPEAKS.search(line))
        found = [one for match in _ADDRESS.finditer(line) if (one := _valid(match[0]))]
        if told or speaks:
            yield from found
        speaks = told or (speaks and bool(found))


def _valid(text: str) -> str | None:
    try:
        address: IPv4Address | IPv6Address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    nothing = address.is_loopback or address.is_unspecified or address.is_multicast
    return None if nothing else str(address)


def _provider(text: str) -> str | None:
    for match in _PROVIDER.finditer(text):
        if _NEGATED.search(text[max(0, match.start() - 30) : match.start("name")]):
            continue
        name = re.split(r"[;(<\n]|, | - |\. |\.$| and | et | und | en | y ", match["name"])[0]
        name = name.strip(" .,:\"'“”")
        if name and not _valid(name) and "@" not in name and re.search(r"[^\W\d]{2}", name):
            if re.match(r"(?:us|you|our|your|nous|vous|uns|ons|the|a|an|not)\b", name, re.I):
                continue
            return name[:120]
    return None
