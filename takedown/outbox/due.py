"""Which open primary episodes need a notice: candidates by one query a step."""

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from takedown.episodes.models import Episode, Outcome
from takedown.outbox.models import NoticeUrl
from takedown.outbox.policy import Step
from takedown.people.tasks import Task, TaskKind
from takedown.routes.models import RouteKind, UrlRoute

#: Written into a decision when a person took a Url out: it isn't composed again by itself.
STOPPED_BY: Final = "stopped_by"


def episodes(session: Session, step: Step, now: datetime, page: int) -> Iterator[list[uuid.UUID]]:
    """The episodes for which `step` can be due, oldest first, page by page; `policy.due` decides.

    The pages are read one after the other and by id, so that what the gate withholds never keeps
    what comes behind it from being looked at.
    """
    after: uuid.UUID | None = None
    wanted = _candidates(step, now).order_by(Episode.id).limit(page)
    while found := list(
        session.scalars(wanted if after is None else wanted.where(Episode.id > after))
    ):
        yield found
        after = found[-1]


def handed_to_people(session: Session, limit: int) -> list[tuple[uuid.UUID, str, datetime]]:
    """(Url, route, decided at) of open episodes whose newest route is not a notice to the host,
    and for whose decision no person was asked yet."""
    newest = (
        select(UrlRoute)
        .where(UrlRoute.url_id == Episode.url_id)
        .order_by(UrlRoute.id.desc())
        .limit(1)
        .correlate(Episode)
        .lateral()
    )
    route = aliased(UrlRoute, newest)
    asked = exists().where(
        Task.kind == TaskKind.ROUTE,
        Task.subject_id == Episode.url_id,
        Task.opened_at >= route.decided_at,
    )
    rows = session.execute(
        select(route.url_id, route.kind, route.decided_at)
        .select_from(Episode)
        .join(newest, and_(True))
        .where(
            Episode.outcome == Outcome.OPEN,
            Episode.primary.is_(True),
            Episode.notified_at.is_(None),
            route.kind != RouteKind.DIRECT,
            ~asked,
        )
        .order_by(Episode.id)
        .limit(limit)
    )
    return [(row.url_id, row.kind, row.decided_at) for row in rows]


def taken() -> ColumnElement[bool]:
    """Whether a NoticeUrl keeps its step from being composed: it stands, or a person stopped it."""
    return or_(NoticeUrl.withdrawn_at.is_(None), NoticeUrl.decision.has_key(STOPPED_BY))


def _candidates(step: Step, now: datetime) -> Select[uuid.UUID]:
    started: ColumnElement[bool] = Episode.notified_at.is_(None)
    if not step.first:
        started = Episode.notified_at <= now - step.after
    return select(Episode.id).where(
        Episode.outcome == Outcome.OPEN,
        Episode.primary.is_(True),
        started,
        ~exists().where(
            NoticeUrl.episode_id == Episode.id,
            NoticeUrl.kind == step.kind,
            NoticeUrl.step == step.step,
            taken(),
        ),
    )


def next_serial(session: Session) -> int:
    """The next running number of a notice; a gap after a rollback is allowed."""
    return int(
        session.scalar(select(func.nextval(func.pg_get_serial_sequence("notices", "serial")))) or 0
    )
