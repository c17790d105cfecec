"""Routes: how one may act on what is hosted where; edited with a reason, verified by another."""

import uuid
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from takedown.db import committing
from takedown.people.permissions import Permission
from takedown.routes import editing, exchange, members, service, table
from takedown.routes.countries import countries, is_country
from takedown.routes.errors import RouteRefused
from takedown.routes.models import BindsOn, Route, RouteKind, RouteStatus
from takedown.routes.preview import preview
from takedown.web import route_forms as forms
from takedown.web.acts import note
from takedown.web.guard import actor, needs
from takedown.web.ports import now, ports
from takedown.web.reads import routes as reads
from takedown.web.reads.people import names_of

pages = Blueprint("routes", __name__, url_prefix="/routes")


@pages.get("")
@needs(Permission.EDIT_ROUTES)
def index() -> ResponseReturnValue:
    """The table, the world at a glance, and what would happen in a country."""
    return _list()


@pages.post("")
@needs(Permission.EDIT_ROUTES)
def add() -> ResponseReturnValue:
    """A row for a country that has none yet."""
    try:
        with committing(ports().sessions) as db:
            row = forms.row_of(db, ports().vault, request.form)
            why = forms.text_of(db, ports().vault, request.form, "why")
            route = editing.add(db, row, why=why, by=actor(), now=now())
            note(db, ports(), actor(), "route.add", route.id, country=route.country)
    except RouteRefused as refused:
        return _list(refused), 422
    flash("added")
    return redirect(url_for("routes.row", route_id=route.id), 303)


@pages.get("/table.csv")
@needs(Permission.EDIT_ROUTES)
def export() -> ResponseReturnValue:
    """The whole table, as `takedown routes import` reads it."""
    with ports().sessions() as db:
        text = exchange.export(table.standing(db))
    kept = {"Content-Disposition": "attachment; filename=routes.csv"}
    return Response(text, mimetype="text/csv", headers=kept)


@pages.get("/<uuid:route_id>")
@needs(Permission.EDIT_ROUTES)
def row(route_id: uuid.UUID) -> ResponseReturnValue:
    """One row, its history, and the ways to change it."""
    return _row(route_id)


@pages.post("/<uuid:route_id>")
@needs(Permission.EDIT_ROUTES)
def edit(route_id: uuid.UUID) -> ResponseReturnValue:
    """Write what was typed, unless somebody else was quicker."""
    try:
        with committing(ports().sessions) as db:
            route = _route(db, route_id)
            own = {"country": route.country, "direction": route.direction}
            typed = forms.row_of(db, ports().vault, request.form, **own)
            editing.edit(db, route_id, typed, **_asked(db))
            note(db, ports(), actor(), "route.edit", route_id, country=route.country)
    except RouteRefused as refused:
        return _row(route_id, refused), 422
    return _back(route_id, "edited")


@pages.post("/<uuid:route_id>/verify")
@needs(Permission.VERIFY_ROUTES)
def verify(route_id: uuid.UUID) -> ResponseReturnValue:
    """Another person than the last editor has read the source."""
    try:
        with committing(ports().sessions) as db:
            route = _route(db, route_id)
            seen, read_on = request.form.get("seen", ""), forms.day_needed(request.form, "read_on")
            editing.verify(db, route_id, seen=seen, read_on=read_on, by=actor(), now=now())
            about = {"country": route.country, "read_on": read_on.isoformat()}
            note(db, ports(), actor(), "route.verify", route_id, **about)
    except RouteRefused as refused:
        return _row(route_id, refused), 422
    return _back(route_id, "verified")


@pages.post("/<uuid:route_id>/doubt")
@needs(Permission.EDIT_ROUTES)
def doubt(route_id: uuid.UUID) -> ResponseReturnValue:
    """The row is not relied on until it is verified again."""
    try:
        with committing(ports().sessions) as db:
            route = _route(db, route_id)
            editing.doubt(db, route_id, **_asked(db))
            note(db, ports(), actor(), "route.doubt", route_id, country=route.country)
    except RouteRefused as refused:
        return _row(route_id, refused), 422
    return _back(route_id, "doubted")


def _asked(db: Session) -> dict[str, Any]:
    why = forms.text_of(db, ports().vault, request.form, "why")
    return {"seen": request.form.get("seen", ""), "why": why, "by": actor(), "now": now()}


def _route(db: Session, route_id: uuid.UUID) -> Route:
    return db.get(Route, route_id) or abort(404)


def _back(route_id: uuid.UUID, said: str) -> ResponseReturnValue:
    flash(said)
    return redirect(url_for("routes.row", route_id=route_id), 303)


def _choices() -> dict[str, Any]:
    return {
        "kinds": list(RouteKind),
        "statuses": list(RouteStatus),
        "binds": list(BindsOn),
        "countries": reads.by_name(countries()),
        "own": ports().hotline,
        "today": now().date(),
    }


def _list(refused: RouteRefused | None = None) -> str:
    asked = {name: request.args.get(name, "") for name in ("kind", "status", "country")}
    with ports().sessions() as db:
        known = service.rules(db, now())
        hotline, partners = ports().hotline, members.standing(db)
        chosen = is_country(asked["country"]) and asked["country"]
        return render_template(
            "routes.html",
            rows=reads.rows(db, asked["kind"], asked["status"]),
            ages=reads.ages(db),
            world=reads.glance(known, hotline),
            seen=preview(known, hotline, partners, chosen) if chosen else None,
            asked=asked,
            refused=refused,
            typed=request.form,
            **_choices(),
        )


def _row(route_id: uuid.UUID, refused: RouteRefused | None = None) -> str:
    with ports().sessions() as db:
        route = _route(db, route_id)
        history = editing.history(db, route_id)
        actors = {one.by for one in history} | {one for one in (route.checked_by,) if one}
        return render_template(
            "route.html",
            route=route,
            version=editing.version(route),
            history=[(one, editing.differences(one.before, one.after)) for one in history],
            names=names_of(db, actors),
            refused=refused,
            typed=request.form,
            mine=route.edited_by == actor(),
            **_choices(),
        )
