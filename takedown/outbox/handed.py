"""Hand-overs that are due: Urls whose route is not a notice to a provider, and victims at risk."""

import uuid
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    cast,
    exists,
    literal,
    null,
    or_,
    select,
    union,
)
from sqlalchemy.orm import Session, aliased

from takedown.db import among
from takedown.episodes.models import Episode, Outcome
from takedown.outbox.due import taken
from takedown.outbox.models import Notice, NoticeUrl
from takedown.people.tasks import Task, TaskKind
from takedown.routes.gate import HAND_OVERS
from takedown.routes.models import Agreement, Route, RouteKind, UrlRoute
from takedown.urls.models import OPEN, Url, UrlStatus

_KINDS: Final = (*HAND_OVERS.values(), RouteKind.NONE)
#: A Url of which nobody knows yet who is responsible has no episode; a hand-over needs none.
_UNTRACED: Final = (UrlStatus.REGISTERED, UrlStatus.NEEDS_OPERATOR)


class Due(NamedTuple):
    """A Url that is due for a hand-over, or where `kind` is `none`: that a person must look at."""

    url_id: uuid.UUID
    kind: str
    country: str | None  # that hosts it, as it was decided


def due(session: Session) -> list[Due]:
    """All hand-overs that are due, oldest first.

    A Url is handed over once an episode: a move or a reappearance is told again. What was handed
    over before anybody was known to be responsible counts for the first episode.
    """
    found = union(*_at_risk(), *_routed(), *_without_episode()).subquery()
    rows = session.execute(
        select(found.c.url_id, found.c.kind, found.c.country).order_by(found.c.url_id)
    )
    return [Due(row.url_id, row.kind, row.country) for row in rows]


def pending(session: Session, kind: str, country: str | None) -> list[uuid.UUID]:
    """Open Urls that this kind of hand-over is for and that nobody has accepted yet, oldest first.

    `country`: only what is hosted there (ISO 3166-1).
    """
    newest = _newest(Url.id, Url)
    route = aliased(UrlRoute, newest)
    told = (
        exists()
        .where(NoticeUrl.notice_id == Notice.id, NoticeUrl.url_id == Url.id)
        .where(NoticeUrl.kind == kind, NoticeUrl.withdrawn_at.is_(None))
        .where(Notice.accepted_at.is_not(None))
    )
    meant: ColumnElement[bool] = route.kind == kind
    if kind == RouteKind.POLICE:
        meant = or_(meant, and_(Url.victim_at_risk, Url.police_informed_at.is_(None)))
    wanted = (
        select(Url.id)
        .outerjoin(newest, and_(True))
        .where(Url.status.in_(OPEN), meant, ~told)
        .order_by(Url.id)
    )
    return list(session.scalars(wanted.where(route.country == country) if country else wanted))


def asked_already(session: Session, url_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """The Urls about whose newest decision a person was asked already."""
    newest = _newest(Url.id, Url)
    route = aliased(UrlRoute, newest)
    rows = session.scalars(
        select(Url.id)
        .outerjoin(newest, and_(True))
        .where(
            among(Url.id, url_ids),
            exists().where(
                Task.kind == TaskKind.ROUTE,
                Task.subject_id == Url.id,
                or_(route.id.is_(None), Task.opened_at >= route.decided_at),
            ),
        )
    )
    return set(rows)


def _at_risk() -> list[Select[uuid.UUID, str, str | None]]:
    """A victim at risk: the police at once, before any routing, whatever the route."""
    return [
        select(
            Url.id.label("url_id"),
            literal(str(RouteKind.POLICE)).label("kind"),
            cast(null(), String).label("country"),
        ).where(
            Url.victim_at_risk,
            Url.police_informed_at.is_(None),
            Url.status != UrlStatus.WITHDRAWN,
            ~exists().where(
                NoticeUrl.url_id == Url.id, NoticeUrl.kind == RouteKind.POLICE, taken()
            ),
        )
    ]


def _routed() -> list[Select[uuid.UUID, str, str | None]]:
    """By the newest decision about a Url under an open episode that nobody was told of; and where
    that decision wants the police first, they hear of it before the provider does."""
    newest = _newest(Episode.url_id, Episode)
    route = aliased(UrlRoute, newest)
    standing = and_(
        Episode.outcome == Outcome.OPEN,
        Episode.primary,
        Episode.notified_at.is_(None),
        Episode.handed_over_at.is_(None),
    )
    by_route = (
        select(
            Episode.url_id.label("url_id"),
            route.kind.label("kind"),
            route.country.label("country"),
        )
        .select_from(Episode)
        .join(newest, and_(True))
        .where(
            standing,
            route.kind.in_(_KINDS),
            ~_told(route.kind),
        )
    )
    police_first = (
        select(
            Episode.url_id.label("url_id"),
            literal(str(RouteKind.POLICE)).label("kind"),
            cast(null(), String).label("country"),
        )
        .select_from(Episode)
        .join(newest, and_(True))
        .join(Url, Url.id == Episode.url_id)
        .where(
            standing,
            route.kind.not_in((RouteKind.POLICE, RouteKind.NONE)),
            Url.police_informed_at.is_(None),
            Url.police_cleared_at.is_(None),
            or_(
                exists().where(Route.id == route.route_id, Route.police_first),
                exists().where(Agreement.id == route.agreement_id, Agreement.police_first),
            ),
            ~_told(literal(str(RouteKind.POLICE))),
        )
    )
    return [by_route, police_first]


def _without_episode() -> list[Select[uuid.UUID, str, str | None]]:
    newest = _newest(Url.id, Url)
    route = aliased(UrlRoute, newest)
    told = exists().where(NoticeUrl.url_id == Url.id, NoticeUrl.kind == route.kind, taken())
    standing = exists().where(Episode.url_id == Url.id, Episode.outcome == Outcome.OPEN)
    return [
        select(Url.id.label("url_id"), route.kind.label("kind"), route.country.label("country"))
        .select_from(Url)
        .join(newest, and_(True))
        .where(Url.status.in_(_UNTRACED), route.kind.in_(_KINDS), ~standing, ~told)
    ]


def _newest(url_id: Any, outer: Any) -> Any:
    return (
        select(UrlRoute)
        .where(UrlRoute.url_id == url_id)
        .order_by(UrlRoute.id.desc())
        .limit(1)
        .correlate(outer)
        .lateral()
    )


def _told(kind: Any) -> ColumnElement[bool]:
    """Whether a hand-over of this kind is composed for the episode, or was for its Url before."""
    before = and_(
        NoticeUrl.episode_id.is_(None), NoticeUrl.url_id == Episode.url_id, Episode.ordinal == 1
    )
    return exists().where(
        or_(NoticeUrl.episode_id == Episode.id, before), NoticeUrl.kind == kind, taken()
    )
