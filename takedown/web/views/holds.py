"""Holds: what stands, what stood, placing one by a pasted address or on a provider, letting go."""

import uuid

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from takedown.db import committing
from takedown.errors import InvalidUrl
from takedown.hosts.models import Provider
from takedown.people.permissions import Permission
from takedown.routes.holds import SUBJECTS, HoldError
from takedown.urls.normalise import canonical
from takedown.web import fresh, hold_acts
from takedown.web.acts import HoldsLocation
from takedown.web.guard import actor, needs
from takedown.web.ports import now, ports
from takedown.web.reads import holds as read
from takedown.web.reads.asked import REVIEW_DAYS, hold_asked, review_in

pages = Blueprint("holds", __name__, url_prefix="/holds")


@pages.get("")
@needs(Permission.PLACE_HOLD)
def index() -> ResponseReturnValue:
    """What stands, the next review first; and what stood."""
    return _page()


@pages.post("")
@needs(Permission.PLACE_HOLD)
def place() -> ResponseReturnValue:
    """Hold a pasted address, its host, its domain or its provider."""
    form = request.form
    if form.get("subject") not in SUBJECTS:
        abort(400)
    try:
        found = canonical(form.get("location", ""))
        asked = hold_asked(form, now())
        with committing(ports().sessions) as db:
            hold_acts.on_location(db, ports(), found, form["subject"], asked, actor=actor())
    except (InvalidUrl, HoldError, HoldsLocation) as wrong:
        return _page(str(wrong)), 409
    flash("placed")
    return redirect(url_for("holds.index"), 303)


@pages.post("/provider/<uuid:provider_id>")
@needs(Permission.PLACE_HOLD)
def place_on_provider(provider_id: uuid.UUID) -> ResponseReturnValue:
    """Hold a provider: for the form on its page."""
    with committing(ports().sessions) as db:
        if db.get(Provider, provider_id) is None:
            abort(404)
        asked = hold_asked(request.form, now())
        hold_acts.on_provider(db, ports(), provider_id, asked, actor=actor())
    flash("placed")
    return redirect(url_for("holds.index"), 303)


@pages.post("/<uuid:hold_id>/review")
@needs(Permission.RELEASE_HOLD)
def review(hold_id: uuid.UUID) -> ResponseReturnValue:
    """It was looked over and stays."""
    with committing(ports().sessions) as db:
        at = now() + review_in(request.form)
        hold_acts.look_over(db, ports(), hold_id, review_at=at, actor=actor())
    flash("reviewed")
    return redirect(url_for("holds.index"), 303)


@pages.post("/<uuid:hold_id>/release")
@needs(Permission.RELEASE_HOLD)
def release(hold_id: uuid.UUID) -> ResponseReturnValue:
    """Let go, for a reason; an older sign-in is asked for the password first."""
    if (sign_in := fresh.again(url_for("holds.index"))) is not None:
        return sign_in
    with committing(ports().sessions) as db:
        why = request.form.get("why", "")
        hold_acts.release(db, ports(), hold_id, why=why, actor=actor())
    flash("released")
    return redirect(url_for("holds.index"), 303)


def _page(wrong: str = "") -> str:
    with ports().sessions() as db:
        standing, past = read.standing(db, ports().vault), read.past(db, ports().vault)
    return render_template(
        "holds.html",
        standing=standing,
        past=past,
        wrong=wrong,
        given=request.form,
        review_days=REVIEW_DAYS,
    )
