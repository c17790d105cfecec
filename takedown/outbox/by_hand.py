"""A hand-over that a person takes: the file at the moment of leaving, and what came back.

The file is built from the frozen bytes for this one answer and stored nowhere. The caller commits,
with an audit entry as its last statement.
"""

import email
import email.policy
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from notices.channels.base import Receipt
from takedown.audit import record
from takedown.hosts.models import Medium
from takedown.outbox import handover, leases, leaving, results
from takedown.outbox.approve import NoticeRefused
from takedown.outbox.cases import LookUp
from takedown.outbox.models import Delivery, DeliveryStatus, Notice
from takedown.outbox.results import Accepted, OnAccepted
from takedown.people.tasks import TaskKind, settle
from takedown.routes.gate import HAND_OVERS
from takedown.routes.hotline import Hotline, Leaves
from takedown.vault import Vault

#: How long a person has from taking the file to telling what came back; then a task asks.
TAKEN_FOR: Final = timedelta(hours=24)
LONGEST_RECEIPT: Final = 200
_OUT: Final = (DeliveryStatus.SENT, DeliveryStatus.ACKNOWLEDGED)
_OPEN: Final = (DeliveryStatus.READY, DeliveryStatus.SENDING, DeliveryStatus.UNCERTAIN)


class Withheld(NoticeRefused):
    """The gate said no at the moment of hand-over; `why` as `handover.Kept` names it."""

    def __init__(self, why: str) -> None:
        super().__init__(f"withheld: {why}")
        self.why = why


@dataclass(frozen=True, slots=True)
class File:
    """One file of a hand-over, exact locations in it."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


def files(vault: Vault, notice: Notice) -> tuple[File, ...]:
    """What whoever carries a notice that may `leave` takes along: letter, sheet, document."""
    return _files(vault.open_bytes("notices.message", notice.id, notice.message or b""))


def leave(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    leaves: Leaves,
    delivery_id: uuid.UUID,
    *,
    look_up: LookUp,
    now: datetime,
) -> Notice:
    """What a person is about to hand over, if it may leave: its notice.

    Asks the gate as `send` does; from here it may have arrived. Taken once, it can be taken again
    while no receipt is told. Raises `NoticeRefused`; `Withheld` leaves changes to commit.
    """
    delivery = _by_hand(session, delivery_id)
    notice = session.get_one(Notice, delivery.notice_id)
    if not leaves.notices or notice.mode != leaves.label:
        raise NoticeRefused("nothing is handed over in this mode")
    if delivery.status == DeliveryStatus.READY:
        step = handover.prepare(
            *(session, vault, hotline, leaves, delivery), look_up=look_up, now=now, by_hand=True
        )
        if isinstance(step, handover.Kept):
            raise Withheld(step.why)
        leases.arm(session, delivery.id, step.token, now=now)
        delivery.lease_until = now + TAKEN_FOR
    elif not leaving.still_allowed(session, vault, leaves, notice, look_up=look_up, now=now):
        raise Withheld("withheld")
    return notice


def receipt(
    session: Session,
    vault: Vault,
    delivery_id: uuid.UUID,
    reference: str,
    *,
    real: bool,
    actor: str,
    on_accepted: OnAccepted,
    now: datetime,
) -> list[Accepted]:
    """What the recipient gave back, told by a person; of a hand-over by hand: that it is done.

    `reference` is sealed: it may quote a location. A later one replaces an earlier one. Where a
    provider's form gives none, it is empty. Raises `NoticeRefused`.
    """
    reference = reference.strip()
    delivery = _locked(session, delivery_id)
    notice = session.get_one(Notice, delivery.notice_id)
    done = delivery.medium == Medium.FORM and delivery.status in _OPEN
    needed = not done or notice.kind in HAND_OVERS
    if len(reference) > LONGEST_RECEIPT or (needed and not reference):
        raise NoticeRefused(f"a reference of {LONGEST_RECEIPT} characters at most is needed")
    started: list[Accepted] = []
    if delivery.status not in _OUT:
        if not done:
            raise NoticeRefused("it has not left yet")
        if delivery.status == DeliveryStatus.READY:  # handed over without the file from here
            leases.move(session, delivery, DeliveryStatus.CLAIMED, now=now, why="by a person")
            leases.move(session, delivery, DeliveryStatus.SENDING, now=now, why="by a person")
        started = results.accepted(
            *(session, vault, delivery, Receipt("person", "", None)),
            real=real,
            at=now,
            on_accepted=on_accepted,
        )
        delivery.handed_by = actor
    if reference:
        delivery.receipt = vault.seal("deliveries.receipt", delivery.id, notice.cohort, reference)
        delivery.receipt_at, delivery.receipt_by = now, actor
    settle(session, TaskKind.HAND_OVER, notice.id, now=now, by=actor)
    settle(session, TaskKind.UNCERTAIN_DELIVERY, notice.id, now=now, by=actor)
    session.flush()
    said = "receipt" if reference else "handed_over"
    record(session, at=now, subject="delivery", subject_id=delivery.id, kind=said, by=actor)
    return started


def _files(raw: bytes) -> tuple[File, ...]:
    """What the frozen message holds: its text as `hand-over.txt`, and each attached file."""
    files = []
    for part in email.message_from_bytes(raw, policy=email.policy.default).walk():
        if part.is_multipart():
            continue
        name = part.get_filename("hand-over.txt")
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            files.append(File(name, part.get_content_type(), content))
    return tuple(files)


def _by_hand(session: Session, delivery_id: uuid.UUID) -> Delivery:
    delivery = _locked(session, delivery_id)
    if delivery.medium != Medium.FORM or delivery.status not in _OPEN:
        raise NoticeRefused("this is not handed over by a person, or it was already")
    return delivery


def _locked(session: Session, delivery_id: uuid.UUID) -> Delivery:
    found = leases.locked(session, delivery_id)
    if found is None:
        raise NoticeRefused("no such delivery")
    return found
