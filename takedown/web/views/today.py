"""Today: what needs me."""

import uuid

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from takedown.db import committing
from takedown.outbox.models import Notice
from takedown.people.permissions import Permission
from takedown.people.tasks import Task, TaskKind
from takedown.web import acts
from takedown.web.guard import actor, may, needs
from takedown.web.ports import now, ports
from takedown.web.reads.today import today

pages = Blueprint("today", __name__, url_prefix="/today")


@pages.get("")
@needs(Permission.SEE_CASES)
def index() -> ResponseReturnValue:
    """Most urgent first."""
    unseen = () if may(Permission.WATCH_REVEALS) else (TaskKind.REVEALS,)
    with ports().sessions() as session:
        shown = today(session, ports().vault, now(), without=unseen)
    return render_template("today.html", today=shown)


@pages.post("/<uuid:task_id>/done")
@needs(Permission.WORK_CASES)
def done(task_id: uuid.UUID) -> ResponseReturnValue:
    """What a task asked for is done."""
    with committing(ports().sessions) as session:
        task = session.get(Task, task_id) or abort(404)
        if not _may_settle(task) or not _is_another(session, task):
            abort(403)
        acts.done(session, ports(), task, actor=actor())
    return redirect(url_for("today.index"), 303)


def _is_another(session: Session, task: Task) -> bool:
    """What one person released alone, another looks at."""
    if task.kind != TaskKind.SECOND_LOOK:
        return True
    return session.get_one(Notice, task.subject_id).approved_by != actor()


def _may_settle(task: Task) -> bool:
    """A hold's review ends on the page of the holds; nobody answers for their own reveals."""
    if task.kind == TaskKind.REVEALS:
        return may(Permission.WATCH_REVEALS) and actor() != f"user:{task.subject_id}"
    return task.kind != TaskKind.HOLD_REVIEW
