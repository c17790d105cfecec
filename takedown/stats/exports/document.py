"""A report as a value: sheets of tables, in words of one language, not yet in any file's form."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What stands in a column."""

    TEXT = "text"
    COUNT = "count"
    SHARE = "share"  # 0..1
    HOURS = "hours"
    NUMBER = "number"
    DAY = "day"
    MIXED = "mixed"  # counts, and shares or times in words: key figures, for people


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure that is known between two bounds, with its 95 % interval; None: not reached."""

    low: float | None
    high: float | None
    interval_low: float | None = None
    interval_high: float | None = None

    def parts(self) -> tuple[float | None, ...]:
        """The four figures in the order of `PARTS`."""
        return self.low, self.high, self.interval_low, self.interval_high


PARTS: Final = ("low", "high", "interval_low", "interval_high")


class Mark(StrEnum):
    """What stands in the place of a figure."""

    WITHHELD = "withheld"  # few cases: see takedown.stats.publication.suppression


Value = str | int | float | date | datetime | Estimate | Mark | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `key` names it in files for machines, `title` on paper.

    `estimated`: its values are `Estimate`s. `definition`: what the figure means, for the last sheet
    and the data dictionary.
    """

    key: str
    title: str
    kind: Kind = Kind.COUNT
    unit: str = ""
    definition: str = ""
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """How a table is drawn: `label` and `series` are keys of its columns.

    `bars`: one bar a row; `stacked`: series on top of each other, to the whole; `line`: over the
    rows; `curve`: steps between two bounds over hours, with the number at risk where a column of it
    stands beside; `funnel`: rows one under the other; `map`: each row at its of `places` (ISO
    3166-1), bars where a form has no maps.
    """

    kind: str
    label: str
    series: tuple[str, ...]
    title: str
    most: int = 15
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns. `lines` have one value a column."""

    key: str
    title: str
    columns: tuple[Column, ...]
    lines: tuple[tuple[Value, ...], ...]
    notes: tuple[str, ...] = ()
    chart: Chart | None = None

    @property
    def wide(self) -> bool:
        """Whether it needs the long side of the paper."""
        return len(self.columns) > 7

    def column(self, key: str) -> int:
        """The place of a column."""
        return next(i for i, one in enumerate(self.columns) if one.key == key)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Tables that belong together, under one title (a chapter on paper)."""

    key: str
    title: str
    tables: tuple[Table, ...] = ()
    paragraphs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report. `about`: what stands on its front, and in the head of every file.

    `words`: the few words that the writers themselves need (see words.toml, section `file`).
    """

    name: str
    title: str
    subtitle: str
    lang: str
    about: tuple[tuple[str, str], ...]
    sheets: tuple[Sheet, ...]
    words: Mapping[str, str]
    digest: str = ""
    made_at: datetime | None = None
    facts: Mapping[str, object] = field(default_factory=dict)

    def tables(self) -> Iterator[tuple[Sheet, Table]]:
        """Every table with its sheet."""
        for sheet in self.sheets:
            for table in sheet.tables:
                yield sheet, table

    def definitions(self) -> list[tuple[str, str, str, str]]:
        """(key, title, unit, definition) of every column that has one, for people: each meaning
        once. Where one title has several, it says of which tables."""
        found: dict[tuple[str, str, str, str], list[str]] = {}
        for _, table in self.tables():
            for one in table.columns:
                if one.definition:
                    said = self._readable(one.definition)
                    found.setdefault((one.key, one.title, one.unit, said), []).append(table.title)
        meanings: dict[str, set[str]] = {}
        for _, title, _, said in found:
            meanings.setdefault(title, set()).add(said)
        return [
            (key, _of(title, tables) if len(meanings[title]) > 1 else title, unit, said)
            for (key, title, unit, said), tables in found.items()
        ]

    def defined(self) -> list[tuple[str, str]]:
        """(titles, definition): what is defined alike stands together."""
        found: dict[str, list[str]] = {}
        for _, title, _, said in self.definitions():
            titles = found.setdefault(said, [])
            titles += [title] if title not in titles else []
        return [(", ".join(titles), said) for said, titles in found.items()]

    def _readable(self, definition: str) -> str:
        """Parts by what their columns are called; sentences on parts that no table here has go."""
        known = {"low": "low", "high": "high", "interval": "interval_part"}
        kept = [
            one for one in _SENTENCES.split(definition) if set(_PART.findall(one)) <= known.keys()
        ]
        text = " ".join(kept)
        return _PART.sub(
            lambda found: self.words["quoted"].format(self.words[known[found[1]]]), text
        )


def _of(title: str, tables: Sequence[str]) -> str:
    more = "; …" if len(tables) > _NAMED else ""
    return f"{title} ({'; '.join(tables[:_NAMED])}{more})"


_NAMED: Final = 2
_SENTENCES: Final = re.compile(r"(?<=\.) ")
_PART: Final = re.compile(r"`(\w+)`")
