"""Just before hand-over: the gate is asked again, and an envelope that lost a Url is made anew."""

import hashlib
import uuid
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from notices.errors import NoticeError
from takedown.audit import record
from takedown.db import new_id
from takedown.hosts.models import Contact, Medium, Provider, Trace
from takedown.outbox import drafts, leases, modes, policy, writing
from takedown.outbox.approve import MACHINE, enqueue
from takedown.outbox.asking import Toward, gate_facts
from takedown.outbox.cases import Case, LookUp
from takedown.outbox.connectors import standing as connectors
from takedown.outbox.due import next_serial
from takedown.outbox.ladder import collateral
from takedown.outbox.ladder.rules import is_late, role_of
from takedown.outbox.models import Delivery, DeliveryStatus, Notice, NoticeStatus, NoticeUrl
from takedown.outbox.pace import calendars, rates
from takedown.routes import gate, holds
from takedown.routes.gate import Answer, Reason
from takedown.routes.hotline import Hotline, Leaves
from takedown.vault import Vault

_LOOK_AGAIN: Final = timedelta(minutes=2)

_Row = tuple[NoticeUrl, Case, Trace | None]


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
    to = toward(session, notice, contact)
    if notice.kind == policy.ANSWER:
        if _answer_withheld(rows, to, leaves, notice, now):
            delivery.due_at = now + policy.UNCERTAIN_FOR
            return Kept("withheld")
        return _parcel(session, vault, hotline, leaves, delivery, notice, contact, rows, now)
    if opening is not None:
        to = replace(to, opens_at=opening.opening(notice.provider_id, now))
    since = _wanted_since(opening, notice)
    answers = [
        _ask(row, to, vault, leaves, notice, now, None if by_hand else since) for row in rows
    ]
    blocked = [answer for answer in answers if answer.reasons]
    if delivery.status == DeliveryStatus.UNCERTAIN and (
        blocked or not rows or not _repeatable(session, delivery)
    ):
        # It may have arrived: what is withheld is not repeated, nor said anew without its mark.
        delivery.due_at = now + policy.UNCERTAIN_FOR
        return Kept("withheld")
    shape_changed = delivery.medium == Medium.API and connectors.changed_since(
        session, contact.id, delivery.created_at
    )
    if blocked or not rows or shape_changed:
        kept = list(zip(rows, answers, strict=True))
        _supersede(session, vault, hotline, leaves, delivery, notice, contact, kept, now)
        return Kept("superseded")
    if any(Reason.CALENDAR in answer.waits for answer in answers):
        delivery.due_at = to.opens_at or now + _LOOK_AGAIN
        return Kept("calendar")
    if any(answer.waits for answer in answers):
        delivery.due_at = now + _LOOK_AGAIN
        return Kept("waits", _stale(rows, answers))
    free_at = None if by_hand else rates.free_at(session, contact, to.provider, now)
    if free_at is not None:
        delivery.due_at = delivery.paced_until = free_at
        return Kept("rate")
    return _parcel(session, vault, hotline, leaves, delivery, notice, contact, rows, now)


def _repeatable(session: Session, delivery: Delivery) -> bool:
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


def toward(session: Session, notice: Notice, contact: Contact) -> Toward:
    """Who a notice goes to, and whether a hold stands on them."""
    held = bool(holds.providers_held(session, {notice.provider_id}))
    return Toward(
        session.get_one(Provider, notice.provider_id),
        contact,
        held,
        role_of(notice.kind, notice.step),
        is_late(notice.kind, notice.step),
    )


def _answer_withheld(
    rows: list[_Row], to: Toward, leaves: Leaves, notice: Notice, now: datetime
) -> bool:
    """Whether a person's answer has to wait: a hold, an inhibition, another mode."""
    until = to.contact.inhibited_until
    return (
        to.held
        or any(case.held for _, case, _ in rows)
        or (until is not None and now < until)
        or to.contact.retired_at is not None
        or notice.mode not in modes.may_leave(leaves)
    )


def still_allowed(
    session: Session,
    vault: Vault,
    leaves: Leaves,
    notice: Notice,
    *,
    look_up: LookUp,
    now: datetime,
) -> bool:
    """Whether the gate lets every Url of a notice leave that was taken by hand before."""
    to = toward(session, notice, session.get_one(Contact, notice.contact_id))
    rows = drafts.items_of(session, notice.id, look_up)
    answers = [_ask(row, to, vault, leaves, notice, now, None) for row in rows]
    return bool(rows) and not any(answer.reasons for answer in answers)


def _ask(
    row: _Row,
    to: Toward,
    vault: Vault,
    leaves: Leaves,
    notice: Notice,
    now: datetime,
    since: datetime | None,
) -> Answer:
    in_notice, case, trace = row
    facts = gate_facts(
        case,
        to,
        vault,
        kind=notice.kind,
        made_for=trace,
        now=now,
        automatic=notice.approved_by == MACHINE,
        wanted_since=since if leaves.lookups else None,
        same_mode=notice.mode in modes.may_leave(leaves),
        same_terms=drafts.same_terms(in_notice, case),
        hurried=notice.hurried_at is not None,
    )
    return gate.ask(facts)


def _parcel(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    leaves: Leaves,
    delivery: Delivery,
    notice: Notice,
    contact: Contact,
    rows: list[_Row],
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


def _supersede(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    leaves: Leaves,
    delivery: Delivery,
    notice: Notice,
    contact: Contact,
    judged: list[tuple[_Row, Answer]],
    now: datetime,
) -> None:
    """Withdraw an unsent notice; what still may leave goes in a new version, approved as it was."""
    leases.move(session, delivery, DeliveryStatus.SUPERSEDED, now=now, why="gate")
    for (row, _, _), answer in judged:
        row.withdrawn_at = now
        row.decision = {**row.decision, "at_hand_over": answer.as_document(now)}
        if answer.reasons:
            record(
                session,
                at=now,
                subject="url",
                subject_id=row.url_id,
                kind="withheld",
                after=",".join(answer.reasons),
                notice=notice.number,
            )
    rest = [(row, answer) for row, answer in judged if not answer.reasons]
    before, notice.status = notice.status, NoticeStatus.SUPERSEDED
    if not rest:
        notice.status = NoticeStatus.DISCARDED
    record(
        session,
        at=now,
        subject="notice",
        subject_id=notice.id,
        kind="status",
        before=before,
        after=notice.status,
    )
    session.flush()
    if rest:
        # What can't be written goes back to `compose`, which asks a person.
        with suppress(NoticeError), session.begin_nested():
            _again(session, vault, hotline, leaves, notice, contact, rest, delivery.due_at, now)


def _again(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    leaves: Leaves,
    old: Notice,
    contact: Contact,
    rest: list[tuple[_Row, Answer]],
    due_at: datetime,
    now: datetime,
) -> None:
    """The same notice with fewer Urls. A text that has changed since needs a new approval."""
    serial, made = next_serial(session), new_id()
    notice = Notice(
        id=made,
        serial=serial,
        number=f"NTD-{now.year}-{serial:06d}",
        kind=old.kind,
        step=old.step,
        status=NoticeStatus.APPROVED,
        cohort=max(case.url.cohort for (_, case, _), _ in rest),
        provider_id=old.provider_id,
        contact_id=old.contact_id,
        route_status=old.route_status,
        language=old.language,
        template=old.template,
        template_version=old.template_version,
        template_why=old.template_why,
        reviewed_text=old.reviewed_text,
        mode=old.mode,
        message_id=f"<{made.hex}@{writing.domain_of(hotline)}>",
        subject=b"",
        body=b"",
        composed_at=now,
        approved_at=old.approved_at,
        approved_by=old.approved_by,
        supersedes_id=old.id,
        two_people=old.two_people,
        first_yes_at=old.first_yes_at,
        first_yes_by=old.first_yes_by,
        alone_why=old.alone_why,
        hurried_at=old.hurried_at,
        hurried_by=old.hurried_by,
    )
    if old.lives_there is not None:
        collateral.say(vault, notice, collateral.said(vault, old) or "")
    session.add(notice)
    session.flush()
    items = []
    for (row, case, trace), answer in rest:
        copy = NoticeUrl(
            notice_id=made,
            url_id=row.url_id,
            episode_id=row.episode_id,
            trace_id=row.trace_id,
            kind=row.kind,
            step=row.step,
            last_confirmed_at=case.confirmed[0],
            last_confirmed_by=case.confirmed[1],
            decision={
                **answer.as_document(now),
                drafts.TERMS: case.terms,
                **{one: row.decision[one] for one in (collateral.OTHERS,) if one in row.decision},
            },
        )
        session.add(copy)
        items.append(writing.Item(copy, case, trace))
    session.flush()
    text = drafts.render(session, vault, hotline, notice, contact, items)
    if (text.template, text.version) != (old.template, old.template_version):
        notice.status, notice.approved_at, notice.approved_by = NoticeStatus.DRAFT, None, None
        notice.first_yes_at = notice.first_yes_by = None
    else:
        made_ready = enqueue(session, vault, hotline, leaves, notice, contact, text, items, now)
        made_ready.due_at = due_at
    record(
        session,
        at=now,
        subject="notice",
        subject_id=made,
        kind="composed_anew",
        before=old.number,
        after=notice.status,
        urls=len(items),
    )
    session.flush()


def _stale(rows: list[_Row], answers: list[Answer]) -> tuple[uuid.UUID, ...]:
    return tuple(
        row.url_id
        for (row, _, _), answer in zip(rows, answers, strict=True)
        if Reason.NOT_CHECKED in answer.waits
    )
