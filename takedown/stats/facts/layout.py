"""Where what lies in a version: closed episodes and their sums by month, the open ones apart.

closed/2026-03.parquet   closed episodes, by month of the notice (before any: of opening)
open.parquet             open episodes
clusters/2026-03.parquet sums of the closed ones by notice
ages/2026-03.parquet     the closed ones by age, also added up by year
ages/open.parquet        the open ones by age
ages/whole.parquet       all of them by age
opened.parquet           sums of the open ones by notice
cells.parquet            sums by month and provider, closed and open
places.parquet           sums by month, country and provider; both without months: ...-whole
letters/2026-03.parquet  a row for each notice
unrouted.parquet         Urls that no provider is responsible for yet
providers.parquet        numbers, ids and reviewed names of providers
"""

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Final

YEARS: Final = "[0-9][0-9][0-9][0-9].parquet"
MONTHS: Final = "[0-9][0-9][0-9][0-9]-[0-9][0-9].parquet"
ALL: Final = 0
PROVIDER: Final = 1
COUNTRY: Final = 2
"""Scopes of sums by age: over all, by provider, by country."""


def quoted(path: Path) -> str:
    """A path inside SQL."""
    return "'" + str(path).replace("'", "''") + "'"


def files(paths: Iterable[Path]) -> str:
    """A relation over Parquet files of one form."""
    return f"read_parquet([{', '.join(quoted(path) for path in paths)}])"


def month_of(path: Path) -> date:
    """The month whose file this is."""
    return date.fromisoformat(path.stem + "-01")


def closed(version: Path) -> list[Path]:
    """The months of closed episodes, oldest first."""
    return sorted((version / "closed").glob("*.parquet"))


def ages(version: Path, first: date | None, last: date | None) -> list[Path]:
    """The fewest files of sums by age that cover the closed episodes from `first` to before `last`;
    both are beginnings of months, None: without end."""
    folder = version / "ages"
    found = [folder / "open.parquet"]
    for year in folder.glob(YEARS):
        begin, finish = date(int(year.stem), 1, 1), date(int(year.stem) + 1, 1, 1)
        if (first is None or first <= begin) and (last is None or finish <= last):
            found.append(year)
    whole = {path.stem for path in found}
    for month in folder.glob(MONTHS):
        begin = month_of(month)
        inside = (first is None or first <= begin) and (last is None or begin < last)
        if inside and month.stem[:4] not in whole:
            found.append(month)
    return found


def month_start(at: datetime | None) -> date | None:
    """The month that begins at this very moment; raises ValueError where none does."""
    if at is None:
        return None
    if (at.day, at.hour, at.minute, at.second, at.microsecond) != (1, 0, 0, 0, 0):
        raise ValueError("no beginning of a month")
    return at.date()
