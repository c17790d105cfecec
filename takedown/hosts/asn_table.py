"""Which network announces an address: a local table, loaded once, searched in microseconds."""

import gzip
import socket
from array import array
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

_Row = tuple[bytes, bytes, int]  # first, last, number of its network
_NOT_ROUTED = 0


@dataclass(frozen=True, slots=True)
class Network:
    """An announced range. `first` and `last` are packed addresses, in network byte order."""

    asn: int
    country: str | None  # ISO 3166-1, as the table says it
    name: str | None
    first: bytes = field(repr=False)
    last: bytes = field(repr=False)


class _Ranges:
    """Ranges of one address family in sorted arrays; nested ones answer with the narrowest."""

    def __init__(self, rows: list[_Row]) -> None:
        rows.sort(key=lambda row: (row[0], _inverted(row[1])))
        self.first = [row[0] for row in rows]
        self.last = [row[1] for row in rows]
        self.network = array("I", (row[2] for row in rows))
        self.reach: list[bytes] = []  # the furthest end so far: how far back a search must look
        furthest = b""
        for last in self.last:
            furthest = max(furthest, last)
            self.reach.append(furthest)

    def find(self, address: bytes) -> int | None:
        at = bisect_right(self.first, address) - 1
        while at >= 0 and self.reach[at] >= address:
            if self.last[at] >= address:
                return at
            at -= 1
        return None


class AsnTable:
    """The table in memory. `dated` is the file's time (UTC), `refused` its unreadable lines."""

    def __init__(self, lines: list[str], dated: datetime) -> None:
        self.dated = dated
        self.refused = 0
        numbers: dict[tuple[int, str | None, str | None], int] = {}
        families: dict[int, list[_Row]] = {4: [], 16: []}
        for line in lines:
            if not line.strip() or line[0] == "#":
                continue
            try:
                first, last, facts = _parsed(line)
            except ValueError:
                self.refused += 1
                continue
            if facts[0] != _NOT_ROUTED:
                row = (first, last, numbers.setdefault(facts, len(numbers)))
                families[len(first)].append(row)
        self._facts = list(numbers)
        self._ranges = {size: _Ranges(rows) for size, rows in families.items()}

    def __len__(self) -> int:
        return sum(len(ranges.first) for ranges in self._ranges.values())

    def lookup(self, address: str) -> Network | None:
        """The network that announces an address (IPv4 or IPv6, as text); None: not known."""
        try:
            packed = _packed(address)
        except ValueError:
            return None
        ranges = self._ranges[len(packed)]
        at = ranges.find(packed)
        if at is None:
            return None
        asn, country, name = self._facts[ranges.network[at]]
        return Network(asn, country, name, ranges.first[at], ranges.last[at])


def load(path: Path) -> AsnTable:
    """The table of a TSV file (`.gz` understood): first address, last address, ASN, country, name.

    Read once for each version of the file. Raises OSError where it cannot be read.
    """
    return _load(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _load(path: Path, modified_ns: int) -> AsnTable:
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8", "replace")
    return AsnTable(text.splitlines(), datetime.fromtimestamp(modified_ns / 1e9, UTC))


def _parsed(line: str) -> tuple[bytes, bytes, tuple[int, str | None, str | None]]:
    """One line. Raises ValueError."""
    fields = [part.strip() for part in line.split("\t")]
    if len(fields) < 3:
        raise ValueError("too few fields")
    first, last = _packed(fields[0]), _packed(fields[1])
    if len(first) != len(last) or first > last:
        raise ValueError("not a range")
    country = fields[3].upper() if len(fields) > 3 else ""
    name = fields[4] if len(fields) > 4 else ""
    asn = int(fields[2].upper().removeprefix("AS"))
    iso = country if len(country) == 2 and country.isalpha() else None
    return first, last, (asn, iso, name or None)


def _packed(address: str) -> bytes:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.inet_pton(family, address)
    except OSError:
        raise ValueError("not an address") from None


def _inverted(packed: bytes) -> bytes:
    return bytes(255 - byte for byte in packed)
