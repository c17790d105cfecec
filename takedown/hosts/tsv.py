"""Tables of ranges as text: one range a line, fields between tabs, `#` before a comment."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from takedown.hosts.ranges import parsed

_DATE = re.compile(r"\b(20\d\d-[01]\d-[0-3]\d)\b")
_EMPTY = frozenset({"", "-", "none", "null", "??", "zz"})


@dataclass(frozen=True, slots=True)
class BadField:
    """What does not fit in a file: the line (from 1), the field's name, the reason."""

    row: int
    field: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.row}, {self.field}: {self.reason}"


class Unfit(ValueError):
    """A line that does not fit; names the field, quotes nothing."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that say something, with their number and their fields."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and line[0] != "#":
            yield number, [part.strip() for part in line.split("\t")]


def stated_date(text: str) -> datetime | None:
    """The date that a comment at the top of a file gives (`# 2026-11-01`), UTC midnight."""
    for line in text[:4_000].splitlines():
        if not line.startswith("#"):
            return None
        if match := _DATE.search(line):
            try:
                day = date.fromisoformat(match[1])
            except ValueError:
                continue
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
    return None


def span(fields: list[str]) -> tuple[int, int, int]:
    """The range in the first two fields: bytes of an address, first, last. Raises Unfit."""
    if len(fields) < 2:
        raise Unfit("last address", "missing; fields stand between tabs")
    size, first = _end("first address", fields[0])
    other, last = _end("last address", fields[1])
    if size != other:
        raise Unfit("last address", "of another family than the first")
    if first > last:
        raise Unfit("last address", "before the first")
    return size, first, last


def _end(name: str, text: str) -> tuple[int, int]:
    try:
        return parsed(text)
    except ValueError:
        raise Unfit(name, "not an address") from None


def asn(text: str, field: str = "ASN") -> int:
    """An AS number, with or without `AS` before it (RFC 5396). Raises Unfit."""
    digits = text.upper().removeprefix("AS")
    if not (digits.isascii() and digits.isdigit()) or int(digits) >= 1 << 32:
        raise Unfit(field, "not an AS number")
    return int(digits)


def country(text: str) -> str | None:
    """An ISO 3166-1 code; None where the field says that there is none. Raises Unfit."""
    if text.casefold() in _EMPTY:
        return None
    if len(text) != 2 or not (text.isascii() and text.isalpha()):
        raise Unfit("country", "not an ISO 3166-1 code of two letters")
    return text.upper()
