"""For whoever watches the machine: alive, and ready."""

from datetime import timedelta

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from takedown.heartbeats import Heartbeat
from takedown.vault import VaultError
from takedown.web.guard import Open, needs
from takedown.web.ports import now, ports

pages = Blueprint("health", __name__)
LATE = timedelta(minutes=15)


@pages.get("/healthz")
@needs(Open.ANYBODY)
def alive() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="alive")


@pages.get("/readyz")
@needs(Open.ANYBODY)
def ready() -> ResponseReturnValue:
    """The database and the keys answer, and the stages ran lately. 503 where one does not."""
    problems: list[str] = []
    stages: dict[str, dict[str, object]] = {}
    try:
        with ports().sessions() as session:
            for beat in session.scalars(select(Heartbeat).order_by(Heartbeat.stage)):
                late = now() - beat.at > LATE
                stages[beat.stage] = {"at": beat.at.isoformat(), "error": beat.error, "late": late}
    except SQLAlchemyError:
        problems.append("database")
    try:
        ports().vault.cohorts()
    except (VaultError, OSError, ValueError):
        problems.append("keys")
    body = {"ready": not problems, "problems": problems, "stages": stages}
    return jsonify(body), 503 if problems else 200
