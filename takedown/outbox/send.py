"""Sending: lease, ask the gate again, arm, hand over, record. No network inside a transaction.

Rests on every step being a committed state: a sender killed anywhere leaves a row that says how
far it came (5-notices, outbox).
"""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from notices.channels.base import Channel, Receipt, SendError
from notices.channels.mailbox import Mailbox
from notices.errors import NoticeError
from takedown import audit
from takedown.db import Sessions, committing
from takedown.outbox import handover, leases, modes, results
from takedown.outbox.cases import LookUp
from takedown.outbox.handover import Kept, Parcel
from takedown.outbox.models import Delivery, DeliveryStatus, Notice
from takedown.outbox.results import Accepted, OnAccepted
from takedown.outbox.ways import Ways
from takedown.routes import holds
from takedown.routes.hotline import Hotline, Leaves
from takedown.vault import Vault

#: How often an acceptance is written before its Delivery is left to its lease (then `uncertain`).
ACCEPTANCE_TRIES: Final = 5
_TAKEN_BACK: Final = frozenset({"40P01", "40001"})  # deadlock, serialization failure
_PAUSE_S: Final = 0.05
#: In these a hand-over's outcome is still to be written; a report may have settled it before.
_OPEN: Final = (DeliveryStatus.CLAIMED, DeliveryStatus.SENDING, DeliveryStatus.UNCERTAIN)


@dataclass(slots=True)
class Sent:
    """What a run did. `stale` Urls want a check before their notice may leave."""

    claimed: int = 0
    done: int = 0
    failed: int = 0
    left: int = 0
    recovered: int = 0
    superseded: int = 0
    accepted: list[Accepted] = field(default_factory=list)
    stale: list[uuid.UUID] = field(default_factory=list)
    channel_down: str | None = None  # the phase in which a channel failed: it was left alone then


@dataclass(frozen=True, slots=True)
class Sender:
    """What sending needs beside the rows; made by a door.

    `channels` by medium, used in `live` and closed worlds alone. `clock` stamps what happens after
    network calls; with a simulated time it always says that time. `draw` is uniform in [0, 1).
    """

    sessions: Sessions
    vault: Vault
    hotline: Hotline
    leaves: Leaves
    channels: Mapping[str, Channel]
    look_up: LookUp
    on_accepted: OnAccepted
    clock: Callable[[], datetime]
    draw: Callable[[], float]
    deadline_s: float = 60.0

    def channel(self, medium: str) -> Channel:
        """The way out for a medium: nothing but the mailbox while notices must stay."""
        return self.channels[medium] if self.leaves.notices else Mailbox()

    @property
    def media(self) -> list[str]:
        return list(self.channels) if self.leaves.notices else ["email", "api", "form"]


def send(sender: Sender, *, now: datetime, limit: int = 1000) -> Sent:
    """Hand over what is due at `now` (UTC), one by one, at most `limit`. Safe to run beside itself.

    A channel that is down is left alone for the rest of the run, without spending an attempt; so is
    one that answers nobody.
    """
    result, ways = Sent(), Ways(sender.media)
    with committing(sender.sessions) as session:
        result.recovered = leases.recover(session, now)
    for _ in range(limit):
        step = _next(sender, now, ways.open, result) if ways.open else None
        if step is None:
            break
        if isinstance(step, Parcel):
            result.claimed += 1
            error = _hand_over(sender, step, result)
            if not ways.went(step.medium, error) and error is not None:
                result.channel_down = error.phase
    with committing(sender.sessions) as session:
        result.left = _left(session, now, modes.may_leave(sender.leaves), sender.media)
    return result


def _next(
    sender: Sender, now: datetime, media: Sequence[str], result: Sent
) -> Parcel | Kept | None:
    """Take the next due Delivery through the gate, in one transaction."""
    with committing(sender.sessions) as session:
        allowed = modes.may_leave(sender.leaves)
        delivery = leases.next_due(session, now=now, modes=allowed, media=media)
        if delivery is None:
            return None
        step = handover.prepare(
            *(session, sender.vault, sender.hotline, sender.leaves, delivery),
            look_up=sender.look_up,
            now=max(now, sender.clock()),
        )
        if isinstance(step, Kept):
            result.superseded += step.why == "superseded"
            result.failed += step.why in ("too_old", "broken")
            result.stale += step.stale
        return step


def _hand_over(sender: Sender, parcel: Parcel, result: Sent) -> SendError | None:
    """Send one parcel and write what came of it; the error where it was not handed over."""
    try:
        receipt = sender.channel(parcel.medium).send(
            parcel.message,
            parcel.sender,
            parcel.recipient,
            arm=lambda: _arm(sender, parcel),
            deadline_s=sender.deadline_s,
            envid=str(parcel.delivery_id),
        )
    except SendError as error:
        result.failed += 1
        _write_failure(sender, parcel, error)
        return error
    except NoticeError as error:
        result.failed += 1
        with committing(sender.sessions) as session:
            delivery = leases.ours(session, parcel.delivery_id, parcel.token)
            if delivery is not None:
                results.unsendable(session, delivery, type(error).__name__, sender.clock())
    else:
        result.done += 1
        result.accepted += _write_acceptance(sender, parcel, receipt)
    return None


def _arm(sender: Sender, parcel: Parcel) -> bool:
    """Commit `sending`; a hold placed meanwhile, or a lost lease, says no."""
    with committing(sender.sessions) as session:
        if holds.standing(session, parcel.url_ids):
            return False
        if holds.providers_held(session, {parcel.provider_id}):
            return False
        return leases.arm(session, parcel.delivery_id, parcel.token, now=sender.clock())


def _write_failure(sender: Sender, parcel: Parcel, error: SendError) -> None:
    with committing(sender.sessions) as session:
        delivery = leases.ours(session, parcel.delivery_id, parcel.token)
        if delivery is not None and delivery.status in _OPEN:
            results.failed(session, sender.vault, delivery, error, sender.clock(), sender.draw())


def _write_acceptance(sender: Sender, parcel: Parcel, receipt: Receipt) -> list[Accepted]:
    """Before QUIT. If the lease was lost and taken over, the one who took it over keeps the row.

    What the database takes back for others' sake, or loses with the connection, is written again:
    the mail has been accepted.
    """
    for tries_left in reversed(range(ACCEPTANCE_TRIES)):
        try:
            return _accepted(sender, parcel, receipt)
        except DBAPIError as error:
            taken_back = getattr(error.orig, "sqlstate", None) in _TAKEN_BACK
            if not tries_left or not (taken_back or error.connection_invalidated):
                raise
            time.sleep(_PAUSE_S * (1 + sender.draw()))
    return []


def _accepted(sender: Sender, parcel: Parcel, receipt: Receipt) -> list[Accepted]:
    real = sender.leaves.notices
    with committing(sender.sessions) as session:
        delivery = leases.ours(session, parcel.delivery_id, parcel.token)
        if delivery is None or delivery.status not in _OPEN:
            return []  # settled meanwhile, by ourselves where the commit's answer was lost
        notice = session.get_one(Notice, parcel.notice_id)  # kept at hand for what follows
        at = sender.clock()
        accepted = results.accepted(
            *(session, sender.vault, delivery, receipt),
            real=real,
            at=at,
            on_accepted=sender.on_accepted,
        )
        audit.append(
            session,
            sender.vault.audit_key,
            at=at,
            actor=audit.MACHINE,
            action="notice.sent" if real else "notice.rehearsed",
            subject=notice.number,
            detail={
                "delivery": str(delivery.id),
                "accepted_by": receipt.accepted_by,
                "queue_id": receipt.queue_id,
                "possible_duplicate": delivery.possible_duplicate,
                "message_sha256": delivery.digest.hex(),
                "urls": len(parcel.url_ids),
            },
        )
    return accepted


def _left(session: Session, now: datetime, allowed: tuple[str, ...], media: list[str]) -> int:
    return int(
        session.scalar(
            select(func.count())
            .select_from(Delivery)
            .join(Notice, Notice.id == Delivery.notice_id)
            .where(
                Delivery.status.in_((DeliveryStatus.READY, DeliveryStatus.UNCERTAIN)),
                Delivery.due_at <= now,
                Delivery.medium.in_(media),
                Notice.mode.in_(allowed),
            )
        )
        or 0
    )
