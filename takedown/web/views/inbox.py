"""Inbox and triage: what came back, and a person's word on it."""

import uuid
from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from takedown.db import committing
from takedown.outbox.inbox.answering import AnswerRefused
from takedown.outbox.inbox.models import InboundMail, MailState
from takedown.people.permissions import Permission
from takedown.urls.models import MISTAKES, Withdrawal
from takedown.web import inbox_acts
from takedown.web.acts import HoldsLocation
from takedown.web.guard import actor, needs
from takedown.web.inbox_acts import MailRefused
from takedown.web.ports import now, ports
from takedown.web.reads import inbox as read
from takedown.web.reads.asked import uuid_of

pages = Blueprint("inbox", __name__, url_prefix="/inbox")


@pages.get("")
@needs(Permission.WORK_CASES)
def index() -> ResponseReturnValue:
    """What belongs to a notice; or what matches nothing."""
    show = request.args.get("show", "")
    with ports().sessions() as session:
        if show == "triage":
            lines = read.triage(session, ports().vault)
        else:
            lines = read.filed(session, ports().vault, unread=show != "all")
    return render_template("inbox.html", lines=lines, show=show)


@pages.get("/<uuid:mail_id>")
@needs(Permission.WORK_CASES)
def mail(mail_id: uuid.UUID) -> ResponseReturnValue:
    """One mail: its words, and what can be done with it."""
    return _page(mail_id)


@pages.post("/<uuid:mail_id>/read")
@needs(Permission.WORK_CASES)
def mark_read(mail_id: uuid.UUID) -> ResponseReturnValue:
    """It was read; reminders go on."""
    return _act(mail_id, "read", lambda db, one: inbox_acts.read(db, ports(), one, actor=actor()))


@pages.post("/<uuid:mail_id>/match")
@needs(Permission.WORK_CASES)
def match(mail_id: uuid.UUID) -> ResponseReturnValue:
    """It belongs to the notice of this number."""
    number = request.form.get("number", "")[:40]
    return _act(
        *(mail_id, "match"),
        lambda db, one: inbox_acts.match(db, ports(), one, number, actor=actor()),
    )


@pages.post("/<uuid:mail_id>/discard")
@needs(Permission.WORK_CASES)
def discard(mail_id: uuid.UUID) -> ResponseReturnValue:
    """It is about nothing of ours."""
    why = request.form.get("why", "")
    return _act(
        *(mail_id, "discard"),
        lambda db, one: inbox_acts.discard(db, ports(), one, why, actor=actor()),
    )


@pages.post("/<uuid:mail_id>/answer")
@needs(Permission.WORK_CASES)
def answer(mail_id: uuid.UUID) -> ResponseReturnValue:
    """A person's answer, by the outbox."""
    text = request.form.get("text", "")
    return _act(
        *(mail_id, "answer"),
        lambda db, one: inbox_acts.answer(db, ports(), one, text, actor=actor()),
    )


@pages.post("/<uuid:mail_id>/mistaken")
@needs(Permission.WORK_CASES)
def mistaken(mail_id: uuid.UUID) -> ResponseReturnValue:
    """They are right: what is chosen of its notice was our mistake."""
    chosen = [one for text in request.form.getlist("url") if (one := uuid_of(text))]
    why = request.form.get("mistake", "")
    if why not in MISTAKES:
        abort(400)
    return _act(
        *(mail_id, "mistaken"),
        lambda db, one: inbox_acts.mistaken(
            *(db, ports(), one, chosen, Withdrawal(why)), actor=actor()
        ),
    )


def _act(
    mail_id: uuid.UUID, said: str, act: Callable[[Session, InboundMail], None]
) -> ResponseReturnValue:
    try:
        with committing(ports().sessions) as session:
            found = session.get(InboundMail, mail_id, with_for_update=True) or abort(404)
            act(session, found)
    except (MailRefused, AnswerRefused, HoldsLocation) as wrong:
        return _page(mail_id, str(wrong)), 409
    flash(said)
    return redirect(url_for("inbox.mail", mail_id=mail_id), 303)


def _page(mail_id: uuid.UUID, wrong: str = "") -> str:
    with ports().sessions() as session:
        found = session.get(InboundMail, mail_id) or abort(404)
        if found.state == MailState.NEW:
            abort(404)
        shown = read.page(session, ports().vault, found, now())
    return render_template(
        "mail.html", shown=shown, mail=shown.mail, wrong=wrong, form=request.form
    )
