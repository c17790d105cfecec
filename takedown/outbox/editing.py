"""A person's no: a Url taken out of a draft, a draft thrown away, and the way back.

The caller commits, with an audit entry as its last statement.
"""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.audit import record
from takedown.hosts.models import Contact
from takedown.outbox import drafts, statuses
from takedown.outbox.approve import NoticeRefused
from takedown.outbox.cases import LookUp
from takedown.outbox.due import STOPPED_BY
from takedown.outbox.ladder import collateral
from takedown.outbox.models import Notice, NoticeStatus, NoticeUrl
from takedown.people.tasks import TaskKind, settle
from takedown.routes.hotline import Hotline
from takedown.vault import Vault


def take_out(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    notice_id: uuid.UUID,
    url_id: uuid.UUID,
    *,
    look_up: LookUp,
    actor: str,
    why: str,
    now: datetime,
) -> Notice:
    """Take one Url out of a draft; it isn't composed again until `put_back`.

    The preview is written anew; a draft that is empty then is discarded. Raises `NoticeRefused`.
    """
    notice = _draft(session, notice_id)
    row = session.get(NoticeUrl, (notice_id, url_id))
    if row is None or row.withdrawn_at is not None:
        raise NoticeRefused("this Url does not stand in this notice")
    _stop(row, actor, why, now)
    session.flush()
    record(
        session, at=now, subject="url", subject_id=url_id, kind="taken_out", notice=notice.number
    )
    rest = drafts.items_of(session, notice_id, look_up)
    if rest:
        contact = session.get_one(Contact, notice.contact_id)
        drafts.render(session, vault, hotline, notice, contact, drafts.as_items(rest))
    else:
        statuses.move(session, notice, NoticeStatus.DISCARDED, now=now, by=actor)
    session.flush()
    return notice


def say_what_lives_there(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    notice_id: uuid.UUID,
    words: str,
    *,
    look_up: LookUp,
) -> Notice:
    """What else stands under the domain of a draft's Urls, as a person says it; written anew.

    A first yes was to another text: it is void. Raises `NoticeRefused`.
    """
    notice = _draft(session, notice_id)
    collateral.say(vault, notice, words)
    notice.first_yes_at = notice.first_yes_by = None
    rows = drafts.items_of(session, notice_id, look_up)
    contact = session.get_one(Contact, notice.contact_id)
    drafts.render(session, vault, hotline, notice, contact, drafts.as_items(rows))
    session.flush()
    return notice


def discard(
    session: Session, notice_id: uuid.UUID, *, actor: str, why: str, now: datetime
) -> Notice:
    """Throw a draft away; its Urls wait for `put_back`. Raises `NoticeRefused`."""
    notice = _draft(session, notice_id)
    for row in session.scalars(select(NoticeUrl).where(NoticeUrl.notice_id == notice_id)):
        if row.withdrawn_at is None:
            _stop(row, actor, why, now)
    statuses.move(session, notice, NoticeStatus.DISCARDED, now=now, by=actor)
    session.flush()
    return notice


def put_back(session: Session, url_id: uuid.UUID, *, actor: str, now: datetime) -> int:
    """Let a Url that was taken out or discarded be composed again; how many steps that frees.

    It also frees the steps of notices that failed, so that they are composed anew; a notice all of
    whose Urls are free asks for nobody any more.
    """
    freed = 0
    rows = session.execute(
        select(NoticeUrl, Notice)
        .join(Notice, Notice.id == NoticeUrl.notice_id)
        .where(NoticeUrl.url_id == url_id)
    )
    for row, notice in rows:
        if STOPPED_BY in row.decision:
            row.decision = {k: v for k, v in row.decision.items() if k != STOPPED_BY}
            freed += 1
        elif notice.status == NoticeStatus.FAILED and row.withdrawn_at is None:
            row.withdrawn_at = now
            freed += 1
            session.flush()
            if not _standing(session, notice.id):
                settle(session, TaskKind.DEAD_DELIVERY, notice.id, now=now, by=actor)
    session.flush()
    record(session, at=now, subject="url", subject_id=url_id, kind="put_back", freed=freed)
    return freed


def compose_again(session: Session, notice_id: uuid.UUID, *, actor: str, now: datetime) -> None:
    """Free every Url of a notice that failed, to be composed anew. Raises `NoticeRefused`."""
    notice = session.get(Notice, notice_id, with_for_update=True, populate_existing=True)
    if notice is None or notice.status != NoticeStatus.FAILED:
        raise NoticeRefused("this notice has not failed")
    for url_id in _standing(session, notice_id):
        put_back(session, url_id, actor=actor, now=now)


def _standing(session: Session, notice_id: uuid.UUID) -> list[uuid.UUID]:
    """The Urls that nobody has taken out of a notice."""
    wanted = select(NoticeUrl.url_id).where(
        NoticeUrl.notice_id == notice_id, NoticeUrl.withdrawn_at.is_(None)
    )
    return list(session.scalars(wanted.order_by(NoticeUrl.url_id)))


def _draft(session: Session, notice_id: uuid.UUID) -> Notice:
    notice = session.get(Notice, notice_id, with_for_update=True, populate_existing=True)
    if notice is None or notice.status != NoticeStatus.DRAFT:
        raise NoticeRefused("this notice is no draft")
    return notice


def _stop(row: NoticeUrl, actor: str, why: str, now: datetime) -> None:
    row.withdrawn_at = now
    row.decision = {**row.decision, STOPPED_BY: actor, "stopped_why": why}
