"""Suspects: headers that changed, side by side; a person says what became of the address."""

import uuid
from datetime import timedelta
from typing import Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from takedown.checks.verdict import Verdict
from takedown.db import committing
from takedown.people.permissions import Permission
from takedown.urls.models import Url
from takedown.web import acts, suspect_acts
from takedown.web.guard import actor, needs
from takedown.web.ports import now, ports
from takedown.web.reads import samples
from takedown.web.reads.asked import uuid_of
from takedown.web.reads.suspects import Refused, suspects, undoable

pages = Blueprint("suspects", __name__, url_prefix="/suspects")
LATER: Final = {"1": timedelta(hours=1), "24": timedelta(days=1), "72": timedelta(days=3)}
VERDICTS: Final = {"removed": Verdict.DOWN, "up": Verdict.UP}


@pages.get("")
@needs(Permission.SEE_CASES)
def index() -> ResponseReturnValue:
    """Oldest first; the one just decided can be taken back."""
    return _page(uuid_of(request.args.get("decided", "")))


@pages.post("/<uuid:url_id>/decide")
@needs(Permission.WORK_CASES)
def decide(url_id: uuid.UUID) -> ResponseReturnValue:
    """Removed or still up, as seen in a protected viewer."""
    verdict = VERDICTS.get(request.form.get("verdict", "")) or abort(400)
    with committing(ports().sessions) as session:
        url = _url(session, url_id)
        acts.find(session, ports(), url, verdict, seen_at=now(), how="suspect", actor=actor())
    return redirect(url_for("suspects.index", decided=url_id), 303)


@pages.post("/<uuid:url_id>/moved")
@needs(Permission.WORK_CASES)
def moved(url_id: uuid.UUID) -> ResponseReturnValue:
    """It is at another address now: that one is registered, and this one is gone."""
    with ports().sessions() as session:
        url = _url(session, url_id)
    location = request.form.get("location", "")
    try:
        new = suspect_acts.register_moved(ports(), url, location, actor=actor())
    except suspect_acts.NoSuchAddress as wrong:
        return _page(refused=Refused(url_id, location, str(wrong))), 422
    with committing(ports().sessions) as session:
        url = _url(session, url_id)
        how = "moved"
        acts.find(session, ports(), url, Verdict.DOWN, seen_at=now(), how=how, actor=actor())
    return redirect(url_for("case.index", url_id=new), 303)


@pages.post("/<uuid:url_id>/later")
@needs(Permission.WORK_CASES)
def later(url_id: uuid.UUID) -> ResponseReturnValue:
    """Nobody can tell yet."""
    after = LATER.get(request.form.get("hours", "")) or abort(400)
    with committing(ports().sessions) as session:
        suspect_acts.ask_again(session, ports(), _url(session, url_id), after, actor=actor())
    return redirect(url_for("suspects.index"), 303)


@pages.post("/<uuid:url_id>/undo")
@needs(Permission.WORK_CASES)
def undo(url_id: uuid.UUID) -> ResponseReturnValue:
    """The decision is taken back and the question stands again."""
    with committing(ports().sessions) as session:
        suspect_acts.undo(session, ports(), _url(session, url_id), actor=actor())
    return redirect(url_for("suspects.index"), 303)


def _page(decided: uuid.UUID | None = None, refused: Refused | None = None) -> str:
    with ports().sessions() as session:
        return render_template(
            "suspects.html",
            shown=suspects(session, ports().vault, now()),
            sample=samples.waiting(session),
            decided=undoable(session, decided) if decided else None,
            refused=refused,
        )


def _url(session: Session, url_id: uuid.UUID) -> Url:
    return session.get(Url, url_id) or abort(404)
