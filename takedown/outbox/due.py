"""What needs a notice: candidates by queries that read only what nobody has been told of yet."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from takedown.episodes.models import Episode, Outcome
from takedown.hosts.models import Provider
from takedown.outbox.inbox.models import InboundMail
from takedown.outbox.models import NoticeUrl
from takedown.outbox.policy import CLOSURE, Step
from takedown.routes.models import RouteKind, UrlRoute

#: Written into a decision when a person took a Url out: it isn't composed again by itself.
STOPPED_BY: Final = "stopped_by"
_CLOSED_LATELY: Final = timedelta(days=7)


def episodes(session: Session, step: Step, now: datetime, page: int) -> Iterator[list[uuid.UUID]]:
    """The episodes for which `step` can be due, oldest first, page by page; `policy.due` decides.

    The pages are read one after the other and by id, so that what the gate withholds never keeps
    what comes behind it from being looked at.
    """
    yield from _pages(session, candidates(step, now).order_by(Episode.id).limit(page))


def closures(session: Session, now: datetime, limit: int) -> list[uuid.UUID]:
    """Episodes whose removal was confirmed lately, at providers that are told of it.

    Lately, so that a provider that is set to it is not thanked for years at once.
    """
    told = exists().where(
        NoticeUrl.episode_id == Episode.id, NoticeUrl.kind == CLOSURE.kind, taken()
    )
    wanted = (
        select(Episode.id)
        .join(Provider, Provider.id == Episode.provider_id)
        .where(
            Provider.closure,
            Episode.outcome == Outcome.REMOVED,
            Episode.primary,
            Episode.notified_at.is_not(None),
            Episode.confirmed_at > now - _CLOSED_LATELY,
            Episode.reappeared_at.is_(None),
            ~told,
        )
        .order_by(Episode.id)
    )
    return list(session.scalars(wanted.limit(limit)))


def since(case_opened: datetime, notified_at: datetime | None, step: Step) -> datetime:
    """Since when a step has been due, so that its contact's notices gather from then."""
    return case_opened if step.first or notified_at is None else notified_at + step.after


def taken(rows: type[NoticeUrl] = NoticeUrl) -> ColumnElement[bool]:
    """Whether a NoticeUrl keeps its step from being composed: it stands, or a person stopped it."""
    return or_(rows.withdrawn_at.is_(None), rows.decision.has_key(STOPPED_BY))


def _pages(session: Session, wanted: Select[uuid.UUID]) -> Iterator[list[uuid.UUID]]:
    after: uuid.UUID | None = None
    while found := list(
        session.scalars(wanted if after is None else wanted.where(Episode.id > after))
    ):
        yield found
        after = found[-1]


def candidates(step: Step, now: datetime) -> Select[uuid.UUID]:
    """What is handed over or has no route isn't looked at for a first notice: `handed` has it."""
    nobody = and_(Episode.notified_at.is_(None), Episode.handed_over_at.is_(None))
    started = and_(nobody, _newest_kind() == RouteKind.DIRECT)
    if not step.first:
        wanted = or_(Episode.ladder_due_at.is_(None), Episode.ladder_due_at <= now)
        started = and_(Episode.notified_at <= now - step.after, wanted, ~_unread_reply())
    return select(Episode.id).where(
        Episode.outcome == Outcome.OPEN,
        Episode.primary,
        started,
        ~exists().where(
            NoticeUrl.episode_id == Episode.id,
            NoticeUrl.kind == step.kind,
            NoticeUrl.step == step.step,
            taken(),
        ),
    )


def _unread_reply() -> ColumnElement[bool]:
    """Whether somebody wrote back and nobody has read it: the ladder stands still until then."""
    return exists().where(
        NoticeUrl.url_id == Episode.url_id,
        InboundMail.notice_id == NoticeUrl.notice_id,
        InboundMail.waits,
        InboundMail.read_at.is_(None),
    )


def _newest_kind() -> ScalarSelect[str]:
    return (
        select(UrlRoute.kind)
        .where(UrlRoute.url_id == Episode.url_id)
        .order_by(UrlRoute.id.desc())
        .limit(1)
        .scalar_subquery()
    )
