"""Proof: an evidence file for a provider that disputes receipt, and its list against ours."""

import json
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from takedown.db import committing
from takedown.hosts.models import Provider
from takedown.outbox.evidence import gathering, paper
from takedown.outbox.models import Notice
from takedown.outbox.reconciling import Result, UnreadableList, reconcile
from takedown.people import attempts
from takedown.people.permissions import Permission
from takedown.web import acts, fresh
from takedown.web.guard import actor, needs
from takedown.web.ports import now, ports
from takedown.web.reads.contacts import provider_name

pages = Blueprint("evidence", __name__)
WHY: Final = ("disputed", "authority")
_YEAR: Final = timedelta(days=365)


@pages.post("/queue/<uuid:notice_id>/evidence")
@needs(Permission.REVEAL)
def file(notice_id: uuid.UUID) -> ResponseReturnValue:
    """All that went to this recipient about the same addresses, in this answer only: a reveal."""
    back = url_for("queue.notice", notice_id=notice_id)
    if (sign_in := fresh.again(back)) is not None:
        return sign_in
    why, form = request.form.get("why", ""), request.form.get("form", "")
    if why not in WHY or form not in ("json", "pdf"):
        abort(400)
    try:
        with committing(ports().sessions) as session:
            notice = session.get(Notice, notice_id) or abort(404)
            _count(session)
            document = _evidence(session, notice)
            content = _content(session, document, form)
            about = {"why": why, "form": form, "seal": document["seal"]}
            acts.note(session, ports(), actor(), "notice.evidence", notice_id, **about)
    except (gathering.NothingLeft, paper.NoPaper) as no:
        flash("nothing_left" if isinstance(no, gathering.NothingLeft) else "no_paper", "proof")
        return redirect(back, 303)
    kind = "application/pdf" if form == "pdf" else "application/json"
    answer = Response(content, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{notice.number}.{form}"'
    return answer


@pages.get("/providers/<uuid:provider_id>/received")
@needs(Permission.WORK_CASES)
def received(provider_id: uuid.UUID) -> ResponseReturnValue:
    """Where a provider's list of what it received is held against what left for it."""
    return _page(provider_id)


@pages.post("/providers/<uuid:provider_id>/received")
@needs(Permission.WORK_CASES)
def compare(provider_id: uuid.UUID) -> ResponseReturnValue:
    """Who knows of what; nothing of the list is kept."""
    given = request.files.get("list")
    since, until = _days()
    with committing(ports().sessions) as session:
        if session.get(Provider, provider_id) is None:
            abort(404)
        try:
            raw = given.read() if given else b""
            result = reconcile(session, ports().vault, provider_id, raw, since=since, until=until)
        except UnreadableList:
            return _page(provider_id, unreadable=True), 422
        figures = {"both": len(result.both), "ours": len(result.ours), "theirs": len(result.theirs)}
        acts.note(session, ports(), actor(), "provider.reconcile", provider_id, **figures)
    return _page(provider_id, result)


def _evidence(session: Session, notice: Notice) -> dict[str, Any]:
    known = ports()
    return gathering.evidence(
        *(session, known.vault, known.hotline),
        session.get_one(Provider, notice.provider_id),
        gathering.urls_of(session, notice.id),
        about=notice.number,
        now=now(),
    )


def _content(session: Session, document: dict[str, Any], form: str) -> bytes:
    if form == "json":
        return json.dumps(document, indent=1).encode()
    lang = request.form.get("lang", "en")
    letters = gathering.letters(session, ports().vault, document["about"]["notices"])
    return paper.printed(document, letters, lang)


def _count(session: Session) -> None:
    if attempts.count_reveal(session, ports().vault, actor(), now()) > attempts.REVEALS_PER_HOUR:
        abort(429)


def _days() -> tuple[datetime, datetime]:
    """From the first day to the end of the last, UTC; a year up to now where none is given."""
    first, last = _day("from"), _day("to")
    since = datetime.combine(first, datetime.min.time(), UTC) if first else now() - _YEAR
    until = datetime.combine(last, datetime.min.time(), UTC) if last else now()
    return since, until + timedelta(days=1)


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        return None


def _page(provider_id: uuid.UUID, result: Result | None = None, *, unreadable: bool = False) -> str:
    with ports().sessions() as session:
        provider = session.get(Provider, provider_id) or abort(404)
        name = provider_name(ports().vault, provider)
    return render_template(
        "received.html",
        provider=provider,
        name=name,
        result=result,
        unreadable=unreadable,
        typed=request.form,
        first=(now() - _YEAR).date().isoformat(),
        last=now().date().isoformat(),
    )
