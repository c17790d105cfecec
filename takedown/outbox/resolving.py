"""A person's word on a Delivery that may have arrived, where no server's can be had.

The caller commits, with an audit entry as its last statement.
"""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.channels.base import Receipt
from takedown.audit import record
from takedown.outbox import leases, results, statuses
from takedown.outbox.approve import NoticeRefused
from takedown.outbox.handover import repeatable
from takedown.outbox.models import Delivery, DeliveryStatus, Notice, NoticeStatus, NoticeUrl
from takedown.outbox.results import OnAccepted
from takedown.people.tasks import TaskKind, settle
from takedown.vault import Vault


def it_arrived(
    session: Session,
    vault: Vault,
    delivery_id: uuid.UUID,
    *,
    real: bool,
    actor: str,
    on_accepted: OnAccepted,
    now: datetime,
) -> None:
    """The recipient has it, as a person was told: accepted, and not handed over again.

    Raises `NoticeRefused`.
    """
    delivery = _in_doubt(session, delivery_id)
    given = Receipt("person", "", None)
    results.accepted(*(session, vault, delivery, given), real=real, at=now, on_accepted=on_accepted)
    delivery.token = None
    _resolved(session, delivery, "arrived", actor, now)


def it_did_not_arrive(
    session: Session, delivery_id: uuid.UUID, *, actor: str, now: datetime
) -> bool:
    """The recipient has nothing: it goes again at once, with its mark; whether it does.

    An interface that would take the repeat for a second report gets a new notice instead, which is
    composed and approved anew. Raises `NoticeRefused`.
    """
    delivery = _in_doubt(session, delivery_id)
    again = repeatable(session, delivery)
    if again:
        delivery.due_at = now
    else:
        _give_up(session, delivery, now)
    _resolved(session, delivery, "not_arrived", actor, now)
    return again


def _give_up(session: Session, delivery: Delivery, now: datetime) -> None:
    """Its Urls are free to stand in another notice."""
    leases.move(session, delivery, DeliveryStatus.SUPERSEDED, now=now, why="not arrived")
    delivery.token = delivery.lease_until = None
    notice = session.get_one(Notice, delivery.notice_id, with_for_update=True)
    rows = select(NoticeUrl).where(
        NoticeUrl.notice_id == notice.id, NoticeUrl.withdrawn_at.is_(None)
    )
    for row in session.scalars(rows):
        row.withdrawn_at = now
    statuses.move(session, notice, NoticeStatus.SUPERSEDED, now=now)


def _in_doubt(session: Session, delivery_id: uuid.UUID) -> Delivery:
    delivery = leases.locked(session, delivery_id)
    if delivery is None or delivery.status != DeliveryStatus.UNCERTAIN:
        raise NoticeRefused("nothing is in doubt about it any more")
    return delivery


def _resolved(session: Session, delivery: Delivery, word: str, actor: str, now: datetime) -> None:
    settle(session, TaskKind.UNCERTAIN_DELIVERY, delivery.notice_id, now=now, by=actor)
    session.flush()
    record(
        session,
        at=now,
        subject="delivery",
        subject_id=delivery.id,
        kind="resolved",
        after=word,
        by=actor,
    )
