"""Agreements with a country's authorities or hotline: recorded, verified by a second person, ended.

In force and verified, one goes before the country's Route. The caller appends to the audit log.
"""

import uuid
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from takedown.audit import MACHINE
from takedown.audit import record as event
from takedown.db import new_id
from takedown.people.tasks import Task, TaskKind, ask, settle
from takedown.people.two_people import not_by
from takedown.routes.errors import RouteRefused, required
from takedown.routes.models import Agreement, BindsOn, RouteKind
from takedown.routes.table import AgreementRow, RouteRow

#: So long before an agreement ends a person is asked whether it goes on.
WARNED: Final = timedelta(days=30)


def record(
    session: Session,
    row: RouteRow,
    *,
    ends_on: date | None,
    by: str,
    now: datetime,
) -> Agreement:
    """Keep what was agreed, as `row` says it: `source` is the document, `via` with whom it was
    signed, `checked_on` the day of signing. It waits for a second person. Raises `RouteRefused`.
    """
    required("basis", row.basis)
    required("via", row.via)
    if row.checked_on > now.date():
        raise RouteRefused("signed_on", "lies in the future")
    if ends_on is not None and ends_on < max(row.checked_on, now.date()):
        raise RouteRefused("ends_on", "lies in the past")
    made = Agreement(
        id=new_id(),
        country=row.country,
        kind=row.kind,
        via=row.via,
        deadline_hours=row.deadline_hours,
        binds_on=row.binds_on,
        languages=list(row.languages),
        basis=row.basis,
        source=row.source,
        police_first=row.police_first,
        signed_on=row.checked_on,
        ends_on=ends_on,
        recorded_at=now,
        recorded_by=by,
    )
    session.add(made)
    session.flush()
    event(session, at=now, subject="agreement", subject_id=made.id, kind="agreement_recorded")
    return made


def verify(session: Session, agreement_id: uuid.UUID, *, by: str, now: datetime) -> Agreement:
    """A second person has read the document: from now on it decides.

    Raises `RouteRefused`, `OwnWork`.
    """
    agreement = _open(session, agreement_id)
    if agreement.verified_at is not None:
        raise RouteRefused("", "it is verified already")
    not_by({agreement.recorded_by}, by)
    if agreement.ends_on is not None and agreement.ends_on < now.date():
        raise RouteRefused("ends_on", "lies in the past")
    agreement.verified_at, agreement.verified_by = now, by
    session.flush()
    event(session, at=now, subject="agreement", subject_id=agreement.id, kind="agreement_verified")
    return agreement


def end(session: Session, agreement_id: uuid.UUID, *, by: str, now: datetime) -> Agreement:
    """It holds no longer, or was recorded wrongly. Raises `RouteRefused`."""
    agreement = _open(session, agreement_id)
    agreement.ended_at, agreement.ended_by = now, by
    session.flush()
    settle(session, TaskKind.AGREEMENT, agreement.id, now=now, by=by)
    event(session, at=now, subject="agreement", subject_id=agreement.id, kind="agreement_ended")
    return agreement


def standing(session: Session, on: date) -> tuple[AgreementRow, ...]:
    """What is verified and in force on a day (UTC)."""
    found = session.scalars(select(Agreement).where(in_force(on)).order_by(Agreement.id))
    return tuple(of(agreement) for agreement in found)


def in_force(on: date) -> ColumnElement[bool]:
    """Whether an Agreement decides on a day: both its first and its last day count."""
    return and_(
        Agreement.verified_at.is_not(None),
        Agreement.ended_at.is_(None),
        Agreement.signed_on <= on,
        or_(Agreement.ends_on.is_(None), Agreement.ends_on >= on),
    )


def run_out(session: Session, now: datetime) -> list[Agreement]:
    """End those whose last day is over, and ask a person about those that end soon.

    Returns the ended ones: their Urls are to be placed again. Running it again changes nothing.
    """
    today = now.date()
    standing_ones = session.scalars(
        select(Agreement)
        .where(Agreement.ended_at.is_(None), Agreement.ends_on <= today + WARNED)
        .with_for_update()
    ).all()
    over = [one for one in standing_ones if one.ends_on is not None and one.ends_on < today]
    for agreement in standing_ones:
        if agreement in over:
            end(session, agreement.id, by=MACHINE, now=now)
        elif agreement.ends_on is not None and not _asked(session, agreement):
            at = datetime.combine(agreement.ends_on, now.timetz().replace(hour=0, minute=0))
            ask(
                session,
                TaskKind.AGREEMENT,
                "agreement",
                agreement.id,
                now=now,
                why="agreement:ends",
                due_at=at,
            )
    return over


def of(agreement: Agreement) -> AgreementRow:
    """A stored agreement as a value."""
    return AgreementRow(
        country=agreement.country,
        kind=RouteKind(agreement.kind),
        basis=agreement.basis,
        source=agreement.source,
        signed_on=agreement.signed_on,
        via=agreement.via,
        deadline_hours=agreement.deadline_hours,
        binds_on=BindsOn(agreement.binds_on) if agreement.binds_on else None,
        languages=tuple(agreement.languages),
        police_first=agreement.police_first,
        agreement_id=agreement.id,
    )


def _open(session: Session, agreement_id: uuid.UUID) -> Agreement:
    found = session.get(Agreement, agreement_id, with_for_update=True, populate_existing=True)
    if found is None or found.ended_at is not None:
        raise RouteRefused("", "no such agreement stands")
    return found


def _asked(session: Session, agreement: Agreement) -> bool:
    """Once is enough: whoever settled it early knows."""
    once = select(Task.id).where(Task.kind == TaskKind.AGREEMENT, Task.subject_id == agreement.id)
    return session.scalar(once.limit(1)) is not None
