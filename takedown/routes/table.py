"""The routes table: rows as data says them, and their first fill."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from takedown.audit import record
from takedown.db import new_id
from takedown.errors import TakedownError
from takedown.routes.countries import is_country
from takedown.routes.models import BindsOn, Route, RouteKind, RouteStatus

#: Countries that have no row of their own: members of INHOPE, all others, the global preset's.
WHOLE: Final = ("*INHOPE", "*", "*GLOBAL")
MOST_HOURS: Final = 24 * 366
LONGEST: Final = 500
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
_DIRECTIONS = frozenset({"home", "abroad"})
_REQUIRED = ("country", "direction", "kind", "source", "checked_on", "status")
_TEXTS = ("via", "basis", "checked_by", "note")
_KNOWN = frozenset({*_REQUIRED, *_TEXTS, "deadline_hours", "binds_on", "languages", "police_first"})


class BadRoutes(TakedownError):
    """A row of the reference data that can't be used; names the row (from 1) and the field."""

    def __init__(self, row: int, field: str, reason: str) -> None:
        super().__init__(f"route {row}, {field}: {reason}")
        self.row = row
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRow:
    """One route as it stands in the reference data or the table. Absent means: not known."""

    country: str
    direction: str  # home: rule for what is hosted there | abroad: for a hotline that sits there
    kind: RouteKind
    source: str
    checked_on: date
    status: RouteStatus
    via: str | None = None
    deadline_hours: int | None = None
    binds_on: BindsOn | None = None
    languages: tuple[str, ...] = ()
    basis: str | None = None
    checked_by: str | None = None
    note: str | None = None
    police_first: bool = False
    route_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRow:
    """What was agreed with a country, verified and in force. Absent means: not said."""

    country: str
    kind: RouteKind
    basis: str
    source: str
    signed_on: date
    via: str | None = None
    deadline_hours: int | None = None
    binds_on: BindsOn | None = None
    languages: tuple[str, ...] = ()
    police_first: bool = False
    agreement_id: UUID | None = None


def read(data: Mapping[str, Any]) -> tuple[RouteRow, ...]:
    """The rows of parsed reference data (`[[route]]` tables). Raises `BadRoutes`."""
    rows = tuple(row_of(number, row) for number, row in enumerate(data.get("route", ()), start=1))
    seen: set[tuple[str, str]] = set()
    for number, row in enumerate(rows, start=1):
        if (row.country, row.direction) in seen:
            raise BadRoutes(number, "country", "stands twice with the same direction")
        seen.add((row.country, row.direction))
    return rows


def fill(session: Session, rows: Sequence[RouteRow], now: datetime) -> int:
    """Insert what is not there; a row that is there, edited or not, is never overwritten.

    Returns how many were inserted.
    """
    inserted = 0
    for row in rows:
        made = session.scalar(
            insert(Route)
            .values(id=new_id(), **columns(row))
            .on_conflict_do_nothing(index_elements=["country", "direction"])
            .returning(Route.id)
        )
        if made is not None:
            inserted += 1
            record(session, at=now, subject="route", subject_id=made, kind="route_filled")
    return inserted


def standing(session: Session) -> tuple[RouteRow, ...]:
    """The table as it is now."""
    routes = session.scalars(select(Route).order_by(Route.country, Route.direction))
    return tuple(of(route) for route in routes)


def of(route: Route) -> RouteRow:
    """A stored row as a value."""
    return RouteRow(
        country=route.country,
        direction=route.direction,
        kind=RouteKind(route.kind),
        source=route.source,
        checked_on=route.checked_on,
        status=RouteStatus(route.status),
        via=route.via,
        deadline_hours=route.deadline_hours,
        binds_on=BindsOn(route.binds_on) if route.binds_on else None,
        languages=tuple(route.languages),
        basis=route.basis,
        checked_by=route.checked_by,
        note=route.note,
        police_first=route.police_first,
        route_id=route.id,
    )


def columns(row: RouteRow) -> dict[str, Any]:
    return {
        "country": row.country,
        "direction": row.direction,
        "kind": row.kind,
        "via": row.via,
        "deadline_hours": row.deadline_hours,
        "binds_on": row.binds_on,
        "languages": list(row.languages),
        "basis": row.basis,
        "source": row.source,
        "checked_on": row.checked_on,
        "checked_by": row.checked_by,
        "status": row.status,
        "note": row.note,
        "police_first": row.police_first,
    }


def row_of(number: int, raw: Mapping[str, Any]) -> RouteRow:
    """One row of parsed data, checked. Raises `BadRoutes` naming `number` and the field."""
    for field in _REQUIRED:
        if not raw.get(field):
            raise BadRoutes(number, field, "is missing")
    for field in raw:
        if field not in _KNOWN:
            raise BadRoutes(number, field, "is not known")
    _place(number, str(raw["country"]), str(raw["direction"]))
    checked_on, hours = raw["checked_on"], raw.get("deadline_hours")
    if not isinstance(checked_on, date) or isinstance(checked_on, datetime):
        raise BadRoutes(number, "checked_on", "is not a date")
    if hours is not None and not (isinstance(hours, int) and 0 < hours <= MOST_HOURS):
        raise BadRoutes(number, "deadline_hours", "is not a number of hours within a year")
    if hours is not None and "binds_on" not in raw:
        raise BadRoutes(number, "binds_on", "is missing beside a deadline")
    if "checked_by" not in raw and raw["status"] == RouteStatus.VERIFIED:
        raise BadRoutes(number, "checked_by", "is missing on a verified route")
    for field in (*_TEXTS, "source"):
        _text(number, field, raw.get(field))
    if not isinstance(raw.get("police_first", False), bool):
        raise BadRoutes(number, "police_first", "is neither yes nor no")
    for language in raw.get("languages", ()):
        if not _LANGUAGE.fullmatch(str(language)):
            raise BadRoutes(number, "languages", "are codes such as en or fr, parted by ;")
    return RouteRow(
        country=str(raw["country"]),
        direction=_one_of(number, "direction", raw, _DIRECTIONS),
        kind=RouteKind(_one_of(number, "kind", raw, RouteKind)),
        source=str(raw["source"]),
        checked_on=checked_on,
        status=RouteStatus(_one_of(number, "status", raw, RouteStatus)),
        deadline_hours=hours,
        binds_on=BindsOn(_one_of(number, "binds_on", raw, BindsOn)) if "binds_on" in raw else None,
        languages=tuple(raw.get("languages", ())),
        police_first=bool(raw.get("police_first", False)),
        **{field: raw[field] for field in _TEXTS if field in raw},
    )


def _place(number: int, country: str, direction: str) -> None:
    """A route is kept by country and direction; what stands for many countries is for abroad."""
    if country in WHOLE:
        if direction != "abroad":
            raise BadRoutes(number, "direction", "is abroad for all that begins with *")
    elif not is_country(country):
        raise BadRoutes(number, "country", "is no ISO 3166-1 code of two capital letters")


def _text(number: int, field: str, value: Any) -> None:
    if value is None:
        return
    if len(str(value)) > LONGEST or not str(value).isprintable():
        raise BadRoutes(number, field, "is one line of at most 500 characters")
    if str(value).startswith(("=", "+", "-", "@")):
        raise BadRoutes(number, field, "begins as a formula of a spreadsheet does")


def _one_of(number: int, field: str, raw: Mapping[str, Any], allowed: Iterable[str]) -> str:
    value = str(raw[field])
    words = sorted(allowed)
    if value not in words:
        raise BadRoutes(number, field, "is none of " + ", ".join(words))
    return value
