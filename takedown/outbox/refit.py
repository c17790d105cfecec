"""Drafts that no longer fit: their route has changed since. They are taken back and composed anew.

What is approved is asked again at hand-over; what was sent stays as it is.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, or_, select, update
from sqlalchemy.orm import Session, aliased

from takedown.audit import record
from takedown.outbox import drafts
from takedown.outbox.cases import LookUp
from takedown.outbox.models import Notice, NoticeStatus, NoticeUrl
from takedown.routes.models import Agreement, Route, UrlRoute


def take_back(session: Session, look_up: LookUp, now: datetime) -> int:
    """Withdraw the drafts whose Urls stand on other terms now; how many notices."""
    taken = 0
    for notice in session.scalars(_suspects()).all():
        rows = drafts.items_of(session, notice.id, look_up)
        if all(drafts.same_terms(row, case) for row, case, _ in rows):
            continue
        session.execute(
            update(NoticeUrl)
            .where(NoticeUrl.notice_id == notice.id, NoticeUrl.withdrawn_at.is_(None))
            .values(withdrawn_at=now)
        )
        notice.status = NoticeStatus.SUPERSEDED
        record(
            session,
            at=now,
            subject="notice",
            subject_id=notice.id,
            kind="composed_anew",
            after=NoticeStatus.SUPERSEDED,
            why="route_changed",
        )
        taken += 1
    session.flush()
    return taken


def _suspects() -> Select[Any]:
    """Drafts about a Url that was routed anew, or whose route was edited, since they were made."""
    newest = (
        select(UrlRoute)
        .where(UrlRoute.url_id == NoticeUrl.url_id)
        .order_by(UrlRoute.id.desc())
        .limit(1)
        .correlate(NoticeUrl)
        .lateral()
    )
    decided = aliased(UrlRoute, newest)
    changed = or_(
        decided.decided_at > Notice.composed_at,
        Route.edited_at > Notice.composed_at,
        Route.status != decided.status,
        Agreement.ended_at > Notice.composed_at,
    )
    standing = (
        select(NoticeUrl.notice_id)
        .join(newest, and_(True))
        .join(Notice, Notice.id == NoticeUrl.notice_id)
        .outerjoin(Route, Route.id == decided.route_id)
        .outerjoin(Agreement, Agreement.id == decided.agreement_id)
        .where(NoticeUrl.withdrawn_at.is_(None), Notice.status == NoticeStatus.DRAFT, changed)
    )
    return (
        select(Notice)
        .where(Notice.id.in_(standing), Notice.status == NoticeStatus.DRAFT)
        .order_by(Notice.id)
        .with_for_update()
    )
