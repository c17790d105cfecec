"""Ranges of addresses in memory: sorted once, searched in microseconds."""

import socket
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence

Row = tuple[int, int, int]  # first address, last address, number of what the range says
_SIZES = (4, 16)  # bytes of an address in each family


class _Family:
    """Ranges of one address family; nested ones answer with the narrowest."""

    def __init__(self, rows: list[Row], size: int) -> None:
        rows.sort(key=lambda row: (row[0], -row[1]))
        self.first = _numbers((row[0] for row in rows), size)
        self.last = _numbers((row[1] for row in rows), size)
        self.number = array("I", (row[2] for row in rows))
        furthest, reach = 0, []  # the furthest end so far: how far back a search must look
        for _, last, _ in rows:
            furthest = max(furthest, last)
            reach.append(furthest)
        self.reach = _numbers(reach, size)

    def find(self, address: int) -> int | None:
        at = bisect_right(self.first, address) - 1
        while at >= 0 and self.reach[at] >= address:
            if self.last[at] >= address:
                return at
            at -= 1
        return None


class Ranges:
    """Ranges of both families. `rows`: for 4 and 16 bytes of address, with what they say."""

    def __init__(self, rows: dict[int, list[Row]]) -> None:
        self._families = {size: _Family(rows.get(size, []), size) for size in _SIZES}

    def __len__(self) -> int:
        return sum(len(family.first) for family in self._families.values())

    def find(self, address: str) -> tuple[int, bytes, bytes] | None:
        """The narrowest range that holds an address, given as text; None: none, or no address.

        Its number, first and last address, packed in network byte order.
        """
        try:
            size, number = parsed(address)
        except ValueError:
            return None
        family = self._families[size]
        at = family.find(number)
        if at is None:
            return None
        first, last = family.first[at], family.last[at]
        return family.number[at], first.to_bytes(size, "big"), last.to_bytes(size, "big")


def parsed(address: str) -> tuple[int, int]:
    """How many bytes an address has, and its number. Raises ValueError."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        packed = socket.inet_pton(family, address)
    except (OSError, UnicodeError):
        raise ValueError("not an address") from None
    return len(packed), int.from_bytes(packed, "big")


def _numbers(values: Iterable[int], size: int) -> Sequence[int]:
    return array("I", values) if size == 4 else list(values)
