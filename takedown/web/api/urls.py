"""Registering and reading by programs."""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from flask import g
from flask_smorest import Blueprint, abort
from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.checks.verdict import Verdict
from takedown.db import committing
from takedown.flow.case import cases, in_state
from takedown.hosts.models import Host, Trace
from takedown.people.models import Scope
from takedown.urls.entry import BadField, Entry, Refusal, make_entry
from takedown.urls.models import Url
from takedown.urls.reading import plain
from takedown.urls.service import Registration, register
from takedown.web import acts, hold_acts
from takedown.web.api import routes
from takedown.web.api.paging import cursor, number_after
from takedown.web.api.schemas import cases as schemas
from takedown.web.guard import actor
from takedown.web.hold_acts import Asked
from takedown.web.ports import now, ports

api = Blueprint("api_urls", __name__, description="Confirmed addresses")


@routes.post(api, "", Scope.REGISTER, schemas.Answers, schemas.Items)
def add(body: dict[str, Any]) -> dict[str, Any]:
    """Register up to 10,000 addresses; each is answered on its own."""
    read = list(_read(body["urls"]))
    made = register(ports().sessions, ports().vault, read, now=now(), actor=actor())
    return _answers(read, made, quiet=Scope.READ not in g.token.scopes)


@routes.get(api, "", Scope.READ, schemas.Cases, schemas.CaseQuery)
def index(query: dict[str, Any]) -> dict[str, Any]:
    """Cases, newest first."""
    with ports().sessions() as session:
        found = session.scalars(_wanted(query).limit(query["limit"] + 1)).all()
        items = cases(session, ports().vault, found[: query["limit"]])
    more = len(found) > query["limit"]
    return {"items": items, "next": cursor(found[query["limit"] - 1].serial) if more else None}


@routes.get(api, "/<uuid:url_id>", Scope.READ, schemas.Case)
def one(url_id: uuid.UUID) -> dict[str, Any]:
    """State, spells, episodes, notices; no location."""
    with ports().sessions() as session:
        return _case(session, url_id)


@routes.post(api, "/<uuid:url_id>/withdraw", Scope.WORK, schemas.Case, schemas.WithdrawIn)
def withdraw(body: dict[str, Any], url_id: uuid.UUID) -> dict[str, Any]:
    """Nothing is asked or looked at any more."""
    with committing(ports().sessions) as session:
        acts.withdraw(session, ports(), _url(session, url_id), why=body["why"], actor=actor())
        return _case(session, url_id)


@routes.post(api, "/<uuid:url_id>/hold", Scope.WORK, schemas.Case, schemas.HoldIn)
def hold(body: dict[str, Any], url_id: uuid.UUID) -> dict[str, Any]:
    """Stop what leaves; releasing is for people."""
    with committing(ports().sessions) as session:
        subject = body.pop("subject")
        url = _url(session, url_id)
        hold_acts.on_url(session, ports(), url, subject, Asked(**body), actor=actor())
        return _case(session, url_id)


@routes.post(api, "/<uuid:url_id>/check", Scope.WORK, schemas.Case)
def check(url_id: uuid.UUID) -> dict[str, Any]:
    """Look at it first of all."""
    with committing(ports().sessions) as session:
        acts.look_now(session, ports(), _url(session, url_id), actor=actor())
        return _case(session, url_id)


@routes.post(api, "/<uuid:url_id>/finding", Scope.WORK, schemas.Case, schemas.FindingIn)
def finding(body: dict[str, Any], url_id: uuid.UUID) -> dict[str, Any]:
    """A person's word on up or gone."""
    with committing(ports().sessions) as session:
        acts.find(
            session,
            ports(),
            _url(session, url_id),
            Verdict(body["verdict"]),
            seen_at=body["seen_at"],
            how=acts.without_location(session, ports().vault, body["how"]),
            actor=actor(),
        )
        return _case(session, url_id)


def _read(items: Sequence[object]) -> Iterator[Entry | Refusal]:
    for place, item in enumerate(items):
        try:
            raw = plain(item)
            if isinstance(raw, BadField):
                raise raw
            schemes = ports().schemes
            yield make_entry(place, raw, now=now(), schemes=schemes, source="api")
        except BadField as wrong:
            yield Refusal(place, wrong.name, wrong.reason)


def _answers(read: Sequence[Entry | Refusal], made: Registration, *, quiet: bool) -> dict[str, Any]:
    """In the items' order. A register-only token gets no id: ids tell when a Url was first seen."""
    known = dict(zip(made.lines, zip(made.ids, made.new, strict=True), strict=True))
    items: list[dict[str, Any]] = []
    for entry in read:
        if isinstance(entry, Refusal):
            items.append({"status": "refused", "field": entry.field, "reason": entry.reason})
        elif quiet:
            items.append({"status": "accepted"})
        else:
            url_id, new = known[entry.line]
            items.append({"status": "registered" if new else "repeated", "id": url_id})
    counts = {"refused": len(made.refused)}
    if quiet:
        return counts | {"accepted": len(made.ids), "items": items}
    return counts | {"registered": made.registered, "repeated": made.repeated, "items": items}


def _wanted(query: dict[str, Any]) -> Any:
    wanted = select(Url).order_by(Url.serial.desc())
    if (before := number_after(query["cursor"])) is not None:
        wanted = wanted.where(Url.serial < before)
    if "status" in query:
        wanted = wanted.where(in_state(query["status"]))
    if "since" in query:
        wanted = wanted.where(Url.registered_at >= query["since"])
    if "provider" in query or "country" in query:
        wanted = wanted.join(Host, Host.id == Url.host_id).join(Trace, Trace.id == Host.trace_id)
    if "provider" in query:
        wanted = wanted.where(Trace.provider_id == query["provider"])
    if "country" in query:
        wanted = wanted.where(Trace.country == query["country"].upper())
    return wanted


def _url(session: Session, url_id: uuid.UUID) -> Url:
    return session.get(Url, url_id, with_for_update=True) or abort(404)


def _case(session: Session, url_id: uuid.UUID) -> dict[str, Any]:
    session.expire_all()
    return cases(session, ports().vault, [session.get(Url, url_id) or abort(404)])[0]
