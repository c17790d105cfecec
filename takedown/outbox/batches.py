"""What compose found to be due, grouped by recipient, and written as drafts."""

import uuid
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from notices.errors import NoticeError
from takedown.audit import Event, record
from takedown.hosts.models import Contact, Trace
from takedown.outbox import drafts
from takedown.outbox.approve import Approval
from takedown.outbox.asking import Toward
from takedown.outbox.by_itself import BY_THEMSELVES, goes_by_itself
from takedown.outbox.cases import Case, LookUp
from takedown.outbox.policy import Step
from takedown.people.tasks import TaskKind, ask
from takedown.routes.gate import Answer
from takedown.routes.hotline import Hotline, Leaves
from takedown.vault import Vault


@dataclass(slots=True)
class Composed:
    """What a run did. `done` Urls stand in drafts, `failed` are withheld or lack a contact.

    `approved` are reminders that went by themselves: the door appends each to the audit log.
    """

    claimed: int = 0
    done: int = 0
    failed: int = 0
    left: int = 0
    notices: list[uuid.UUID] = field(default_factory=list)
    approved: list[Approval] = field(default_factory=list)


@dataclass(slots=True)
class Group:
    """Cases of one recipient, step and route: they share letters.

    `also` is kept with each decision.
    """

    to: Toward
    step: Step
    chosen: list[tuple[Case, Trace | None, Answer]] = field(default_factory=list)
    also: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where drafts are written: the database, and who writes under which mode."""

    session: Session
    vault: Vault
    hotline: Hotline
    leaves: Leaves
    look_up: LookUp
    now: datetime


def write(desk: Desk, groups: Iterable[Group], result: Composed) -> None:
    """Drafts of these groups; those that may go by themselves are approved."""
    for group in groups:
        _write(desk, group, result)


def _write(desk: Desk, group: Group, result: Composed) -> None:
    """One draft for each `max_urls` of the contact; one Url that can't be written stays alone."""
    session, now = desk.session, desk.now
    remaining = iter(group.chosen)
    most = max(group.to.contact.max_urls, 1)
    waiting = deque(iter(lambda: list(islice(remaining, most)), []))
    while waiting:
        part = waiting.popleft()
        rows = [(case, trace, answer.as_document(now) | group.also) for case, trace, answer in part]
        try:
            with session.begin_nested():
                notice, _ = drafts.draft(
                    *(session, desk.vault, desk.hotline, desk.leaves),
                    *(group.to, group.step, rows, now),
                )
        except NoticeError as error:
            if len(part) > 1:
                waiting.extendleft([one] for one in reversed(part))
                continue
            result.failed += 1
            ask_to_hand_over(session, part[0][0].url.id, f"notice:{type(error).__name__}", now)
            continue
        result.notices.append(notice.id)
        result.done += len(part)
        if group.step.kind not in BY_THEMSELVES:
            continue
        approval = goes_by_itself(
            *(session, desk.vault, desk.hotline, desk.leaves, notice.id),
            look_up=desk.look_up,
            now=now,
        )
        if approval is not None:
            result.approved.append(approval)


def ask_to_hand_over(session: Session, url_id: uuid.UUID, why: str, now: datetime) -> None:
    """No notice can be written about this Url: a person takes it on, its neighbours go."""
    ask(session, TaskKind.ROUTE, "url", url_id, now=now, why=why)


def ask_for_approval(session: Session, contact: Contact, now: datetime) -> None:
    """A contact waits for a person before its first notice."""
    ask(session, TaskKind.CONTACT, "contact", contact.id, now=now, why="contact:approve")


def ask_for_connector(session: Session, contact: Contact, now: datetime) -> None:
    """An interface is to be used that nobody has described yet, or not two people."""
    ask(session, TaskKind.CONTACT, "contact", contact.id, now=now, why="contact:connector")


def keep_reasons(session: Session, withheld: Sequence[tuple[Case, Answer]], now: datetime) -> None:
    """An event for each Url whose reasons changed: the gate's answer is kept and shown."""
    ids = [case.url.id for case, _ in withheld]
    told = {
        event.subject_id: event.after
        for event in session.scalars(
            select(Event)
            .where(Event.subject == "url", Event.subject_id.in_(ids), Event.kind == "withheld")
            .ext(distinct_on(Event.subject_id))
            .order_by(Event.subject_id, Event.id.desc())
        )
    }
    for case, answer in withheld:
        reasons = ",".join(str(one) for one in (*answer.reasons, *answer.waits))
        before = told.get(case.url.id)
        if reasons != before:
            record(
                session,
                at=now,
                subject="url",
                subject_id=case.url.id,
                kind="withheld",
                before=before,
                after=reasons,
            )
