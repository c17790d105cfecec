"""Frozen figures as tables in one language: counts, shares, and lists of single figures."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final
from unicodedata import normalize

from takedown.stats.exports.document import Chart, Column, Estimate, Kind, Mark, Table, Value
from takedown.stats.exports.tongue import Tongue
from takedown.stats.exports.wording import Wording
from takedown.stats.registry import MEASURES

Figures = Mapping[str, Any]
Name = Callable[[str | None], str]

_RESTED_ON: Final = ("notices", "effective_notices", "episodes")
HOURS: Final = ("1", "24", "48", "72", "168", "240", "672")


class Maker:
    """Makes tables of one report; `names` of providers as they were frozen."""

    def __init__(self, tongue: Tongue, names: Mapping[str, str], *, public: bool) -> None:
        self.tongue, self.names, self.public = tongue, names, public
        self.wording = Wording(tongue.lang, dict(tongue.words["file"]))

    def word(self, key: str | None) -> str:
        """A code of the ledger in words."""
        return self.tongue.value(key)

    def content(self, key: str | None) -> str:
        """A classification: scheme and code, as they are."""
        return key or self.tongue["file.unknown"]

    def country(self, key: str | None) -> str:
        """A country's name."""
        return self.tongue["file.other"] if key == "other" else self.wording.country(key)

    def suffix(self, key: str | None) -> str:
        """A top-level domain as people write it; what has no name stands by its address."""
        words = (None, "other", "address")
        return self.tongue.value(key) if key in words else f".{key}"

    def provider(self, key: str | None) -> str:
        """A provider's reviewed name, as frozen."""
        return self.names.get(key or "", self.tongue["file.other"])

    def counts(
        self,
        table: str,
        lines: Sequence[Figures],
        name: Name,
        columns: Sequence[tuple[str, str]],
        *,
        first: str = "key",
        chart: Sequence[str] = (),
        kind: str = "stacked",
        note: str = "",
        ordered: bool = False,
    ) -> Table:
        """Counts by a key: `columns` are (name in the figures, name of its words).

        The largest come first, in the public edition names do (what is withheld has no place).
        """
        heads = [self._first(table, first)]
        heads += [self.tongue.column(words, key=key) for key, words in columns]
        rows = [
            ((name(line["key"]), *(_count(line[key]) for key, _ in columns)), line["key"])
            for line in lines
        ]
        if not ordered:
            by = _last_others(self.tongue, by_size=not self.public)
            rows.sort(key=lambda one: by(one[0]))
        drawn = self.chart(kind, table, heads[0].key, chart) if chart else None
        if drawn and kind == "map":
            drawn = replace(drawn, places=tuple(key or "" for _, key in rows))
        return Table(
            table,
            self.tongue[f"tables.{table}"],
            tuple(heads),
            tuple(row for row, _ in rows),
            _notes(note),
            drawn,
        )

    def shares(
        self,
        table: str,
        lines: Iterable[tuple[str, Figures]],
        first: str,
        *,
        ranked: bool = False,
        note: str = "",
    ) -> Table:
        """Shares gone within each deadline, the median, and on what they rest."""
        given = list(lines)
        hours = [one for one in HOURS if given and all(one in line["gone"] for _, line in given)]
        measure = self.tongue.measure
        heads = (
            self._first(table, first),
            *(measure(name) for name in self._rested_on()),
            *(measure(f"gone_{one}") for one in hours),
            measure("median_hours"),
        )
        rows = [self._share_row(name, line, hours) for name, line in given]
        if not ranked:
            rows.sort(key=_last_others(self.tongue, by_size=False))
        keys = tuple(f"gone_{one}" for one in hours if one in ("24", "48", "168"))
        drawn = self.chart("bars", table, heads[0].key, keys) if keys else None
        notes = _notes(note, self.tongue["notes.bounds"], self.tongue["notes.few"])
        return Table(table, self.tongue[f"tables.{table}"], heads, tuple(rows), notes, drawn)

    def figure(self, name: str) -> str:
        """What a single figure is called: a measure of the registry, else one of reports alone."""
        return self.tongue.label(name) if name in MEASURES else self.tongue[f"measures.{name}"]

    def listed(self, table: str, rows: Iterable[tuple[str, Value]], note: str = "") -> Table:
        """Single figures, one under the other."""
        heads = (
            self.tongue.column("measure", Kind.TEXT),
            self.tongue.column("value", Kind.MIXED),
        )
        return Table(table, self.tongue[f"tables.{table}"], heads, tuple(rows), _notes(note))

    def day(self, iso: str, *, last: bool = False) -> str:
        """A day in words; with `last` the day before, where a period ends at its midnight."""
        found = date.fromisoformat(iso) - timedelta(days=int(last))
        return self.wording.day(found)

    def chart(self, kind: str, table: str, label: str, series: Sequence[str]) -> Chart:
        """A chart of a table, under its title."""
        return Chart(kind, label, tuple(series), self.tongue[f"tables.{table}"])

    def _first(self, table: str, words: str) -> Column:
        made = self.tongue.column(words, Kind.TEXT)
        title = made.title or self.tongue[f"tables.{table}"]
        return Column(words, title, Kind.TEXT)

    def _share_row(self, name: str, line: Figures, hours: Sequence[str]) -> tuple[Value, ...]:
        if line.get("withheld"):
            return (name, *([Mark.WITHHELD] * (1 + len(self._rested_on()) + len(hours))))
        thin = line["effective_notices"] < 5
        shares = [None if thin else self._share(line["gone"][one]) for one in hours]
        return (
            name,
            *(line[one] for one in self._rested_on()),
            *shares,
            None if thin else estimate(line["median_hours"]),
        )

    def _rested_on(self) -> tuple[str, ...]:
        """How many carry a share; the public reads that in the tables of counts, or not at all."""
        return () if self.public else _RESTED_ON

    def _share(self, share: Figures) -> Value:
        if not self.public:
            return estimate(share)
        return printed(share)


def printed(share: Figures) -> Value:
    """A share as the public reads it: both bounds in whole per cent, its interval outwards too."""
    shown = share.get("printed")
    if shown is None:
        return Mark.WITHHELD
    low, high = share["interval"] or (None, None)
    if low is None or high is None:
        return Estimate(shown[0], shown[1])
    least, most = min(_down(low), shown[0]), max(_up(high), shown[1])
    return Estimate(shown[0], shown[1], least, most)


def _down(share: float) -> float:
    return math.floor(share * 100 + 1e-9) / 100


def _up(share: float) -> float:
    return math.ceil(share * 100 - 1e-9) / 100


def estimate(found: Figures | None) -> Estimate | None:
    """A figure with bounds as figures give it."""
    if not found:
        return None
    low, high = found.get("interval") or (None, None)
    return Estimate(found["low"], found["high"], low, high)


def count(triple: Sequence[Any]) -> Value:
    """A count of the figures, or the mark of a withheld one."""
    return _count(triple)


def _count(triple: Sequence[Any]) -> Value:
    return Mark.WITHHELD if triple[0] is None else int(triple[0])


def _notes(*given: str) -> tuple[str, ...]:
    return tuple(one for one in given if one)


def _last_others(
    tongue: Tongue, *, by_size: bool
) -> Callable[[tuple[Value, ...]], tuple[Any, ...]]:
    """The order of rows: unknown and other last."""
    last = (tongue["file.other"], tongue["file.unknown"])

    def key(row: tuple[Value, ...]) -> tuple[Any, ...]:
        size = next((one for one in row[1:] if isinstance(one, int)), 0) if by_size else 0
        return row[0] in last, -size, normalize("NFD", str(row[0])).casefold()

    return key
