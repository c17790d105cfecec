"""Connectors: how providers' interfaces are described, approved by two people, and tried."""

import json
import uuid
from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from notices.channels.connector import Connector
from notices.errors import BadConnector, NoticeError
from takedown.db import committing
from takedown.flow.trying import Tried, try_out
from takedown.outbox.connectors import editing
from takedown.outbox.connectors.editing import ConnectorRefused
from takedown.outbox.connectors.models import ConnectorRow
from takedown.outbox.connectors.shapes import SHAPES, Asked, describe
from takedown.people.permissions import Permission
from takedown.web import acts
from takedown.web.guard import actor, needs
from takedown.web.ports import now, ports
from takedown.web.reads import connectors as reads
from takedown.web.reads.people import names_of

pages = Blueprint("connectors", __name__, url_prefix="/connectors")


@pages.get("")
@needs(Permission.EDIT_CONNECTORS)
def index() -> ResponseReturnValue:
    """Every connector, and the interfaces that nobody has described yet."""
    with ports().sessions() as session:
        return render_template("connectors.html", shown=reads.overview(session, ports().vault))


@pages.get("/contact/<uuid:contact_id>")
@needs(Permission.EDIT_CONNECTORS)
def one(contact_id: uuid.UUID) -> ResponseReturnValue:
    """One interface: its settings, what they mean, who stood by them."""
    return _page(contact_id)


@pages.post("/contact/<uuid:contact_id>")
@needs(Permission.EDIT_CONNECTORS)
def write(contact_id: uuid.UUID) -> ResponseReturnValue:
    """New settings; another person approves them."""
    form = request.form
    try:
        with committing(ports().sessions) as session:
            acts.without_location(session, ports().vault, form.get("why", ""))
            row = editing.write(
                *(session, ports().vault, contact_id, form.get("settings", "")),
                test_mode=form.get("test_mode") == "yes",
                why=form.get("why", ""),
                seen=form.get("seen", 0, type=int),
                by=actor(),
                now=now(),
            )
            _note(session, "connector.write", row)
    except BadConnector as wrong:
        return _page(contact_id, wrong=wrong), 422
    except acts.HoldsLocation:
        return _page(contact_id, refused="place"), 422
    except ConnectorRefused as no:
        return _page(contact_id, refused=no.why), 422
    flash("written")
    return redirect(url_for("connectors.one", contact_id=contact_id), 303)


@pages.post("/contact/<uuid:contact_id>/shape")
@needs(Permission.EDIT_CONNECTORS)
def shape(contact_id: uuid.UUID) -> ResponseReturnValue:
    """Settings of a usual shape from a few fields; nothing is saved before they are looked over."""
    form = request.form
    kind = form.get("shape", "")
    if kind not in SHAPES:
        abort(400)
    asked = Asked(
        name=form.get("name", "").strip(),
        url=form.get("url", "").strip(),
        poll_url=form.get("poll_url", "").strip(),
        login=form.get("login", ""),
        user=form.get("user", "").strip(),
        header=form.get("header", "").strip(),
        max_urls=form.get("max_urls", "").strip(),
        discloses_reporter=form.get("discloses_reporter") == "yes",
        tells_customer=form.get("tells_customer") == "yes",
    )
    document = describe(kind, asked)
    wrong = None
    try:
        Connector.load(document)
    except BadConnector as found:
        wrong = found
    settings = json.dumps(document, indent=2, ensure_ascii=False)
    return _page(contact_id, wrong=wrong, drawn_up=settings), 422 if wrong else 200


@pages.post("/<uuid:row_id>/secret")
@needs(Permission.EDIT_CONNECTORS)
def secret(row_id: uuid.UUID) -> ResponseReturnValue:
    """Set or replace the secret; it is never shown again."""
    typed = request.form.get("secret", "")
    return _act(
        "connector.secret",
        row_id,
        lambda session: editing.set_secret(
            session, ports().vault, row_id, typed, by=actor(), now=now()
        ),
    )


@pages.post("/<uuid:row_id>/approve")
@needs(Permission.EDIT_CONNECTORS)
def approve(row_id: uuid.UUID) -> ResponseReturnValue:
    """A second person's yes."""
    seen = request.form.get("seen", 0, type=int)
    return _act(
        "connector.approve",
        row_id,
        lambda session: editing.approve(session, row_id, seen=seen, by=actor(), now=now()),
    )


@pages.post("/<uuid:row_id>/disable")
@needs(Permission.EDIT_CONNECTORS)
def disable(row_id: uuid.UUID) -> ResponseReturnValue:
    """Nothing leaves by it any more."""
    return _act(
        "connector.disable",
        row_id,
        lambda session: editing.disable(session, row_id, by=actor(), now=now()),
    )


@pages.post("/<uuid:row_id>/try")
@needs(Permission.EDIT_CONNECTORS)
def attempt(row_id: uuid.UUID) -> ResponseReturnValue:
    """A made-up report to the interface's test mode, and the exchange without secrets."""
    with ports().sessions() as session:
        row = session.get(ConnectorRow, row_id) or abort(404)
    if not ports().leaves.lookups:
        return _page(row.contact_id, refused="rehearsal"), 422
    try:
        tried = try_out(ports(), row)
    except NoticeError:
        return _page(row.contact_id, refused="no_test"), 422
    with committing(ports().sessions) as session:
        acts.note(
            *(session, ports(), actor(), "connector.try", row_id),
            version=row.version,
            outcome=tried.outcome,
        )
    return _page(row.contact_id, tried=tried)


def _act(
    action: str, row_id: uuid.UUID, do: Callable[[Session], ConnectorRow]
) -> ResponseReturnValue:
    with ports().sessions() as session:
        contact_id = (session.get(ConnectorRow, row_id) or abort(404)).contact_id
    try:
        with committing(ports().sessions) as session:
            _note(session, action, do(session))
    except ConnectorRefused as no:
        return _page(contact_id, refused=no.why), 422
    flash(action)
    return redirect(url_for("connectors.one", contact_id=contact_id), 303)


def _note(session: Session, action: str, row: ConnectorRow) -> None:
    acts.note(*(session, ports(), actor(), action, row.id), name=row.name, version=row.version)


def _page(
    contact_id: uuid.UUID,
    *,
    wrong: BadConnector | None = None,
    refused: str = "",
    tried: Tried | None = None,
    drawn_up: str = "",
) -> str:
    with ports().sessions() as session:
        shown = reads.page(session, ports().vault, contact_id) or abort(404)
        row = shown.row
        typed = drawn_up or request.form.get("settings")
        settings = json.dumps(row.settings, indent=2, ensure_ascii=False) if row else ""
        people = (row.written_by, row.approved_by, row.disabled_by) if row else ()
        return render_template(
            "connector.html",
            shown=shown,
            row=row,
            settings=typed if typed is not None else settings or reads.EMPTY,
            typed=request.form,
            wrong=wrong,
            refused=refused,
            tried=tried,
            drawn_up=bool(drawn_up),
            mine=bool(row and actor() in row.writers),
            names=names_of(session, {one for one in people if one}),
        )
