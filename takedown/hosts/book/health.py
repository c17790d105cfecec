"""How far a contact can be relied on: what came of it, and how old somebody's word for it is."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Date, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from takedown.hosts.models import Contact
from takedown.people.tasks import Task, TaskKind, ask

#: After this long somebody asks again. The registries ask their members for abuse contacts as
#: often: RIPE NCC (ripe-705, at least annually), ARIN (NRPM 3.6, annual validation).
VERIFIED_FOR: Final = timedelta(days=365)
#: A task that was put aside without a word comes back after this.
_ASKED_AGAIN: Final = timedelta(days=30)
#: More bounces than answers, and at least this many: something is wrong with it.
_BOUNCES_DOUBTED: Final = 2


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of a contact. `expired`: nobody has vouched for it within the year."""

    bounces: int
    answers: int
    last_bounce_at: datetime | None
    last_answer_at: datetime | None
    last_success_at: datetime | None
    vouched_on: date | None
    expired: bool

    @property
    def doubtful(self) -> bool:
        """Whether it bounces more than it answers."""
        return self.bounces >= max(_BOUNCES_DOUBTED, self.answers + 1)


def health(contact: Contact, now: datetime) -> Health:
    """How a contact stands at `now`."""
    vouched = vouched_on(contact)
    waits = contact.approved_at is None or contact.retired_at is not None
    return Health(
        contact.bounces,
        contact.answers,
        contact.last_bounce_at,
        contact.last_answer_at,
        contact.last_success_at,
        vouched,
        not waits and vouched is not None and now.date() - vouched > VERIFIED_FOR,
    )


def vouched_on(contact: Contact) -> date | None:
    """The newest day on which it was verified, approved, or answered us."""
    days = [
        contact.verified_on,
        contact.approved_at.date() if contact.approved_at else None,
        contact.last_answer_at.date() if contact.last_answer_at else None,
    ]
    return max((day for day in days if day), default=None)


def ask_for_renewal(session: Session, now: datetime, limit: int | None = None) -> int:
    """A task for each approved contact that is in use and that nobody has vouched for within the
    year; how many. Those that nothing went to for a year wait until they are used again."""
    last = (now - VERIFIED_FOR).date()
    asked = exists().where(
        Task.kind == TaskKind.CONTACT,
        Task.subject_id == Contact.id,
        or_(Task.done_at.is_(None), Task.done_at > now - _ASKED_AGAIN),
    )
    vouched = func.greatest(
        Contact.verified_on, cast(Contact.approved_at, Date), cast(Contact.last_answer_at, Date)
    )
    wanted = (
        select(Contact.id)
        .where(
            Contact.approved_at.is_not(None),
            Contact.retired_at.is_(None),
            Contact.last_success_at > now - VERIFIED_FOR,
            vouched < last,
            ~asked,
        )
        .order_by(Contact.id)
        .limit(limit)
    )
    ids = session.scalars(wanted).all()
    for contact_id in ids:
        ask(session, TaskKind.CONTACT, "contact", contact_id, now=now, why="contact:renew")
    return len(ids)
