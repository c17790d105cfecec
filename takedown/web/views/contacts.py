"""Contacts: what waits for a person, one with its settings, and what may be done with it."""

import uuid
from collections.abc import Callable

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from takedown.db import committing
from takedown.hosts.book import Desk, contacts
from takedown.hosts.book.fields import BATCHES, CONTACT, NEW_CONTACT, Values
from takedown.hosts.book.problems import BookError
from takedown.hosts.book.reading import contact_values
from takedown.hosts.models import Contact, Medium, Provider
from takedown.people.permissions import Permission
from takedown.web.at_the_book import desk, typed, without_location
from takedown.web.guard import actor, needs
from takedown.web.ports import house, now, ports
from takedown.web.reads import providers as reads
from takedown.web.reads.asked import instant_of
from takedown.web.reads.contacts import provider_name, waiting
from takedown.web.reads.people import names_of

pages = Blueprint("contacts", __name__, url_prefix="/contacts")

_TICKS = ("plain_locations", "feedback_report")


@pages.get("")
@needs(Permission.APPROVE_CONTACT)
def index() -> ResponseReturnValue:
    """What waits, most asked for first."""
    return _waiting()


@pages.post("/<uuid:contact_id>/approve")
@needs(Permission.APPROVE_CONTACT)
def approve(contact_id: uuid.UUID) -> ResponseReturnValue:
    """This contact may be written to: the yes of somebody who did not type it."""
    try:
        with committing(ports().sessions) as session:
            work = desk(session)
            if contacts.approve(work, _contact(session, contact_id)):
                work.sign("contact.approve", contact_id)
    except BookError as wrong:
        return _waiting(wrong.problems), 422
    return redirect(url_for("contacts.index"), 303)


@pages.get("/new/<uuid:provider_id>")
@needs(Permission.EDIT_BOOK)
def new(provider_id: uuid.UUID) -> ResponseReturnValue:
    """An empty form for one provider."""
    return _form(provider_id, dict(NEW_CONTACT))


@pages.post("/new/<uuid:provider_id>")
@needs(Permission.EDIT_BOOK)
def add(provider_id: uuid.UUID) -> ResponseReturnValue:
    """A contact typed in by hand; it waits for another person."""
    given = typed(CONTACT, _TICKS)
    try:
        with committing(ports().sessions) as session:
            provider = session.get(Provider, provider_id) or abort(404)
            work = desk(session)
            without_location(session, "evidence", given.get("evidence", ""))
            made = contacts.add(work, provider, given)
            work.sign("contact.add", made.id, provider=str(provider_id))
    except BookError as wrong:
        return _form(provider_id, {**NEW_CONTACT, **given}, wrong.problems), 422
    return redirect(url_for("contacts.one", contact_id=made.id), 303)


@pages.get("/<uuid:contact_id>")
@needs(Permission.SEE_CASES)
def one(contact_id: uuid.UUID) -> ResponseReturnValue:
    """One contact: how it stands, its settings, its history."""
    return _page(contact_id)


@pages.post("/<uuid:contact_id>")
@needs(Permission.EDIT_BOOK)
def change(contact_id: uuid.UUID) -> ResponseReturnValue:
    """Save its settings; another address or key waits for another person."""
    given = typed(CONTACT, _TICKS)
    try:
        with committing(ports().sessions) as session:
            work = desk(session)
            without_location(session, "evidence", given.get("evidence", ""))
            after, changed = contacts.change(work, _contact(session, contact_id), given)
            if changed:
                fields = [one.name for one in changed]
                work.sign("contact.edit", contact_id, fields=fields, now=str(after.id))
    except BookError as wrong:
        return _page(contact_id, given, wrong.problems), 422
    return redirect(url_for("contacts.one", contact_id=after.id), 303)


@pages.post("/<uuid:contact_id>/retire")
@needs(Permission.EDIT_BOOK)
def retire(contact_id: uuid.UUID) -> ResponseReturnValue:
    """Out of the book; stopping is for everybody."""
    return _act(contact_id, "contact.retire", contacts.retire)


@pages.post("/<uuid:contact_id>/verify")
@needs(Permission.EDIT_BOOK)
def verify(contact_id: uuid.UUID) -> ResponseReturnValue:
    """Somebody has asked again: it still holds."""
    return _act(contact_id, "contact.verify", contacts.verify)


@pages.post("/<uuid:contact_id>/inhibit")
@needs(Permission.EDIT_BOOK)
def inhibit(contact_id: uuid.UUID) -> ResponseReturnValue:
    """Nothing goes there until a date."""
    until = instant_of(request.form.get("until", ""), house().config.time_zone) or now()

    def act(work: Desk, contact: Contact) -> None:
        why = without_location(work.session, "why", request.form.get("why", ""))
        contacts.inhibit(work, contact, until, why)

    return _act(contact_id, "contact.inhibit", act)


@pages.post("/<uuid:contact_id>/lift")
@needs(Permission.APPROVE_CONTACT)
def lift(contact_id: uuid.UUID) -> ResponseReturnValue:
    """Things may go there again: for a supervisor."""
    return _act(contact_id, "contact.lift", contacts.lift)


def _act(
    contact_id: uuid.UUID, action: str, act: Callable[[Desk, Contact], None]
) -> ResponseReturnValue:
    try:
        with committing(ports().sessions) as session:
            work = desk(session)
            act(work, _contact(session, contact_id))
            work.sign(action, contact_id)
    except BookError as wrong:
        return _page(contact_id, problems=wrong.problems), 422
    return redirect(url_for("contacts.one", contact_id=contact_id), 303)


def _contact(session: Session, contact_id: uuid.UUID) -> Contact:
    return session.get(Contact, contact_id, with_for_update=True) or abort(404)


def _waiting(problems: dict[str, str] | None = None) -> str:
    with ports().sessions() as session:
        rows = waiting(session, ports().vault)
    return render_template("contacts.html", rows=rows, own=actor(), problems=problems or {})


def _form(provider_id: uuid.UUID, values: Values, problems: dict[str, str] | None = None) -> str:
    with ports().sessions() as session:
        provider = session.get(Provider, provider_id) or abort(404)
        name = provider_name(ports().vault, provider)
    return render_template(
        "contact_form.html",
        provider_id=provider_id,
        name=name,
        values=values,
        problems=problems or {},
        media=list(Medium),
        batches=BATCHES,
    )


def _page(
    contact_id: uuid.UUID,
    given: Values | None = None,
    problems: dict[str, str] | None = None,
) -> str:
    with ports().sessions() as session:
        contact = session.get(Contact, contact_id) or abort(404)
        provider = session.get_one(Provider, contact.provider_id)
        history, names = reads.history_of(session, [contact.id])
        people = [contact.approved_by, contact.proposed_by, contact.inhibited_by]
        names |= names_of(session, {one for one in people if one and ":" in one})
        return render_template(
            "contact.html",
            way=reads.way(ports().vault, contact, now()),
            provider=provider,
            name=provider_name(ports().vault, provider),
            values={**contact_values(ports().vault, contact), **(given or {})},
            problems=problems or {},
            events=history,
            names=names,
            own=actor(),
            media=list(Medium),
            batches=BATCHES,
            typed=request.form if problems else {},
        )
