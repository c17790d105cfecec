"""Counts over the frozen ledger: how many, on how many hosts, and how many on the largest of them.

Each count is a triple [value, hosts, largest]: what the public edition's suppression asks for.
Periods are [begin, end) as the ledger's text of UTC times.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import duckdb

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

DAYS: Final[Mapping[str, str]] = {
    "day_1": "gone AND days < 1",
    "day_2": "gone AND days >= 1 AND days < 2",
    "day_3": "gone AND days >= 2 AND days < 3",
    "day_4_7": "gone AND days >= 3 AND days < 7",
    "day_later": "gone AND days >= 7",
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


def by_group(
    frozen: Frozen, source: str, group: str, columns: Mapping[str, str], given: Sequence[str]
) -> list[Counted]:
    """One line per value of `group` (None last): `key`, `total`, and each of `columns`.

    `source` is SQL that yields rows with `host`; `columns` are conditions on them. Lines are
    sorted by key.
    """
    names = {"total": "TRUE", **columns}
    chosen = ", ".join(f"({condition}) AS c_{name}" for name, condition in names.items())
    sums = ", ".join(f"count(*) FILTER (c_{name}) AS c_{name}" for name in names)
    each = "sum(c_{0})::BIGINT, count(*) FILTER (c_{0} > 0), max(c_{0})"
    spread = ", ".join(each.format(name) for name in names)
    query = f"""WITH rows AS ({source}),
        marked AS (SELECT {group} AS key, host, {chosen} FROM rows),
        hosts AS (SELECT key, host, {sums} FROM marked GROUP BY key, host)
        SELECT key, {spread} FROM hosts GROUP BY key ORDER BY key NULLS LAST"""
    found = ask(frozen, query, given)
    return [
        {"key": line[0]}
        | {name: [int(v or 0) for v in line[1 + 3 * i : 4 + 3 * i]] for i, name in enumerate(names)}
        for line in found
    ]


def names(frozen: Frozen) -> dict[str, str]:
    """The reviewed names of providers by their ids, as they were at the freeze."""
    found = ask(frozen, f"SELECT id, name FROM {frozen.table('providers')} ORDER BY id")
    return {key: name for key, name in found if name}


def ask(frozen: Frozen, query: str, given: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
    """Rows of a query over the frozen ledger, by a connection that can read nothing else."""
    with _connect(frozen) as work:
        return work.execute(query, list(given)).fetchall()


def _connect(frozen: Frozen) -> duckdb.DuckDBPyConnection:
    made = duckdb.connect(":memory:", config={"threads": 2, "memory_limit": "384MB"})
    folder = str(frozen.folder / "ledger").replace("'", "''")
    made.execute(f"SET allowed_directories = ['{folder}/']")
    made.execute("SET enable_external_access = false")
    made.execute("SET lock_configuration = true")
    return made
