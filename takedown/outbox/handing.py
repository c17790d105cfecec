"""Composing hand-overs: to the partner hotline, to our own police, to a regulator."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.audit import MACHINE
from takedown.outbox import asking, batches, cases, handed
from takedown.outbox.asking import Toward
from takedown.outbox.batches import Composed, Desk, Group
from takedown.outbox.cases import Case
from takedown.outbox.due import taken
from takedown.outbox.handed import Due
from takedown.outbox.models import NoticeUrl
from takedown.outbox.policy import Step
from takedown.outbox.recipients import Missing, Recipients
from takedown.people.tasks import TaskKind, ask, settle
from takedown.routes.gate import Answer, Reason
from takedown.routes.models import RouteKind

_PAGE: Final = 500


def hand_over(desk: Desk, limit: int, result: Composed) -> None:
    """Drafts of the hand-overs that are due; where nobody receives them, a task says what to add.

    Victims at risk go first, in notices of their own.
    """
    who = Recipients.at(desk.session, desk.hotline.country, desk.now)
    waiting, most = handed.due(desk.session), min(limit, _PAGE)
    for start in range(0, len(waiting), most):
        page = waiting[start : start + most]
        told = handed.asked_already(desk.session, {one.url_id for one in page})
        ready = [one for one in page if one.url_id not in told or _can_go(one, who)]
        result.failed += len(page) - len(ready)
        result.claimed += len(page)
        known = cases.load_urls(desk.session, {one.url_id for one in ready}, desk.look_up)
        groups = _grouped(desk, ready, known, told, who, result)
        before = len(result.notices)
        batches.write(desk, sorted(groups, key=_urgent, reverse=True), result)
        _settle(desk, result.notices[before:])
        if result.done >= limit:
            result.left += start + most < len(waiting)
            break


def _can_go(one: Due, who: Recipients) -> bool:
    """Whether somebody receives it; a person was asked about what nobody does, once is enough."""
    if one.kind == RouteKind.NONE:
        return False
    return one.kind == RouteKind.POLICE or isinstance(who.of(one.kind, one.country), Toward)


def nobody_told(session: Session, case: Case) -> bool:
    """Whether no police notice about a Url stands or was accepted: then a person tells them."""
    if case.url.police_informed_at is not None:
        return False
    standing = select(NoticeUrl.url_id).where(
        NoticeUrl.url_id == case.url.id, NoticeUrl.kind == RouteKind.POLICE, taken()
    )
    return session.scalar(standing.limit(1)) is None


def _grouped(
    desk: Desk,
    page: Sequence[Due],
    known: dict[UUID, Case],
    told: set[UUID],
    who: Recipients,
    result: Composed,
) -> list[Group]:
    groups: dict[tuple[object, ...], Group] = {}
    withheld: list[tuple[Case, Answer]] = []
    for url_id, kind, _ in page:
        case = known[url_id]
        to = None if kind == RouteKind.NONE else who.of(kind, case.country)
        if to is None or isinstance(to, Missing):
            result.failed += 1
            if url_id not in told or kind != case.route_kind:
                _ask_a_person(desk, case, kind, to)
            continue
        made_for = case.trace
        answer = asking.judge(case, to, desk.vault, kind=kind, made_for=made_for, now=desk.now)
        if not answer.passes:
            result.failed += 1
            withheld.append((case, answer))
            if Reason.CONTACT_NOT_APPROVED in answer.reasons:
                batches.ask_for_approval(desk.session, to.contact, desk.now)
            continue
        group = groups.setdefault(_key(case, kind, to), Group(to, Step(kind, 0, timedelta(0))))
        group.chosen.append((case, case.trace, answer))
    batches.keep_reasons(desk.session, withheld, desk.now)
    return list(groups.values())


def _ask_a_person(desk: Desk, case: Case, kind: str, missing: Missing | None) -> None:
    """What to add, so that it can be handed over; or that the police are told without a notice."""
    first = kind == RouteKind.POLICE and case.route_kind != RouteKind.POLICE
    asked = TaskKind.POLICE_CLEARANCE if first else TaskKind.ROUTE
    why = missing or f"route:{kind}"
    ask(desk.session, asked, "url", case.url.id, now=desk.now, why=why)


def _key(case: Case, kind: str, to: Toward) -> tuple[object, ...]:
    """What a letter can say only once: to whom, why, and on which route."""
    if kind == RouteKind.POLICE and case.url.victim_at_risk:
        return kind, to.contact.id, "victim_at_risk"
    decision = case.decision
    rule = (decision.route_id, decision.agreement_id) if decision else None
    return kind, to.contact.id, rule, case.route_status, case.route_kind


def _urgent(group: Group) -> bool:
    return group.step.kind == RouteKind.POLICE and group.chosen[0][0].url.victim_at_risk


def _settle(desk: Desk, notices: Sequence[UUID]) -> None:
    """What a person was asked to hand over by hand stands in a draft now."""
    rows = desk.session.scalars(
        select(NoticeUrl.url_id).where(NoticeUrl.notice_id.in_(list(notices)))
    )
    for url_id in rows:
        settle(desk.session, TaskKind.ROUTE, url_id, now=desk.now, by=MACHINE)
