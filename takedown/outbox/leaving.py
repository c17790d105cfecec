"""What the gate says of an approved notice at the moment of leaving."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from takedown.audit import MACHINE
from takedown.hosts.models import Contact, Provider
from takedown.outbox import drafts, modes
from takedown.outbox.asking import Toward, gate_facts
from takedown.outbox.cases import LookUp
from takedown.outbox.ladder.rules import is_late, role_of
from takedown.outbox.models import Notice
from takedown.routes import gate, holds
from takedown.routes.gate import Answer, Reason
from takedown.routes.hotline import Leaves
from takedown.vault import Vault


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


def ask(
    row: drafts.Row,
    to: Toward,
    vault: Vault,
    leaves: Leaves,
    notice: Notice,
    now: datetime,
    since: datetime | None,
) -> Answer:
    """The gate's answer for one Url of it; `since` (UTC): since when a check is waited for."""
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
    answers = [ask(row, to, vault, leaves, notice, now, None) for row in rows]
    return bool(rows) and not any(answer.reasons for answer in answers)


def answer_withheld(
    rows: list[drafts.Row], to: Toward, leaves: Leaves, notice: Notice, now: datetime
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


def stale(rows: list[drafts.Row], answers: list[Answer]) -> tuple[uuid.UUID, ...]:
    """The Urls that want a check before they may leave."""
    return tuple(
        row.url_id
        for (row, _, _), answer in zip(rows, answers, strict=True)
        if Reason.NOT_CHECKED in answer.waits
    )
