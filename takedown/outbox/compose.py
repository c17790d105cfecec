"""Composing: what is due, grouped by recipient, asked of the gate, written as drafts for people."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from takedown.hosts.models import Contact, Trace
from takedown.outbox import (
    asking,
    batches,
    cases,
    contacts,
    due,
    gathering,
    handing,
    held,
    modes,
    policy,
    refit,
    retracting,
)
from takedown.outbox.asking import Toward
from takedown.outbox.batches import Composed, Desk, Group
from takedown.outbox.cases import Case, LookUp
from takedown.outbox.ladder.reach import Reach
from takedown.outbox.ladder.standing import standing
from takedown.outbox.pace import calendars
from takedown.outbox.policy import CLOSURE, FIRST, Step
from takedown.outbox.recipients import Recipients
from takedown.people.tasks import Task, TaskKind, ask
from takedown.routes.gate import Answer, Reason
from takedown.routes.hotline import Hotline, Leaves
from takedown.routes.models import RouteKind
from takedown.vault import Vault

__all__ = ["Composed", "compose", "is_due"]

_PAGE: Final = 500
_ONE_AT_A_TIME: Final = 0x7A6B_0003  # two composers at once would write the same steps


def compose(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    leaves: Leaves,
    *,
    look_up: LookUp,
    now: datetime,
    limit: int = 1000,
    follow_up: bool = True,
) -> Composed:
    """Write drafts for what is due, about `limit` Urls at most. Running it again changes nothing.

    First what retracts a mistake, then the hand-overs, victims at risk before all; then first
    notices and, with `follow_up`, the further steps of the ladder and closures. What has no
    recipient or no route makes a task for a person, once a decision.
    """
    result, most = Composed(), min(limit, _PAGE)
    desk = Desk(session, vault, hotline, leaves, look_up, now)
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
    modes.compose_anew(session, leaves, now)
    held.take_out(desk)
    refit.take_back(session, look_up, now)
    retracting.compose(desk, limit, result)
    handing.hand_over(desk, limit, result)
    opening = calendars.standing(session)
    reach = Reach(session, Recipients.at(session, hotline.country, now), opening)
    for step in standing(session).steps() if follow_up else [FIRST]:
        for page in due.episodes(session, step, now, most):
            known = cases.load(session, page, look_up)
            reach.look_up(known.values())
            ready = [
                (case, found) for case in known.values() if (found := is_due(reach, step, case))
            ]
            _write(desk, reach, ready, result)
            for case in known.values() if not step.first else ():
                _put_off(desk, reach, case)
            if result.done >= limit:
                result.left += len(page) == most
                break
    if follow_up:
        gone = cases.load(session, due.closures(session, now, most), look_up).values()
        _write(desk, reach, [(case, CLOSURE) for case in gone], result)
    session.flush()
    return result


def is_due(reach: Reach, step: Step, case: Case) -> Step | None:
    """This step as the ladder of a case has it, if it is due; else None."""
    notified_at = case.episode.notified_at if case.episode else None
    found = policy.due(reach.ladder(case), case.steps, notified_at, reach.who.now)
    return found if found is not None and found.key == step.key else None


def _put_off(desk: Desk, reach: Reach, case: Case) -> None:
    """Nothing is due for it: it is read again later. Whoever can't be reached is asked for."""
    if case.episode is None:
        return
    for provider in reach.without_contact(case):
        _ask_for_contact(desk.session, provider.id, desk.now, once=True)
    told = case.episode.notified_at
    case.episode.ladder_due_at = policy.look_again(reach.ladder(case), case.steps, told, desk.now)


def _write(desk: Desk, reach: Reach, ready: Sequence[tuple[Case, Step]], result: Composed) -> None:
    result.claimed += len(ready)
    groups, kept = gathering.split(_grouped(desk, reach, ready, result), desk.now)
    batches.keep_reasons(desk.session, kept, desk.now)
    batches.write(desk, groups, result)


def _grouped(
    desk: Desk, reach: Reach, ready: Sequence[tuple[Case, Step]], result: Composed
) -> Iterable[Group]:
    """The gate's yes, by recipient and route; its no is kept with its reasons."""
    session, now = desk.session, desk.now
    by_provider = _contacts(session, {case.provider.id for case, _ in ready if case.provider})
    traces = _traces(session, {case.episode.trace_id for case, _ in ready if case.episode})
    groups: dict[tuple[object, ...], Group] = {}
    withheld: list[tuple[Case, Answer]] = []
    for case, step in ready:
        if case.episode is None or case.provider is None:
            continue  # loaded by its episode
        if step.role:
            to = reach.of(case, step)
        else:
            contact = contacts.choose(
                by_provider.get(case.provider.id, ()),
                now,
                preferred=case.provider.preferred_medium,
            )
            opens = reach.calendars.opening(case.provider.id, now)
            to = Toward(case.provider, contact, opens_at=opens) if contact else None
        if to is None:
            _ask_for_contact(session, case.provider.id, now)
            result.failed += 1
            continue
        made_for = traces.get(case.episode.trace_id)
        answer = asking.judge(case, to, desk.vault, kind=step.kind, made_for=made_for, now=now)
        if answer.reasons or case.trace is None:  # what only waits is drawn up and read meanwhile
            result.failed += 1
            withheld.append((case, answer))
            _ask_a_person(session, case, to.contact, answer, now)
            continue
        key = (
            step,
            to.contact.id,
            _terms(case),
            case.episode.notice_id,
            gathering.key(case, to, step),
        )
        group = groups.setdefault(key, Group(to, step))
        group.chosen.append((case, case.trace, answer))
    batches.keep_reasons(session, withheld, now)
    return groups.values()


def _terms(case: Case) -> tuple[object, ...]:
    """What a letter can say only once: route, deadline, law, role; and, of reminders, the first
    notice, whose number they name."""
    decision = case.decision
    rule = (decision.route_id, decision.agreement_id) if decision else None
    hours = (decision.deadline_hours, decision.binding) if decision else None
    return rule, case.route_status, case.role, hours


def _ask_a_person(
    session: Session, case: Case, contact: Contact, answer: Answer, now: datetime
) -> None:
    direct = case.route_kind == RouteKind.DIRECT
    if Reason.CONTACT_NOT_APPROVED in answer.reasons and direct:
        batches.ask_for_approval(session, contact, now)
    if Reason.NO_CONNECTOR in answer.reasons and direct:
        batches.ask_for_connector(session, contact, now)
    if answer.reasons == (Reason.POLICE_FIRST,) and handing.nobody_told(session, case):
        ask(session, TaskKind.POLICE_CLEARANCE, "url", case.url.id, now=now, why="police")


def _contacts(session: Session, providers: set[uuid.UUID]) -> dict[uuid.UUID, list[Contact]]:
    found: dict[uuid.UUID, list[Contact]] = {}
    rows = session.scalars(select(Contact).where(Contact.provider_id.in_(providers)))
    for contact in rows:
        found.setdefault(contact.provider_id, []).append(contact)
    return found


def _traces(session: Session, ids: set[uuid.UUID]) -> dict[uuid.UUID, Trace]:
    return {trace.id: trace for trace in session.scalars(select(Trace).where(Trace.id.in_(ids)))}


def _ask_for_contact(
    session: Session, provider_id: uuid.UUID, now: datetime, *, once: bool = False
) -> None:
    """`once`: not again after a person has looked into it."""
    why = "contact:missing"
    asked = select(Task.id).where(Task.subject_id == provider_id, Task.why == why).limit(1)
    if not once or session.scalar(asked) is None:
        ask(session, TaskKind.CONTACT, "provider", provider_id, now=now, why=why)
