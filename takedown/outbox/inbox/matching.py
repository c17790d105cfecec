"""To which of our notices a mail belongs, by the strongest proof that it carries.

A token or an id counts for live rounds only: of a Delivery that left, about cases that are open or
were closed within ninety days. Whatever does not hold is as if it were not there.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from notices.inbound import Inbound
from notices.inbound.threading import numbers
from notices.tokens import verify
from takedown.episodes.models import Episode
from takedown.hosts.models import Contact
from takedown.outbox.inbox.models import MatchedBy
from takedown.outbox.models import Delivery, Notice, NoticeUrl
from takedown.urls.models import OPEN, Url
from takedown.urls.normalise import registrable_domain
from takedown.vault import Vault

LIVE_FOR: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Match:
    """The notice and its Delivery, and what proves it.

    `strong`: it was sent to us by somebody whom our mail had reached.
    """

    notice: Notice
    delivery: Delivery
    by: MatchedBy

    @property
    def strong(self) -> bool:
        return self.by in (MatchedBy.TOKEN, MatchedBy.MESSAGE_ID, MatchedBy.PERSON)


def match(session: Session, vault: Vault, said: Inbound, now: datetime) -> Match | None:
    """What a mail belongs to at `now` (UTC), its Delivery locked; None if nothing proves it."""
    returned = _deliveries(vault, said.returned_tokens)
    if (own := _uuid(said.envelope_id)) is not None:
        returned.append(own)
    threads = (said.in_reply_to, said.original_message_id, *reversed(said.references))
    found = (
        _live(session, _deliveries(vault, said.tokens), MatchedBy.TOKEN, now)
        or _live(session, returned, MatchedBy.ENVELOPE, now)
        or _live(session, _by_message(session, threads), MatchedBy.MESSAGE_ID, now)
    )
    if found is not None or said.automatic or said.tokens:
        return found  # a token that does not hold is a forgery or too old: no number makes it good
    return _live(session, _by_number(session, vault, said), MatchedBy.NUMBER, now)


def by_hand(session: Session, number: str, now: datetime) -> Match | None:
    """The notice that a person names by its number; None if none left under it."""
    wanted = select(Notice).where(Notice.number == number.strip().upper())
    return _live(session, _of(session, session.scalars(wanted).all()), MatchedBy.PERSON, now)


def _deliveries(vault: Vault, tokens: Iterable[str]) -> list[uuid.UUID]:
    """The Deliveries of the tokens that are ours; every one is verified, in constant time."""
    return [one for token in tokens if (one := verify(vault.token_key, token)) is not None]


def _uuid(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


def _by_message(session: Session, ids: Iterable[str | None]) -> list[uuid.UUID]:
    named = [one for one in dict.fromkeys(ids) if one]
    if not named:
        return []
    found = session.scalars(select(Notice).where(Notice.message_id.in_(named[:50]))).all()
    return _of(session, sorted(found, key=lambda notice: named.index(notice.message_id)))


def _by_number(session: Session, vault: Vault, said: Inbound) -> list[uuid.UUID]:
    """Our number in the subject counts together with the domain of the contact alone."""
    named, domain = numbers(said.subject), _domain(said.sender)
    if not named or domain is None:
        return []
    rows = session.execute(
        select(Notice, Contact)
        .join(Contact, Contact.id == Notice.contact_id)
        .where(Notice.number.in_(named[:5]), Contact.medium == "email")
    ).all()
    theirs = [
        notice
        for notice, contact in rows
        if _domain(vault.open("contacts.address", contact.id, contact.address)) == domain
    ]
    return _of(session, theirs)


def _of(session: Session, notices: Sequence[Notice]) -> list[uuid.UUID]:
    """The newest Delivery of each of these notices, in their order."""
    rows = session.execute(
        select(Delivery.notice_id, Delivery.id)
        .where(Delivery.notice_id.in_([one.id for one in notices]))
        .order_by(Delivery.id)
    ).all()
    newest = {row.notice_id: row.id for row in rows}
    return [newest[one.id] for one in notices if one.id in newest]


def _live(
    session: Session, deliveries: Sequence[uuid.UUID], by: MatchedBy, now: datetime
) -> Match | None:
    for delivery_id in deliveries[:20]:
        delivery = session.scalar(
            select(Delivery)
            .where(Delivery.id == delivery_id, Delivery.armed_at.is_not(None))
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if delivery is not None and _goes_on(session, delivery.notice_id, now):
            return Match(session.get_one(Notice, delivery.notice_id), delivery, by)
    return None


def _goes_on(session: Session, notice_id: uuid.UUID, now: datetime) -> bool:
    """Whether one of its cases is open, or was closed within ninety days."""
    recently = now - LIVE_FOR
    closed = exists().where(
        Episode.url_id == NoticeUrl.url_id,
        or_(Episode.closed_at > recently, Episode.confirmed_at > recently),
    )
    handed = and_(NoticeUrl.episode_id.is_(None), Notice.accepted_at > recently)
    wanted = (
        select(NoticeUrl.url_id)
        .join(Notice, Notice.id == NoticeUrl.notice_id)
        .join(Url, Url.id == NoticeUrl.url_id)
        .where(NoticeUrl.notice_id == notice_id, or_(Url.status.in_(OPEN), closed, handed))
    )
    return session.scalar(wanted.limit(1)) is not None


def _domain(address: str) -> str | None:
    domain = address.rpartition("@")[2].strip().lower().rstrip(".")
    return registrable_domain(domain) or domain or None
