"""What is known of a recipient's notices: the bytes, every answer of its servers, what came back.

Only what left for this one recipient is told: never another's, and no person's name of ours. It
holds exact locations, so building it is a reveal, to be audited by the caller.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.db import among
from takedown.errors import TakedownError
from takedown.hosts.models import Contact, Provider
from takedown.outbox import queries
from takedown.outbox.evidence import chain
from takedown.outbox.evidence.chain import Fact
from takedown.outbox.inbox.models import Claim, InboundMail
from takedown.outbox.models import Delivery, DeliveryStatus, Notice, NoticeUrl
from takedown.outbox.url_facts import provider_name
from takedown.routes.hotline import Hotline
from takedown.urls.models import Url
from takedown.vault import Vault

_REAL = ("live", "closed")


class NothingLeft(TakedownError):
    """There is nothing to prove: no notice about this has left for this recipient."""


def recipients(session: Session, url_ids: Iterable[uuid.UUID]) -> list[Provider]:
    """Whom anything about these Urls has left for, by their first notice."""
    found = dict.fromkeys(notice.provider_id for notice in _notices(session, url_ids, None))
    return [session.get_one(Provider, one) for one in found]


def urls_of(session: Session, notice_id: uuid.UUID) -> list[uuid.UUID]:
    """The Urls that a notice told."""
    rows = select(NoticeUrl.url_id).where(NoticeUrl.notice_id == notice_id)
    return list(session.scalars(rows.order_by(NoticeUrl.url_id)))


def evidence(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    provider: Provider,
    url_ids: Sequence[uuid.UUID],
    *,
    about: str,
    now: datetime,
) -> dict[str, Any]:
    """The document of all that left for `provider` about these Urls. Raises `NothingLeft`.

    `about` is the number of the case or the notice that was asked for. See `chain` for the form.
    """
    notices = _notices(session, url_ids, provider.id)
    if not notices:
        raise NothingLeft("nothing about this has left for this recipient")
    head = {
        "about": about,
        "from": {"name": hotline.name, "country": hotline.country, "address": hotline.email},
        "to": {"name": provider_name(vault, provider), "country": provider.country},
        "notices": [notice.number for notice in notices],
    }
    facts = [fact for notice in notices for fact in _facts(session, vault, notice)]
    return chain.document(head, facts, now)


def letters(
    session: Session, vault: Vault, numbers: Sequence[str]
) -> list[tuple[str, str, str, str]]:
    """(number, language, subject, text) of these notices, locations defanged as they were."""
    rows = session.scalars(select(Notice).where(Notice.number.in_(numbers)).order_by(Notice.serial))
    found = []
    for row in rows:
        subject, text = queries.preview(vault, row)
        found.append((row.number, row.language, subject, text))
    return found


def _notices(
    session: Session, url_ids: Iterable[uuid.UUID], provider_id: uuid.UUID | None
) -> list[Notice]:
    told = select(NoticeUrl.notice_id).where(among(NoticeUrl.url_id, url_ids))
    left = select(Delivery.notice_id).where(Delivery.armed_at.is_not(None))
    given = select(Delivery.notice_id).where(Delivery.accepted_at.is_not(None))
    query = select(Notice).where(
        Notice.id.in_(told),
        Notice.id.in_(left.union(given)),
        Notice.mode.in_(_REAL),
        Notice.message.is_not(None),
    )
    if provider_id is not None:
        query = query.where(Notice.provider_id == provider_id)
    return list(session.scalars(query.order_by(Notice.serial)))


def _facts(session: Session, vault: Vault, notice: Notice) -> Iterator[Fact]:
    message = vault.open_bytes("notices.message", notice.id, notice.message or b"")
    yield Fact(
        notice.approved_at or notice.composed_at,
        notice.number,
        "approved",
        {
            "kind": notice.kind,
            "language": notice.language,
            "message_id": notice.message_id,
            "urls": _urls(session, notice),
        },
        content=message,
    )
    for delivery in queries.deliveries(session, [notice.id]):
        yield from _delivered(session, vault, notice, delivery)
    yield from _back(session, notice)


def _urls(session: Session, notice: Notice) -> list[dict[str, Any]]:
    rows = session.execute(
        select(NoticeUrl, Url)
        .join(Url, Url.id == NoticeUrl.url_id)
        .where(NoticeUrl.notice_id == notice.id)
        .order_by(Url.serial)
    )
    return [
        {
            "number": url.number,
            "last_confirmed_at": chain.instant(row.last_confirmed_at),
            "confirmed_by": row.last_confirmed_by,
        }
        for row, url in rows
    ]


def _delivered(
    session: Session, vault: Vault, notice: Notice, delivery: Delivery
) -> Iterator[Fact]:
    contact = session.get_one(Contact, delivery.contact_id)
    to = vault.open("contacts.address", contact.id, contact.address)
    for answer in queries.answers(vault, delivery):
        said = {"phase": answer.phase, "code": answer.code, "said": answer.said}
        if answer.exchange is not None:
            said["exchange"] = answer.exchange
        yield Fact(answer.at, notice.number, "answered", {**said, "medium": delivery.medium})
    if delivery.accepted_at is not None:
        detail = {
            "by": delivery.accepted_by,
            "to": to,
            "medium": delivery.medium,
            "queue_id": delivery.queue_id,
            "attempts": delivery.attempts,
            "possible_duplicate": delivery.possible_duplicate,
            "state": str(delivery.status),
        }
        yield Fact(delivery.accepted_at, notice.number, "accepted", detail, sha256=delivery.digest)
    elif delivery.armed_at is not None and delivery.status == DeliveryStatus.UNCERTAIN:
        detail = {"to": to, "medium": delivery.medium}
        yield Fact(delivery.armed_at, notice.number, "uncertain", detail, sha256=delivery.digest)
    if delivery.receipt is not None and delivery.receipt_at is not None:
        reference = vault.open("deliveries.receipt", delivery.id, delivery.receipt)
        yield Fact(delivery.receipt_at, notice.number, "receipt", {"reference": reference})


def _back(session: Session, notice: Notice) -> Iterator[Fact]:
    """Mails that came back: their kind and the digest of what was delivered to us."""
    mails = session.scalars(select(InboundMail).where(InboundMail.notice_id == notice.id)).all()
    claims: dict[uuid.UUID | None, list[str]] = {}
    told = select(Claim).where(Claim.notice_id == notice.id).order_by(Claim.id)
    for claim in session.scalars(told):
        if claim.mail_id is None:  # by their interface, asked what became of it
            yield Fact(claim.at, notice.number, "claimed", {"claims": [claim.word]})
            continue
        claims.setdefault(claim.mail_id, []).append(claim.word)
    for mail in mails:
        detail = {"kind": mail.kind, "claims": claims.get(mail.id, [])}
        yield Fact(mail.received_at, notice.number, "came_back", detail, sha256=mail.digest)
