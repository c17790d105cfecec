"""A provider's list of what it received against what left for it: nothing of the list is kept."""

import csv
import io
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.errors import InvalidUrl, TakedownError
from takedown.outbox.models import Notice, NoticeUrl
from takedown.urls.models import Url
from takedown.urls.normalise import canonical
from takedown.vault import Vault

MOST_LINES: Final = 100_000
LONGEST_CELL: Final = 100_000  # characters; said each time, for it holds for the process
_NUMBER: Final = re.compile(r"\bNTD-[0-9]{4}-[0-9]{6,}\b", re.I)
_LOCATION: Final = re.compile(r"\s*[\"'<(\[]*\s*h(?:tt|xx)ps?\s*[\[(]?:", re.I)
_REAL: Final = ("live", "closed")


class UnreadableList(TakedownError):
    """What was given is no table of text."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One address in one notice that was accepted for the provider."""

    notice_id: uuid.UUID
    number: str
    url_id: uuid.UUID
    case: str
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """Who knows of what. `theirs` are lines of the list (from 1): their text is not repeated."""

    both: tuple[Sent, ...]
    ours: tuple[Sent, ...]
    theirs: tuple[int, ...]
    unread: tuple[int, ...]  # lines that name neither a notice nor a location: headings and such


@dataclass(frozen=True, slots=True)
class _Told:
    line: int
    numbers: frozenset[str]
    locations: frozenset[bytes] = field(repr=False)  # blind indexes


def reconcile(
    session: Session,
    vault: Vault,
    provider_id: uuid.UUID,
    raw: bytes,
    *,
    since: datetime,
    until: datetime,
) -> Result:
    """Compare a table (CSV: commas, semicolons or tabs) with what was accepted in [since, until).

    A line counts by the notice number and the location that any of its cells hold: where it holds
    both, both must fit; by a number alone it stands for all of that notice. Defanged locations are
    understood. Raises `UnreadableList`.
    """
    sent = _sent(session, provider_id, since, until)
    by_number: dict[str, set[Sent]] = {}
    by_location: dict[bytes, set[Sent]] = {}
    for one, index in sent:
        by_number.setdefault(one.number, set()).add(one)
        by_location.setdefault(index, set()).add(one)
    known: set[Sent] = set()
    theirs, unread = [], []
    for told in _lines(vault, raw):
        numbered = {one for number in told.numbers for one in by_number.get(number, ())}
        located = {one for index in told.locations for one in by_location.get(index, ())}
        if not told.numbers and not told.locations:
            unread.append(told.line)
            continue
        whole = told.numbers and told.locations
        fits = numbered & located if whole else numbered or located
        known |= fits
        if not fits:
            theirs.append(told.line)
    return Result(
        tuple(one for one, _ in sent if one in known),
        tuple(one for one, _ in sent if one not in known),
        tuple(theirs),
        tuple(unread),
    )


def _sent(
    session: Session, provider_id: uuid.UUID, since: datetime, until: datetime
) -> list[tuple[Sent, bytes]]:
    rows = session.execute(
        select(Notice, Url)
        .join(NoticeUrl, NoticeUrl.notice_id == Notice.id)
        .join(Url, Url.id == NoticeUrl.url_id)
        .where(
            Notice.provider_id == provider_id,
            Notice.mode.in_(_REAL),
            Notice.accepted_at >= since,
            Notice.accepted_at < until,
        )
        .order_by(Notice.serial, Url.serial)
    )
    return [
        (Sent(notice.id, notice.number, url.id, url.number, notice.accepted_at), url.location_index)
        for notice, url in rows
        if notice.accepted_at is not None
    ]


def _lines(vault: Vault, raw: bytes) -> Iterator[_Told]:
    text = _decoded(raw)
    sample = text[:10_000]
    mark = max(",;\t", key=sample.count)
    csv.field_size_limit(LONGEST_CELL)
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text), delimiter=mark), 1):
            if number > MOST_LINES:
                raise UnreadableList(f"more than {MOST_LINES} lines")
            if any(cell.strip() for cell in cells):
                yield _read(vault, number, cells)
    except csv.Error:
        raise UnreadableList("this is no table of text") from None


def _decoded(raw: bytes) -> str:
    if b"\0" in raw and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableList("this is no table of text")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _read(vault: Vault, line: int, cells: list[str]) -> _Told:
    numbers = {found.upper() for cell in cells for found in _NUMBER.findall(cell)}
    locations = set()
    for cell in cells:
        if not _LOCATION.match(cell):
            continue
        try:
            locations.add(vault.blind("url", canonical(cell.strip()).url))
        except InvalidUrl:
            continue
    return _Told(line, frozenset(numbers), frozenset(locations))
