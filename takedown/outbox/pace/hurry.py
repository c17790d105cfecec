"""Send now: a person's word that neither calendar nor gathering keeps something back.

The gate is asked all the same. The caller commits, with an audit entry that says why.
"""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.audit import record
from takedown.hosts.models import Contact
from takedown.outbox.approve import NoticeRefused
from takedown.outbox.models import Delivery, DeliveryStatus, Notice, NoticeStatus

_MAY: NoticeStatus = NoticeStatus.APPROVED


def notice(session: Session, notice_id: uuid.UUID, *, by: str, now: datetime) -> Notice:
    """No calendar keeps this notice back; if it is approved, it is due now.

    Raises `NoticeRefused` for one that has left or never will.
    """
    found = session.get(Notice, notice_id, with_for_update=True, populate_existing=True)
    if found is None or found.status not in (NoticeStatus.DRAFT, _MAY):
        raise NoticeRefused("this notice does not wait")
    found.hurried_at, found.hurried_by = now, by
    ready = select(Delivery).where(
        Delivery.notice_id == notice_id,
        Delivery.status == DeliveryStatus.READY,
        Delivery.attempts == 0,
    )
    for delivery in session.scalars(ready.with_for_update()):
        delivery.due_at = min(delivery.due_at, now)
    record(session, at=now, subject="notice", subject_id=notice_id, kind="hurried", by=by)
    session.flush()
    return found


def contact(session: Session, contact_id: uuid.UUID, *, by: str, now: datetime) -> Contact:
    """What was due for this contact by now gathers no longer."""
    found = session.get_one(Contact, contact_id, with_for_update=True)
    found.hurried_at = now
    record(session, at=now, subject="contact", subject_id=contact_id, kind="hurried", by=by)
    session.flush()
    return found
