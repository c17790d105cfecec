"""An envelope that lost a Url before it left: withdrawn, and what may still leave is made anew."""

from contextlib import suppress
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from notices.errors import NoticeError
from takedown.audit import record
from takedown.hosts.models import Contact
from takedown.outbox import drafts, leases, statuses
from takedown.outbox.beginning import begun, written
from takedown.outbox.deliveries import enqueue
from takedown.outbox.ladder import collateral
from takedown.outbox.models import Delivery, DeliveryStatus, Notice, NoticeStatus, NoticeUrl
from takedown.outbox.policy import RETRACTS
from takedown.outbox.url_facts import Item
from takedown.routes.gate import Answer
from takedown.routes.hotline import Hotline, Leaves
from takedown.vault import Vault

#: What a decision holds beside the gate's answer, and a new version of its notice with it.
_KEPT: Final = (collateral.OTHERS, RETRACTS)


def supersede(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    leaves: Leaves,
    delivery: Delivery,
    notice: Notice,
    contact: Contact,
    judged: list[tuple[drafts.Row, Answer]],
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
    becomes = NoticeStatus.SUPERSEDED if rest else NoticeStatus.DISCARDED
    statuses.move(session, notice, becomes, now=now)
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
    rest: list[tuple[drafts.Row, Answer]],
    due_at: datetime,
    now: datetime,
) -> None:
    """The same notice with fewer Urls. A text that has changed since needs a new approval."""
    notice = Notice(
        **begun(session, hotline, now),
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
        capacity=old.capacity,
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
            notice_id=notice.id,
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
                **{one: row.decision[one] for one in _KEPT if one in row.decision},
            },
        )
        session.add(copy)
        items.append(Item(copy, case, trace))
    session.flush()
    text = drafts.render(session, vault, hotline, notice, contact, items)
    if (text.template, text.version) != (old.template, old.template_version):
        notice.status, notice.approved_at, notice.approved_by = NoticeStatus.DRAFT, None, None
        notice.first_yes_at = notice.first_yes_by = None
    else:
        made_ready = enqueue(session, vault, hotline, leaves, notice, contact, text, items, now)
        made_ready.due_at = due_at
    before, after, urls = old.number, notice.status, len(items)
    written(session, notice, "composed_anew", now=now, before=before, after=after, urls=urls)
