"""Police first: what may not even be looked at before they agree.

Where a victim may be at risk, or the route says so, no notice leaves before the police clear it
(`routes.gate`), and no look-up or probe goes out before they agree to that. They do so for one
Url, which `police_agreed_at` keeps, or once for all, which the hotline's setting says. To clear a
notice is to agree.
"""

import uuid
from collections.abc import Iterable

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, aliased

from takedown.db import among
from takedown.routes import holds
from takedown.routes.models import Agreement, Route, UrlRoute
from takedown.urls.models import Url


def silent(
    session: Session, url_ids: Iterable[uuid.UUID], *, agree: bool = False
) -> set[uuid.UUID]:
    """Which of these Urls nobody may look up or probe: a hold says so, or the police come first.

    `agree`: they have agreed to that once for all (`Hotline.police_agree_probes`).
    """
    ids = set(url_ids)
    return holds.unprobed(session, ids) | (set() if agree else unasked(session, ids))


def unasked(session: Session, url_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these Urls wait for the police to agree that they are looked up and probed."""
    ids = set(url_ids)
    if not ids:
        return set()
    first: ColumnElement[bool] = Url.victim_at_risk.is_(True)
    if session.scalar(select(_any_police_first())):
        first = or_(first, _by_route())
    return set(
        session.scalars(
            select(Url.id).where(
                among(Url.id, ids),
                Url.police_cleared_at.is_(None),
                Url.police_agreed_at.is_(None),
                first,
            )
        )
    )


def _any_police_first() -> ColumnElement[bool]:
    return or_(exists().where(Route.police_first), exists().where(Agreement.police_first))


def _by_route() -> ColumnElement[bool]:
    """Whether the newest decision of a Url rests on a row that says: the police first."""
    later = aliased(UrlRoute)
    newer = exists().where(later.url_id == UrlRoute.url_id, later.id > UrlRoute.id)
    return (
        select(UrlRoute.id)
        .outerjoin(Route, Route.id == UrlRoute.route_id)
        .outerjoin(Agreement, Agreement.id == UrlRoute.agreement_id)
        .where(
            UrlRoute.url_id == Url.id,
            ~newer,
            or_(Route.police_first.is_(True), Agreement.police_first.is_(True)),
        )
        .exists()
    )
