"""Ladders: what follows the first notice, by default, for a route, for a provider."""

import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from takedown.db import committing
from takedown.hosts.models import Role
from takedown.outbox.ladder import editing
from takedown.outbox.ladder.models import Ladder
from takedown.outbox.ladder.rules import ESCALATED, LadderRefused, Rules, Rung
from takedown.people.permissions import Permission
from takedown.routes.errors import RouteRefused
from takedown.routes.gate import HAND_OVERS
from takedown.web.acts import note
from takedown.web.guard import actor, needs
from takedown.web.ports import now, ports
from takedown.web.reads import ladders as reads
from takedown.web.reads.asked import uuid_of
from takedown.web.route_forms import text_of

pages = Blueprint("ladders", __name__, url_prefix="/ladders")
ROWS = 12
STEPS = (
    "reminder",
    *(f"escalation:{role}" for role in ESCALATED),
    *(f"{kind}:{kind}" for kind in HAND_OVERS),
)


@pages.get("")
@needs(Permission.EDIT_ROUTES)
def index() -> ResponseReturnValue:
    """Every ladder that stands or waits, and one to write."""
    return _page()


@pages.post("")
@needs(Permission.EDIT_ROUTES)
def write() -> ResponseReturnValue:
    """A new version; a step on a whole domain waits for another person."""
    try:
        with committing(ports().sessions) as db:
            why = text_of(db, ports().vault, request.form, "why")
            made = editing.write(db, _typed(), **_scope(), why=why, by=actor(), now=now())
            waits = made.second_person
            note(db, ports(), actor(), "ladder.write", made.id, waits=waits)
    except (LadderRefused, RouteRefused) as refused:
        return _page(refused.reason), 422
    flash("waits" if waits else "stands")
    return redirect(url_for("ladders.index"), 303)


@pages.post("/<uuid:ladder_id>/confirm")
@needs(Permission.VERIFY_ROUTES)
def confirm(ladder_id: uuid.UUID) -> ResponseReturnValue:
    """The second person's yes."""
    return _act(ladder_id, editing.confirm, "ladder.confirm", "stands")


@pages.post("/<uuid:ladder_id>/end")
@needs(Permission.EDIT_ROUTES)
def end(ladder_id: uuid.UUID) -> ResponseReturnValue:
    """What is less specific holds again; or what waited is taken back."""
    return _act(ladder_id, editing.end, "ladder.end", "ended")


def _act(
    ladder_id: uuid.UUID, act: Callable[..., Ladder], action: str, said: str
) -> ResponseReturnValue:
    try:
        with committing(ports().sessions) as db:
            if db.get(Ladder, ladder_id) is None:
                abort(404)
            act(db, ladder_id, by=actor(), now=now())
            note(db, ports(), actor(), action, ladder_id)
    except LadderRefused as refused:
        return _page(refused.reason), 422
    flash(said)
    return redirect(url_for("ladders.index"), 303)


def _scope() -> dict[str, uuid.UUID | None]:
    kind, _colon, key = request.form.get("scope", "").partition(":")
    found = uuid_of(key) if key else None
    if key and found is None:
        raise LadderRefused("ladder:scope")
    return {
        "route_id": found if kind == "route" else None,
        "provider_id": found if kind == "provider" else None,
    }


def _typed() -> Rules:
    """The ladder as typed; rows without a step are left out."""
    rungs = []
    for row in range(ROWS):
        step = request.form.get(f"step-{row}", "")
        if not step:
            continue
        kind, _colon, role = step.partition(":")
        hours = request.form.get(f"hours-{row}", "").strip()
        if not hours.isdecimal() or len(hours) > 5:
            raise LadderRefused("ladder:hours")
        two = bool(request.form.get(f"two-{row}"))
        rungs.append(Rung(int(hours), kind, role or str(Role.HOST), two))
    cap = request.form.get("reminder_cap", "").strip()
    if not cap.isdecimal() or len(cap) > 2:
        raise LadderRefused("ladder:cap")
    return Rules(tuple(rungs), int(cap))


def _page(refused: str = "") -> str:
    with ports().sessions() as db:
        return render_template("ladders.html", **_shown(db), refused=refused)


def _shown(db: Session) -> dict[str, Any]:
    lines = reads.lines(db, ports().vault)
    chosen = request.form.get("scope") or request.args.get("scope", "")
    return {
        "lines": lines,
        "scopes": reads.scopes(db, ports().vault),
        "chosen": chosen,
        "given": reads.given(db, request.form, chosen, ROWS),
        "steps": STEPS,
        "rows": range(ROWS),
        "mine": actor(),
    }
