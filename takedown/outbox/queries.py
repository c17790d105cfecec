"""Reading the outbox: what waits by recipient and why, one notice whole, what would have left."""

import uuid
from base64 import b64decode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, selectinload

from takedown.audit import Event
from takedown.db import among
from takedown.hosts.models import Contact, Provider
from takedown.outbox.approve import needs_supervisor
from takedown.outbox.models import Delivery, DeliveryStatus, Notice, NoticeStatus, NoticeUrl
from takedown.outbox.modes import first_batch
from takedown.outbox.results import ANSWERS
from takedown.urls.models import Url
from takedown.vault import Vault


@dataclass(frozen=True, slots=True)
class Entry:
    """One Url in a notice: how people call it, and what the gate said."""

    url_id: uuid.UUID
    number: str
    priority: bool
    last_confirmed_at: datetime
    last_confirmed_by: str
    decision: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that waits for a person or is on its way, with what approving it needs."""

    notice: Notice
    supervisor: tuple[str, ...]  # why one has to approve; empty where one person does
    urls: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Recipient:
    """A line of the queue: who is written to, where, and what waits."""

    provider: Provider
    name: str = field(repr=False)
    contact: Contact
    address: str = field(repr=False)
    waiting: tuple[Waiting, ...]

    @property
    def urls(self) -> int:
        return sum(len(one.urls) for one in self.waiting)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a server answered, and when; `said` may quote a location, and so may the `exchange`.

    That is the whole of it as JSON, free of secrets, where it was a provider's interface.
    """

    at: datetime
    phase: str
    code: int | None
    said: str = field(repr=False)
    exchange: str | None = field(default=None, repr=False)


def queue(
    session: Session,
    vault: Vault,
    *,
    statuses: Sequence[NoticeStatus] = (NoticeStatus.DRAFT,),
    newest: bool = False,
    limit: int = 200,
) -> list[Recipient]:
    """What waits, by recipient, urgent first, then who waits longest; `newest`: the last first."""
    order = (Notice.serial.desc(),) if newest else (Notice.composed_at, Notice.serial)
    rows = session.execute(
        select(Notice, Provider, Contact)
        .join(Provider, Provider.id == Notice.provider_id)
        .join(Contact, Contact.id == Notice.contact_id)
        .where(Notice.status.in_(statuses))
        .order_by(*order)
        .limit(limit)
    ).all()
    entries = _entries(session, [row.Notice.id for row in rows])
    first = {mode: first_batch(session, mode) for mode in {row.Notice.mode for row in rows}}
    lines: dict[uuid.UUID, list[Waiting]] = {}
    whom: dict[uuid.UUID, tuple[Provider, Contact]] = {}
    for notice, provider, contact in rows:
        urls = entries.get(notice.id, [])
        needs = needs_supervisor(notice, [row for row, _ in urls], first_batch=first[notice.mode])
        shown = tuple(_entry(row, url) for row, url in urls)
        lines.setdefault(contact.id, []).append(Waiting(notice, tuple(needs), shown))
        whom[contact.id] = provider, contact
    found = [_recipient(vault, *whom[one], tuple(waiting)) for one, waiting in lines.items()]
    if newest:
        return found
    return sorted(found, key=lambda line: not any(_urgent(one) for one in line.waiting))


def by_number(session: Session, number: str) -> Notice | None:
    """A notice by its number (NTD-2026-000123), with its Urls and Deliveries."""
    return session.scalar(
        select(Notice)
        .where(Notice.number == number)
        .options(selectinload(Notice.urls), selectinload(Notice.deliveries))
    )


def of_url(session: Session, url_id: uuid.UUID) -> list[tuple[Notice, NoticeUrl]]:
    """Every notice that a Url stood in, oldest first, withdrawn ones included."""
    rows = session.execute(
        select(Notice, NoticeUrl)
        .join(NoticeUrl, NoticeUrl.notice_id == Notice.id)
        .where(NoticeUrl.url_id == url_id)
        .order_by(Notice.serial)
    )
    return [(row.Notice, row.NoticeUrl) for row in rows]


def deliveries(session: Session, notice_ids: Iterable[uuid.UUID]) -> list[Delivery]:
    """The Deliveries of these notices, oldest first."""
    wanted = Delivery.notice_id.in_(list(notice_ids))
    return list(session.scalars(select(Delivery).where(wanted).order_by(Delivery.id)))


def came_back(session: Session, recipients: Iterable[Recipient]) -> set[uuid.UUID]:
    """Which notices of these lines were accepted at first and then returned."""
    ids = [one.notice.id for line in recipients for one in line.waiting]
    wanted = select(Delivery.notice_id).where(
        among(Delivery.notice_id, ids), Delivery.status == DeliveryStatus.BOUNCED
    )
    return set(session.scalars(wanted))


def answers(vault: Vault, delivery: Delivery) -> list[Answered]:
    """Every answer of a server to a delivery, oldest first."""
    return [
        Answered(
            datetime.fromisoformat(at),
            phase,
            code,
            _said(vault, delivery, sealed),
            _said(vault, delivery, whole[0]) if whole else None,
        )
        for at, phase, code, sealed, *whole in delivery.answers
    ]


def preview(vault: Vault, notice: Notice) -> tuple[str, str]:
    """Subject and body as they were composed; locations stand defanged in them."""
    return (
        vault.open("notices.subject", notice.id, notice.subject),
        vault.open("notices.body", notice.id, notice.body),
    )


def would_have_left(vault: Vault, notice: Notice) -> bytes | None:
    """The exact bytes that left, or in a rehearsal would have; None before approval.

    They hold exact locations: a reveal, to be audited by the caller.
    """
    if notice.message is None:
        return None
    return vault.open_bytes("notices.message", notice.id, notice.message)


def withheld(session: Session, url_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[str, ...]]:
    """Why the gate last withheld these Urls: reasons by Url, for those it ever withheld."""
    rows = session.scalars(
        select(Event)
        .where(Event.subject == "url", Event.subject_id.in_(url_ids), Event.kind == "withheld")
        .ext(distinct_on(Event.subject_id))
        .order_by(Event.subject_id, Event.id.desc())
    )
    return {event.subject_id: tuple((event.after or "").split(",")) for event in rows}


def _said(vault: Vault, delivery: Delivery, sealed: str) -> str:
    return vault.open(ANSWERS, delivery.id, b64decode(sealed)) if sealed else ""


def _entries(
    session: Session, notices: list[uuid.UUID]
) -> dict[uuid.UUID, list[tuple[NoticeUrl, Url]]]:
    found: dict[uuid.UUID, list[tuple[NoticeUrl, Url]]] = {}
    for row, url in session.execute(
        select(NoticeUrl, Url)
        .join(Url, Url.id == NoticeUrl.url_id)
        .where(NoticeUrl.notice_id.in_(notices), NoticeUrl.withdrawn_at.is_(None))
        .order_by(Url.serial)
    ):
        found.setdefault(row.notice_id, []).append((row, url))
    return found


def _entry(row: NoticeUrl, url: Url) -> Entry:
    return Entry(
        url.id,
        url.number,
        url.priority,
        row.last_confirmed_at,
        row.last_confirmed_by,
        row.decision,
    )


def _recipient(
    vault: Vault, provider: Provider, contact: Contact, waiting: tuple[Waiting, ...]
) -> Recipient:
    return Recipient(
        provider,
        vault.open("providers.name", provider.id, provider.name),
        contact,
        vault.open("contacts.address", contact.id, contact.address),
        waiting,
    )


def _urgent(waiting: Waiting) -> bool:
    return any(entry.priority for entry in waiting.urls)
