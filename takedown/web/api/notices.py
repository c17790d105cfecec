"""Notices as programs read them: ids and states, no text."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask_smorest import Blueprint, abort
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from takedown.flow.case import provider_name
from takedown.hosts.models import Contact, Provider
from takedown.outbox.models import Notice
from takedown.people.models import Scope
from takedown.web.api import routes
from takedown.web.api.paging import cursor, number_after
from takedown.web.api.schemas import notices as schemas
from takedown.web.ports import ports

api = Blueprint("api_notices", __name__, description="Notices")


@routes.get(api, "", Scope.READ, schemas.Notices, schemas.NoticeQuery)
def index(query: dict[str, Any]) -> dict[str, Any]:
    """Newest first."""
    wanted = _notices().order_by(Notice.serial.desc())
    if (before := number_after(query["cursor"])) is not None:
        wanted = wanted.where(Notice.serial < before)
    if "status" in query:
        wanted = wanted.where(Notice.status == query["status"])
    with ports().sessions() as session:
        found = session.scalars(wanted.limit(query["limit"] + 1)).all()
        items = _shapes(session, found[: query["limit"]])
    more = len(found) > query["limit"]
    return {"items": items, "next": cursor(found[query["limit"] - 1].serial) if more else None}


@routes.get(api, "/<uuid:notice_id>", Scope.READ, schemas.NoticeOut)
def one(notice_id: uuid.UUID) -> dict[str, Any]:
    """One notice."""
    with ports().sessions() as session:
        found = session.scalars(_notices().where(Notice.id == notice_id)).first() or abort(404)
        return _shapes(session, [found])[0]


def _notices() -> Any:
    return select(Notice).options(selectinload(Notice.urls))


def _shapes(session: Session, notices: Sequence[Notice]) -> list[dict[str, Any]]:
    ids = {notice.provider_id for notice in notices}
    providers = {
        one.id: provider_name(ports().vault, one)
        for one in session.scalars(select(Provider).where(Provider.id.in_(ids)))
    }
    contacts = select(Contact.id, Contact.medium).where(
        Contact.id.in_({notice.contact_id for notice in notices})
    )
    media = {row.id: row.medium for row in session.execute(contacts)}
    return [
        {
            "id": notice.id,
            "number": notice.number,
            "kind": notice.kind,
            "step": notice.step,
            "recipient": providers[notice.provider_id],
            "provider": notice.provider_id,
            "medium": media[notice.contact_id],
            "status": str(notice.status),
            "mode": notice.mode,
            "urls": [row.url_id for row in notice.urls if row.withdrawn_at is None],
            "composed_at": notice.composed_at,
            "approved_at": notice.approved_at,
            "accepted_at": notice.accepted_at,
            "accepted_by": notice.accepted_by,
        }
        for notice in notices
    ]
