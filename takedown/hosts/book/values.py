"""One value of the book, read as people write it: a text in, the same text tidied out. Pure.

Every reader raises `BadField`; an empty text says "not known" and passes where that is allowed.
"""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Collection
from datetime import date
from urllib.parse import urlsplit

from takedown.hosts.book.problems import BadField
from takedown.hosts.cards import iso_country, mails_in
from takedown.hosts.models import Medium

Reader = Callable[[str], str]

_LONGEST_NOTE = 10_000
_LONGEST_KEY = 100_000
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.I)
_NAME = re.compile(r"(?=.{1,253}$)(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)+[a-z][a-z0-9-]{1,62}")
_CONNECTOR = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_KEY = re.compile(
    r"-----BEGIN PGP PUBLIC KEY BLOCK-----\n(?:[A-Za-z]+: [^\n]*\n)*\n"
    r"([A-Za-z0-9+/=\n]+?)\n(?:=[A-Za-z0-9+/]{4}\n)?-----END PGP PUBLIC KEY BLOCK-----"
)
_WIDEST = {4: 8, 6: 16}  # shorter prefixes belong to a registry, not to a provider


def line(longest: int = 200, *, needed: bool = False) -> Reader:
    """A text of one line."""

    def read(text: str) -> str:
        tidy = text.strip()
        if needed and not tidy:
            raise BadField("empty")
        if len(tidy) > longest:
            raise BadField(f"longer than {longest} characters")
        if not tidy.isprintable():
            raise BadField("a line break, a tab or a control character inside")
        return tidy

    return read


def note(text: str) -> str:
    """A text of several lines."""
    tidy = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(tidy) > _LONGEST_NOTE:
        raise BadField(f"longer than {_LONGEST_NOTE} characters")
    if not all(char.isprintable() or char in "\n\t" for char in tidy):
        raise BadField("a line break, a tab or a control character inside")
    return tidy


def one_of(words: Collection[str], *, needed: bool = False) -> Reader:
    """One word of a short list."""

    def read(text: str) -> str:
        tidy = text.strip().lower()
        if (tidy or needed) and tidy not in words:
            raise BadField(f"not one of {', '.join(words)}")
        return tidy

    return read


def number(least: int, most: int, *, needed: bool = False) -> Reader:
    """A whole number within bounds, both included."""

    def read(text: str) -> str:
        tidy = text.strip()
        if not tidy and not needed:
            return ""
        if not re.fullmatch(r"[0-9]{1,12}", tidy) or not least <= int(tidy) <= most:
            raise BadField(f"not a whole number from {least} to {most}")
        return str(int(tidy))

    return read


def yes_or_no(text: str) -> str:
    """ "yes" or "no"; empty is no."""
    tidy = text.strip().lower()
    if tidy not in ("yes", "no", ""):
        raise BadField("yes or no")
    return tidy or "no"


def country(text: str) -> str:
    """An ISO 3166-1 code, or the English name of a country."""
    tidy = text.strip()
    if not tidy:
        return ""
    code = iso_country(tidy)
    if code is None:
        raise BadField("not a country: two letters of ISO 3166-1")
    return code


def language(text: str) -> str:
    """A language tag such as en or pt-br."""
    tidy = text.strip().lower()
    if tidy and (len(tidy) > 8 or not _LANGUAGE.fullmatch(tidy)):
        raise BadField("not a language: two letters such as en or fr")
    return tidy


def day(text: str) -> str:
    """A date, ISO 8601."""
    tidy = text.strip()
    try:
        return date.fromisoformat(tidy).isoformat() if tidy else ""
    except ValueError:
        raise BadField("not a date such as 2026-03-01") from None


def asn(text: str) -> str:
    """An autonomous system: AS64496 or 64496."""
    tidy = text.strip().upper().removeprefix("AS")
    if not re.fullmatch(r"[0-9]{1,10}", tidy) or not 0 < int(tidy) < 2**32:
        raise BadField("not an autonomous system: AS and a number")
    return f"AS{int(tidy)}"


def network(text: str) -> str:
    """Addresses in CIDR form; one address alone would be a location."""
    try:
        found = ipaddress.ip_network(text.strip())
    except ValueError:
        raise BadField("not a network such as 192.0.2.0/24") from None
    if found.prefixlen == found.max_prefixlen:
        raise BadField("one address alone is a location: give a network")
    if found.prefixlen < _WIDEST[found.version]:
        raise BadField("too many addresses for one provider")
    return str(found)


def host_name(text: str) -> str:
    """A host name in the form that DNS holds, lower-cased."""
    tidy = text.strip().rstrip(".").lower()
    try:
        tidy = tidy if tidy.isascii() else tidy.encode("idna").decode("ascii")
    except UnicodeError:
        raise BadField("not a host name") from None
    if not _NAME.fullmatch(tidy):
        raise BadField("not a host name")
    return tidy


def domain(text: str) -> str:
    """A domain, or a domain and the beginning of a path: share.example/files/."""
    name, slash, path = text.strip().partition("/")
    path = slash + path
    if len(path) > 200 or not path.isprintable() or any(char in path for char in " ?#\\"):
        raise BadField("not the beginning of a path")
    return host_name(name) + ("" if path == "/" else path)


def mark(text: str) -> str:
    """By what a proxy gives itself away: "cname:cdn.example.net", "header:server: example"."""
    kind, colon, value = text.strip().partition(":")
    kind, value = kind.strip().lower(), value.strip()
    if kind == "cname" and colon:
        return f"cname:{host_name(value.lstrip('.'))}"
    if kind == "header" and re.fullmatch(r"[A-Za-z0-9-]{1,60}(: ?[ -~]{1,120})?", value):
        name, _, rest = value.partition(":")
        return f"header:{name.lower()}" + (f": {rest.strip()}" if rest.strip() else "")
    raise BadField("not a mark: cname: and a name, or header: and a line")


def certificate(text: str) -> str:
    """An armoured OpenPGP certificate (RFC 9580, 6.2); a private key is refused."""
    tidy = "\n".join(one.strip() for one in text.strip().splitlines())
    if not tidy:
        return ""
    if "PRIVATE KEY" in tidy:
        raise BadField("a private key: it must never leave its owner")
    found = _KEY.fullmatch(tidy) if len(tidy) <= _LONGEST_KEY else None
    if found is None:
        raise BadField("not an armoured OpenPGP public key")
    try:
        base64.b64decode(found[1].replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        raise BadField("not an armoured OpenPGP public key") from None
    return tidy


def address(medium: str, text: str) -> str:
    """Where a contact is reached: a mail address, an https address, or a connector's name."""
    tidy = line(300, needed=True)(text)
    if medium == Medium.EMAIL:
        if mails_in(tidy) != [tidy.lower()]:
            raise BadField("not one mail address")
        return tidy
    if medium == Medium.API and _CONNECTOR.fullmatch(tidy):
        return tidy
    return _https(tidy)


def _https(text: str) -> str:
    try:
        parts = urlsplit(text)
        wrong = parts.scheme != "https" or parts.username is not None or parts.port == 0
        host_name(parts.hostname or "")
    except (ValueError, BadField):
        wrong = True
    if wrong or " " in text:
        raise BadField("not an https address")
    return text


def address_host(medium: str, text: str) -> str | None:
    """The host that reads what goes to a contact; None for a connector by name."""
    if medium == Medium.EMAIL:
        return text.rpartition("@")[2].lower()
    return urlsplit(text).hostname if "://" in text else None
