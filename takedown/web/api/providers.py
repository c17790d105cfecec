"""Providers as programs read them."""

import uuid
from typing import Any

from flask_smorest import Blueprint, abort
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from takedown.episodes.models import Episode, Outcome
from takedown.flow.case import provider_name
from takedown.hosts.models import Provider
from takedown.people.models import Scope
from takedown.web.api import routes, schemas
from takedown.web.api.paging import after, cursor
from takedown.web.ports import ports
from takedown.web.reads.asked import uuid_of

api = Blueprint("api_providers", __name__, description="Organisations that can act")


@routes.get(api, "", Scope.READ, schemas.Providers, schemas.Paged)
def index(query: dict[str, Any]) -> dict[str, Any]:
    """In the order in which they were first seen."""
    wanted = select(Provider).order_by(Provider.id).limit(query["limit"] + 1)
    if place := uuid_of(after(query["cursor"])):
        wanted = wanted.where(Provider.id > place)
    with ports().sessions() as session:
        found = session.scalars(wanted).all()
        items = [_shape(session, provider) for provider in found[: query["limit"]]]
    more = len(found) > query["limit"]
    return {"items": items, "next": cursor(found[query["limit"] - 1].id) if more else None}


@routes.get(api, "/<uuid:provider_id>", Scope.READ, schemas.ProviderOut)
def one(provider_id: uuid.UUID) -> dict[str, Any]:
    """One provider."""
    with ports().sessions() as session:
        return _shape(session, session.get(Provider, provider_id) or abort(404))


def _shape(session: Session, provider: Provider) -> dict[str, Any]:
    open_cases = session.scalar(
        select(func.count()).where(
            Episode.provider_id == provider.id, Episode.outcome == Outcome.OPEN
        )
    )
    return {
        "id": provider.id,
        "name": provider_name(ports().vault, provider),
        "reviewed": provider.reviewed_at is not None,
        "country": provider.country,
        "standing": provider.standing,
        "proxy": provider.proxy,
        "open_cases": open_cases,
    }
