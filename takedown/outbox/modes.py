"""Rehearsal and reality: what was composed in another mode never leaves in this one."""

from datetime import datetime
from typing import Final

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.orm import Session

from takedown.audit import record
from takedown.outbox.models import Delivery, DeliveryStatus, Notice, NoticeStatus, NoticeUrl
from takedown.routes.hotline import Leaves, Mode

REHEARSED: Final = (Mode.REHEARSAL, Mode.OBSERVE)
_WAITING: Final = (NoticeStatus.DRAFT, NoticeStatus.APPROVED)


def compose_anew(session: Session, leaves: Leaves, now: datetime) -> int:
    """Going live: take back what was composed for another mode, so that it is composed anew.

    Returns how many notices. What was accepted in a rehearsal stays readable there.
    """
    if not leaves.notices:
        return 0
    other = and_(Notice.mode != leaves.label, Notice.status.in_(_WAITING))
    standing = exists().where(NoticeUrl.notice_id == Notice.id, NoticeUrl.withdrawn_at.is_(None))
    taken = list(
        session.scalars(select(Notice.id).where(or_(Notice.mode.in_(REHEARSED), other), standing))
    )
    if not taken:
        return 0
    session.execute(
        update(NoticeUrl)
        .where(NoticeUrl.notice_id.in_(taken), NoticeUrl.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )
    session.execute(
        update(Notice)
        .where(Notice.id.in_(taken), Notice.status.in_(_WAITING))
        .values(status=NoticeStatus.SUPERSEDED)
    )
    session.execute(
        update(Delivery)
        .where(Delivery.notice_id.in_(taken), Delivery.status == DeliveryStatus.READY)
        .values(status=DeliveryStatus.SUPERSEDED)
    )
    for notice_id in taken:
        record(session, at=now, subject="notice", subject_id=notice_id, kind="composed_anew")
    return len(taken)


def may_leave(leaves: Leaves) -> tuple[str, ...]:
    """The modes whose notices may be handed over now; rehearsals go to the mailbox alone."""
    return (leaves.label,) if leaves.notices else tuple(str(mode) for mode in REHEARSED)


def first_batch(session: Session, mode: str) -> bool:
    """Whether no live notice has been released yet: then a supervisor does it."""
    if mode != Mode.LIVE:
        return False
    released = select(Notice.id).where(Notice.mode == mode, Notice.approved_at.is_not(None))
    return session.scalar(released.limit(1)) is None
