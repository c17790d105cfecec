"""Drafts: a notice and its Urls as rows, with the preview that a person approves."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.compose import Letter
from takedown.hosts.models import Contact, Medium, Trace
from takedown.outbox import cases, contacts, policy, writing
from takedown.outbox.asking import Toward
from takedown.outbox.beginning import begun, written
from takedown.outbox.connectors import requests
from takedown.outbox.ladder import collateral
from takedown.outbox.ladder.rules import DOMAIN_LEVEL
from takedown.outbox.models import Notice, NoticeStatus, NoticeUrl
from takedown.outbox.policy import Step
from takedown.outbox.url_facts import Item
from takedown.routes.hotline import Hotline, Leaves
from takedown.routes.models import RouteKind
from takedown.vault import Vault

#: A Url in a notice, its case, and the trace that it was made for.
Row = tuple[NoticeUrl, cases.Case, Trace | None]
#: In a decision: what the route said when the notice was composed.
TERMS: Final = "terms"


def draft(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    leaves: Leaves,
    to: Toward,
    step: Step,
    chosen: Sequence[tuple[cases.Case, Trace | None, dict[str, Any]]],
    now: datetime,
) -> tuple[Notice, Letter]:
    """Write one notice about these cases (each with its trace and the gate's answer), unapproved.

    All cases share recipient and route. Raises `notices.errors.NoticeError`.
    """
    chosen = sorted(chosen, key=lambda one: one[0].url.id)  # as `items_of` reads them
    first = chosen[0][0]
    at_once = step.kind == RouteKind.POLICE and first.url.victim_at_risk
    languages = first.rule.languages if first.rule else ()
    notice = Notice(
        **begun(session, hotline, now),
        kind=step.kind,
        step=step.step,
        status=NoticeStatus.DRAFT,
        cohort=max(case.url.cohort for case, _, _ in chosen),
        provider_id=to.provider.id,
        contact_id=to.contact.id,
        route_status=policy.AT_ONCE if at_once else first.route_status,
        language=step.language or contacts.language(to.contact, to.provider, languages),
        template="",
        template_version="",
        reviewed_text=False,
        mode=leaves.label,
        capacity=hotline.capacity,
        two_people=step.second_person,
    )
    session.add(notice)
    session.flush()
    items = [Item(_row(notice, case, trace, answer), case, trace) for case, trace, answer in chosen]
    if to.role in DOMAIN_LEVEL:
        others = collateral.others(session, [case for case, _, _ in chosen])
        for item in items:
            item.row.decision = {**item.row.decision, collateral.OTHERS: others}
    session.add_all(item.row for item in items)
    session.flush()
    text = render(session, vault, hotline, notice, to.contact, items)
    if to.contact.medium == Medium.API:  # what its interface can't be told is nobody's draft
        requests.request(session, vault, hotline, notice, to.contact, items, text, key="")
    after, number = NoticeStatus.DRAFT, notice.number
    written(session, notice, "composed", now=now, after=after, number=number, urls=len(items))
    return notice, text


def render(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    notice: Notice,
    contact: Contact,
    items: Sequence[Item],
) -> Letter:
    """Write the preview anew from the rows."""
    text = writing.letter(session, vault, hotline, notice, contact, items)
    if (notice.template, notice.template_version) != (text.template, text.version):
        notice.template_why = text.because  # read anew, a letter in English asks for English
    notice.language = text.language
    notice.template = text.template
    notice.template_version = text.version
    notice.reviewed_text = text.reviewed
    notice.subject = vault.seal("notices.subject", notice.id, notice.cohort, text.subject)
    notice.body = vault.seal("notices.body", notice.id, notice.cohort, text.body)
    return text


def items_of(session: Session, notice_id: uuid.UUID, look_up: cases.LookUp) -> list[Row]:
    """The Urls that still stand in a notice, with their cases and traces, in their order."""
    rows = session.execute(
        select(NoticeUrl, Trace)
        .outerjoin(Trace, Trace.id == NoticeUrl.trace_id)
        .where(NoticeUrl.notice_id == notice_id, NoticeUrl.withdrawn_at.is_(None))
        .order_by(NoticeUrl.url_id)
        .execution_options(populate_existing=True)
    ).all()
    by_episode = [one.episode_id for one, _ in rows if one.episode_id]
    known = cases.load(session, by_episode, look_up)
    of_url = [one.url_id for one, _ in rows if one.episode_id is None]
    untraced = cases.load_urls(session, of_url, look_up)
    return [
        (row, known[row.episode_id] if row.episode_id else untraced[row.url_id], trace)
        for row, trace in rows
    ]


def same_terms(row: NoticeUrl, case: cases.Case) -> bool:
    """Whether the route is still as it was when this notice was composed."""
    return bool(row.decision.get(TERMS, case.terms) == case.terms)


def as_items(rows: Sequence[Row]) -> list[Item]:
    """The same as a letter takes them."""
    return [Item(*row) for row in rows]


def _row(
    notice: Notice, case: cases.Case, trace: Trace | None, answer: dict[str, Any]
) -> NoticeUrl:
    at, by = case.confirmed
    return NoticeUrl(
        notice_id=notice.id,
        url_id=case.url.id,
        episode_id=case.episode.id if case.episode else None,
        trace_id=trace.id if trace else None,
        kind=notice.kind,
        step=notice.step,
        last_confirmed_at=at,
        last_confirmed_by=by,
        decision={**answer, TERMS: case.terms},
    )
