"""Which network announces an address: a local table, loaded once, searched in microseconds."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from takedown.hosts import mmdb, table_file, tsv
from takedown.hosts.ranges import Ranges, Row
from takedown.hosts.tsv import BadField, Unfit

_NOT_ROUTED = 0
_Facts = tuple[int, str | None, str | None]


class Network(NamedTuple):
    """An announced range. `first` and `last` are packed addresses, in network byte order."""

    asn: int
    country: str | None  # ISO 3166-1, as the table says it
    name: str | None
    first: bytes
    last: bytes

    def __repr__(self) -> str:
        return f"Network(asn={self.asn})"


class AsnTable:
    """The table in memory. `dated` is its own date (UTC), `refused` its unreadable lines."""

    def __init__(self, lines: Iterable[str], dated: datetime) -> None:
        self.dated = dated
        self.bad: list[BadField] = []
        self.refused = 0
        numbers: dict[_Facts, int] = {}
        found: dict[int, list[Row]] = {4: [], 16: []}
        for number, fields in tsv.rows("\n".join(lines)):
            try:
                size, first, last, facts = _read(fields)
            except Unfit as unfit:
                self.refused += 1
                self.bad.append(BadField(number, unfit.field, unfit.reason))
                continue
            if facts[0] != _NOT_ROUTED:
                found[size].append((first, last, numbers.setdefault(facts, len(numbers))))
        self._facts = list(numbers)
        self._ranges = Ranges(found)

    def __len__(self) -> int:
        return len(self._ranges)

    def lookup(self, address: str) -> Network | None:
        """The network that announces an address (IPv4 or IPv6, as text); None: not known."""
        hit = self._ranges.find(address)
        if hit is None:
            return None
        number, first, last = hit
        asn, country, name = self._facts[number]
        return Network(asn, country, name, first, last)


class AsnDatabase(mmdb.Database):
    """The same of an mmdb file (MaxMind DB 2.0), whose date is when it was built."""

    refused = 0

    def lookup(self, address: str) -> Network | None:
        """As `AsnTable.lookup`."""
        found = self.get(address)
        if found is None:
            return None
        record, first, last = found
        try:
            number = tsv.asn(str(record.get("autonomous_system_number") or record.get("asn") or ""))
        except Unfit:
            return None
        name = record.get("autonomous_system_organization") or record.get("as_name")
        country = mmdb.country(record)
        if number == _NOT_ROUTED:
            return None
        return Network(number, country, name if isinstance(name, str) else None, first, last)


def load(path: Path) -> AsnTable | AsnDatabase:
    """The table of a file, read once for each version of it.

    TSV (first address, last address, ASN, country, name; gzip understood) or mmdb.
    Raises OSError where it cannot be read, ValueError where it is no whole mmdb.
    """
    return table_file.once(path, parse)


def parse(path: Path) -> AsnTable | AsnDatabase:
    """As `load`, and always read anew."""
    if mmdb.is_one(path):
        return AsnDatabase(path)
    raw, dated = table_file.contents(path)
    text = raw.decode("utf-8-sig", "replace")
    return AsnTable(text.splitlines(), tsv.stated_date(text) or dated)


def _read(fields: list[str]) -> tuple[int, int, int, _Facts]:
    size, first, last = tsv.span(fields)
    if len(fields) < 3:
        raise Unfit("ASN", "missing; fields stand between tabs")
    country = tsv.country(fields[3]) if len(fields) > 3 else None
    name = fields[4] if len(fields) > 4 else ""
    return size, first, last, (tsv.asn(fields[2]), country, name or None)
