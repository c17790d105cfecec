"""What pages read: sums by notice, provider, country, month and age, made with each version."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import duckdb

from takedown.stats.facts import layout, sums
from takedown.stats.facts.cases import cases
from takedown.stats.facts.layout import ALL, COUNTRY, PROVIDER, files, quoted
from takedown.stats.query import Query

_FILE: Final = "date_trunc('month', coalesce(notified_at, opened_at))::DATE"
COUNTRY_KEY: Final = "coalesce(ascii(country) * 256 + ascii(substr(country, 2, 1)), -1)"
"""A country as a number; -1 where none is known."""
_SCOPES: Final = (
    f"{ALL} AS scope, 0 AS key",
    f"{PROVIDER} AS scope, provider AS key",
    (f"{COUNTRY} AS scope, {COUNTRY_KEY} AS key"),
)
_WIDE: Final = "month, provider, country"
_TABLES: Final = {"cells": "file, month, provider", "places": f"file, {_WIDE}"}
_NONE: Final = "DATE '0001-01-01'"
"""Stands for no month at all."""
_ROWS_AT_ONCE: Final = 150_000


@dataclass(frozen=True, slots=True)
class _Making:
    """A version that is being made from an old one: which of its months changed, and as of when."""

    work: duckdb.DuckDBPyConnection
    old: Path | None
    made: Path
    changed: set[date]
    as_of: datetime


def add_up(
    work: duckdb.DuckDBPyConnection,
    old: Path | None,
    made: Path,
    changed: set[date],
    as_of: datetime,
) -> None:
    """Write the sums of a version whose episodes lie there already.

    Closed months that did not change are linked; what is open is added up anew, for it grew older.
    """
    at = _Making(work, old, made, changed, as_of)
    _closed(at)
    _years(work, old, made, changed)
    _open_ages(work, made, as_of)
    _cells(at)
    _whole(work, made)


def _whole(work: duckdb.DuckDBPyConnection, made: Path) -> None:
    """Without a period nothing needs to be added up when it is asked for."""
    folder = made / "ages"
    _roll(work, [folder / "open.parquet", *folder.glob(layout.YEARS)], folder / "whole.parquet")
    for name, keys in (("cells", "provider"), ("places", "provider, country")):
        rows = sums.regrouped(files([made / f"{name}.parquet"]), keys)
        _copy(work, rows, made / f"{name}-whole.parquet", [], "provider")


def _closed(at: _Making) -> None:
    for path in layout.closed(at.made):
        if layout.month_of(path) not in at.changed and at.old is not None:
            for folder in ("clusters", "ages"):
                (at.made / folder / path.name).hardlink_to(at.old / folder / path.name)
            continue
        rows, given = cases(files([path]), Query(), at.as_of, None)
        _copy(at.work, _clusters(rows), at.made / "clusters" / path.name, given)
        _copy(at.work, _ages(rows), at.made / "ages" / path.name, given, "scope, key, bin")


def _years(
    work: duckdb.DuckDBPyConnection, old: Path | None, made: Path, changed: set[date]
) -> None:
    folder = made / "ages"
    months = sorted(folder.glob(layout.MONTHS))
    for year in sorted({path.stem[:4] for path in months}):
        of_year = [path for path in months if path.stem.startswith(year)]
        if old is not None and not any(str(begin.year) == year for begin in changed):
            (folder / f"{year}.parquet").hardlink_to(old / "ages" / f"{year}.parquet")
        else:
            _roll(work, of_year, folder / f"{year}.parquet")


def _roll(work: duckdb.DuckDBPyConnection, parts: list[Path], to: Path) -> None:
    _copy(work, _counted(sums.added(files(parts), "scope, key")), to, [], "scope, key, bin")


def _open_ages(work: duckdb.DuckDBPyConnection, made: Path, as_of: datetime) -> None:
    rows, given = cases(files([made / "open.parquet"]), Query(), as_of, None)
    _copy(work, _ages(rows), made / "ages" / "open.parquet", given, "scope, key, bin")


def _ages(rows: str) -> str:
    """Sums by age in all scopes."""
    fine = sums.by_age(rows, _WIDE)
    parts = " UNION ALL ".join(sums.added("fine", f"month, {scope}") for scope in _SCOPES)
    return _counted(f"WITH fine AS MATERIALIZED ({fine}) {parts}")


def _counted(rows: str) -> str:
    """What lies there counts Urls: whole numbers, which are read in half the time."""
    whole = ", ".join(f"{name}::INTEGER AS {name}" for name in sums.AGES)
    return f"SELECT * REPLACE ({whole}) FROM ({rows})"


def _cells(at: _Making) -> None:
    """Sums by month and provider, and by country beside; months without open cases stay."""
    rows, given = cases(files([at.made / "open.parquet"]), Query(), at.as_of, None)
    at.work.execute(f"CREATE OR REPLACE TEMP TABLE opened AS {_clusters(rows)}", given)
    _copy(at.work, "SELECT * FROM opened", at.made / "opened.parquet", [], "file, provider")
    afresh = sorted(at.changed | _grown(at.work, at.old))
    begun = False
    for portion in _portions(at.work, at.made, afresh):
        listed = ", ".join(f"DATE '{begin}'" for begin in portion) or _NONE
        parts = f"SELECT * FROM opened WHERE file IN ({listed})"
        closed = [path for begin in portion if (path := _of(at.made, begin)).exists()]
        if closed:
            parts += f" UNION ALL BY NAME SELECT * FROM {files(closed)}"
        for name, keys in _TABLES.items():
            chosen = sums.by_group(f"({sums.together(f'({parts})', keys)})", keys)
            how = "INSERT INTO {} BY NAME" if begun else "CREATE OR REPLACE TEMP TABLE {} AS"
            at.work.execute(f"{how.format(name)} {chosen}")
        begun = True
    for name in _TABLES:
        kept = f"SELECT * FROM {name}"
        if at.old is not None:
            gone = ", ".join(f"DATE '{begin}'" for begin in afresh) or _NONE
            before = files([at.old / f"{name}.parquet"])
            kept += f" UNION ALL BY NAME SELECT * FROM {before} WHERE file NOT IN ({gone})"
        _copy(at.work, kept, at.made / f"{name}.parquet", [], "provider, month")


def _clusters(rows: str) -> str:
    return sums.by_cluster(f"(SELECT *, {_FILE} AS file FROM {rows})", f"file, {_WIDE}")


def _portions(
    work: duckdb.DuckDBPyConnection, made: Path, months: list[date]
) -> Iterable[list[date]]:
    """Months that are added up at a time, as many as memory takes; none of them: one portion."""
    portion, rows = [], 0
    for begin in months:
        path = _of(made, begin)
        if path.exists():
            found = work.execute(f"SELECT count(*) FROM {files([path])}").fetchone()
            rows += found[0] if found else 0
        portion.append(begin)
        if rows >= _ROWS_AT_ONCE:
            yield portion
            portion, rows = [], 0
    if portion or not months:
        yield portion


def _of(made: Path, begin: date) -> Path:
    return made / "clusters" / f"{begin:%Y-%m}.parquet"


def _grown(work: duckdb.DuckDBPyConnection, old: Path | None) -> set[date]:
    """Months whose open cases add up to something else than in the last version."""
    if old is None:
        return {row[0] for row in work.execute("SELECT DISTINCT file FROM opened").fetchall()}
    now, before = _drawn("opened"), _drawn(files([old / "opened.parquet"]))
    differs = f"""SELECT file FROM ({now}) n FULL JOIN ({before}) b USING (file)
        WHERE n.rows IS DISTINCT FROM b.rows OR n.drawn IS DISTINCT FROM b.drawn"""
    return {row[0] for row in work.execute(differs).fetchall()}


def _drawn(clusters: str) -> str:
    """What the rows of each month come to, whatever their order: other rows, another number."""
    names = ", ".join(("cluster", "month", "provider", "country", "since", *sums.columns()))
    return f"""SELECT file, count(*) AS rows, sum(hash(({names}))::HUGEINT) AS drawn
        FROM {clusters} GROUP BY file"""


def _copy(
    work: duckdb.DuckDBPyConnection,
    rows: str,
    to: Path,
    given: Iterable[object],
    order: str = "provider",
) -> None:
    work.execute(
        f"COPY (SELECT * FROM ({rows}) ORDER BY {order}) TO {quoted(to)}"
        " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480)",
        list(given),
    )
