"""Drafts: a notice and its Urls as rows, with the preview that a person approves."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.compose import Letter
from takedown.audit import record
from takedown.db import new_id
from takedown.hosts.models import Contact, Trace
from takedown.outbox import cases, contacts, writing
from takedown.outbox.due import next_serial
from takedown.outbox.models import Notice, NoticeStatus, NoticeUrl
from takedown.outbox.policy import Step
from takedown.outbox.writing import Item
from takedown.routes.hotline import Hotline, Leaves
from takedown.vault import Vault


def draft(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    leaves: Leaves,
    contact: Contact,
    step: Step,
    chosen: Sequence[tuple[cases.Case, Trace, dict[str, Any]]],
    now: datetime,
) -> tuple[Notice, Letter]:
    """Write one notice about these cases (each with its trace and the gate's answer), unapproved.

    All cases share provider and route. Raises `notices.errors.NoticeError`.
    """
    chosen = sorted(chosen, key=lambda one: one[0].url.id)  # as `items_of` reads them
    first = chosen[0][0]
    serial, made = next_serial(session), new_id()
    languages = first.route.languages if first.route else ()
    notice = Notice(
        id=made,
        serial=serial,
        number=f"NTD-{now.year}-{serial:06d}",
        kind=step.kind,
        step=step.step,
        status=NoticeStatus.DRAFT,
        cohort=max(case.url.cohort for case, _, _ in chosen),
        provider_id=first.provider.id,
        contact_id=contact.id,
        route_status=first.route_status,
        language=contacts.language(contact, first.provider, languages),
        template="",
        template_version="",
        reviewed_text=False,
        mode=leaves.label,
        message_id=f"<{made.hex}@{writing.domain_of(hotline)}>",
        subject=b"",
        body=b"",
        composed_at=now,
    )
    session.add(notice)
    session.flush()
    items = [Item(_row(notice, case, trace, answer), case, trace) for case, trace, answer in chosen]
    session.add_all(item.row for item in items)
    session.flush()
    text = render(session, vault, hotline, notice, contact, items)
    record(
        session,
        at=now,
        subject="notice",
        subject_id=notice.id,
        kind="composed",
        after=NoticeStatus.DRAFT,
        number=notice.number,
        urls=len(items),
    )
    session.flush()
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
    notice.language = text.language
    notice.template = text.template
    notice.template_version = text.version
    notice.reviewed_text = text.reviewed
    notice.subject = vault.seal("notices.subject", notice.id, notice.cohort, text.subject)
    notice.body = vault.seal("notices.body", notice.id, notice.cohort, text.body)
    return text


def items_of(
    session: Session, notice_id: uuid.UUID, look_up: cases.LookUp
) -> list[tuple[NoticeUrl, cases.Case, Trace]]:
    """The Urls that still stand in a notice, with their cases and traces, in their order."""
    rows = session.execute(
        select(NoticeUrl, Trace)
        .join(Trace, Trace.id == NoticeUrl.trace_id)
        .where(NoticeUrl.notice_id == notice_id, NoticeUrl.withdrawn_at.is_(None))
        .order_by(NoticeUrl.url_id)
        .execution_options(populate_existing=True)
    ).all()
    known = cases.load(session, [row.NoticeUrl.episode_id for row in rows], look_up)
    return [(row.NoticeUrl, known[row.NoticeUrl.episode_id], row.Trace) for row in rows]


def as_items(rows: Sequence[tuple[NoticeUrl, cases.Case, Trace]]) -> list[Item]:
    """The same as a letter takes them."""
    return [Item(*row) for row in rows]


def _row(notice: Notice, case: cases.Case, trace: Trace, answer: dict[str, Any]) -> NoticeUrl:
    at, by = case.confirmed
    return NoticeUrl(
        notice_id=notice.id,
        url_id=case.url.id,
        episode_id=case.episode.id,
        trace_id=trace.id,
        kind=notice.kind,
        step=notice.step,
        last_confirmed_at=at,
        last_confirmed_by=by,
        decision=answer,
    )
