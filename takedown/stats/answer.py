"""What every answer of the figures begins with, and how it names providers."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from takedown.stats.definitions import METHOD
from takedown.stats.facts.layout import closed, files
from takedown.stats.facts.reading import Facts
from takedown.stats.facts.schema import LETTERS, UNROUTED, Column
from takedown.stats.query import Query

Figures = dict[str, Any]

OTHER: Final = "other"
"""What a provider is called whose name no person has reviewed."""


def about(facts: Facts, query: Query) -> Figures:
    """What every answer begins with; `from` and `to` as a link says them: dates are whole days."""
    asked = query.as_args()
    return {
        "clock": query.clock,
        "from": asked.get("from"),
        "to": asked.get("to"),
        "cutoff": _iso(cutoff(facts, query)),
        "method": METHOD,
        "facts_version": facts.version,
        "as_of": _iso(facts.as_of),
        "unit": query.unit,
        "filters": {
            name: value
            for name, value in asked.items()
            if name not in ("clock", "from", "to", "cutoff", "unit")
        },
    }


def naming(facts: Facts, number: int | None) -> Figures:
    """A provider as lines bear it; `name` by `figures.named` for who may read others."""
    known = None if number is None else facts.providers.get(number)
    return {
        "provider": (known and known.name) or OTHER,
        "country": known and known.country,
        "provider_id": str(known.id) if known else None,
    }


def cutoff(facts: Facts, query: Query) -> datetime:
    """The cut-off of a query: its own, else that of the facts."""
    return query.cutoff or facts.as_of


def episodes(facts: Facts, query: Query) -> str:
    """A relation over the episodes that a query may need."""
    rows = files([facts.path / "open.parquet", *closed(facts.path)])
    if query.provider is None:
        return rows
    return f"(SELECT * FROM {rows} WHERE provider = {facts.number_of(query.provider) or -1})"


def letters(facts: Facts) -> str:
    """A relation over all letters."""
    parts = sorted((facts.path / "letters").glob("*.parquet"))
    return files(parts) if parts else _none_of(LETTERS)


def unrouted(facts: Facts) -> str:
    """A relation over the Urls that no provider is responsible for yet."""
    file = facts.path / "unrouted.parquet"
    return files([file]) if file.exists() else _none_of(UNROUTED)


def _none_of(columns: Iterable[Column]) -> str:
    named = ", ".join(f'NULL::{one.type} AS "{one.name}"' for one in columns)
    return f"(SELECT {named} WHERE FALSE)"


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
