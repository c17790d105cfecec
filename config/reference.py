"""Reference data: facts that change in the world, with dates, read once into frozen values."""

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class KnownProvider:
    """A well-known provider: what a look-up cannot tell about it."""

    name: str
    country: str | None
    asns: tuple[int, ...]
    domains: tuple[str, ...]
    proxy: bool
    contacts: tuple[str, ...]
    checked_on: date | None  # None: nobody has compared it with its source
    source: str


def providers(*more: Path) -> tuple[KnownProvider, ...]:
    """The well-known providers, and those of an operator's own files of the same form.

    Raises ValueError naming the entry that does not fit, or that claims what another one has.
    """
    known = [
        _provider(entry)
        for file in (_HERE / "providers.toml", *more)
        for entry in tomllib.loads(file.read_text(encoding="utf-8")).get("provider", [])
    ]
    taken: dict[int | str, str] = {}
    for provider in known:
        marks: tuple[int | str, ...] = (*provider.asns, *provider.domains)
        for mark in marks:
            if mark in taken:
                raise ValueError(f"{mark} belongs to {taken[mark]} and to {provider.name}")
            taken[mark] = provider.name
    return tuple(known)


def _provider(entry: dict[str, Any]) -> KnownProvider:
    name = str(entry.get("name", "an entry without a name"))
    checked = entry.get("checked_on")
    try:
        return KnownProvider(
            name=entry["name"],
            country=entry.get("country"),
            asns=tuple(int(asn) for asn in entry.get("asns", ())),
            domains=tuple(str(domain).lower() for domain in entry.get("domains", ())),
            proxy=bool(entry.get("proxy", False)),
            contacts=tuple(str(address).lower() for address in entry.get("contacts", ())),
            checked_on=date.fromisoformat(str(checked)) if checked else None,
            source=entry["source"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"providers.toml: {name}: {error}") from None
