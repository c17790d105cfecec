"""Contacts that were looked up: before the first notice a person says that they are right."""

import uuid

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from takedown import audit
from takedown.db import committing
from takedown.hosts.models import Contact
from takedown.people.permissions import Permission
from takedown.people.tasks import TaskKind, settle
from takedown.web.guard import actor, needs
from takedown.web.ports import now, ports
from takedown.web.reads.contacts import waiting

pages = Blueprint("contacts", __name__, url_prefix="/contacts")


@pages.get("")
@needs(Permission.APPROVE_CONTACT)
def index() -> ResponseReturnValue:
    """What waits, most asked for first."""
    with ports().sessions() as session:
        rows = waiting(session, ports().vault)
    return render_template("contacts.html", rows=rows)


@pages.post("/<uuid:contact_id>/approve")
@needs(Permission.APPROVE_CONTACT)
def approve(contact_id: uuid.UUID) -> ResponseReturnValue:
    """This contact may be written to."""
    with committing(ports().sessions) as session:
        contact = session.get(Contact, contact_id, with_for_update=True) or abort(404)
        if contact.approved_at is None:
            contact.approved_at, contact.approved_by = now(), actor()
            for subject in (contact.id, contact.provider_id):
                settle(session, TaskKind.CONTACT, subject, now=now(), by=actor())
            _audit(session, "contact.approve", contact_id)
    return redirect(url_for("contacts.index"), 303)


def _audit(session: Session, action: str, contact_id: uuid.UUID) -> None:
    audit.append(
        session,
        ports().vault.audit_key,
        at=now(),
        actor=actor(),
        action=action,
        subject=str(contact_id),
    )
