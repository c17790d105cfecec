"""What waits for a person: one row a matter, shown on Today until somebody has done it."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Index, and_, select, text
from sqlalchemy.orm import Mapped, Session

from takedown.db import Base, Id, Word, among, new_id


class TaskKind(StrEnum):
    """Why a person is asked."""

    LOCATE = "locate"  # who hosts it could not be found
    ROUTE = "route"  # the route is not a notice to the host: somebody hands over
    HAND_OVER = "hand_over"  # a partner, the police or a regulator have not answered
    POLICE_CLEARANCE = "police_clearance"  # police first: their answer is waited for
    VICTIM_AT_RISK = "victim_at_risk"  # police at once, before any routing
    CONTACT = "contact"  # a contact is missing or waits for approval
    CLASSIFICATION = "classification"  # a repeat came with another classification
    DEAD_DELIVERY = "dead_delivery"  # a notice could not be handed over
    UNCERTAIN_DELIVERY = "uncertain_delivery"  # a notice may have arrived
    SUSPECT = "suspect"  # the headers changed: somebody must look
    MANUAL_FINDING = "manual_finding"  # HEAD tells nothing about this Url
    SECURITY = "security"  # a name resolved to a forbidden address
    MOVED = "moved"  # the address serves from elsewhere now
    AGREEMENT = "agreement"  # what was agreed with a country ends soon
    HOLD_REVIEW = "hold_review"  # a hold is to be looked over; it stands until it is released
    REVEALS = "reveals"  # one person has revealed many locations within a day
    REAPPEARED = "reappeared"  # up again after a confirmed removal
    REPLY = "reply"  # a recipient wrote: reminders wait until somebody has read it
    CLAIM = "claim"  # a recipient says that it is not theirs, or what they need
    DISPUTE = "dispute"  # a recipient refuses: for somebody else than who approved the notice
    COMPLAINT = "complaint"  # a platform refused a trusted flagger: until when it can be answered
    BOUNCED = "bounced"  # a notice came back
    ORIGIN = "origin"  # a mail tells who stands behind a proxy: a person enters it
    SECOND_LOOK = "second_look"  # a lone person released what two should have
    REPORTED_AGAIN = "reported_again"  # somebody told of it again after it was withdrawn


class Task(Base):
    """A matter for a person about one Url, Host, Notice, Hold, ... (`subject`, `subject_id`)."""

    __tablename__ = "tasks"
    __table_args__ = (
        Index(
            "uq_tasks_open",
            "kind",
            "subject_id",
            unique=True,
            postgresql_where=text("done_at IS NULL"),
        ),
        Index("ix_tasks_due", "due_at", postgresql_where=text("done_at IS NULL")),
    )

    id: Mapped[Id]
    kind: Mapped[Word]
    subject: Mapped[Word]
    subject_id: Mapped[uuid.UUID]
    why: Mapped[str]  # a message id of the pages or a neutral sentence, never a location
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None]


def ask(
    session: Session,
    kind: TaskKind,
    subject: str,
    subject_id: uuid.UUID,
    *,
    now: datetime,
    why: str = "",
    due_at: datetime | None = None,
) -> None:
    """Ask a person; a matter that is open already is not asked twice."""
    from sqlalchemy.dialects.postgresql import insert

    session.execute(
        insert(Task)
        .values(
            id=new_id(),
            kind=kind,
            subject=subject,
            subject_id=subject_id,
            why=why,
            opened_at=now,
            due_at=due_at or now,
        )
        .on_conflict_do_nothing(
            index_elements=["kind", "subject_id"], index_where=text("done_at IS NULL")
        )
    )


def open_about(
    session: Session, kinds: Iterable[TaskKind], subject_ids: Iterable[uuid.UUID]
) -> set[tuple[str, uuid.UUID]]:
    """Which open tasks of these kinds there are about these subjects: (kind, subject)."""
    rows = session.execute(
        select(Task.kind, Task.subject_id).where(
            Task.kind.in_(list(kinds)),
            among(Task.subject_id, subject_ids),
            Task.done_at.is_(None),
        )
    )
    return {(row.kind, row.subject_id) for row in rows}


def settle(
    session: Session, kind: TaskKind, subject_id: uuid.UUID, *, now: datetime, by: str
) -> None:
    """Close the open task of this kind about a subject, if there is one."""
    session.query(Task).filter(_open(kind, subject_id)).update(
        {Task.done_at: now, Task.done_by: by}, synchronize_session="fetch"
    )


def put_off(session: Session, kind: TaskKind, subject_id: uuid.UUID, until: datetime) -> None:
    """Ask about it later: an open matter that nobody can judge yet."""
    session.query(Task).filter(_open(kind, subject_id)).update(
        {Task.due_at: until}, synchronize_session="fetch"
    )


def _open(kind: TaskKind, subject_id: uuid.UUID) -> ColumnElement[bool]:
    return and_(Task.kind == kind, Task.subject_id == subject_id, Task.done_at.is_(None))
