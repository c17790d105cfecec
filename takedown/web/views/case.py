"""A case and what one can do with it."""

import uuid
from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from takedown.checks.verdict import Verdict
from takedown.db import committing
from takedown.flow import notify
from takedown.outbox.ladder.ahead import preview
from takedown.people import attempts
from takedown.people.permissions import Permission
from takedown.people.tasks import Task
from takedown.routes.holds import SUBJECTS
from takedown.urls.models import Url, Withdrawal
from takedown.web import acts, hold_acts, host_acts
from takedown.web.guard import actor, needs
from takedown.web.ports import house, now, ports
from takedown.web.reads.asked import hold_asked, instant_of
from takedown.web.reads.case import head
from takedown.web.reads.timeline import timeline

pages = Blueprint("case", __name__, url_prefix="/cases/<uuid:url_id>")

WHY_REVEAL = ("viewer", "police", "provider", "quality")
WHY_WITHDRAW = tuple(str(one) for one in Withdrawal)


@pages.get("")
@needs(Permission.SEE_CASES)
def index(url_id: uuid.UUID) -> ResponseReturnValue:
    """The head, the timeline, and the buttons."""
    return _page(url_id)


@pages.post("/reveal")
@needs(Permission.REVEAL)
def reveal(url_id: uuid.UUID) -> ResponseReturnValue:
    """The exact location, in this answer only; who, which case and why are kept."""
    why = request.form.get("why", "")
    if why not in WHY_REVEAL:
        abort(400)
    with committing(ports().sessions) as session:
        url = _url(session, url_id)
        count = attempts.count_reveal(session, ports().vault, actor(), now())
        if count > attempts.REVEALS_PER_HOUR:
            abort(429)
        sealed, place = (url.exact, "urls.exact") if url.exact else (url.location, "urls.location")
        exact = ports().vault.open(place, url.id, sealed)
        acts.note(session, ports(), actor(), "url.reveal", url.id, why=why)
    return _page(url_id, exact=exact)


@pages.post("/check")
@needs(Permission.WORK_CASES)
def check(url_id: uuid.UUID) -> ResponseReturnValue:
    """Look at it first of all."""
    return _act(url_id, "check", lambda db, url: acts.look_now(db, ports(), url, actor=actor()))


@pages.post("/finding")
@needs(Permission.WORK_CASES)
def finding(url_id: uuid.UUID) -> ResponseReturnValue:
    """What a person saw in their protected viewer."""
    verdict = Verdict(_one_of("verdict", ("up", "down")))
    seen_at = instant_of(request.form.get("seen_at", ""), house().config.time_zone) or now()
    with committing(ports().sessions) as session:
        how = acts.without_location(session, ports().vault, request.form.get("how", ""))
        url = _url(session, url_id)
        acts.find(session, ports(), url, verdict, seen_at=seen_at, how=how, actor=actor())
    return _back(url_id, "finding")


@pages.post("/withdraw")
@needs(Permission.WORK_CASES)
def withdraw(url_id: uuid.UUID) -> ResponseReturnValue:
    """Nothing is asked or looked at any more."""
    why = _one_of("why", WHY_WITHDRAW)
    return _act(
        *(url_id, "withdraw"),
        lambda db, url: acts.withdraw(db, ports(), url, why=why, actor=actor()),
    )


@pages.post("/hold")
@needs(Permission.PLACE_HOLD)
def hold(url_id: uuid.UUID) -> ResponseReturnValue:
    """Nothing leaves while it stands."""
    subject, asked = _one_of("subject", SUBJECTS), hold_asked(request.form, now())
    return _act(
        *(url_id, "hold"),
        lambda db, url: hold_acts.on_url(db, ports(), url, subject, asked, actor=actor()),
    )


@pages.post("/look-up")
@needs(Permission.WORK_CASES)
def look_up(url_id: uuid.UUID) -> ResponseReturnValue:
    """Ask anew who hosts it."""
    return _act(
        *(url_id, "look_up"),
        lambda db, url: host_acts.look_up_again(db, ports(), url, actor=actor()),
    )


@pages.post("/origin")
@needs(Permission.WORK_CASES)
def origin(url_id: uuid.UUID) -> ResponseReturnValue:
    """A proxy told who stands behind it."""
    told = {name: request.form.get(name, "") for name in ("address", "provider", "mail")}
    source = _one_of("source", host_acts.SOURCES)
    return _act(
        *(url_id, "origin"),
        lambda db, url: host_acts.tell_origin(
            db, ports(), url, **told, source=source, actor=actor()
        ),
    )


@pages.post("/police-agree")
@needs(Permission.WORK_CASES)
def police_agree(url_id: uuid.UUID) -> ResponseReturnValue:
    """The police let it be looked up and checked; its notices go on waiting for them."""
    return _act(
        *(url_id, "task"),
        lambda db, url: hold_acts.police_agree(db, ports(), url, actor=actor()),
    )


@pages.post("/task/<uuid:task_id>/done")
@needs(Permission.WORK_CASES)
def task_done(url_id: uuid.UUID, task_id: uuid.UUID) -> ResponseReturnValue:
    """What was asked is done."""
    with committing(ports().sessions) as session:
        task = session.get(Task, task_id)
        if task is None or task.subject_id != url_id:
            abort(404)
        acts.done(session, ports(), task, actor=actor())
    return _back(url_id, "task")


def _act(
    url_id: uuid.UUID, said: str, act: Callable[[Session, Url], object]
) -> ResponseReturnValue:
    """Do it to this Url in one transaction, and go back to its page."""
    with committing(ports().sessions) as session:
        act(session, _url(session, url_id))
    return _back(url_id, said)


def _url(session: Session, url_id: uuid.UUID) -> Url:
    return session.get(Url, url_id, with_for_update=True) or abort(404)


def _one_of(name: str, known: tuple[str, ...]) -> str:
    value = request.form.get(name, "")
    return value if value in known else abort(400)


def _back(url_id: uuid.UUID, said: str) -> ResponseReturnValue:
    flash(said)
    return redirect(url_for("case.index", url_id=url_id), 303)


def _page(url_id: uuid.UUID, exact: str = "") -> str:
    with ports().sessions() as session:
        url = session.get(Url, url_id) or abort(404)
        shown = head(session, ports().vault, url, now())
        moments = timeline(session, ports().vault, url)
        ladder = preview(
            *(session, ports().vault, ports().hotline, url_id), look_up=notify.look_up, now=now()
        )
    return render_template(
        "case.html",
        ladder=ladder,
        head=shown,
        url=shown.url,
        shape=shown.shape,
        moments=moments,
        exact=exact,
        why_reveal=WHY_REVEAL,
    )
