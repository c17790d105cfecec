"""Queue by recipient: what waits, what it says and why, and a person's yes or no."""

import uuid
from collections.abc import Sequence

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from notices.channels.form import Submission
from takedown.db import committing
from takedown.flow import notify
from takedown.outbox import editing, queries, waiting
from takedown.outbox.models import Notice, NoticeStatus, NoticeUrl
from takedown.people import attempts
from takedown.people.permissions import Permission
from takedown.urls.models import Url
from takedown.web import acts, hold_acts
from takedown.web.guard import actor, may, may_approve, needs
from takedown.web.ports import now, ports
from takedown.web.reads.asked import hold_asked, uuid_of
from takedown.web.reads.holds import held_notices
from takedown.web.reads.notice import page as read_notice

pages = Blueprint("queue", __name__, url_prefix="/queue")
LEFT = (NoticeStatus.APPROVED, NoticeStatus.ACCEPTED, NoticeStatus.FAILED)
MOST = 200


@pages.get("")
@needs(Permission.SEE_CASES)
def index() -> ResponseReturnValue:
    """Drafts by recipient; or what was approved and where it got to."""
    left = request.args.get("show") == "left"
    statuses = LEFT if left else (NoticeStatus.DRAFT,)
    with ports().sessions() as session:
        recipients = queries.queue(
            *(session, ports().vault), statuses=statuses, newest=left, limit=MOST
        )
        held = held_notices(session, recipients)
        back = queries.came_back(session, recipients) if left else set()
        kept = [] if left else waiting.by_provider(session, ports().vault)
    mine = any(may_approve(one.supervisor) for line in recipients for one in line.waiting)
    shown = {"recipients": recipients, "mine": mine, "held": held, "back": back, "kept": kept}
    return render_template("queue.html", **shown, left=left, most=MOST)


@pages.get("/<uuid:notice_id>")
@needs(Permission.SEE_CASES)
def notice(notice_id: uuid.UUID) -> ResponseReturnValue:
    """One notice whole."""
    return page(notice_id)


@pages.post("/approve")
@needs(Permission.APPROVE_NOTICE)
def approve() -> ResponseReturnValue:
    """A yes to the chosen drafts; each that cannot go says why and stays."""
    ids = [found for text in request.form.getlist("notice") if (found := uuid_of(text))]
    with committing(ports().sessions) as session:
        for notice_id in ids:
            _notice(session, notice_id)
        answers = notify.approve(
            session,
            ports(),
            ids,
            actor=actor(),
            supervisor=may(Permission.APPROVE_UNVERIFIED),
        )
    refused = [one for one in answers if not one.approved]
    flash(str(len(answers) - len(refused)), "approved")
    for one in refused:
        flash(f"{one.number}|{one.outcome}|{','.join(one.why)}", "refused")
    return redirect(url_for("queue.index"), 303)


@pages.post("/<uuid:notice_id>/take-out/<uuid:url_id>")
@needs(Permission.APPROVE_NOTICE)
def take_out(notice_id: uuid.UUID, url_id: uuid.UUID) -> ResponseReturnValue:
    """One address leaves the draft; the text is written anew."""
    with committing(ports().sessions) as session:
        after = editing.take_out(
            session,
            ports().vault,
            ports().hotline,
            notice_id,
            url_id,
            look_up=notify.look_up,
            actor=actor(),
            why="person",
            now=now(),
        )
        number, empty = after.number, after.status != NoticeStatus.DRAFT
        acts.note(session, ports(), actor(), "notice.take_out", notice_id, url=str(url_id))
    if empty:
        flash(number, "discarded")
        return redirect(url_for("queue.index"), 303)
    flash("without", "anew")
    return redirect(url_for("queue.notice", notice_id=notice_id), 303)


@pages.post("/<uuid:notice_id>/discard")
@needs(Permission.APPROVE_NOTICE)
def discard(notice_id: uuid.UUID) -> ResponseReturnValue:
    """The draft goes; its addresses wait to be composed again by a person's word."""
    with committing(ports().sessions) as session:
        gone = editing.discard(session, notice_id, actor=actor(), why="person", now=now())
        number = gone.number
        acts.note(session, ports(), actor(), "notice.discard", notice_id)
    flash(number, "discarded")
    return redirect(url_for("queue.index"), 303)


@pages.post("/<uuid:notice_id>/hold")
@needs(Permission.PLACE_HOLD)
def hold(notice_id: uuid.UUID) -> ResponseReturnValue:
    """Stop the recipient, or one address of the notice; what it covers is taken out."""
    what = request.form.get("what", "")
    with committing(ports().sessions) as session:
        found = _notice(session, notice_id)
        asked = hold_asked(request.form, now())
        if what == "provider":
            hold_acts.on_provider(session, ports(), found.provider_id, asked, actor=actor())
        else:
            row = session.get(NoticeUrl, (notice_id, uuid_of(what) or abort(400))) or abort(404)
            url = session.get_one(Url, row.url_id)
            hold_acts.on_url(session, ports(), url, "url", asked, actor=actor())
    return redirect(url_for("queue.notice", notice_id=notice_id), 303)


@pages.post("/put-back/<uuid:url_id>")
@needs(Permission.APPROVE_NOTICE)
def put_back(url_id: uuid.UUID) -> ResponseReturnValue:
    """What was taken out or discarded may be composed again."""
    with committing(ports().sessions) as session:
        if session.get(Url, url_id) is None:
            abort(404)
        editing.put_back(session, url_id, actor=actor(), now=now())
        acts.note(session, ports(), actor(), "notice.put_back", url_id)
    flash("put_back")
    return redirect(url_for("case.index", url_id=url_id), 303)


@pages.post("/<uuid:notice_id>/compose-again")
@needs(Permission.APPROVE_NOTICE)
def compose_again(notice_id: uuid.UUID) -> ResponseReturnValue:
    """What reached nobody is composed anew, to whichever contact is the first one then."""
    with committing(ports().sessions) as session:
        editing.compose_again(session, notice_id, actor=actor(), now=now())
        acts.note(session, ports(), actor(), "notice.put_back", notice_id)
    flash("again", "anew")
    return redirect(url_for("queue.notice", notice_id=notice_id), 303)


@pages.post("/<uuid:notice_id>/message")
@needs(Permission.REVEAL)
def message(notice_id: uuid.UUID) -> ResponseReturnValue:
    """The very bytes that left, or in a rehearsal would have: a reveal, counted and audited."""
    with committing(ports().sessions) as session:
        found = _notice(session, notice_id)
        raw = queries.would_have_left(ports().vault, found) or abort(404)
        count = attempts.count_reveal(session, ports().vault, actor(), now())
        if count > attempts.REVEALS_PER_HOUR:
            abort(429)
        acts.note(session, ports(), actor(), "url.reveal", notice_id, why="message")
    return page(notice_id, raw.decode("utf-8", "replace"))


def _notice(session: Session, notice_id: uuid.UUID) -> Notice:
    return session.get(Notice, notice_id) or abort(404)


def page(notice_id: uuid.UUID, message: str = "", submissions: Sequence[Submission] = ()) -> str:
    """The page of a notice; `message` and `submissions` hold exact locations."""
    with ports().sessions() as session:
        _notice(session, notice_id)
        shown = read_notice(session, ports().vault, notice_id)
    return render_template(
        "notice.html",
        shown=shown,
        notice=shown.notice,
        message=message,
        submissions=submissions,
    )
