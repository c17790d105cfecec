"""In which country an address stands, by a table that the operator supplies."""

from datetime import datetime
from pathlib import Path

from takedown.hosts import mmdb, table_file, tsv
from takedown.hosts.ranges import Ranges, Row
from takedown.hosts.tsv import BadField, Unfit


class CountryTable:
    """A text table in memory: first address, last address, country. `dated`: its date, UTC."""

    def __init__(self, text: str, dated: datetime) -> None:
        self.dated = tsv.stated_date(text) or dated
        self.bad: list[BadField] = []
        codes: dict[str, int] = {}
        found: dict[int, list[Row]] = {4: [], 16: []}
        for number, fields in tsv.rows(text):
            try:
                size, first, last = tsv.span(fields)
                if len(fields) < 3:
                    raise Unfit("country", "missing; fields stand between tabs")
                code = tsv.country(fields[2])
            except Unfit as unfit:
                self.bad.append(BadField(number, unfit.field, unfit.reason))
                continue
            if code is not None:
                found[size].append((first, last, codes.setdefault(code, len(codes))))
        self._codes = list(codes)
        self._ranges = Ranges(found)

    def __len__(self) -> int:
        return len(self._ranges)

    def country(self, address: str) -> str | None:
        """The ISO 3166-1 code of where an address stands; None: not known."""
        hit = self._ranges.find(address)
        return self._codes[hit[0]] if hit else None


class CountryDatabase(mmdb.Database):
    """The same of an mmdb file."""

    def country(self, address: str) -> str | None:
        """As `CountryTable.country`."""
        found = self.get(address)
        return mmdb.country(found[0]) if found else None


def load(path: Path) -> CountryTable | CountryDatabase:
    """The table of a file, read once for each version of it. Raises OSError, ValueError."""
    return table_file.once(path, parse)


def parse(path: Path) -> CountryTable | CountryDatabase:
    """As `load`, and always read anew."""
    if mmdb.is_one(path):
        return CountryDatabase(path)
    raw, dated = table_file.contents(path)
    return CountryTable(raw.decode("utf-8-sig", "replace"), dated)
