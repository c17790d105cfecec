"""Letters: what each kind says in each language; copies written, tried, approved, gone back to."""

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from notices.errors import NoticeError, TemplateFault
from takedown.db import committing
from takedown.flow.notify import look_up
from takedown.hosts.models import Provider
from takedown.outbox.texts import editing, preview, standing
from takedown.outbox.texts.checking import Faulty
from takedown.outbox.texts.editing import Place, TextRefused
from takedown.outbox.texts.models import TemplateCopy
from takedown.people.permissions import Permission
from takedown.routes.countries import countries, is_country
from takedown.web import acts
from takedown.web.guard import actor, needs
from takedown.web.ports import now, ports
from takedown.web.reads import routes as route_reads
from takedown.web.reads import texts as reads
from takedown.web.reads.asked import uuid_of
from takedown.web.reads.people import names_of

pages = Blueprint("texts", __name__, url_prefix="/letters")


@pages.get("")
@needs(Permission.SEE_CASES)
def index() -> ResponseReturnValue:
    """Every letter by kind and language, and what waits for approval."""
    with ports().sessions() as session:
        shown = reads.overview(session, ports().vault)
        names = names_of(session, {line.row.written_by for line in shown.waiting})
        return render_template("texts.html", shown=shown, kinds=reads.KINDS, names=names)


@pages.get("/<lang>/<kind>")
@needs(Permission.SEE_CASES)
def text(lang: str, kind: str) -> ResponseReturnValue:
    """One letter: what it says, how it reads, and where a supervisor writes another."""
    return _page(lang, kind)


@pages.post("/<lang>/<kind>/preview")
@needs(Permission.EDIT_TEMPLATE)
def look(lang: str, kind: str) -> ResponseReturnValue:
    """What the typed text would say; nothing is kept."""
    if "HX-Request" not in request.headers:
        return _page(lang, kind, typed=request.form)
    with ports().sessions() as session:
        place = _place(session, lang, kind)
        shown = _tried(session, place, _facts(session, place), _body())
    return render_template("parts/text_preview.html", **shown)


@pages.post("/<lang>/<kind>")
@needs(Permission.EDIT_TEMPLATE)
def write(lang: str, kind: str) -> ResponseReturnValue:
    """A new version; another supervisor approves it."""
    try:
        with committing(ports().sessions) as session:
            place = _place(session, lang, kind)
            for one in (_body(), request.form.get("why", "")):
                acts.without_location(session, ports().vault, one)
            made = editing.write(
                session,
                ports().vault,
                place,
                _body(),
                seen=request.form.get("seen", 0, type=int),
                based_on=request.form.get("based_on", "")[:200],
                why=request.form.get("why", ""),
                by=actor(),
                now=now(),
            )
            _note(session, "text.write", made)
    except acts.HoldsLocation:
        return _page(lang, kind, typed=request.form, refused="place"), 422
    except TextRefused as no:
        return _page(lang, kind, typed=request.form, refused=no.why), 422
    except Faulty:
        return _page(lang, kind, typed=request.form), 422
    flash("written")
    return redirect(url_for("texts.version", copy_id=made.id), 303)


@pages.post("/<lang>/<kind>/read")
@needs(Permission.EDIT_TEMPLATE)
def sign_off(lang: str, kind: str) -> ResponseReturnValue:
    """A speaker has read the built-in text: from now on it counts as reviewed."""
    try:
        with committing(ports().sessions) as session:
            place = _place(session, lang, kind)
            made = editing.sign_off(
                session,
                place.name,
                digest=_bytes(request.form.get("digest", "")),
                speaker=acts.without_location(
                    session, ports().vault, request.form.get("speaker", "")
                ),
                read_on=_day(request.form.get("read_on", "")),
                by=actor(),
                now=now(),
            )
            acts.note(session, ports(), actor(), "text.read", made.id, name=made.name)
    except TextRefused as no:
        return _page(lang, kind, refused=no.why), 422
    flash("read")
    return redirect(url_for("texts.text", lang=lang, kind=kind), 303)


@pages.get("/versions/<uuid:copy_id>")
@needs(Permission.SEE_CASES)
def version(copy_id: uuid.UUID) -> ResponseReturnValue:
    """One version, how it differs from what it took the place of, and what can be done with it."""
    return _version(copy_id)


@pages.post("/versions/<uuid:copy_id>/approve")
@needs(Permission.EDIT_TEMPLATE)
def approve(copy_id: uuid.UUID) -> ResponseReturnValue:
    """A second person's yes."""
    return _act(
        copy_id,
        "text.approve",
        lambda session: editing.approve(session, copy_id, by=actor(), now=now()),
    )


@pages.post("/versions/<uuid:copy_id>/again")
@needs(Permission.EDIT_TEMPLATE)
def roll_back(copy_id: uuid.UUID) -> ResponseReturnValue:
    """Letters say again what they said before."""
    why = request.form.get("why", "")
    return _act(
        copy_id,
        "text.roll_back",
        lambda session: editing.roll_back(
            session, ports().vault, copy_id, why=_plain(session, why), by=actor(), now=now()
        ),
    )


@pages.post("/versions/<uuid:copy_id>/retire")
@needs(Permission.EDIT_TEMPLATE)
def retire(copy_id: uuid.UUID) -> ResponseReturnValue:
    """The version goes; the next best text counts."""
    why = request.form.get("why", "")
    return _act(
        copy_id,
        "text.retire",
        lambda session: editing.retire(
            session, copy_id, why=_plain(session, why), by=actor(), now=now()
        ),
    )


def _act(
    copy_id: uuid.UUID, action: str, do: Callable[[Session], TemplateCopy]
) -> ResponseReturnValue:
    try:
        with committing(ports().sessions) as session:
            _copy(session, copy_id)
            row = do(session)
            _note(session, action, row)
    except TextRefused as no:
        return _version(copy_id, no.why), 422
    flash(action)
    return redirect(url_for("texts.version", copy_id=row.id), 303)


def _note(session: Session, action: str, row: TemplateCopy) -> None:
    acts.note(session, ports(), actor(), action, row.id, place=row.place, version=row.version)


def _plain(session: Session, text: str) -> str:
    return acts.without_location(session, ports().vault, text)


def _body() -> str:
    return request.form.get("body", "").replace("\r\n", "\n")


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise TextRefused("day") from None


def _copy(session: Session, copy_id: uuid.UUID) -> TemplateCopy:
    return session.get(TemplateCopy, copy_id) or abort(404)


def _place(session: Session, lang: str, kind: str) -> Place:
    """What the page is about; 404 where the software has no such letter, or no such provider."""
    if not any((one.lang, one.kind) == (lang, kind) for one in standing.built_in(session)):
        abort(404)
    country, provider = request.values.get("country", "").upper(), request.values.get("provider")
    if country and not is_country(country):
        abort(404)
    provider_id = uuid_of(provider) if provider else None
    if provider and (provider_id is None or session.get(Provider, provider_id) is None):
        abort(404)
    return Place(kind, lang, None if provider_id else country or None, provider_id)


def _facts(session: Session, place: Place) -> Any:
    chosen = uuid_of(request.values.get("notice", ""))
    known = ports()
    return preview.facts(session, known.vault, known.hotline, place, chosen, look_up)


def _tried(session: Session, place: Place, facts: Any, body: str) -> dict[str, Any]:
    """The letter, or what is wrong with it."""
    try:
        return {"letter": preview.letter(facts, place, body), "faults": [], "broken": False}
    except Faulty as wrong:
        return {"letter": None, "faults": wrong.faults, "broken": False}
    except TemplateFault as wrong:
        return {"letter": None, "faults": [wrong], "broken": False}
    except NoticeError:
        return {"letter": None, "faults": [], "broken": True}


def _page(lang: str, kind: str, *, typed: Any = None, refused: str = "") -> str:
    with ports().sessions() as session:
        place = _place(session, lang, kind)
        facts = _facts(session, place)
        shown = reads.page(session, ports().vault, place, facts)
        body = _body() if typed else shown.choice.template.body.source
        actors = {row.written_by for row in shown.versions}
        if shown.review:
            actors.add(shown.review.signed_by)
        return render_template(
            "text.html",
            shown=shown,
            place=place,
            body=body,
            typed=typed or {},
            refused=refused,
            names=names_of(session, actors),
            today=now().date(),
            asked=request.values.get("notice", ""),
            countries=route_reads.by_name(countries()),
            **_tried(session, place, facts, body),
        )


def _version(copy_id: uuid.UUID, refused: str = "") -> str:
    with ports().sessions() as session:
        row = _copy(session, copy_id)
        place, body = editing.place_of(row), standing.body(ports().vault, row)
        actors = {one for one in (row.written_by, row.approved_by, row.retired_by) if one}
        return render_template(
            "text_version.html",
            row=row,
            waits=editing.waits(row),
            mine=row.written_by == actor(),
            differences=reads.differences(reads.before(session, ports().vault, row), body),
            unusable=standing.unusable(session, ports().vault, row),
            names=names_of(session, actors),
            refused=refused,
            place=place,
            **_tried(session, place, _facts(session, place), body),
        )
