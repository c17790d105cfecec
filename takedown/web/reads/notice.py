"""One notice whole: to whom, what it says, what stands in it and why, and where it got to."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.hosts.models import Contact, Provider
from takedown.outbox import queries
from takedown.outbox.approve import needs_supervisor
from takedown.outbox.due import STOPPED_BY
from takedown.outbox.models import Delivery, Notice, NoticeUrl
from takedown.outbox.modes import first_batch
from takedown.routes import holds
from takedown.urls.models import Url
from takedown.vault import Vault
from takedown.web.reads.contacts import provider_name
from takedown.web.reads.inbox import Line, of_notice
from takedown.web.reads.people import names_of


@dataclass(frozen=True, slots=True)
class Entry:
    """One address in the notice."""

    id: uuid.UUID
    number: str
    location: str = field(repr=False)
    last_confirmed_at: datetime
    last_confirmed_by: str
    decision: dict[str, Any]
    withdrawn: bool
    stopped: bool  # by a person: it waits for a person's word to be composed again


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page of a notice shows."""

    notice: Notice
    provider: str = field(repr=False)
    country: str | None
    address: str = field(repr=False)
    contact_approved: bool
    subject: str = field(repr=False)
    body: str = field(repr=False)
    contact: Contact
    held: bool  # a hold stands on the recipient, or covers an address in it
    needs: Sequence[str]
    entries: Sequence[Entry]
    deliveries: Sequence[Delivery]
    recipient_kind: str  # provider | hotline | police | regulator
    receipts: Mapping[uuid.UUID, str] = field(repr=False)  # what came back, by Delivery
    answers: Mapping[uuid.UUID, Sequence[queries.Answered]] = field(repr=False)  # of servers
    people: Mapping[str, str] = field(repr=False)  # who handed something over, by actor
    mails: Sequence[Line] = field(repr=False)  # what was written back, newest first


def page(session: Session, vault: Vault, notice_id: uuid.UUID) -> Shown:
    """The notice of this id, which exists."""
    notice = session.get_one(Notice, notice_id)
    provider = session.get_one(Provider, notice.provider_id)
    contact = session.get_one(Contact, notice.contact_id)
    rows = session.execute(
        select(NoticeUrl, Url)
        .join(Url, Url.id == NoticeUrl.url_id)
        .where(NoticeUrl.notice_id == notice_id)
        .order_by(Url.serial)
    ).all()
    standing = [row.NoticeUrl for row in rows if row.NoticeUrl.withdrawn_at is None]
    held = bool(
        holds.providers_held(session, {provider.id})
        or holds.standing(session, {row.url_id for row in standing})
    )
    subject, body = queries.preview(vault, notice)
    deliveries = queries.deliveries(session, [notice_id])
    return Shown(
        notice,
        provider_name(vault, provider),
        provider.country,
        vault.open("contacts.address", contact.id, contact.address),
        contact.approved_at is not None,
        subject,
        body,
        contact,
        held,
        needs_supervisor(notice, standing, first_batch=first_batch(session, notice.mode)),
        [_entry(vault, row.NoticeUrl, row.Url) for row in rows],
        deliveries,
        provider.kind,
        {
            one.id: vault.open("deliveries.receipt", one.id, one.receipt)
            for one in deliveries
            if one.receipt
        },
        {one.id: queries.answers(vault, one) for one in deliveries},
        names_of(session, {one.handed_by for one in deliveries if one.handed_by}),
        of_notice(session, vault, notice_id),
    )


def _entry(vault: Vault, row: NoticeUrl, url: Url) -> Entry:
    return Entry(
        url.id,
        url.number,
        vault.open("urls.location", url.id, url.location),
        row.last_confirmed_at,
        row.last_confirmed_by,
        row.decision,
        row.withdrawn_at is not None,
        STOPPED_BY in row.decision,
    )
