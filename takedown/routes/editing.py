"""Edits of the routes table: each with its reason and both whole rows kept, none lost silently.

An edit makes a row `unverified`; another person than its last editor verifies it. What was not
sent yet is placed again. The caller appends to the audit log.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from takedown.audit import record
from takedown.db import new_id
from takedown.people.two_people import not_by
from takedown.routes import service, table
from takedown.routes.errors import RouteRefused, Stale, required
from takedown.routes.models import Route, RouteChange, RouteStatus
from takedown.routes.table import RouteRow

#: What an edit can change; country and direction name the row, the rest follows from verifying.
EDITED: Final = (
    *("kind", "via", "deadline_hours", "binds_on", "languages", "basis", "source", "checked_on"),
    *("note", "police_first"),
)


def version(route: Route) -> str:
    """What a form carries along, so that an edit of a row that has changed since is refused."""
    whole = json.dumps([snapshot(route), route.edited_by, str(route.edited_at)], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()[:24]


def snapshot(route: Route) -> dict[str, Any]:
    """The whole row as its history keeps it: JSON values."""
    row = table.columns(table.of(route))
    return {
        name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()
    }


def add(session: Session, row: RouteRow, *, why: str, by: str, now: datetime) -> Route:
    """A new row, unverified. Raises `RouteRefused`, also where the row stands already."""
    reason = required("why", why)
    row = _unverified(row, now)
    made = session.scalar(
        insert(Route)
        .values(id=new_id(), **table.columns(row), edited_by=by, edited_at=now)
        .on_conflict_do_nothing(index_elements=["country", "direction"])
        .returning(Route.id)
    )
    if made is None:
        raise RouteRefused("country", "stands there already with this direction")
    route = session.get_one(Route, made, populate_existing=True)
    _keep(session, route, None, reason, by, now)
    service.place_again(session, now, **_concerned(route))
    return route


def edit(
    session: Session,
    route_id: uuid.UUID,
    row: RouteRow,
    *,
    seen: str,
    why: str,
    by: str,
    now: datetime,
) -> Route:
    """Write `row` over a route that is still what the editor saw (`seen`: its `version`).

    Raises `RouteRefused`; `Stale` where somebody else was quicker.
    """
    route, before = _locked(session, route_id, seen)
    reason = required("why", why)
    if not changed(table.of(route), row):
        raise RouteRefused("", "nothing was changed")
    for name, value in table.columns(_unverified(row, now)).items():
        if name in EDITED:
            setattr(route, name, value)
    _unstand(route, by, now)
    _keep(session, route, before, reason, by, now)
    service.place_again(session, now, **_concerned(route))
    return route


def doubt(
    session: Session, route_id: uuid.UUID, *, seen: str, why: str, by: str, now: datetime
) -> Route:
    """Take the verification back, the row as it is: from now on a supervisor releases each notice.

    Raises `RouteRefused`.
    """
    route, before = _locked(session, route_id, seen)
    if route.status != RouteStatus.VERIFIED:
        raise RouteRefused("", "it is unverified already")
    reason = required("why", why)
    _unstand(route, by, now)
    _keep(session, route, before, reason, by, now)
    service.place_again(session, now, **_concerned(route))
    return route


def verify(
    session: Session, route_id: uuid.UUID, *, seen: str, read_on: date, by: str, now: datetime
) -> Route:
    """Another person than the last editor has read the source, on that day.

    Raises `RouteRefused`, `OwnWork`.
    """
    route, before = _locked(session, route_id, seen)
    not_by({route.edited_by}, by)
    if read_on > now.date():
        raise RouteRefused("checked_on", "lies in the future")
    route.status, route.checked_by, route.checked_on = RouteStatus.VERIFIED, by, read_on
    _keep(session, route, before, "verified", by, now)
    service.place_again(session, now, **_concerned(route))
    return route


def history(session: Session, route_id: uuid.UUID) -> Sequence[RouteChange]:
    """Its edits, the newest first."""
    query = select(RouteChange).where(RouteChange.route_id == route_id)
    return session.scalars(query.order_by(RouteChange.id.desc())).all()


def changed(before: RouteRow, after: RouteRow) -> dict[str, tuple[Any, Any]]:
    """Field -> (before, after), of what an edit can change."""
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in EDITED}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def differences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any]
) -> dict[str, tuple[Any, Any]]:
    """Field -> (before, after) of two snapshots."""
    old = before or {}
    return {name: (old.get(name), value) for name, value in after.items() if old.get(name) != value}


def _locked(session: Session, route_id: uuid.UUID, seen: str) -> tuple[Route, dict[str, Any]]:
    route = session.get(Route, route_id, with_for_update=True, populate_existing=True)
    if route is None:
        raise RouteRefused("", "no such route")
    if version(route) != seen:
        raise Stale
    return route, snapshot(route)


def _unverified(row: RouteRow, now: datetime) -> RouteRow:
    if row.checked_on > now.date():
        raise RouteRefused("checked_on", "lies in the future")
    return replace(row, status=RouteStatus.UNVERIFIED, checked_by=None)


def _unstand(route: Route, by: str, now: datetime) -> None:
    route.status, route.checked_by = RouteStatus.UNVERIFIED, None
    route.edited_by, route.edited_at = by, now


def _keep(
    session: Session,
    route: Route,
    before: dict[str, Any] | None,
    why: str,
    by: str,
    now: datetime,
) -> None:
    """One line of history, with both rows whole, and an event."""
    session.flush()
    session.add(
        RouteChange(
            id=new_id(),
            route_id=route.id,
            at=now,
            by=by,
            why=why,
            before=before,
            after=snapshot(route),
        )
    )
    record(
        session,
        at=now,
        subject="route",
        subject_id=route.id,
        kind="route_changed",
        before=str(before["status"]) if before else None,
        after=route.status,
        country=route.country,
    )
    session.flush()


def _concerned(route: Route) -> dict[str, Any]:
    """Whose decisions may change: a country's own; for what stands for many, everybody's."""
    if route.direction == "abroad":
        return {"everywhere": True}
    return {"route_id": route.id, "country": route.country}
