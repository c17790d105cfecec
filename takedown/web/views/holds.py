"""Holds that stand, and letting go of them: for a supervisor in a fresh session."""

import time
import uuid

from flask import Blueprint, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from takedown.db import committing
from takedown.people.permissions import Permission
from takedown.routes.models import Hold
from takedown.web import acts
from takedown.web.guard import actor, needs
from takedown.web.ports import house, ports
from takedown.web.reads.people import names_of

pages = Blueprint("holds", __name__, url_prefix="/holds")


@pages.get("")
@needs(Permission.PLACE_HOLD)
def index() -> ResponseReturnValue:
    """What stands, the next review first."""
    standing = select(Hold).where(Hold.released_at.is_(None)).order_by(Hold.review_at)
    with ports().sessions() as db:
        rows = db.scalars(standing).all()
        counts = {row.id: len(acts.covered(db, row)) for row in rows}
        names = names_of(db, {row.placed_by for row in rows})
    return render_template("holds.html", rows=rows, counts=counts, names=names)


@pages.post("/<uuid:hold_id>/release")
@needs(Permission.RELEASE_HOLD)
def release(hold_id: uuid.UUID) -> ResponseReturnValue:
    """Let go; an older sign-in is asked for the password first."""
    if time.time() - session.get("fs_paa", 0) > house().config.fresh.total_seconds():
        return redirect(url_for("security.verify", next=url_for("holds.index")), 303)
    with committing(ports().sessions) as db:
        acts.release(db, ports(), hold_id, actor=actor())
    return redirect(url_for("holds.index"), 303)
