"""Composing: what is due, grouped by recipient, asked of the gate, written as drafts for people."""

import uuid
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from notices.errors import NoticeError
from takedown.audit import Event, record
from takedown.hosts.models import Contact, Trace
from takedown.outbox import cases, contacts, drafts, due, modes, policy
from takedown.outbox.approve import Approval, goes_by_itself
from takedown.outbox.cases import Case, LookUp
from takedown.outbox.policy import LADDER, Step
from takedown.people.tasks import TaskKind, ask
from takedown.routes.gate import Answer, Reason
from takedown.routes.hotline import Hotline, Leaves
from takedown.vault import Vault

_PAGE: Final = 500
_ONE_AT_A_TIME: Final = 0x7A6B_0003  # two composers at once would write the same steps


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
class _Group:
    """Cases of one recipient, step and route: they share letters."""

    contact: Contact
    step: Step
    chosen: list[tuple[Case, Trace, Answer]] = field(default_factory=list)


def compose(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    leaves: Leaves,
    *,
    look_up: LookUp,
    now: datetime,
    limit: int = 1000,
    ladder: tuple[Step, ...] = LADDER,
) -> Composed:
    """Write drafts for what is due, about `limit` Urls at most. Running it again changes nothing.

    Every Url whose route is no notice to the host makes a task for a person, once a decision.
    """
    result, most = Composed(), min(limit, _PAGE)
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
    modes.compose_anew(session, leaves, now)
    _ask_for_hand_overs(session, now, limit)
    for step in ladder:
        for page in due.episodes(session, step, now, most):
            known = cases.load(session, page, look_up)
            ready = [known[one] for one in page if is_due(ladder, step, known[one], now)]
            result.claimed += len(ready)
            for group in _grouped(session, vault, step, ready, now, result):
                _write(session, vault, hotline, leaves, group, look_up, now, result)
            if result.done >= limit:
                result.left += len(page) == most
                break
    session.flush()
    return result


def is_due(ladder: tuple[Step, ...], step: Step, case: Case, now: datetime) -> bool:
    """Whether the ladder says that this step of a case is due."""
    return policy.due(ladder, case.steps, case.episode.notified_at, now) == step


def _ask_for_hand_overs(session: Session, now: datetime, limit: int) -> None:
    for url_id, kind, _ in due.handed_to_people(session, limit):
        ask(session, TaskKind.ROUTE, "url", url_id, now=now, why=f"route:{kind}")


def _grouped(
    session: Session,
    vault: Vault,
    step: Step,
    ready: Sequence[Case],
    now: datetime,
    result: Composed,
) -> Iterable[_Group]:
    """The gate's yes, by recipient and route; its no is kept with its reasons."""
    by_provider = _contacts(session, {case.provider.id for case in ready})
    traces = _traces(session, {case.episode.trace_id for case in ready})
    groups: dict[tuple[object, ...], _Group] = {}
    withheld: list[tuple[Case, Answer]] = []
    for case in ready:
        contact = contacts.choose(by_provider.get(case.provider.id, ()), now)
        if contact is None:
            _ask_for_contact(session, case, None, now)
            result.failed += 1
            continue
        made_for = traces.get(case.episode.trace_id)
        answer = cases.judge(case, contact, vault, kind=step.kind, made_for=made_for, now=now)
        if not answer.passes or case.trace is None:
            result.failed += 1
            withheld.append((case, answer))
            if Reason.CONTACT_NOT_APPROVED in answer.reasons and case.route_kind == "direct":
                _ask_for_contact(session, case, contact, now)
            if answer.reasons == (Reason.POLICE_FIRST,):
                ask(session, TaskKind.POLICE_CLEARANCE, "url", case.url.id, now=now, why="police")
            continue
        key = (contact.id, case.decision and case.decision.route_id, _terms(case), _repeats(case))
        group = groups.setdefault(key, _Group(contact, step))
        group.chosen.append((case, case.trace, answer))
    _keep_reasons(session, withheld, now)
    return groups.values()


def _write(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    leaves: Leaves,
    group: _Group,
    look_up: LookUp,
    now: datetime,
    result: Composed,
) -> None:
    """One draft for each `max_urls` of the contact; one Url that can't be written stays alone."""
    remaining = iter(group.chosen)
    parts = iter(lambda: list(islice(remaining, max(group.contact.max_urls, 1))), [])
    waiting = deque(parts)
    while waiting:
        part = waiting.popleft()
        rows = [(case, trace, answer.as_document(now)) for case, trace, answer in part]
        try:
            with session.begin_nested():
                notice, _ = drafts.draft(
                    session, vault, hotline, leaves, group.contact, group.step, rows, now
                )
        except NoticeError as error:
            if len(part) > 1:
                waiting.extendleft([one] for one in reversed(part))
                continue
            result.failed += 1
            _ask_to_hand_over(session, part[0][0], type(error).__name__, now)
            continue
        result.notices.append(notice.id)
        result.done += len(part)
        if group.step.first:
            continue
        approval = goes_by_itself(
            session, vault, hotline, leaves, notice.id, look_up=look_up, now=now
        )
        if approval is not None:
            result.approved.append(approval)


def _ask_to_hand_over(session: Session, case: Case, error: str, now: datetime) -> None:
    """No letter can be written about this Url: a person takes it on, its neighbours go."""
    ask(session, TaskKind.ROUTE, "url", case.url.id, now=now, why=f"notice:{error}")


def _terms(case: Case) -> tuple[object, ...]:
    """What a letter can say only once: deadline, law, role, language of the route."""
    decision = case.decision
    hours = (decision.deadline_hours, decision.binding) if decision else None
    return case.route_status, case.episode.role, hours


def _repeats(case: Case) -> uuid.UUID | None:
    """Reminders keep to the Urls of one first notice, whose number they name."""
    return case.episode.notice_id


def _contacts(session: Session, providers: set[uuid.UUID]) -> dict[uuid.UUID, list[Contact]]:
    found: dict[uuid.UUID, list[Contact]] = {}
    rows = session.scalars(select(Contact).where(Contact.provider_id.in_(providers)))
    for contact in rows:
        found.setdefault(contact.provider_id, []).append(contact)
    return found


def _traces(session: Session, ids: set[uuid.UUID]) -> dict[uuid.UUID, Trace]:
    return {trace.id: trace for trace in session.scalars(select(Trace).where(Trace.id.in_(ids)))}


def _ask_for_contact(session: Session, case: Case, contact: Contact | None, now: datetime) -> None:
    if contact is not None:
        ask(session, TaskKind.CONTACT, "contact", contact.id, now=now, why="contact:approve")
    else:
        why = "contact:missing"
        ask(session, TaskKind.CONTACT, "provider", case.provider.id, now=now, why=why)


def _keep_reasons(session: Session, withheld: list[tuple[Case, Answer]], now: datetime) -> None:
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
