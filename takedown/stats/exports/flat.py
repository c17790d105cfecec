"""A table for machines: plain columns, one figure each, and nothing that a sheet would run."""

from datetime import date, datetime
from typing import Final

from takedown.stats.exports.document import PARTS, Column, Document, Estimate, Mark, Table, Value

Plain = str | int | float | date | datetime | None

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(text: str) -> str:
    """Text that no program of sheets takes for a formula (OWASP, CSV injection)."""
    plain = text.replace("\x00", "")
    return (
        "'" + plain if plain.startswith(_FORMULA) or plain.lstrip().startswith(_FORMULA) else plain
    )


def heads(table: Table) -> list[tuple[str, Column, str]]:
    """(name, column, part) of each plain column; a part of `PARTS` where it is estimated."""
    found = []
    for column in table.columns:
        if column.estimated:
            found += [(f"{column.key}_{part}", column, part) for part in PARTS]
        else:
            found.append((column.key, column, ""))
    return found


def lines(table: Table) -> list[list[Plain | Mark]]:
    """The values under `heads`, line by line."""
    return [
        [
            one
            for value, column in zip(line, table.columns, strict=True)
            for one in _parts(value, column)
        ]
        for line in table.lines
    ]


def withheld(document: Document) -> bool:
    """Whether anything is left out of it."""
    return any(Mark.WITHHELD in line for _, table in document.tables() for line in table.lines)


def _parts(value: Value, column: Column) -> list[Plain | Mark]:
    if not column.estimated:
        assert not isinstance(value, Estimate)
        return [value]
    if isinstance(value, Estimate):
        return list(value.parts())
    return [value if isinstance(value, Mark) else None] * len(PARTS)
