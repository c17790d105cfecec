"""Providers: the list, one with all that stands in the book about it, and changing it."""

import uuid

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from takedown.db import committing
from takedown.hosts.book import editing, listing
from takedown.hosts.book.fields import NEW_PROVIDER, PROVIDER, Values
from takedown.hosts.book.problems import BookError
from takedown.hosts.book.reading import provider_values
from takedown.hosts.models import Kind, Medium, Provider, Standing
from takedown.people.permissions import Permission
from takedown.web import book_words
from takedown.web.at_the_book import desk, typed, without_location
from takedown.web.guard import may, needs
from takedown.web.ports import now, ports
from takedown.web.reads import providers as reads
from takedown.web.reads.asked import uuid_of

pages = Blueprint("providers", __name__, url_prefix="/providers")
pages.record_once(lambda state: book_words.install(state.app))

_TICKS = ("proxy", "signatory")


@pages.get("")
@needs(Permission.SEE_FIGURES)
def index() -> ResponseReturnValue:
    """The newest first, fifty a page; managers read those with a reviewed name."""
    asked = request.args
    wanted = listing.Filter(
        asked.get("kind", ""),
        asked.get("standing", "") if may(Permission.SEE_CASES) else "",
        asked.get("country", "").upper()[:2],
        asked.get("waits") == "yes" and may(Permission.SEE_CASES),
        not may(Permission.SEE_CASES),
        uuid_of(asked.get("before", "")),
    )
    with ports().sessions() as session:
        found = listing.page(session, wanted, listing.PAGE + 1)
        rows = reads.lines(session, ports().vault, found[: listing.PAGE], now())
    more = found[listing.PAGE - 1].id if len(found) > listing.PAGE else None
    return _list(rows, wanted, more=more)


@pages.post("/search")
@needs(Permission.SEE_FIGURES)
def search() -> ResponseReturnValue:
    """By name, network, domain or contact: what is searched for stands in no path."""
    sought, hidden = request.form.get("q", ""), not may(Permission.SEE_CASES)
    with ports().sessions() as session:
        found = listing.find(session, ports().vault, sought, listing.PAGE, reviewed=hidden)
        rows = reads.lines(session, ports().vault, found, now())
    if len(rows) == 1:
        return redirect(url_for("providers.one", provider_id=rows[0].id), 303)
    return _list(rows, listing.Filter(), sought=sought)


@pages.get("/<uuid:provider_id>")
@needs(Permission.SEE_FIGURES)
def one(provider_id: uuid.UUID) -> ResponseReturnValue:
    """All about one; one under review does not exist for managers."""
    with ports().sessions() as session:
        provider = _provider(session, provider_id)
        if not may(Permission.SEE_CASES) and not (provider.reviewed_at and provider.public_name):
            abort(404)
        shown = reads.shown(session, ports().vault, provider, now())
    return render_template("provider.html", shown=shown, full=may(Permission.SEE_CASES))


@pages.get("/new")
@needs(Permission.EDIT_BOOK)
def new() -> ResponseReturnValue:
    """An empty form."""
    return _form(None, dict(NEW_PROVIDER))


@pages.post("")
@needs(Permission.EDIT_BOOK)
def add() -> ResponseReturnValue:
    """A provider typed in by hand."""
    given, why = typed(PROVIDER, _TICKS), request.form.get("why", "")
    try:
        with committing(ports().sessions) as session:
            work = desk(session)
            _refuse_locations(session, given, why)
            made = editing.add(work, given, why=why)
            work.sign("provider.add", made.id)
    except BookError as wrong:
        return _form(None, {**NEW_PROVIDER, **given}, wrong.problems, why), 422
    return redirect(url_for("providers.one", provider_id=made.id), 303)


@pages.get("/<uuid:provider_id>/edit")
@needs(Permission.EDIT_BOOK)
def edit(provider_id: uuid.UUID) -> ResponseReturnValue:
    """The form as the book stands."""
    with ports().sessions() as session:
        provider = _provider(session, provider_id)
        values = provider_values(session, ports().vault, [provider])[provider.id]
    return _form(provider_id, values)


@pages.post("/<uuid:provider_id>")
@needs(Permission.EDIT_BOOK)
def change(provider_id: uuid.UUID) -> ResponseReturnValue:
    """Save what was changed; what is wrong comes back with all that was typed."""
    given, why = typed(PROVIDER, _TICKS), request.form.get("why", "")
    try:
        with committing(ports().sessions) as session:
            provider, work = _provider(session, provider_id, lock=True), desk(session)
            _refuse_locations(session, given, why)
            changed = editing.change(work, provider, given, why=why)
            if changed:
                fields = [one.name for one in changed]
                work.sign("provider.edit", provider_id, fields=fields)
    except BookError as wrong:
        return _form(provider_id, given, wrong.problems, why), 422
    return redirect(url_for("providers.one", provider_id=provider_id), 303)


def _provider(session: Session, provider_id: uuid.UUID, *, lock: bool = False) -> Provider:
    return session.get(Provider, provider_id, with_for_update=lock or None) or abort(404)


def _refuse_locations(session: Session, given: Values, why: str) -> None:
    without_location(session, "why", why)
    without_location(session, "notes", given.get("notes", ""))


def _form(
    provider_id: uuid.UUID | None,
    values: Values,
    problems: dict[str, str] | None = None,
    why: str = "",
) -> str:
    return render_template(
        "provider_form.html",
        provider_id=provider_id,
        values={**NEW_PROVIDER, **values},
        problems=problems or {},
        why=why,
        kinds=list(Kind),
        standings=list(Standing),
        media=list(Medium),
    )


def _list(
    rows: list[reads.Line],
    wanted: listing.Filter,
    *,
    more: uuid.UUID | None = None,
    sought: str = "",
) -> str:
    return render_template(
        "providers.html",
        rows=rows,
        wanted=wanted,
        countries=book_words.countries(),
        more=more,
        sought=sought,
        full=may(Permission.SEE_CASES),
        kinds=list(Kind),
        standings=list(Standing),
    )
