"""The stages, their heartbeats, and what waits to be looked at."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from takedown.checks.backlog import measure
from takedown.heartbeats import Heartbeat
from takedown.people.permissions import Permission
from takedown.web.guard import needs
from takedown.web.ports import now, ports

pages = Blueprint("stages", __name__)


@pages.get("/stages")
@needs(Permission.SEE_STAGES)
def index() -> ResponseReturnValue:
    """When each stage last ran and what it did; how far looking is behind, and how old the tables
    of the look-ups are."""
    with ports().sessions() as session:
        beats = session.scalars(select(Heartbeat).order_by(Heartbeat.stage)).all()
        backlog = measure(session, ports().probing.vantages, now())
    late = {beat.stage for beat in beats if beat.late(now())}
    tables = ports().lookup.tables(now())
    return render_template("stages.html", beats=beats, late=late, tables=tables, backlog=backlog)
