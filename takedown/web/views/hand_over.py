"""Hand-overs: the file for whoever carries it, the receipt that came back, the police's answer."""

import io
import uuid
import zipfile

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from takedown.db import committing
from takedown.flow import notify
from takedown.flow.clearing import clear
from takedown.outbox.by_hand import File, Withheld
from takedown.outbox.models import Delivery, Notice
from takedown.people import attempts
from takedown.people.permissions import Permission
from takedown.urls.models import Url
from takedown.web import acts, fresh
from takedown.web.guard import actor, needs
from takedown.web.ports import house, now, ports
from takedown.web.reads.asked import instant_of
from takedown.web.views.queue import page

pages = Blueprint("hand_over", __name__)
WHY_FILE = ("hand_over", "again")


@pages.post("/queue/<uuid:notice_id>/deliveries/<uuid:delivery_id>/file")
@needs(Permission.REVEAL)
def file(notice_id: uuid.UUID, delivery_id: uuid.UUID) -> ResponseReturnValue:
    """The files of a hand-over, in this answer only: a reveal, under the gate, with its reason."""
    back = url_for("queue.notice", notice_id=notice_id)
    if (sign_in := fresh.again(back)) is not None:
        return sign_in
    why = request.form.get("why", "")
    if why not in WHY_FILE:
        abort(400)
    with committing(ports().sessions) as session:
        notice = _notice_of(session, notice_id, delivery_id)
        try:
            files = notify.take_by_hand(session, ports(), delivery_id)
        except Withheld as no:
            flash(no.why, "withheld")
            return redirect(back, 303)
        _count(session)
        acts.note(
            session, ports(), actor(), "notice.file", notice_id, why=why, delivery=str(delivery_id)
        )
        return _packed(notice.number, files)


@pages.post("/queue/<uuid:notice_id>/deliveries/<uuid:delivery_id>/form")
@needs(Permission.REVEAL)
def form(notice_id: uuid.UUID, delivery_id: uuid.UUID) -> ResponseReturnValue:
    """What goes into the recipient's form, box by box, in this answer only: a reveal."""
    back = url_for("queue.notice", notice_id=notice_id)
    if (sign_in := fresh.again(back)) is not None:
        return sign_in
    with committing(ports().sessions) as session:
        _notice_of(session, notice_id, delivery_id)
        try:
            submissions = notify.fill_in(session, ports(), delivery_id)
        except Withheld as no:
            flash(no.why, "withheld")
            return redirect(back, 303)
        _count(session)
        acts.note(
            *(session, ports(), actor(), "notice.file", notice_id),
            why="form",
            delivery=str(delivery_id),
        )
    return page(notice_id, submissions=submissions)


@pages.post("/queue/<uuid:notice_id>/deliveries/<uuid:delivery_id>/resolve")
@needs(Permission.APPROVE_UNVERIFIED)
def resolve(notice_id: uuid.UUID, delivery_id: uuid.UUID) -> ResponseReturnValue:
    """A supervisor's word on what may have arrived."""
    word = request.form.get("arrived", "")
    if word not in ("yes", "no"):
        abort(400)
    with committing(ports().sessions) as session:
        _notice_of(session, notice_id, delivery_id)
        said = notify.resolve(session, ports(), delivery_id, arrived=word == "yes", actor=actor())
        acts.note(
            *(session, ports(), actor(), "notice.resolve", notice_id),
            delivery=str(delivery_id),
            outcome=said,
        )
    flash(said, "resolved")
    return redirect(url_for("queue.notice", notice_id=notice_id), 303)


@pages.post("/queue/<uuid:notice_id>/deliveries/<uuid:delivery_id>/receipt")
@needs(Permission.WORK_CASES)
def receipt(notice_id: uuid.UUID, delivery_id: uuid.UUID) -> ResponseReturnValue:
    """The reference that came back; of a hand-over by hand it says that it was done."""
    with committing(ports().sessions) as session:
        _notice_of(session, notice_id, delivery_id)
        reference = request.form.get("reference", "")
        notify.receipt(session, ports(), delivery_id, reference, actor=actor())
        acts.note(session, ports(), actor(), "notice.receipt", notice_id, delivery=str(delivery_id))
    flash("receipt", "done")
    return redirect(url_for("queue.notice", notice_id=notice_id), 303)


@pages.post("/cases/<uuid:url_id>/clearance")
@needs(Permission.WORK_CASES)
def clearance(url_id: uuid.UUID) -> ResponseReturnValue:
    """The police agree: the notices about this address leave."""
    at = instant_of(request.form.get("cleared_at", ""), house().config.time_zone) or now()
    with committing(ports().sessions) as session:
        said = request.form.get("police_reference", "")[:64]
        reference = acts.without_location(session, ports().vault, said) or None
        url = session.get(Url, url_id, with_for_update=True) or abort(404)
        clear(session, ports(), url, at=at, reference=reference, actor=actor())
        acts.note(
            *(session, ports(), actor(), "police.clear", url_id),
            reference=reference,
            cleared_at=at.isoformat(),
        )
    flash("clearance")
    return redirect(url_for("case.index", url_id=url_id), 303)


def _notice_of(session: Session, notice_id: uuid.UUID, delivery_id: uuid.UUID) -> Notice:
    delivery = session.get(Delivery, delivery_id)
    if delivery is None or delivery.notice_id != notice_id:
        abort(404)
    return session.get_one(Notice, notice_id)


def _count(session: Session) -> None:
    if attempts.count_reveal(session, ports().vault, actor(), now()) > attempts.REVEALS_PER_HOUR:
        abort(429)


def _packed(number: str, files: tuple[File, ...]) -> Response:
    """A zip made in memory; its name says the notice's number and nothing else."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in files:
            archive.writestr(zipfile.ZipInfo(one.name), one.content)
    answer = Response(packed.getvalue(), mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{number}.zip"'
    return answer
