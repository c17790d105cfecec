"""What an accepted hand-over starts: clocks of its own, never that of a notice to a provider."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, exists, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from takedown.audit import MACHINE, Event, record
from takedown.db import among
from takedown.episodes.models import Episode, Outcome
from takedown.outbox.models import Delivery, Notice, NoticeStatus, NoticeUrl
from takedown.people.tasks import Task, TaskKind, ask, settle
from takedown.routes.gate import HAND_OVERS, Reason
from takedown.routes.models import RouteKind
from takedown.routes.service import newest
from takedown.urls.models import OPEN, Url

#: A hand-over that nobody answered is asked after by a person, never reminded of by itself: a
#: partner or a police unit is no provider. A week holds a weekend and a holiday.
ANSWERED_WITHIN: Final = timedelta(days=7)
#: What waits for the police stays online meanwhile. INHOPE counts what is gone within three days.
CLEARED_WITHIN: Final = timedelta(days=3)


def handed_over(session: Session, notice: Notice, at: datetime) -> None:
    """A hand-over was accepted: its Urls are out of our hands, or known to the police.

    `notified_at` of their episodes stays empty: no provider was told.
    """
    told = select(NoticeUrl).where(
        NoticeUrl.notice_id == notice.id, NoticeUrl.withdrawn_at.is_(None)
    )
    rows = session.scalars(told.order_by(NoticeUrl.url_id)).all()
    urls = [row.url_id for row in rows]
    _mark_episodes(session, notice, rows, at)
    if notice.kind == RouteKind.POLICE:
        _inform(session, urls, at)
    for url_id in urls:
        settle(session, TaskKind.ROUTE, url_id, now=at, by=MACHINE)
        record(
            session,
            at=at,
            subject="url",
            subject_id=url_id,
            kind="handed_over",
            after=notice.kind,
            notice=notice.number,
        )


def ask_after(session: Session, now: datetime, limit: int = 1000) -> int:
    """Ask a person about hand-overs without an answer and clearances that do not come; how many.

    Each matter is asked once.
    """
    silent = [
        (TaskKind.HAND_OVER, "notice", notice_id, "hand_over:silent")
        for notice_id in session.scalars(_unanswered(now).limit(limit))
    ]
    waiting = [
        (TaskKind.POLICE_CLEARANCE, "url", url_id, "police:silent")
        for url_id in session.scalars(_uncleared(now).limit(limit))
    ]
    for kind, subject, subject_id, why in silent + waiting:
        ask(session, kind, subject, subject_id, now=now, why=why)
    return len(silent) + len(waiting)


def _mark_episodes(
    session: Session, notice: Notice, rows: Sequence[NoticeUrl], at: datetime
) -> None:
    """A police notice that comes before one to the provider hands nothing over: it informs."""
    police = notice.kind == RouteKind.POLICE
    episodes = [
        row.episode_id
        for row in rows
        if row.episode_id and not (police and not _routed_to_police(session, row.url_id))
    ]
    session.execute(
        update(Episode)
        .where(
            among(Episode.id, episodes),
            Episode.outcome == Outcome.OPEN,
            Episode.notified_at.is_(None),
            Episode.handed_over_at.is_(None),
        )
        .values(handed_over_at=at)
        .execution_options(synchronize_session="fetch")
    )


def _routed_to_police(session: Session, url_id: uuid.UUID) -> bool:
    decided = newest(session, url_id)
    return decided is not None and decided.kind == RouteKind.POLICE


def _inform(session: Session, urls: Sequence[uuid.UUID], at: datetime) -> None:
    session.execute(
        update(Url)
        .where(among(Url.id, urls), Url.police_informed_at.is_(None))
        .values(police_informed_at=at)
        .execution_options(synchronize_session="fetch")
    )


def _unanswered(now: datetime) -> Select[uuid.UUID]:
    """Hand-overs accepted long ago, with a Url still open and no receipt, not asked about yet."""
    answered = exists().where(Delivery.notice_id == Notice.id, Delivery.receipt_at.is_not(None))
    waits = (
        exists()
        .where(NoticeUrl.notice_id == Notice.id, NoticeUrl.withdrawn_at.is_(None))
        .where(Url.id == NoticeUrl.url_id, Url.status.in_(OPEN))
    )
    return (
        select(Notice.id)
        .where(
            Notice.kind.in_(tuple(HAND_OVERS)),
            Notice.status == NoticeStatus.ACCEPTED,
            Notice.accepted_by != "rehearsal",
            Notice.accepted_at <= now - ANSWERED_WITHIN,
            ~answered,
            waits,
            ~_asked(TaskKind.HAND_OVER, Notice.id),
        )
        .order_by(Notice.accepted_at)
    )


def _uncleared(now: datetime) -> Select[uuid.UUID]:
    """Urls of which the police know and that wait for their agreement, not asked about."""
    withheld = exists().where(
        Event.subject == "url",
        Event.subject_id == Url.id,
        Event.kind == "withheld",
        Event.after.contains(str(Reason.POLICE_FIRST)),
    )
    return select(Url.id).where(
        Url.police_informed_at <= now - CLEARED_WITHIN,
        Url.police_cleared_at.is_(None),
        Url.status.in_(OPEN),
        or_(Url.victim_at_risk, withheld),
        ~_asked(TaskKind.POLICE_CLEARANCE, Url.id),
    )


def _asked(kind: TaskKind, subject_id: InstrumentedAttribute[uuid.UUID]) -> ColumnElement[bool]:
    return exists().where(Task.kind == kind, Task.subject_id == subject_id)
