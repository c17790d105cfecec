"""Pace: on which days and at which hours notices leave, how many an hour, and what goes now."""

import uuid
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.db import committing
from takedown.flow import notify
from takedown.hosts.models import Contact, Provider
from takedown.outbox import editing as notices
from takedown.outbox.pace import editing, hurry
from takedown.outbox.pace.editing import CalendarRefused, Typed
from takedown.people.permissions import Permission
from takedown.web import acts
from takedown.web.guard import actor, may, needs
from takedown.web.ports import now, ports
from takedown.web.reads.people import names_of

pages = Blueprint("pace", __name__)


@pages.get("/pace")
@needs(Permission.EDIT_ROUTES)
def own() -> ResponseReturnValue:
    """Our own calendar, with the next fourteen days."""
    return _page(None)


@pages.get("/pace/<uuid:provider_id>")
@needs(Permission.EDIT_ROUTES)
def one(provider_id: uuid.UUID) -> ResponseReturnValue:
    """A provider's calendar, rates, and whether it is told of confirmed removals."""
    return _page(provider_id)


@pages.post("/pace")
@pages.post("/pace/<uuid:provider_id>")
@needs(Permission.EDIT_ROUTES)
def write(provider_id: uuid.UUID | None = None) -> ResponseReturnValue:
    """Keep the calendar, or take it away."""
    try:
        with committing(ports().sessions) as db:
            if provider_id is not None:
                _provider(db, provider_id)
            gone = request.form.get("act") == "remove"
            if gone:
                editing.remove(db, provider_id)
            else:
                editing.write(db, provider_id, _typed(), by=actor(), now=now())
            about = str(provider_id) if provider_id else "own"
            acts.note(db, ports(), actor(), "calendar.write", about, removed=gone)
    except CalendarRefused as refused:
        return _page(provider_id, refused.reason), 422
    return _back(provider_id)


@pages.post("/pace/<uuid:provider_id>/rates")
@needs(Permission.EDIT_ROUTES)
def rates(provider_id: uuid.UUID) -> ResponseReturnValue:
    """How many notices an hour, for the provider and each contact; and its closures."""
    try:
        with committing(ports().sessions) as db:
            provider = _provider(db, provider_id)
            provider.max_per_hour = _number("max_per_hour")
            provider.closure = bool(request.form.get("closure"))
            for contact in _contacts(db, provider_id):
                contact.max_per_hour = _number(f"contact-{contact.id}")
            acts.note(*(db, ports(), actor(), "pace.write", provider_id), closure=provider.closure)
    except CalendarRefused as refused:
        return _page(provider_id, refused.reason), 422
    return _back(provider_id)


@pages.post("/queue/<uuid:notice_id>/now")
@needs(Permission.APPROVE_NOTICE)
def notice_now(notice_id: uuid.UUID) -> ResponseReturnValue:
    """No calendar keeps this notice back; the gate is asked all the same."""
    with committing(ports().sessions) as db:
        why = acts.without_location(db, ports().vault, request.form.get("why", "")) or abort(400)
        hurry.notice(db, notice_id, by=actor(), now=now())
        acts.note(db, ports(), actor(), "notice.hurry", notice_id, why=why)
    flash("hurried", "done")
    return redirect(url_for("queue.notice", notice_id=notice_id), 303)


@pages.post("/queue/contacts/<uuid:contact_id>/now")
@needs(Permission.APPROVE_NOTICE)
def contact_now(contact_id: uuid.UUID) -> ResponseReturnValue:
    """What gathers for this contact is composed at the next run."""
    with committing(ports().sessions) as db:
        db.get(Contact, contact_id) or abort(404)
        why = acts.without_location(db, ports().vault, request.form.get("why", "")) or abort(400)
        hurry.contact(db, contact_id, by=actor(), now=now())
        acts.note(db, ports(), actor(), "contact.hurry", contact_id, why=why)
    return redirect(url_for("queue.index"), 303)


@pages.post("/queue/<uuid:notice_id>/alone")
@needs(Permission.APPROVE_NOTICE)
def alone(notice_id: uuid.UUID) -> ResponseReturnValue:
    """A lone person goes on with a reason; another looks at it within a day."""
    with committing(ports().sessions) as db:
        why = acts.without_location(db, ports().vault, request.form.get("why", "")) or abort(400)
        supervisor = may(Permission.APPROVE_UNVERIFIED)
        notify.approve(*(db, ports(), [notice_id]), actor=actor(), supervisor=supervisor, alone=why)
    return redirect(url_for("queue.notice", notice_id=notice_id), 303)


@pages.post("/queue/<uuid:notice_id>/lives-there")
@needs(Permission.APPROVE_NOTICE)
def lives_there(notice_id: uuid.UUID) -> ResponseReturnValue:
    """What else stands under the domain, in a person's words; the text is written anew."""
    with committing(ports().sessions) as db:
        words = acts.without_location(db, ports().vault, request.form.get("words", ""))
        notices.say_what_lives_there(
            *(db, ports().vault, ports().hotline, notice_id, words[:500]),
            look_up=notify.look_up,
        )
        acts.note(db, ports(), actor(), "notice.lives_there", notice_id)
    return redirect(url_for("queue.notice", notice_id=notice_id), 303)


def _typed() -> Typed:
    form = request.form
    return Typed(
        form.get("time_zone", "").strip(),
        frozenset(int(one) for one in form.getlist("weekday") if one.isdecimal()),
        form.get("opens", "").strip(),
        form.get("closes", "").strip(),
        form.get("holidays", ""),
    )


def _number(name: str) -> int | None:
    text = request.form.get(name, "").strip()
    if not text:
        return None
    if not text.isdecimal() or not 1 <= int(text[:5]) <= 1000:
        raise CalendarRefused("pace:rate")
    return int(text)


def _provider(db: Session, provider_id: uuid.UUID) -> Provider:
    return db.get(Provider, provider_id) or abort(404)


def _contacts(db: Session, provider_id: uuid.UUID) -> list[Contact]:
    kept = select(Contact).where(Contact.provider_id == provider_id, Contact.retired_at.is_(None))
    return list(db.scalars(kept.order_by(Contact.id)))


def _back(provider_id: uuid.UUID | None) -> ResponseReturnValue:
    flash("kept")
    where = url_for("pace.one", provider_id=provider_id) if provider_id else url_for("pace.own")
    return redirect(where, 303)


def _page(provider_id: uuid.UUID | None, refused: str = "") -> str:
    with ports().sessions() as db:
        return render_template("pace.html", **_shown(db, provider_id), refused=refused)


def _shown(db: Session, provider_id: uuid.UUID | None) -> dict[str, Any]:
    vault, row = ports().vault, editing.of(db, provider_id)
    provider = _provider(db, provider_id) if provider_id else None
    kept = _contacts(db, provider_id) if provider_id else []
    name = vault.open("providers.name", provider.id, provider.name) if provider else ""
    addresses = [(one, vault.open("contacts.address", one.id, one.address)) for one in kept]
    return {
        "calendar": row,
        "provider": provider,
        "name": provider.public_name or name if provider else "",
        "contacts": addresses,
        "days": editing.ahead(row, now()) if row else [],
        "editor": names_of(db, {row.edited_by}).get(row.edited_by, row.edited_by) if row else "",
        "typed": request.form,
    }
