"""The routes table as CSV: what is there goes out, what comes in is compared first."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.routes import editing, table
from takedown.routes.models import Route, RouteStatus
from takedown.routes.table import BadRoutes, RouteRow

COLUMNS: Final = (
    *("country", "direction", "route", "via", "deadline_hours", "binds_on", "languages", "basis"),
    *("source", "checked_on", "checked_by", "status", "note", "police_first"),
)
_MOST_ROWS: Final = 2_000
_NAMES: Final = {"route": "kind"}  # column -> field, where they differ


@dataclass(frozen=True, slots=True)
class Difference:
    """What a file would change in one row; `new`: the row is not there yet."""

    country: str
    direction: str
    new: bool
    fields: Mapping[str, tuple[Any, Any]]
    row: RouteRow


@dataclass(slots=True)
class Comparison:
    """A file against the table. `problems` are (row, field, reason): with one, nothing comes in.

    `untouched` counts rows of the table that the file does not name: they stay as they are.
    """

    differences: list[Difference] = field(default_factory=list)
    problems: list[tuple[int, str, str]] = field(default_factory=list)
    same: int = 0
    untouched: int = 0


def export(rows: Iterable[RouteRow]) -> str:
    """The rows as CSV (RFC 4180), with a header; languages parted by `;`."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {column: _cell(getattr(row, _NAMES.get(column, column))) for column in COLUMNS}
        )
    return out.getvalue()


def raw_of(cells: Mapping[str, str | None]) -> dict[str, Any]:
    """Cells or fields of a form as `table.row_of` takes them; empty ones are absent.

    What is no date or number stays text, which is refused there by its field.
    """
    raw: dict[str, Any] = {}
    for column, value in cells.items():
        text = (value or "").strip()
        name = _NAMES.get(column, column)
        if not text and name != "police_first":
            continue
        raw[name] = _value(name, text)
    return raw


def compare(session: Session, text: str) -> Comparison:
    """What the file `text` would change. A first line names the columns; `,` or `;` parts them."""
    result = Comparison()
    standing = {
        (route.country, route.direction): table.of(route)
        for route in session.scalars(select(Route))
    }
    seen: set[tuple[str, str]] = set()
    for number, cells in _lines(text, result):
        try:
            row = _row(number, cells, standing)
        except BadRoutes as bad:
            result.problems.append((bad.row, bad.field, bad.reason))
            continue
        key = (row.country, row.direction)
        if key in seen:
            result.problems.append((number, "country", "stands twice with the same direction"))
            continue
        seen.add(key)
        _judge(number, row, standing.get(key), result)
    result.untouched = len(set(standing) - seen)
    return result


def bring_in(session: Session, text: str, *, why: str, by: str, now: datetime) -> Comparison:
    """Write what differs, each row as an edit of its own. With any problem nothing is written."""
    result = compare(session, text)
    if result.problems:
        return result
    for one in result.differences:
        if one.new:
            editing.add(session, one.row, why=why, by=by, now=now)
            continue
        where = (Route.country == one.country, Route.direction == one.direction)
        route = session.scalars(select(Route).where(*where).with_for_update()).one()
        seen = editing.version(route)
        if set(one.fields) == {"status"}:
            editing.doubt(session, route.id, seen=seen, why=why, by=by, now=now)
        else:
            editing.edit(session, route.id, one.row, seen=seen, why=why, by=by, now=now)
    return result


def _lines(text: str, result: Comparison) -> Iterable[tuple[int, dict[str, str | None]]]:
    text = text.removeprefix("\ufeff")
    header = text.partition("\n")[0]
    reader = csv.DictReader(
        io.StringIO(text), delimiter=";" if header.count(";") > header.count(",") else ","
    )
    try:
        names = list(reader.fieldnames or ())
        unknown = [name for name in names if name not in COLUMNS]
        missing = [name for name in COLUMNS[:-1] if name not in names]
        for name in (*unknown, *missing):
            reason = "is no column of the table" if name in unknown else "is a missing column"
            result.problems.append((0, name, reason))
        for number, cells in enumerate(reader, start=1):
            if unknown or missing or number > _MOST_ROWS:
                break
            if None in cells:
                result.problems.append((number, "", "has more cells than the first line"))
                continue
            yield number, cells
    except csv.Error:
        result.problems.append((reader.line_num, "", "is not CSV"))


def _row(
    number: int, cells: Mapping[str, str | None], standing: Mapping[tuple[str, str], RouteRow]
) -> RouteRow:
    """A row of the file. Without the column `police_first` it stays as it stands."""
    raw = raw_of(cells)
    if "police_first" not in cells:
        before = standing.get((str(raw.get("country")), str(raw.get("direction"))))
        raw["police_first"] = before.police_first if before else False
    return table.row_of(number, raw)


def _judge(number: int, row: RouteRow, before: RouteRow | None, result: Comparison) -> None:
    fields = editing.changed(before, row) if before else {}
    verified = row.status is RouteStatus.VERIFIED
    if verified and (before is None or fields or before.status is not RouteStatus.VERIFIED):
        reason = "is given by another person who has read the source, not by a file"
        result.problems.append((number, "status", reason))
        return
    if before is not None and before.status is not row.status:
        fields["status"] = (before.status, row.status)
    if before is not None and not fields:
        result.same += 1
        return
    if before is None:
        every = {name: getattr(row, name) for name in editing.EDITED}
        fields = {name: (None, value) for name, value in every.items() if value not in (None, ())}
    result.differences.append(Difference(row.country, row.direction, before is None, fields, row))


def _value(name: str, text: str) -> Any:
    try:
        if name == "deadline_hours":
            return int(text)
        if name == "checked_on":
            return date.fromisoformat(text)
    except ValueError:
        return text
    if name == "languages":
        return [part.strip() for part in text.replace(",", ";").split(";") if part.strip()]
    if name == "police_first":
        return {"yes": True, "no": False, "": False}.get(text.lower(), text)
    return text


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ";".join(value)
    return str(value)
