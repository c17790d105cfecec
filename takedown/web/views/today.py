"""Today: what needs me."""

import uuid

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from takedown.db import committing
from takedown.people.permissions import Permission
from takedown.people.tasks import Task
from takedown.web import acts
from takedown.web.guard import actor, needs
from takedown.web.ports import now, ports
from takedown.web.reads.today import today

pages = Blueprint("today", __name__, url_prefix="/today")


@pages.get("")
@needs(Permission.SEE_CASES)
def index() -> ResponseReturnValue:
    """Most urgent first."""
    with ports().sessions() as session:
        shown = today(session, ports().vault, now())
    return render_template("today.html", today=shown)


@pages.post("/<uuid:task_id>/done")
@needs(Permission.WORK_CASES)
def done(task_id: uuid.UUID) -> ResponseReturnValue:
    """What a task asked for is done."""
    with committing(ports().sessions) as session:
        acts.done(session, ports(), session.get(Task, task_id) or abort(404), actor=actor())
    return redirect(url_for("today.index"), 303)
