"""Providers as programs read them: reviewed names, and how far each contact can be relied on."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask_smorest import Blueprint, abort
from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.hosts.book.health import health
from takedown.hosts.book.reading import contacts_by_provider
from takedown.hosts.models import Contact, Provider
from takedown.people.models import Scope
from takedown.web.api import routes
from takedown.web.api.paging import after, cursor
from takedown.web.api.schemas import providers as schemas
from takedown.web.api.schemas.shared import Paged
from takedown.web.ports import now, ports
from takedown.web.reads.asked import uuid_of
from takedown.web.reads.providers import open_cases

api = Blueprint("api_providers", __name__, description="Organisations that can act")


@routes.get(api, "", Scope.READ, schemas.Providers, Paged)
def index(query: dict[str, Any]) -> dict[str, Any]:
    """In the order in which they were first seen; merged ones lead to where they went."""
    wanted = select(Provider).order_by(Provider.id).limit(query["limit"] + 1)
    if place := uuid_of(after(query["cursor"])):
        wanted = wanted.where(Provider.id > place)
    with ports().sessions() as session:
        found = session.scalars(wanted).all()
        items = _shapes(session, found[: query["limit"]])
    more = len(found) > query["limit"]
    return {"items": items, "next": cursor(found[query["limit"] - 1].id) if more else None}


@routes.get(api, "/<uuid:provider_id>", Scope.READ, schemas.ProviderOut)
def one(provider_id: uuid.UUID) -> dict[str, Any]:
    """One provider."""
    with ports().sessions() as session:
        return _shapes(session, [session.get(Provider, provider_id) or abort(404)])[0]


def _shapes(session: Session, providers: Sequence[Provider]) -> list[dict[str, Any]]:
    ids = [provider.id for provider in providers]
    cases, ways = open_cases(session, ids), contacts_by_provider(session, ids)
    return [
        {
            "id": provider.id,
            "name": provider.public_name if provider.reviewed_at else None,
            "reviewed": provider.reviewed_at is not None,
            "kind": provider.kind,
            "country": provider.country,
            "standing": provider.standing,
            "proxy": provider.proxy,
            "merged_into": provider.merged_into_id,
            "open_cases": cases.get(provider.id, 0),
            "contacts": [_way(way) for way in ways.get(provider.id, [])],
        }
        for provider in providers
    ]


def _way(contact: Contact) -> dict[str, Any]:
    """How a contact stands; its address is for people."""
    known, at = health(contact, now()), contact.inhibited_until
    return {
        "id": contact.id,
        "medium": contact.medium,
        "language": contact.language,
        "source": contact.source,
        "approved": contact.approved_at is not None,
        "inhibited": at is not None and now() < at,
        "vouched_on": known.vouched_on,
        "expired": known.expired,
        "bounces": known.bounces,
        "answers": known.answers,
        "last_success_at": known.last_success_at,
        "last_bounce_at": known.last_bounce_at,
        "last_answer_at": known.last_answer_at,
    }
