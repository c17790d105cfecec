"""For whoever watches: is this process alive, can it serve, and does the whole house work."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from takedown.heartbeats import Heartbeat
from takedown.vault import VaultError
from takedown.web.guard import Open, needs
from takedown.web.ports import now, ports

pages = Blueprint("health", __name__)


@pages.get("/healthz")
@needs(Open.ANYBODY)
def alive() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="alive")


@pages.get("/readyz/web")
@needs(Open.ANYBODY)
def serving() -> ResponseReturnValue:
    """This process can serve: database and keys answer. For what sends requests to it."""
    _, problems = _beats()
    return _answer(problems + _keys())


@pages.get("/readyz")
@needs(Open.ANYBODY)
def ready() -> ResponseReturnValue:
    """The house works: database, keys, and a scheduler whose stages run in time. Else 503."""
    beats, problems = _beats()
    if not problems and not any(beat.every for beat in beats):
        problems.append("scheduler: never ran")
    problems += [f"scheduler: {beat.stage} is late" for beat in beats if beat.late(now())]
    stages = {
        beat.stage: {"at": beat.at.isoformat(), "error": beat.error, "late": beat.late(now())}
        for beat in beats
    }
    return _answer(problems + _keys(), stages=stages)


def _beats() -> tuple[list[Heartbeat], list[str]]:
    try:
        with ports().sessions() as session:
            return list(session.scalars(select(Heartbeat).order_by(Heartbeat.stage))), []
    except SQLAlchemyError:
        return [], ["database"]


def _keys() -> list[str]:
    try:
        ports().vault.cohorts()
    except (VaultError, OSError, ValueError):
        return ["keys"]
    return []


def _answer(problems: list[str], **more: object) -> ResponseReturnValue:
    body = {"ready": not problems, "problems": problems, **more}
    return jsonify(body), 503 if problems else 200
