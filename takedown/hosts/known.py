"""Well-known providers: reference data about what a look-up cannot tell."""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from takedown.errors import TakedownError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}")
_FIELDS = frozenset(
    {
        *("name", "country", "asns", "ranges", "domains", "paths", "proxy"),
        *("cname_marks", "header_marks", "contacts", "source", "checked_on"),
    }
)
#: Headers of an answer that checks keep, and in which a proxy can be known.
HEADERS = frozenset({"server", "cf-mitigated"})


class BadReference(TakedownError):
    """An entry of the well-known providers does not fit; names the entry and what is wrong."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One well-known provider. `contacts` are mail addresses that somebody verified."""

    name: str
    country: str | None
    asns: tuple[int, ...]
    ranges: tuple[Network, ...]  # addresses that its numbers do not tell apart
    domains: tuple[str, ...]  # registrable ones under which its users publish
    paths: tuple[tuple[str, str], ...]  # (domain, beginning of the path): as far as that alone
    proxy: bool
    cname_marks: tuple[str, ...]  # ends of the names that its customers' names are aliases of
    header_marks: tuple[str, ...]  # "server: example-cdn": how its answers begin to name it
    contacts: tuple[str, ...]
    source: str
    checked_on: date | None  # None: nobody has compared it with its source


@dataclass(frozen=True, slots=True)
class Book:
    """The facts, by each thing that one can be known by."""

    by_asn: Mapping[int, Fact] = field(default_factory=dict)
    by_domain: Mapping[str, Fact] = field(default_factory=dict)
    by_range: Mapping[Network, Fact] = field(default_factory=dict)
    by_path: Mapping[tuple[str, str], Fact] = field(default_factory=dict)
    by_cname: Mapping[str, Fact] = field(default_factory=dict)
    by_header: Mapping[str, Fact] = field(default_factory=dict)


def known_providers(*documents: Mapping[str, Any]) -> Book:
    """A Book of `providers.toml` as it was parsed, and of an operator's own of the same form.

    Raises BadReference where an entry does not fit or claims what another one has.
    """
    book = Book({}, {}, {}, {}, {}, {})
    for document in documents:
        for entry in document.get("provider", []):
            fact = _fact(entry)
            _enter(book.by_asn, fact, {asn: f"AS{asn}" for asn in fact.asns})
            _enter(book.by_domain, fact, {domain: domain for domain in fact.domains})
            _enter(book.by_range, fact, {network: str(network) for network in fact.ranges})
            _enter(book.by_path, fact, {path: "".join(path) for path in fact.paths})
            _enter(book.by_cname, fact, {mark: mark for mark in fact.cname_marks})
            _enter(book.by_header, fact, {mark: mark for mark in fact.header_marks})
    return book


def header_mark(headers: Mapping[str, str | None], marks: Iterable[str]) -> str | None:
    """The mark that an answer's headers begin with, whatever their case; None: there is none.

    `headers` by lower-case name. The longest mark wins.
    """
    lines = [f"{name}: {value}".lower() for name, value in headers.items() if value]
    found = [mark for mark in marks if any(line.startswith(mark) for line in lines)]
    return max(found, key=len, default=None)


def _fact(entry: Mapping[str, Any]) -> Fact:
    name = str(entry.get("name") or "an entry without a name")
    checked = entry.get("checked_on")
    try:
        if unknown := set(entry) - _FIELDS:
            raise ValueError(f"not a field: {', '.join(sorted(unknown))}")
        if not entry.get("proxy") and (entry.get("cname_marks") or entry.get("header_marks")):
            raise ValueError("only a proxy has marks")
        return Fact(
            name=_word(entry["name"]),
            country=entry.get("country"),
            asns=tuple(int(asn) for asn in _listed(entry, "asns")),
            ranges=tuple(ipaddress.ip_network(_word(one)) for one in _listed(entry, "ranges")),
            domains=tuple(_domain(one) for one in _listed(entry, "domains")),
            paths=tuple(_path(one) for one in _listed(entry, "paths")),
            proxy=bool(entry.get("proxy", False)),
            cname_marks=tuple(_domain(one) for one in _listed(entry, "cname_marks")),
            header_marks=tuple(_header(one) for one in _listed(entry, "header_marks")),
            contacts=tuple(str(address).lower() for address in _listed(entry, "contacts")),
            source=_word(entry["source"]),
            checked_on=date.fromisoformat(str(checked)) if checked else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadReference(f"{name}: {error}") from None


def _listed(entry: Mapping[str, Any], field_name: str) -> list[Any]:
    """A list; a lone text would be read letter by letter."""
    value = entry.get(field_name, [])
    if not isinstance(value, list | tuple):
        raise ValueError(f"{field_name}: a list is needed")
    return list(value)


def _word(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text is missing")
    return value


def _domain(value: Any) -> str:
    name = _word(value).strip().strip(".").lower()
    if not _NAME.fullmatch(name):
        raise ValueError(f"{value}: not a domain")
    return name


def _path(value: Any) -> tuple[str, str]:
    """A domain and where paths under it begin: "example.com/share/"."""
    domain, slash, rest = _word(value).strip().partition("/")
    if not rest:
        raise ValueError(f"{value}: a domain and the beginning of a path are needed")
    return _domain(domain), slash + rest


def _header(value: Any) -> str:
    """A header that checks keep and how its value begins, in lower case."""
    name, _, rest = _word(value).lower().partition(":")
    if name.strip() not in HEADERS or not rest.strip():
        raise ValueError(f"{value}: a value of {' or '.join(sorted(HEADERS))} is needed")
    return f"{name.strip()}: {rest.strip()}"


def _enter(shelf: Any, fact: Fact, claims: Mapping[Any, str]) -> None:
    for key, what in claims.items():
        holder = shelf.setdefault(key, fact)
        if holder is not fact:
            raise BadReference(f"{what} belongs to {holder.name} and to {fact.name}")
