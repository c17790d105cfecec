"""Every figure in the exports against the one that programs read, by a walk over the registry."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
from house import House

from takedown.db import committing
from takedown.flow.reports import house as report_house
from takedown.stats.exports.wording import Wording
from takedown.stats.publication import drawing, making, service
from takedown.stats.publication.models import Edition, ReportKind
from takedown.stats.publication.service import Wanted
from takedown.stats.registry import INTERVAL, MEASURES

Asked = Callable[[str], Any]


def exports_say_what_programs_read(house: House, asked: Asked) -> None:
    """Every measure of the registry in a report is the one that the API answers with."""
    last = house.clock().date() - timedelta(days=8)
    first = last - timedelta(days=1500)
    files = exported(house, first, last)
    document = json.loads(files["json"].read_bytes())
    every_form_says(document, files)
    period = f"from={first}&to={last}&cutoff={last + timedelta(days=1)}"
    totals = {
        word: asked(f"overview?{period}&where={where}".removesuffix("&where="))["total"]
        for word, where in (("all", ""), ("at home", "home"), ("abroad", "abroad"))
    }
    wording = Wording("en", {"unknown": "unknown"})
    lines = {
        "provider": {one["provider"]: one for one in asked(f"providers?{period}")["items"]},
        "country": {
            wording.country(one["country"]): one for one in asked(f"countries?{period}")["items"]
        },
        "key": totals,
    }
    compared: dict[str, set[str]] = {}
    for sheet in document["sheets"]:
        for one in sheet["tables"]:
            of = lines.get(one["columns"][0], {})
            for row in one["lines"]:
                if line := of.get(row[one["columns"][0]]):
                    compared.setdefault(one["key"], set()).update(same(row, line, one["key"]))
    shares = {"notices", "effective_notices", "episodes", "median_hours", "gone_24", "gone_168"}
    for table in ("shares_where", "shares_country", "shares_provider"):
        assert shares <= compared[table], table
    ends = {"removed", "unavailable", "moved", "open", "gone_before_notice", "rescinded"}
    assert ends <= compared["by_provider"] & compared["by_country"] & compared["where"]


def same(row: dict[str, Any], line: dict[str, Any], where: str) -> set[str]:
    """The measures of the registry that stand in a row: each as in the line of the API."""
    found = set()
    for name, measure in MEASURES.items():
        parts = [part for part in INTERVAL if f"{name}_{part}" in row]
        shown = {part: row[f"{name}_{part}"] for part in parts} or (
            {"value": row[name]} if name in row else {}
        )
        if shown and shown != dict.fromkeys(parts):
            read = measure.read(line)
            assert shown == {part: read[part] for part in shown}, (where, name, row)
            found.add(name)
    return found


def exported(house: House, first: date, last: date) -> dict[str, Path]:
    """The annual report of these days, its full edition, in each form for programs."""
    place = report_house(house.ports)
    forms = ["json", "csv", "parquet", "xlsx"]
    wanted = Wanted(ReportKind.ANNUAL, Edition.FULL, first, last, languages=["en"], formats=forms)
    with committing(house.ports.sessions) as session:
        row = service.ask(session, wanted, now=house.clock(), by="user:a")
    with committing(house.ports.sessions) as session:
        claimed = making.claim(session, now=house.clock(), one=row.id)
    assert claimed is not None and making.make(place, claimed)
    with house.ports.sessions() as session:
        made = {file.format: file.name for file in drawing.stored(session, row.id)}
    assert set(made) == set(forms)
    return {form: place.folder(row.id) / "files" / name for form, name in made.items()}


def every_form_says(document: dict[str, Any], files: dict[str, Path]) -> None:
    """What stands in the JSON of a report stands in its CSV, Parquet and workbook, cell by cell."""
    comma, columnar = unpacked(files["csv"]), unpacked(files["parquet"])
    workbook = openpyxl.load_workbook(files["xlsx"])
    cells = 0
    for sheet, page in zip(document["sheets"], workbook.worksheets[1:-1], strict=True):
        written = page.iter_rows(values_only=True)
        for table in sheet["tables"]:
            name = f"{sheet['key']}-{table['key']}"
            lines = [list(map(plain, line.values())) for line in table["lines"]]
            head, *rows = csv.reader(io.StringIO(comma[f"{name}.csv"].decode("utf-8-sig")))
            assert head == table["columns"], name
            assert [list(map(plain, row)) for row in rows] == lines, name
            file = files["parquet"].with_name("one.parquet")
            file.write_bytes(columnar[f"{name}.parquet"])
            assert list(columns_of(file)) == lines, name
            assert list(cells_of(written, table)) == lines, name
            cells += sum(map(len, lines))
    assert cells > 1000


def unpacked(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as pack:
        return {name: pack.read(name) for name in pack.namelist()}


def columns_of(file: Path) -> Iterator[list[str]]:
    """The rows of a Parquet file, with "withheld" where it says so."""
    with duckdb.connect() as work:
        answer = work.execute(f"SELECT * FROM '{file}'")
        *names, last = (one[0] for one in answer.description or ())
        assert last == "withheld"
        for *row, withheld in answer.fetchall():
            marked = withheld.split()
            yield [
                "withheld" if name in marked else plain(value)
                for name, value in zip(names, row, strict=True)
            ]


def cells_of(written: Iterator[tuple[Any, ...]], table: dict[str, Any]) -> Iterator[list[str]]:
    """The rows under a table's title in a workbook, whose numbers have 16 places."""
    next(row for row in written if row[0] == table["title"])
    next(written)
    for _ in table["lines"]:
        yield [plain(one) for one in next(written)[: len(table["columns"])]]


def plain(value: Any) -> str:
    """One way of writing what each form writes in its own: 12 places, no marks of spreadsheets."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    shown = {None: "", "*": "withheld"}.get(value, str(value)).removeprefix("'")
    try:
        return f"{float(shown):.12g}"
    except ValueError:
        return shown
