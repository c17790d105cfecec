"""Reports: asked for, watched, downloaded, compared; published by a second person; corrected."""

import uuid
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from takedown.db import committing
from takedown.flow.reports import house
from takedown.outbox.evidence.paper import NoPaper
from takedown.people.permissions import Permission
from takedown.stats.exports.tongue import LANGUAGES
from takedown.stats.exports.writing import FORMATS
from takedown.stats.publication import drawing, service
from takedown.stats.publication.frozen import NotWhole
from takedown.stats.publication.models import (
    Edition,
    Publication,
    PublicationFile,
    PublicationState,
    ReportKind,
)
from takedown.stats.publication.service import PublicationRefused, Wanted
from takedown.web import acts, report_words
from takedown.web.guard import actor, may, needs
from takedown.web.ports import now, ports
from takedown.web.reads import reports as reads
from takedown.web.reads.asked import uuid_of

pages = Blueprint("reports", __name__, url_prefix="/reports")
OPEN: Final = (PublicationState.PUBLISHED, PublicationState.WITHDRAWN)
ACTS: Final[Mapping[str, tuple[str, Callable[..., Any], bool]]] = {
    "told": ("report.told", service.told, False),  # providers have been sent their figures
    "publish": ("report.publish", service.publish, False),  # a second person's yes
    "refuse": ("report.refuse", service.refuse, False),
    "withdraw": ("report.withdraw", service.withdraw, True),  # it stays, marked so
    "correct": ("report.erratum", service.correct, True),  # made in the background
}
"""The log's word for each act, who does it, and whether a reason is said."""


@pages.get("")
@needs(Permission.SEE_FIGURES)
def index() -> ResponseReturnValue:
    """What is published, what waits, and a form to ask for another."""
    return _index()


@pages.post("")
@needs(Permission.PUBLISH)
def ask() -> ResponseReturnValue:
    """A report, to be made in the background."""
    try:
        with committing(ports().sessions) as session:
            row = service.ask(session, _wanted(session), now=now(), by=actor())
            _note(session, "report.ask", row)
    except (PublicationRefused, acts.HoldsLocation) as no:
        return _index(_why(no)), 422
    return redirect(url_for("reports.show", publication_id=row.id), 303)


@pages.get("/<uuid:publication_id>")
@needs(Permission.SEE_FIGURES)
def show(publication_id: uuid.UUID) -> ResponseReturnValue:
    """One publication: how far it is, its files, what can be done with it, what it changed."""
    return _page(publication_id)


@pages.get("/<uuid:publication_id>/progress")
@needs(Permission.SEE_FIGURES)
def progress(publication_id: uuid.UUID) -> ResponseReturnValue:
    """How far it is; the page asks every other second. 286: nothing more will come (htmx)."""
    with ports().sessions() as session:
        row = _row(session, publication_id)
    going = row.state in (PublicationState.WAITING, PublicationState.WORKING)
    shown = render_template("parts/report_progress.html", row=row, words=report_words, going=going)
    answer = Response(shown, 200 if going else 286)
    if not going:
        answer.headers["HX-Refresh"] = "true"
    return answer


@pages.post("/<uuid:publication_id>/files/<uuid:file_id>")
@needs(Permission.SEE_FIGURES)
def download(publication_id: uuid.UUID, file_id: uuid.UUID) -> ResponseReturnValue:
    """The stored bytes of a file; the log says who took it."""
    with committing(ports().sessions) as session:
        row = _row(session, publication_id)
        file = session.get(PublicationFile, file_id)
        if file is None or file.publication_id != row.id:
            abort(404)
        content = (house(ports()).folder(row.id) / "files" / file.name).read_bytes()
        _note(session, "report.download", row, lang=file.lang, format=file.format)
    answer = Response(content, mimetype=FORMATS[file.format][1])
    name = file.name.partition("-")[2]
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@pages.post("/<uuid:publication_id>/files")
@needs(Permission.PUBLISH)
def another(publication_id: uuid.UUID) -> ResponseReturnValue:
    """One more form in one language, drawn now from the frozen figures; nothing is counted anew."""
    which = lang, form = _which()
    try:
        with committing(ports().sessions) as session:
            row = _row(session, publication_id, lock=True)
            if which in drawing.absent(session, house(ports()), row):
                drawing.complete(session, house(ports()), row, [lang], [form])
                _note(session, "report.draw", row, lang=lang, format=form)
                flash("report.draw")
    except (NotWhole, NoPaper) as no:
        return _page(publication_id, "no_paper" if isinstance(no, NoPaper) else "not_whole"), 409
    return redirect(url_for("reports.show", publication_id=publication_id, _anchor="files"), 303)


@pages.post("/<uuid:publication_id>/own")
@needs(Permission.PUBLISH)
def own(publication_id: uuid.UUID) -> ResponseReturnValue:
    """One page for each named provider with its own figures, zipped, to be sent before the rest."""
    lang = request.form.get("lang", "en")
    with committing(ports().sessions) as session:
        row = _row(session, publication_id)
        if row.digest is None:
            abort(404)
        content = drawing.own_figures(house(ports()), row, lang)
        _note(session, "report.own", row, lang=lang)
    answer = Response(content, mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{row.number}-own.zip"'
    return answer


@pages.post(f"/<uuid:publication_id>/<any({', '.join(ACTS)}):what>")
@needs(Permission.PUBLISH)
def act(publication_id: uuid.UUID, what: str) -> ResponseReturnValue:
    """What a person decides about it: see `ACTS`."""
    action, do, says_why = ACTS[what]
    try:
        with committing(ports().sessions) as session:
            row = _row(session, publication_id, lock=True)
            said = {"why": _plain(session, request.form.get("why", ""))} if says_why else {}
            made = do(session, row, now=now(), by=actor(), **said) or row
            _note(session, action, made)
    except (PublicationRefused, acts.HoldsLocation) as no:
        return _page(publication_id, _why(no)), 422
    flash(action)
    return redirect(url_for("reports.show", publication_id=made.id), 303)


def _wanted(session: Session) -> Wanted:
    form = request.form
    said = {lang: _plain(session, form.get(f"independence_{lang}", "")) for lang in LANGUAGES}
    kind = ReportKind.DSA22 if form.get("kind") == ReportKind.DSA22 else ReportKind.ANNUAL
    public = form.get("edition") == Edition.PUBLIC and kind == ReportKind.ANNUAL
    return Wanted(
        kind,
        Edition.PUBLIC if public else Edition.FULL,
        _day("from"),
        _day("to"),
        form.get("clock", "notified"),
        languages=form.getlist("lang"),
        formats=form.getlist("format"),
        independence={lang: text for lang, text in said.items() if text},
    )


def _which() -> tuple[str, str]:
    lang, _, form = request.form.get("which", "").partition(".")
    return lang, form


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise PublicationRefused("day") from None


def _plain(session: Session, text: str) -> str:
    return acts.without_location(session, ports().vault, text[:20_000])


def _row(session: Session, publication_id: uuid.UUID, *, lock: bool = False) -> Publication:
    """What this person may see: drafts are for those who publish."""
    row = session.get(Publication, publication_id, with_for_update=lock or None) or abort(404)
    if row.state not in OPEN and not may(Permission.PUBLISH):
        abort(404)
    return row


def _note(session: Session, action: str, row: Publication, **more: Any) -> None:
    acts.note(session, ports(), actor(), action, row.id, **service.about(row, **more))


def _why(no: Exception) -> str:
    return no.why if isinstance(no, PublicationRefused) else "place"


def _index(refused: str = "") -> str:
    last_year = now().date().replace(month=1, day=1) - timedelta(days=1)
    with ports().sessions() as session:
        rows = [
            row for row in service.listed(session) if row.state in OPEN or may(Permission.PUBLISH)
        ]
    return render_template(
        "reports.html",
        rows=rows,
        words=report_words,
        refused=report_words.refused(refused) if refused else "",
        typed=request.form,
        first=last_year.replace(month=1, day=1),
        last=last_year,
        languages=LANGUAGES,
        formats=FORMATS,
    )


def _page(publication_id: uuid.UUID, refused: str = "") -> str:
    with ports().sessions() as session:
        row = _row(session, publication_id)
        shown = reads.publication(
            session, house(ports()), row, uuid_of(request.args.get("with", ""))
        )
    return render_template(
        "report.html",
        row=row,
        shown=shown,
        words=report_words,
        mine=row.asked_by == actor(),
        refused=report_words.refused(refused) if refused else "",
        languages=LANGUAGES,
        going=row.state in (PublicationState.WAITING, PublicationState.WORKING),
    )
