"""Drafts while a hold stands: what it covers is taken out, and the rest waits to be approved."""

from sqlalchemy import or_, select

from notices.errors import NoticeError
from takedown.audit import record
from takedown.hosts.models import Contact
from takedown.outbox import drafts, statuses
from takedown.outbox.batches import Desk
from takedown.outbox.models import Notice, NoticeStatus, NoticeUrl
from takedown.routes import holds
from takedown.routes.gate import Reason


def take_out(desk: Desk) -> int:
    """Take Urls that a hold covers out of drafts, and draw up the rest anew; how many.

    A draft that is empty then is discarded. What was taken out is composed again by itself once
    the hold is released.
    """
    drafted = select(Notice.id).where(Notice.status == NoticeStatus.DRAFT)
    held = or_(
        NoticeUrl.url_id.in_(holds.held_urls()),
        Notice.provider_id.in_(holds.held_providers()),
    )
    rows = desk.session.scalars(
        select(NoticeUrl)
        .join(Notice, Notice.id == NoticeUrl.notice_id)
        .where(NoticeUrl.notice_id.in_(drafted), NoticeUrl.withdrawn_at.is_(None), held)
        .order_by(NoticeUrl.notice_id, NoticeUrl.url_id)
        .with_for_update(of=Notice)
        .execution_options(populate_existing=True)
    ).all()
    for row in rows:
        row.withdrawn_at = desk.now
        record(
            desk.session,
            at=desk.now,
            subject="url",
            subject_id=row.url_id,
            kind="withheld",
            after=Reason.HELD,
        )
    desk.session.flush()
    for notice_id in dict.fromkeys(row.notice_id for row in rows):
        _draw_up(desk, desk.session.get_one(Notice, notice_id, populate_existing=True))
    return len(rows)


def _draw_up(desk: Desk, notice: Notice) -> None:
    """Write the draft anew; discard it where nothing is left, or the rest cannot be written."""
    session = desk.session
    rest = drafts.items_of(session, notice.id, desk.look_up)
    if rest:
        contact = session.get_one(Contact, notice.contact_id)
        items = drafts.as_items(rest)
        try:
            drafts.render(session, desk.vault, desk.hotline, notice, contact, items)
        except NoticeError:
            for row, _, _ in rest:
                row.withdrawn_at = desk.now  # composed again, which asks a person
        else:
            return
    statuses.move(session, notice, NoticeStatus.DISCARDED, now=desk.now)
    session.flush()
