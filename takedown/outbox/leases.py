"""Who is handing over what: leases with tokens, the arming before the last dot, leases that end."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.audit import MACHINE, record
from takedown.db import new_id
from takedown.outbox import policy, statuses
from takedown.outbox.models import Delivery, DeliveryStatus, Notice, NoticeStatus
from takedown.people.tasks import TaskKind, ask, settle


def move(
    session: Session, delivery: Delivery, to: DeliveryStatus, *, now: datetime, why: str = ""
) -> None:
    """Move a Delivery, with its event. Raises `DeliveryMoveRefused`; writes its status alone."""
    before = delivery.status
    policy.check_move(DeliveryStatus(before), to)
    delivery.status = to
    record(
        session,
        at=now,
        subject="delivery",
        subject_id=delivery.id,
        kind="status",
        before=before,
        after=to,
        why=why,
        notice=str(delivery.notice_id),
    )


def locked(session: Session, delivery_id: uuid.UUID) -> Delivery | None:
    """A Delivery as it stands now, which nobody else changes until the caller commits."""
    return session.get(Delivery, delivery_id, with_for_update=True, populate_existing=True)


def recover(session: Session, now: datetime) -> int:
    """Take back what leases that ran out have left; how many.

    `claimed -> ready`: nothing had left. `sending -> uncertain`: the last dot may have been read.
    A row that loses five leases is given up and handed to a person.
    """
    rows = session.scalars(
        select(Delivery)
        .where(
            Delivery.status.in_((DeliveryStatus.CLAIMED, DeliveryStatus.SENDING)),
            Delivery.lease_until < now,
        )
        .order_by(Delivery.id)
        .with_for_update(skip_locked=True)
    ).all()
    for delivery in rows:
        delivery.lost_leases += 1
        if delivery.status == DeliveryStatus.SENDING:
            doubt(session, delivery, now=now, why="lease ended while sending")
        elif delivery.lost_leases >= policy.LOST_LEASES:
            bury(session, delivery, now=now, why="five leases lost")
        else:
            release(session, delivery, due_at=now, now=now, why="lease ended")
    session.flush()
    return len(rows)


def next_due(
    session: Session, *, now: datetime, modes: Sequence[str], media: Collection[str]
) -> Delivery | None:
    """The Delivery that waits longest, locked for this transaction; None if nothing is due."""
    return session.scalar(
        select(Delivery)
        .join(Notice, Notice.id == Delivery.notice_id)
        .where(
            Delivery.status.in_((DeliveryStatus.READY, DeliveryStatus.UNCERTAIN)),
            Delivery.due_at <= now,
            Delivery.medium.in_(list(media)),
            Notice.mode.in_(list(modes)),
        )
        .order_by(Delivery.due_at, Delivery.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Delivery)
        .execution_options(populate_existing=True)
    )


def claim(session: Session, delivery: Delivery, *, now: datetime) -> uuid.UUID:
    """Lease a Delivery that is ready, or uncertain for long enough: that one is marked."""
    if delivery.status == DeliveryStatus.UNCERTAIN:
        delivery.possible_duplicate = True
    move(session, delivery, DeliveryStatus.CLAIMED, now=now)
    delivery.token = new_id()
    delivery.lease_until = now + policy.LEASE
    session.flush()
    return delivery.token


def ours(session: Session, delivery_id: uuid.UUID, token: uuid.UUID) -> Delivery | None:
    """The Delivery, locked, while the token is still ours; else None."""
    return session.scalar(
        select(Delivery)
        .where(Delivery.id == delivery_id, Delivery.token == token)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def arm(session: Session, delivery_id: uuid.UUID, token: uuid.UUID, *, now: datetime) -> bool:
    """Write `sending` just before the last dot; False if the lease is no longer ours."""
    delivery = ours(session, delivery_id, token)
    if delivery is None or delivery.status != DeliveryStatus.CLAIMED:
        return False
    if delivery.lease_until is None or delivery.lease_until < now:
        return False
    delivery.armed_at = now
    move(session, delivery, DeliveryStatus.SENDING, now=now)
    session.flush()
    return True


def release(
    session: Session, delivery: Delivery, *, due_at: datetime, now: datetime, why: str
) -> None:
    """Give a Delivery back, to be tried again at `due_at`."""
    if delivery.status != DeliveryStatus.READY:
        move(session, delivery, DeliveryStatus.READY, now=now, why=why)
    delivery.token = delivery.lease_until = None
    delivery.due_at = due_at


def doubt(session: Session, delivery: Delivery, *, now: datetime, why: str) -> None:
    """It may have arrived. The token stays: whoever held it may still bring the proof."""
    move(session, delivery, DeliveryStatus.UNCERTAIN, now=now, why=why)
    delivery.lease_until = None
    delivery.attempts += 1
    doubts = delivery.attempts if delivery.possible_duplicate else 1  # refusals before don't count
    delivery.due_at = now + policy.uncertain_for(doubts)
    ask(
        session,
        TaskKind.UNCERTAIN_DELIVERY,
        "notice",
        delivery.notice_id,
        now=now,
        why="delivery:uncertain",
    )


def bury(session: Session, delivery: Delivery, *, now: datetime, why: str) -> None:
    """Give a Delivery up: it always makes a task for a person, in the place of a doubt's."""
    move(session, delivery, DeliveryStatus.DEAD, now=now, why=why)
    delivery.token = delivery.lease_until = None
    notice = session.get_one(Notice, delivery.notice_id)
    if notice.status == NoticeStatus.APPROVED:
        statuses.move(session, notice, NoticeStatus.FAILED, now=now)
    settle(session, TaskKind.UNCERTAIN_DELIVERY, notice.id, now=now, by=MACHINE)
    ask(session, TaskKind.DEAD_DELIVERY, "notice", notice.id, now=now, why="delivery:dead")
