"""Approval: a person's yes freezes the bytes and writes the Delivery.

The caller commits, with `audit.append(..., detail=approval.detail)` as its last statement.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from notices.errors import NoticeError
from takedown.audit import digest_of_ids
from takedown.errors import TakedownError
from takedown.hosts.models import Contact, Medium
from takedown.outbox import contacts, drafts, modes, policy, statuses, writing
from takedown.outbox.cases import LookUp
from takedown.outbox.connectors import requests
from takedown.outbox.deliveries import enqueue
from takedown.outbox.models import Notice, NoticeStatus, NoticeUrl
from takedown.outbox.pace import calendars
from takedown.people.tasks import TaskKind, ask
from takedown.routes import holds
from takedown.routes.gate import Reason
from takedown.routes.hotline import Hotline, Leaves
from takedown.routes.models import RouteStatus
from takedown.vault import Vault

#: When a lone person's yes is looked at by another.
SECOND_LOOK_WITHIN = timedelta(days=1)


class NoticeRefused(TakedownError):
    """What was asked of a notice can't be done as it stands."""


class Outcome(StrEnum):
    """What came of asking to approve."""

    APPROVED = "approved"
    NEEDS_SUPERVISOR = "needs_supervisor"
    CHANGED = "changed"  # the text differs from what was shown: look again
    NOT_A_DRAFT = "not_a_draft"
    OTHER_MODE = "other_mode"
    EMPTY = "empty"  # nothing stands in it any more
    SECOND_PERSON = "second_person"  # one yes is kept: somebody else gives the other
    REFUSED = "refused"  # the letter can't be written


@dataclass(frozen=True, slots=True)
class Approval:
    """The answer for one notice. `detail` is for the audit log and holds no location."""

    notice_id: uuid.UUID
    number: str
    outcome: Outcome
    why: tuple[str, ...] = ()
    delivery_id: uuid.UUID | None = None
    detail: dict[str, Any] | None = None

    @property
    def approved(self) -> bool:
        return self.outcome is Outcome.APPROVED


def approve(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    leaves: Leaves,
    notice_ids: Sequence[uuid.UUID],
    *,
    look_up: LookUp,
    actor: str,
    supervisor: bool,
    now: datetime,
    alone: str = "",
) -> list[Approval]:
    """Approve these drafts, each on its own: what can't be approved says why and stays.

    A step that two people release keeps the first yes; `alone` says why one goes on without the
    other, who is asked to look at it within a day.

    A notice on an unverified route, to a doubtful provider or of the first live batch needs a
    `supervisor`. The gate is asked again at hand-over. Nothing here touches the network.
    """
    first_batch = modes.first_batch(session, leaves.label)
    answers = []
    for notice_id in notice_ids:
        notice = session.get(Notice, notice_id, with_for_update=True, populate_existing=True)
        if notice is None:
            raise NoticeRefused("no such notice")
        answers.append(
            _approve(
                *(session, vault, hotline, leaves, notice),
                look_up=look_up,
                actor=actor,
                supervisor=supervisor,
                first_batch=first_batch,
                alone=alone.strip(),
                now=now,
            )
        )
    session.flush()
    return answers


def _approve(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    leaves: Leaves,
    notice: Notice,
    *,
    look_up: LookUp,
    actor: str,
    supervisor: bool,
    first_batch: bool,
    alone: str,
    now: datetime,
) -> Approval:
    def answer(outcome: Outcome, *why: str) -> Approval:
        return Approval(notice.id, notice.number, outcome, why)

    if notice.status != NoticeStatus.DRAFT:
        return answer(Outcome.NOT_A_DRAFT, notice.status)
    if notice.mode != leaves.label:
        return answer(Outcome.OTHER_MODE, notice.mode)
    rows = drafts.items_of(session, notice.id, look_up)
    if not rows:
        return answer(Outcome.EMPTY)
    stays = _stays(session, notice, rows)
    if stays is not None:
        return answer(*stays)
    needs = needs_supervisor(notice, [row for row, _, _ in rows], first_batch=first_batch)
    if needs and not supervisor:
        return answer(Outcome.NEEDS_SUPERVISOR, *needs)
    contact = session.get_one(Contact, notice.contact_id)
    if contact.approved_at is None:
        return answer(Outcome.REFUSED, Reason.CONTACT_NOT_APPROVED)
    if not contacts.connected(contact):
        return answer(Outcome.REFUSED, Reason.NO_CONNECTOR)
    shown = _shown(vault, notice)
    items = drafts.as_items(rows)
    try:
        text = drafts.render(session, vault, hotline, notice, contact, items)
        if (text.subject, text.body) != shown:
            notice.first_yes_at = notice.first_yes_by = None  # to a text that is no more
            return answer(Outcome.CHANGED)
        if contact.medium == Medium.API:
            requests.request(session, vault, hotline, notice, contact, items, text, key="")
        if contact.medium == Medium.EMAIL:
            writing.protection(hotline, contact, now)
    except NoticeError as error:
        return answer(Outcome.REFUSED, type(error).__name__)
    if notice.two_people and not _second(session, notice, actor, alone, now):
        notice.first_yes_at, notice.first_yes_by = now, actor
        kept = _detail(notice, rows, needs)
        return Approval(notice.id, notice.number, Outcome.SECOND_PERSON, (), None, kept)
    notice.approved_at, notice.approved_by = now, actor
    delivery = enqueue(session, vault, hotline, leaves, notice, contact, text, items, now)
    statuses.move(session, notice, NoticeStatus.APPROVED, now=now, by=actor)
    if not all(case.urgent for _, case, _ in rows):
        opens = calendars.standing(session).opening(notice.provider_id, now)
        delivery.due_at = opens if opens and notice.hurried_at is None else now
    detail = _detail(notice, rows, needs) | {"message_sha256": delivery.digest.hex()}
    return Approval(notice.id, notice.number, Outcome.APPROVED, (), delivery.id, detail)


def _stays(
    session: Session, notice: Notice, rows: Sequence[drafts.Row]
) -> tuple[Outcome, Reason] | None:
    """Why a draft stays one whoever says yes, or None."""
    held = holds.providers_held(session, {notice.provider_id})
    if held or any(case.held for _, case, _ in rows):
        return Outcome.REFUSED, Reason.HELD
    if not all(drafts.same_terms(row, case) for row, case, _ in rows):
        return Outcome.CHANGED, Reason.ROUTE_CHANGED
    return None


def _second(session: Session, notice: Notice, actor: str, alone: str, now: datetime) -> bool:
    """Whether two people have said yes, or a lone one goes on: then the other is asked to look."""
    if notice.first_yes_by is not None and notice.first_yes_by != actor:
        return True
    if not alone:
        return False
    notice.alone_why = alone
    notice.first_yes_at, notice.first_yes_by = notice.first_yes_at or now, actor
    look_by = now + SECOND_LOOK_WITHIN
    ask(
        *(session, TaskKind.SECOND_LOOK, "notice", notice.id),
        now=now,
        why="notice:alone",
        due_at=look_by,
    )
    return True


def _detail(notice: Notice, rows: Sequence[drafts.Row], needs: list[str]) -> dict[str, Any]:
    """What the audit log keeps of a yes."""
    return {
        "number": notice.number,
        "kind": notice.kind,
        "step": notice.step,
        "mode": notice.mode,
        "template": f"{notice.template}/{notice.template_version}",
        "urls": len(rows),
        "urls_sha256": digest_of_ids(row.url_id for row, _, _ in rows),
        "as_supervisor": needs,
        **({"first_yes": notice.first_yes_by} if notice.two_people else {}),
        **({"alone": notice.alone_why} if notice.alone_why else {}),
    }


def needs_supervisor(notice: Notice, rows: Sequence[NoticeUrl], *, first_batch: bool) -> list[str]:
    """Why a supervisor has to approve a notice; empty where one person does."""
    needs = {str(one) for row in rows for one in row.decision.get("supervisor", ())}
    if notice.route_status not in (RouteStatus.VERIFIED, policy.AT_ONCE):
        needs.add(Reason.ROUTE_UNVERIFIED)
    if first_batch:
        needs.add(Reason.FIRST_BATCH)
    return sorted(str(one) for one in needs)


def _shown(vault: Vault, notice: Notice) -> tuple[str, str]:
    return (
        vault.open("notices.subject", notice.id, notice.subject),
        vault.open("notices.body", notice.id, notice.body),
    )
