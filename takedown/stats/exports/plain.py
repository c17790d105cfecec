"""A report for programs: JSON in one file, CSV and Parquet by table, each with a dictionary."""

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import duckdb

from takedown.stats.exports import flat
from takedown.stats.exports.document import Column, Document, Kind, Mark, Table

DICTIONARY: Final = ("sheet", "table", "column", "figure", "unit", "type", "definition")
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_AT_ONCE: Final = 100
_TYPES: Final = {
    Kind.TEXT: "VARCHAR",
    Kind.COUNT: "BIGINT",
    Kind.SHARE: "DOUBLE",
    Kind.HOURS: "DOUBLE",
    Kind.NUMBER: "DOUBLE",
    Kind.DAY: "DATE",
    Kind.MIXED: "VARCHAR",
}


def as_json(document: Document) -> bytes:
    """All of it: `about`, `sheets` with `tables` (`columns`, `lines` as objects), `dictionary`.

    Shares lie in 0..1, times in hours; a withheld figure is the text "withheld".
    """
    answer = {
        "title": document.title,
        "subtitle": document.subtitle,
        "language": document.lang,
        "digest": document.digest,
        "about": dict(document.about),
        "sheets": [
            {
                "key": sheet.key,
                "title": sheet.title,
                "text": list(sheet.paragraphs),
                "tables": [_table(table) for table in sheet.tables],
            }
            for sheet in document.sheets
        ],
        "dictionary": [dict(zip(DICTIONARY, line, strict=True)) for line in _dictionary(document)],
    }
    return (json.dumps(answer, ensure_ascii=False, indent=1) + "\n").encode()


def as_csv(document: Document) -> bytes:
    """A ZIP of one CSV a table (UTF-8 with a mark, for Excel), and dictionary.csv.

    Columns have the names of the dictionary; texts that a sheet would run are marked.
    """
    files = {}
    for sheet, table in document.tables():
        lines = [[_cell(value) for value in line] for line in flat.lines(table)]
        files[f"{sheet.key}-{table.key}.csv"] = _csv(
            [[name for name, _, _ in flat.heads(table)], *lines]
        )
    files["dictionary.csv"] = _csv([list(DICTIONARY), *map(list, _dictionary(document))])
    files["about.csv"] = _csv(
        [[_cell(a), _cell(b)] for a, b in (*document.about, ("SHA-256", document.digest))]
    )
    return zipped(files)


def as_parquet(document: Document) -> bytes:
    """A ZIP of one Parquet file a table, and dictionary.parquet; a withheld figure is null, and
    `withheld` names the columns of its row."""
    files = {}
    with _Columns() as columns:
        for sheet, table in document.tables():
            types = {name: _type(column, part) for name, column, part in flat.heads(table)}
            lines = [_line(line, types) for line in flat.lines(table)]
            name = f"{sheet.key}-{table.key}.parquet"
            files[name] = columns.of({**types, "withheld": "VARCHAR"}, lines)
        text = dict.fromkeys(DICTIONARY, "VARCHAR")
        files["dictionary.parquet"] = columns.of(text, list(map(list, _dictionary(document))))
    return zipped(files)


def _table(table: Table) -> dict[str, Any]:
    names = [name for name, _, _ in flat.heads(table)]
    return {
        "key": table.key,
        "title": table.title,
        "columns": names,
        "notes": list(table.notes),
        "lines": [
            {name: _value(value) for name, value in zip(names, line, strict=True)}
            for line in flat.lines(table)
        ],
    }


def _dictionary(document: Document) -> Iterator[tuple[str, ...]]:
    for sheet, table in document.tables():
        for name, column, part in flat.heads(table):
            of = f"{column.title}, {document.words[part]}" if part else column.title
            kind = _type(column, part)
            yield sheet.key, table.key, name, of, column.unit, kind, column.definition


def _type(column: Column, part: str) -> str:
    return "DOUBLE" if part else _TYPES[column.kind]


def _value(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Mark) else value


def _cell(value: Any) -> Any:
    if isinstance(value, Mark):
        return str(value)
    if isinstance(value, str):
        return flat.harmless(value)
    return "" if value is None else _value(value)


def _typed(value: Any, kind: str) -> Any:
    """A value as its column's type takes it; DuckDB refuses any other."""
    if isinstance(value, Mark) or value is None:
        return None
    return str(value) if kind == "VARCHAR" else value


def _csv(lines: list[list[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(lines)
    return out.getvalue().encode("utf-8-sig")


def _line(line: list[Any], types: dict[str, str]) -> list[Any]:
    """The values of a row, and last the names of those that are withheld."""
    marked = [name for name, value in zip(types, line, strict=True) if isinstance(value, Mark)]
    plain = [_typed(value, kind) for value, kind in zip(line, types.values(), strict=True)]
    return [*plain, " ".join(marked)]


class _Columns:
    """Writes tables as Parquet, one after the other, through one connection."""

    def __enter__(self) -> "_Columns":
        self._folder = tempfile.TemporaryDirectory(prefix="td-report-")
        self._work = duckdb.connect(":memory:", config={"threads": 1})
        return self

    def __exit__(self, *failed: object) -> None:
        self._work.close()
        self._folder.cleanup()

    def of(self, types: dict[str, str], lines: list[list[Any]]) -> bytes:
        """The bytes of one table."""
        columns = ", ".join('"' + name + '" ' + kind for name, kind in types.items())
        self._work.execute(f"CREATE OR REPLACE TABLE t ({columns})")
        row = f"({', '.join('?' for _ in types)})"
        for first in range(0, len(lines), _AT_ONCE):
            some = lines[first : first + _AT_ONCE]
            values = ", ".join(row for _ in some)
            self._work.execute(
                f"INSERT INTO t VALUES {values}", [one for line in some for one in line]
            )
        file = Path(self._folder.name) / "table.parquet"
        self._work.execute(f"COPY t TO '{file}' (FORMAT parquet)")
        return file.read_bytes()


def zipped(files: dict[str, bytes]) -> bytes:
    """Files by name in a ZIP; the same files make the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in sorted(files.items()):
            about = zipfile.ZipInfo(name, _EPOCH)
            about.compress_type = zipfile.ZIP_DEFLATED
            pack.writestr(about, content)
    return out.getvalue()
