"""The book as a whole: taken out, brought in, and two providers made one."""

import uuid

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from takedown.audit import MACHINE
from takedown.db import committing
from takedown.flow import merging as whole
from takedown.hosts.book import exchange, listing, merging
from takedown.hosts.book.problems import BookError
from takedown.hosts.book.sheet import COLUMNS
from takedown.hosts.models import Provider, ProviderMerge
from takedown.people.permissions import Permission
from takedown.web.at_the_book import desk, without_location
from takedown.web.guard import actor, needs
from takedown.web.ports import ports
from takedown.web.reads.asked import uuid_of
from takedown.web.reads.contacts import provider_name
from takedown.web.reads.people import names_of

pages = Blueprint("book", __name__, url_prefix="/book")

SHOWN = 200
_NO_TABLE = "a table is needed: a file, or pasted"
_NOT_TEXT = "not a text in UTF-8: save the table as CSV UTF-8"


@pages.get("")
@needs(Permission.EDIT_BOOK)
def index() -> ResponseReturnValue:
    """Taking the book out, and bringing a table in."""
    return _exchange("", "")


@pages.post("/export")
@needs(Permission.EDIT_BOOK)
def export() -> ResponseReturnValue:
    """The whole book as CSV."""
    with committing(ports().sessions) as session:
        text = exchange.export(session, ports().vault)
        desk(session).sign("book.export", rows=text.count("\r\n") - 1)
    head = {"Content-Disposition": 'attachment; filename="contact-book.csv"'}
    return Response("\ufeff" + text, mimetype="text/csv", headers=head)


@pages.post("/import")
@needs(Permission.EDIT_BOOK)
def bring_in() -> ResponseReturnValue:
    """A dry run that shows every difference; saved only by the second button."""
    text, why = request.form.get("table", ""), request.form.get("why", "")
    dry_run = request.form.get("save") != "yes"
    try:
        text = _table()
        with committing(ports().sessions) as session:
            work = desk(session)
            without_location(session, "why", why)
            outcome = exchange.bring_in(work, text, dry_run=dry_run, why=why)
            if not dry_run:
                rows, refused = len(outcome.changed), len(outcome.refused)
                work.sign("book.import", rows=rows, refused=refused)
    except BookError as wrong:
        return _exchange(text, why, problems=wrong.problems), 422
    return _exchange(text if dry_run else "", why, outcome=outcome, saved=not dry_run)


@pages.get("/merge/<uuid:provider_id>")
@needs(Permission.EDIT_BOOK)
def choose(provider_id: uuid.UUID) -> ResponseReturnValue:
    """Which provider it is one with."""
    return _choose(provider_id)


@pages.post("/merge/<uuid:provider_id>")
@needs(Permission.EDIT_BOOK)
def propose(provider_id: uuid.UUID) -> ResponseReturnValue:
    """Look for the other one by name; with one chosen, propose it to a second person."""
    form = request.form
    into = uuid_of(form.get("into", ""))
    if into is None:
        return _choose(provider_id, sought=form.get("q", ""))
    try:
        with committing(ports().sessions) as session:
            gone, kept = _provider(session, provider_id), _provider(session, into)
            work = desk(session)
            why = without_location(session, "why", form.get("why", ""))
            made = merging.propose(work, gone, kept, why)
            work.sign("provider.merge_propose", provider_id, into=str(into))
    except BookError as wrong:
        return _choose(provider_id, sought=form.get("q", ""), problems=wrong.problems), 422
    return redirect(url_for("book.merge", merge_id=made.id), 303)


@pages.get("/merges/<uuid:merge_id>")
@needs(Permission.SEE_CASES)
def merge(merge_id: uuid.UUID) -> ResponseReturnValue:
    """What the merge would move, or did move."""
    return _merge(merge_id)


@pages.post("/merges/<uuid:merge_id>/confirm")
@needs(Permission.APPROVE_CONTACT)
def confirm(merge_id: uuid.UUID) -> ResponseReturnValue:
    """The second person's yes."""
    try:
        with committing(ports().sessions) as session:
            found = _proposal(session, merge_id)
            whole.confirm(desk(session), found)
            kept = found.into_id
    except BookError as wrong:
        return _merge(merge_id, wrong.problems), 422
    return redirect(url_for("providers.one", provider_id=kept), 303)


@pages.post("/merges/<uuid:merge_id>/refuse")
@needs(Permission.EDIT_BOOK)
def refuse(merge_id: uuid.UUID) -> ResponseReturnValue:
    """They are two after all."""
    with committing(ports().sessions) as session:
        found, work = _proposal(session, merge_id), desk(session)
        merging.take_back(work, found)
        work.sign("provider.merge_refuse", found.provider_id)
    return redirect(url_for("providers.one", provider_id=found.provider_id), 303)


def _provider(session: Session, provider_id: uuid.UUID) -> Provider:
    return session.get(Provider, provider_id) or abort(404)


def _proposal(session: Session, merge_id: uuid.UUID) -> ProviderMerge:
    return session.get(ProviderMerge, merge_id, with_for_update=True) or abort(404)


def _table() -> str:
    """What was handed in: a file before what was pasted. Raises `BookError`."""
    upload = request.files.get("file")
    pasted = request.form.get("table", "")
    if upload is not None and upload.filename:
        try:
            pasted = str(upload.read(), "utf-8-sig")
        except UnicodeDecodeError:
            raise BookError({"table": _NOT_TEXT}) from None
    if not pasted.strip():
        raise BookError({"table": _NO_TABLE})
    return pasted


def _choose(
    provider_id: uuid.UUID, sought: str = "", problems: dict[str, str] | None = None
) -> str:
    with ports().sessions() as session:
        provider = _provider(session, provider_id)
        found = listing.find(session, ports().vault, sought, 20) if sought else []
        others = [(one, provider_name(ports().vault, one)) for one in found]
        name = provider_name(ports().vault, provider)
    return render_template(
        "merge_choose.html",
        provider=provider,
        name=name,
        others=[(one, name) for one, name in others if one.id != provider.id],
        sought=sought,
        problems=problems or {},
        typed=request.form if problems else {},
    )


def _merge(merge_id: uuid.UUID, problems: dict[str, str] | None = None) -> str:
    with ports().sessions() as session:
        found = session.get(ProviderMerge, merge_id) or abort(404)
        gone, kept = _provider(session, found.provider_id), _provider(session, found.into_id)
        vault = ports().vault
        waits = found.closed_at is None
        preview = whole.preview(session, vault, gone, kept) if waits else None
        people = {found.proposed_by, found.closed_by or MACHINE}
        return render_template(
            "merge.html",
            merge=found,
            gone=(gone.id, provider_name(vault, gone)),
            kept=(kept.id, provider_name(vault, kept)),
            preview=preview,
            names=names_of(session, people),
            own=actor(),
            problems=problems or {},
        )


def _exchange(
    table: str,
    why: str,
    *,
    outcome: exchange.Outcome | None = None,
    saved: bool = False,
    problems: dict[str, str] | None = None,
) -> str:
    return render_template(
        "book.html",
        table=table,
        why=why,
        outcome=outcome,
        saved=saved,
        problems=problems or {},
        columns=COLUMNS,
        limit=SHOWN,
    )
