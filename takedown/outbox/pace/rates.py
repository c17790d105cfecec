"""How many notices a recipient gets within an hour."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from takedown.hosts.models import Contact, Provider
from takedown.outbox.models import Delivery, DeliveryStatus, Notice

_HOUR: Final = timedelta(hours=1)
_ON_ITS_WAY: Final = (DeliveryStatus.CLAIMED, DeliveryStatus.SENDING)


def free_at(
    session: Session, contact: Contact, provider: Provider, now: datetime
) -> datetime | None:
    """When one more may leave for this contact and provider; None: now.

    Locks the rows that set a rate, so that two senders don't both take the last place.
    """
    later = []
    if contact.max_per_hour is not None:
        session.refresh(contact, with_for_update=True)
        later.append(_next(session, Notice.contact_id == contact.id, contact.max_per_hour, now))
    if provider.max_per_hour is not None:
        session.refresh(provider, with_for_update=True)
        later.append(_next(session, Notice.provider_id == provider.id, provider.max_per_hour, now))
    return max((one for one in later if one is not None), default=None)


def _next(
    session: Session, to: ColumnElement[bool], most: int | None, now: datetime
) -> datetime | None:
    if most is None:
        return None
    recent = or_(Delivery.armed_at > now - _HOUR, Delivery.accepted_at > now - _HOUR)
    leaving = and_(Delivery.status.in_(_ON_ITS_WAY), Delivery.lease_until > now)
    rows = session.execute(
        select(Delivery.armed_at, Delivery.accepted_at)
        .join(Notice, Notice.id == Delivery.notice_id)
        .where(to, or_(recent, leaving))
    ).all()
    if len(rows) < max(most, 1):
        return None
    times = sorted(row.accepted_at or row.armed_at or now for row in rows)
    return times[len(times) - max(most, 1)] + _HOUR
