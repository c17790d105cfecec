"""The reference tables that look-ups rest on: their date and age, and how one is replaced."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from takedown.errors import TakedownError
from takedown.hosts import asn_table, geolocation, mmdb, table_file, upstreams
from takedown.hosts.tsv import BadField

OLD: Final = timedelta(days=30)  # networks move: an older table is warned about
_SHOWN: Final = 20

_PARSERS: Final[dict[str, Callable[[Path], Any]]] = {
    "asn": asn_table.parse,
    "geolocation": geolocation.parse,
    "upstreams": upstreams.parse,
}
_LOADERS: Final[dict[str, Callable[[Path], Any]]] = {
    "asn": asn_table.load,
    "geolocation": geolocation.load,
    "upstreams": upstreams.load,
}
NAMES: Final = tuple(_PARSERS)


class UnfitTable(TakedownError):
    """A file that cannot become a reference table; `bad` names rows and fields."""

    def __init__(self, why: str, bad: tuple[BadField, ...] = ()) -> None:
        more = len(bad) - _SHOWN
        lines = [why, *map(str, bad[:_SHOWN]), *([f"and {more} more"] if more > 0 else [])]
        super().__init__("\n".join(lines))
        self.bad = bad


@dataclass(frozen=True, slots=True)
class TableState:
    """One table as it stands. `dated` is its own date (UTC), None where there is no table."""

    name: str  # asn | geolocation | upstreams
    dated: datetime | None = None
    rows: int = 0
    age_days: int | None = None
    old: bool = False  # past `OLD`: a warning is due
    problem: str | None = None  # why it cannot be read


@dataclass(frozen=True, slots=True)
class Replaced:
    """What took a table's place; `sha256` of the file as it is kept."""

    name: str
    dated: datetime
    rows: int
    sha256: str


def state(name: str, path: Path | None, now: datetime) -> TableState:
    """How a table stands at `now`; a missing one has no date."""
    if path is None or not path.exists():
        return TableState(name)
    try:
        table = _LOADERS[name](path)
        rows = len(table)
    except (OSError, ValueError) as error:
        return TableState(name, problem=f"cannot be read ({type(error).__name__})")
    age = now - table.dated
    bad = f"{len(table.bad)} lines do not fit" if table.bad else None
    return TableState(name, table.dated, rows, max(0, age.days), age > OLD, bad)


def replace(name: str, source: Path, target: Path) -> Replaced:
    """Put a file in a table's place, after checking all of it; the old one stays on any error.

    A file packed by gzip is kept unpacked. Raises UnfitTable.
    """
    try:
        raw, dated = table_file.contents(source)
        checked = table_file.replace(target, raw, dated, lambda new: _checked(name, new))
    except OSError as error:
        raise UnfitTable(f"{error.strerror or error}") from None
    return Replaced(name, checked.dated, len(checked), hashlib.sha256(raw).hexdigest())


def _checked(name: str, new: Path) -> Any:
    if name == "upstreams" and mmdb.is_one(new):
        raise UnfitTable("not a text table")
    try:
        table = _PARSERS[name](new)
        rows = len(table)
    except ValueError as error:
        raise UnfitTable(str(error)) from None
    if table.bad:
        raise UnfitTable(f"{len(table.bad)} lines do not fit", tuple(table.bad))
    if not rows:
        raise UnfitTable("no range in it")
    return table
