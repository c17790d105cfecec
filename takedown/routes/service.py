"""Routing a Url: the decision is stored with its reasons, and the newest one holds."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.audit import record
from takedown.db import new_id
from takedown.routes import table
from takedown.routes.hotline import Hotline
from takedown.routes.models import UrlRoute
from takedown.routes.policy import Decision, decide
from takedown.routes.table import RouteRow


@dataclass(frozen=True, slots=True)
class Rules:
    """What decisions rest on, read once a run."""

    rows: tuple[RouteRow, ...]
    inhope_members: frozenset[str] = field(default_factory=frozenset)
    do_not_forward: frozenset[str] = field(default_factory=frozenset)


def rules(
    session: Session,
    *,
    inhope_members: frozenset[str] = frozenset(),
    do_not_forward: frozenset[str] = frozenset(),
) -> Rules:
    """The routes table as it stands, with the lists that go with it."""
    return Rules(table.standing(session), inhope_members, do_not_forward)


def route(
    session: Session,
    hotline: Hotline,
    known: Rules,
    *,
    url_id: UUID,
    trace_id: UUID,
    country: str | None,
    signatory: bool,
    now: datetime,
) -> UrlRoute:
    """Decide for one Url and store it, unless the newest decision says the same.

    `country` hosts it (ISO 3166-1; None: not known); `signatory`: the provider signed its
    country's notice code.
    """
    decision = decide(
        hotline.country,
        hotline.preset,
        country,
        known.rows,
        known.inhope_members,
        do_not_forward=known.do_not_forward,
        signatory=signatory,
    )
    last = newest(session, url_id)
    if last is not None and _same(last, decision, trace_id, country):
        return last
    made = UrlRoute(
        id=new_id(),
        url_id=url_id,
        trace_id=trace_id,
        route_id=decision.route_id,
        decided_at=now,
        kind=decision.kind,
        status=decision.status,
        country=country,
        deadline_hours=decision.deadline_hours,
        binding=decision.binding,
        why=decision.why,
    )
    session.add(made)
    session.flush()
    record(
        session,
        at=now,
        subject="url",
        subject_id=url_id,
        kind="route",
        before=last.kind if last else None,
        after=decision.kind,
        status=decision.status,
        why=decision.why,
    )
    return made


def newest(session: Session, url_id: UUID) -> UrlRoute | None:
    """The decision that holds for a Url: the newest; ids are in order of time."""
    return session.scalar(
        select(UrlRoute).where(UrlRoute.url_id == url_id).order_by(UrlRoute.id.desc()).limit(1)
    )


def _same(last: UrlRoute, decision: Decision, trace_id: UUID, country: str | None) -> bool:
    return (
        last.trace_id,
        last.route_id,
        last.kind,
        last.status,
        last.country,
        last.deadline_hours,
        last.binding,
        last.why,
    ) == (
        trace_id,
        decision.route_id,
        decision.kind,
        decision.status,
        country,
        decision.deadline_hours,
        decision.binding,
        decision.why,
    )
