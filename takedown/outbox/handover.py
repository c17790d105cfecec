"""Just before hand-over: the gate is asked again, and only what may leave is made a parcel of."""

import hashlib
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from takedown.hosts.models import Contact, Medium
from takedown.outbox import drafts, leases, leaving, policy, writing
from takedown.outbox.cases import LookUp
from takedown.outbox.connectors import standing as connectors
from takedown.outbox.models import Delivery, DeliveryStatus, Notice
from takedown.outbox.pace import calendars, rates
from takedown.outbox.superseding import supersede
from takedown.routes.gate import Reason
from takedown.routes.hotline import Hotline, Leaves
from takedown.vault import Vault

_LOOK_AGAIN: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is handed over outside any transaction."""

    delivery_id: uuid.UUID
    token: uuid.UUID
    notice_id: uuid.UUID
    provider_id: uuid.UUID
    medium: str
    message: bytes = field(repr=False)
    sender: str = field(repr=False)
    recipient: str = field(repr=False)
    url_ids: tuple[uuid.UUID, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """Why a due Delivery isn't handed over now; `stale` Urls want a check first."""

    why: str
    stale: tuple[uuid.UUID, ...] = ()


def prepare(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    leaves: Leaves,
    delivery: Delivery,
    *,
    look_up: LookUp,
    now: datetime,
    by_hand: bool = False,
) -> Parcel | Kept:
    """Ask the gate for every Url of a locked, due Delivery; claim it if all may leave.

    `by_hand`: a person stands there to take it: it is not too old, and waits for no check.
    """
    notice = session.get_one(Notice, delivery.notice_id, with_for_update=True)
    contact = session.get_one(Contact, delivery.contact_id)
    opening = None if by_hand or notice.hurried_at else calendars.standing(session)
    if not by_hand and policy.too_old(_could_leave(opening, notice, delivery), now):
        leases.bury(session, delivery, now=now, why="too old")
        return Kept("too_old")
    rows = drafts.items_of(session, notice.id, look_up)
    to = leaving.toward(session, notice, contact)
    if notice.kind == policy.ANSWER:
        if leaving.answer_withheld(rows, to, leaves, notice, now):
            delivery.due_at = now + policy.UNCERTAIN_FOR
            return Kept("withheld")
        return _parcel(session, vault, hotline, leaves, delivery, notice, contact, rows, now)
    if opening is not None:
        to = replace(to, opens_at=opening.opening(notice.provider_id, now))
    since = _wanted_since(opening, notice)
    answers = [
        leaving.ask(row, to, vault, leaves, notice, now, None if by_hand else since) for row in rows
    ]
    blocked = [answer for answer in answers if answer.reasons]
    in_doubt = delivery.status == DeliveryStatus.UNCERTAIN or delivery.possible_duplicate
    if in_doubt and (blocked or not rows or not repeatable(session, delivery)):
        # It may have arrived: what is withheld is not repeated, nor said anew without its mark.
        delivery.due_at = now + policy.UNCERTAIN_FOR
        return Kept("withheld")
    shape_changed = delivery.medium == Medium.API and connectors.changed_since(
        session, contact.id, delivery.created_at
    )
    if blocked or not rows or shape_changed:
        kept = list(zip(rows, answers, strict=True))
        supersede(session, vault, hotline, leaves, delivery, notice, contact, kept, now)
        return Kept("superseded")
    if any(Reason.CALENDAR in answer.waits for answer in answers):
        delivery.due_at = to.opens_at or now + _LOOK_AGAIN
        return Kept("calendar")
    if any(answer.waits for answer in answers):
        delivery.due_at = now + _LOOK_AGAIN
        return Kept("waits", leaving.stale(rows, answers))
    free_at = None if by_hand else rates.free_at(session, contact, to.provider, now)
    if free_at is not None:
        delivery.due_at = delivery.paced_until = free_at
        return Kept("rate")
    return _parcel(session, vault, hotline, leaves, delivery, notice, contact, rows, now)


def repeatable(session: Session, delivery: Delivery) -> bool:
    """Whether what may have arrived can be handed over again: an interface must know a repeat."""
    if delivery.medium != Medium.API:
        return True
    changed = connectors.changed_since(session, delivery.contact_id, delivery.created_at)
    return not changed and connectors.repeatable(session, delivery.contact_id)


def _could_leave(
    opening: calendars.Calendars | None, notice: Notice, delivery: Delivery
) -> datetime:
    """When a Delivery could first have left: from then its age counts."""
    made = max(delivery.created_at, delivery.paced_until or delivery.created_at)
    return (opening.opening(notice.provider_id, made) if opening else None) or made


def _wanted_since(opening: calendars.Calendars | None, notice: Notice) -> datetime | None:
    """Since when a check is waited for: once the calendars let it leave."""
    if opening is None or notice.approved_at is None:
        return notice.approved_at
    return opening.opening(notice.provider_id, notice.approved_at) or notice.approved_at


def _parcel(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    leaves: Leaves,
    delivery: Delivery,
    notice: Notice,
    contact: Contact,
    rows: list[drafts.Row],
    now: datetime,
) -> Parcel | Kept:
    message = vault.open_bytes("notices.message", notice.id, notice.message or b"")
    if hashlib.sha256(message).digest() != delivery.digest:
        leases.bury(session, delivery, now=now, why="the bytes differ from what was approved")
        return Kept("broken")
    sender = writing.return_path(vault, hotline, delivery) if leaves.notices else hotline.email
    return Parcel(
        delivery.id,
        leases.claim(session, delivery, now=now),
        notice.id,
        notice.provider_id,
        delivery.medium,
        message,
        sender,
        _whom(vault, delivery, contact),
        tuple(row.url_id for row, _, _ in rows),
    )


def _whom(vault: Vault, delivery: Delivery, contact: Contact) -> str:
    """The address; of an interface the contact's id, by which its connector is found."""
    if delivery.medium == Medium.API:
        return str(contact.id)
    return vault.open("contacts.address", contact.id, contact.address)
