"""The month's sample: drawn at random, looked at by a person, counted against the checks."""

import uuid

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from takedown.checks.models import Sample
from takedown.checks.sampling import Answer
from takedown.db import committing
from takedown.people.permissions import Permission
from takedown.web import suspect_acts
from takedown.web.guard import actor, needs
from takedown.web.ports import ports
from takedown.web.reads import samples
from takedown.web.reads.asked import uuid_of

pages = Blueprint("samples", __name__, url_prefix="/suspects/sample")


@pages.get("")
@needs(Permission.SEE_CASES)
def index() -> ResponseReturnValue:
    """What waits for a look; the one just answered can be taken back."""
    last = uuid_of(request.args.get("answered", ""))
    with ports().sessions() as session:
        return render_template(
            "samples.html",
            page=samples.page(session, ports().vault),
            answered=samples.answered(session, last) if last else None,
        )


@pages.post("/<uuid:sample_id>/answer")
@needs(Permission.WORK_CASES)
def answer(sample_id: uuid.UUID) -> ResponseReturnValue:
    """Up, gone, or it could not be told."""
    seen = request.form.get("seen", "")
    if seen not in set(Answer):
        abort(400)
    with committing(ports().sessions) as session:
        sample = _sample(session, sample_id)
        suspect_acts.answer(session, ports(), sample, Answer(seen), actor=actor())
    return redirect(url_for("samples.index", answered=sample_id), 303)


@pages.post("/<uuid:sample_id>/undo")
@needs(Permission.WORK_CASES)
def undo(sample_id: uuid.UUID) -> ResponseReturnValue:
    """The answer is taken back, and it waits again."""
    with committing(ports().sessions) as session:
        suspect_acts.take_back(session, ports(), _sample(session, sample_id), actor=actor())
    return redirect(url_for("samples.index"), 303)


def _sample(session: Session, sample_id: uuid.UUID) -> Sample:
    return session.get(Sample, sample_id, with_for_update=True) or abort(404)
