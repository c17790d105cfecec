"""Well-known providers: reference data about what a look-up cannot tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from takedown.errors import TakedownError


class BadReference(TakedownError):
    """An entry of the well-known providers does not fit; names the entry and what is wrong."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One well-known provider. `contacts` are mail addresses that somebody verified."""

    name: str
    country: str | None
    asns: tuple[int, ...]
    domains: tuple[str, ...]  # registrable ones under which its users publish
    proxy: bool
    contacts: tuple[str, ...]
    source: str
    checked_on: date | None  # None: nobody has compared it with its source


@dataclass(frozen=True, slots=True)
class Book:
    """The facts by number and by domain."""

    by_asn: Mapping[int, Fact] = field(default_factory=dict)
    by_domain: Mapping[str, Fact] = field(default_factory=dict)


def known_providers(*documents: Mapping[str, Any]) -> Book:
    """A Book of `providers.toml` as it was parsed, and of an operator's own of the same form.

    Raises BadReference where an entry does not fit or claims what another one has.
    """
    by_asn: dict[int, Fact] = {}
    by_domain: dict[str, Fact] = {}
    for document in documents:
        for entry in document.get("provider", []):
            fact = _fact(entry)
            for asn in fact.asns:
                _claim(fact, by_asn.setdefault(asn, fact), f"AS{asn}")
            for domain in fact.domains:
                _claim(fact, by_domain.setdefault(domain, fact), domain)
    return Book(by_asn, by_domain)


def _fact(entry: Mapping[str, Any]) -> Fact:
    name = str(entry.get("name") or "an entry without a name")
    checked = entry.get("checked_on")
    try:
        return Fact(
            name=_word(entry["name"]),
            country=entry.get("country"),
            asns=tuple(int(asn) for asn in entry.get("asns", ())),
            domains=tuple(str(domain).lower() for domain in entry.get("domains", ())),
            proxy=bool(entry.get("proxy", False)),
            contacts=tuple(str(address).lower() for address in entry.get("contacts", ())),
            source=_word(entry["source"]),
            checked_on=date.fromisoformat(str(checked)) if checked else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadReference(f"{name}: {error}") from None


def _word(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text is missing")
    return value


def _claim(fact: Fact, holder: Fact, what: str) -> None:
    if holder is not fact:
        raise BadReference(f"{what} belongs to {holder.name} and to {fact.name}")
