"""Counts over the frozen ledger: how many, on how many hosts, and how many on the largest of them.

Each count is a triple [value, hosts, largest]: what the public edition's suppression asks for.
Periods are [begin, end) as the ledger's text of UTC times.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import duckdb

from takedown.stats.grid import WINDOW
from takedown.stats.publication.frozen import Frozen

Counted = dict[str, Any]

OUTCOMES: Final[Mapping[str, str]] = {
    "removed": "outcome = 'removed'",
    "unavailable": "outcome = 'unavailable'",
    "moved": "outcome = 'moved'",
    "open": "outcome = 'open'",
    "gone_before": "outcome = 'gone_before_notice'",
    "rescinded": "outcome = 'rescinded'",
}
"""What becomes of a notified address: these add up to all of them."""

_ENDS: Final = [24 * 60 * days + WINDOW for days in (1, 2, 3, 7)]
"""Until when a look tells the state at the end of a day, in minutes: as shares are read."""
DAYS: Final[Mapping[str, str]] = {
    "day_1": f"gone AND minutes <= {_ENDS[0]}",
    "day_2": f"gone AND minutes > {_ENDS[0]} AND minutes <= {_ENDS[1]}",
    "day_3": f"gone AND minutes > {_ENDS[1]} AND minutes <= {_ENDS[2]}",
    "day_4_7": f"gone AND minutes > {_ENDS[2]} AND minutes <= {_ENDS[3]}",
    "day_later": f"gone AND minutes > {_ENDS[3]}",
    "not_gone": "NOT gone",
}
"""By the day on which it was first seen gone, counted from the accepted notice."""


@dataclass(frozen=True, slots=True)
class Group:
    """By what is counted: an expression over the table, and the words of its values' kind."""

    name: str
    by: str
    words: str


OF_URLS: Final = (
    Group("class", "scheme || ' ' || class", "text"),
    Group("site_type", "site_type", "site_type"),
    Group("media_type", "media_type", "media_type"),
    Group("commercial", "commercial", "commercial"),
)


class Counter:
    """Questions about one frozen ledger, by a connection that can read nothing else."""

    def __init__(self, frozen: Frozen, work: duckdb.DuckDBPyConnection) -> None:
        self.frozen, self._work = frozen, work

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self._work.execute(query).fetchall()

    def keep(self, name: str, query: str) -> None:
        """The rows of a query as a table that later questions name."""
        self._work.execute(f"CREATE TEMP TABLE {name} AS {query}")

    def by_group(self, source: str, group: str, columns: Mapping[str, str]) -> list[Counted]:
        """One line per value of `group` (None last): `key`, `total`, and each of `columns`.

        `source` is a table, or SQL in brackets, of rows with `host`; `columns` are conditions on
        them. Lines are sorted by key.
        """
        names = {"total": "TRUE", **columns}
        chosen = ", ".join(f"({condition}) AS c_{name}" for name, condition in names.items())
        sums = ", ".join(f"count(*) FILTER (c_{name}) AS c_{name}" for name in names)
        each = "sum(c_{0})::BIGINT, count(*) FILTER (c_{0} > 0), max(c_{0})"
        spread = ", ".join(each.format(name) for name in names)
        query = f"""WITH marked AS (SELECT {group} AS key, host, {chosen} FROM {source}),
            hosts AS (SELECT key, host, {sums} FROM marked GROUP BY key, host)
            SELECT key, {spread} FROM hosts GROUP BY key ORDER BY key NULLS LAST"""
        return [
            {"key": key} | dict(zip(names, _triples(figures), strict=True))
            for key, *figures in self.ask(query)
        ]

    def names(self) -> dict[str, str]:
        """The reviewed names of providers by their ids, as they were at the freeze."""
        found = self.ask(f"SELECT id, name FROM {self.frozen.table('providers')} ORDER BY id")
        return {key: name for key, name in found if name}


@contextmanager
def opened(frozen: Frozen) -> Iterator[Counter]:
    """A counter of this ledger; what it keeps goes with it."""
    with duckdb.connect(":memory:", config={"threads": 2, "memory_limit": "384MB"}) as work:
        folders = (str(frozen.folder / name).replace("'", "''") for name in ("ledger", "facts"))
        allowed = ", ".join(f"'{folder}/'" for folder in folders)
        work.execute(f"SET allowed_directories = [{allowed}]")
        work.execute("SET enable_external_access = false")
        work.execute("SET lock_configuration = true")
        yield Counter(frozen, work)


def _triples(figures: Sequence[int | None]) -> Iterator[list[int]]:
    """[value, hosts, largest] of each column, one after the other."""
    for first in range(0, len(figures), 3):
        yield [int(one or 0) for one in figures[first : first + 3]]
