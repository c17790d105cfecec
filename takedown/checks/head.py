"""Reads the header lines that a host sends, as they come: what is wanted is kept, all else dropped.

Everything here is bounded, whatever the other side sends.
"""

import re
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Final

from takedown.checks.finding import RETRY_AFTER_CAP_S

MAX_BYTES: Final = 32_768
MAX_LINES: Final = 200
MAX_INTERIM: Final = 10
_MAX_VALUE: Final = 8_192

# A Retry-After that cannot be read still asks to be left alone.
RETRY_AFTER_UNREADABLE_S: Final = 3_600

_WANTED: Final = {
    b"content-type": "content_type",
    b"content-length": "content_length",
    b"etag": "etag",
    b"last-modified": "last_modified",
    b"location": "location",
    b"retry-after": "retry_after",
    b"server": "server",
    b"cf-mitigated": "cf_mitigated",
    b"link": "link",
    b"date": "date",
}
_BLOCKED_BY: Final = re.compile(
    r"<([^<>]{1,500})>\s{0,5};[^<>]{0,200}?rel\s?=\s?[\"']?[^\"'<>,;]{0,60}\bblocked-by\b", re.I
)
_DIGITS: Final = re.compile(r"[0-9]{1,18}", re.A)
_SPACED: Final = re.compile(r"\s*([;=])\s*")

GO_ON: Final = None
STOP: Final = 0


class Head:
    """One answer's head. `feed` is libcurl's header callback: STOP makes it end with error 23."""

    __slots__ = ("_fresh", "_interim", "_lines", "complete", "flood", "size", "status", "values")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.size = self._lines = self._interim = 0
        self.complete = self.flood = False
        self._next()

    def _next(self) -> None:
        self.status: int | None = None
        self.values: dict[str, bytes] = {}
        self._fresh = True

    def feed(self, line: bytes) -> int | None:
        """One header line with its end; STOP after the final blank line and on a flood."""
        self.size = size = self.size + len(line)
        self._lines = lines = self._lines + 1
        if size > MAX_BYTES or lines > MAX_LINES:
            self.flood = True
            return STOP
        if self._fresh:
            self._fresh = False
            code = line.split(None, 2)[1:2]
            self.status = int(code[0][:3]) if code and code[0][:3].isdigit() else None
            return GO_ON
        name, colon, value = line.partition(b":")
        if not colon and line in (b"\r\n", b"\n"):
            return self._end()
        wanted = _WANTED.get(name.lower())
        if wanted is not None:
            self._keep(wanted, value)
        return GO_ON

    def _keep(self, name: str, value: bytes) -> None:
        """The first of its name; only Links add up."""
        before = self.values.get(name)
        if before is None:
            self.values[name] = value.strip()[:_MAX_VALUE]
        elif name == "link":
            self.values[name] = (before + b"," + value.strip())[:_MAX_VALUE]

    def _end(self) -> int | None:
        if self.status is not None and 100 <= self.status < 200:
            self._interim += 1
            self.flood = self._interim > MAX_INTERIM
            self._next()
            return STOP if self.flood else GO_ON
        self.complete = True
        return STOP

    def fields(self) -> dict[str, Any]:
        """What a Finding keeps of it; without `location`, whose text goes no further."""
        fields: dict[str, Any] = {} if self.status is None else {"status": self.status}
        for key, raw in self.values.items():
            text = raw.decode("latin-1")
            if key == "content_length":
                fields[key] = int(text) if _DIGITS.fullmatch(text) else None
            elif key == "content_type":
                fields[key] = _media_type(text)
            elif key == "retry_after":
                fields["retry_after_s"] = _retry_after(text, self.values.get("date", b""))
            elif key == "link":
                found = _BLOCKED_BY.search(text)
                fields["blocked_by"] = found[1] if found else None
            elif key not in ("location", "date"):
                fields[key] = text
        return fields

    def location(self) -> str | None:
        """Where a redirect leads, for this process alone; None where there is none."""
        raw = self.values.get("location")
        return None if raw is None else raw.decode("utf-8", "replace")


@lru_cache(maxsize=1_024)
def _media_type(text: str) -> str:
    return _SPACED.sub(r"\1", text[:200]).lower()


def _retry_after(text: str, date: bytes) -> int:
    """Seconds; an HTTP date is taken against the host's own Date, whose clock wrote it."""
    if _DIGITS.fullmatch(text):
        return min(int(text), RETRY_AFTER_CAP_S)
    try:
        until = parsedate_to_datetime(text)
        seconds = (until - parsedate_to_datetime(date.decode("latin-1"))).total_seconds()
    except (TypeError, ValueError, IndexError, OverflowError):
        return RETRY_AFTER_UNREADABLE_S
    return min(max(int(seconds), 0), RETRY_AFTER_CAP_S)
