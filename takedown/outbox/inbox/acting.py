"""What follows from a mail. No word of a recipient moves a Url: it is checked, or read by a person.

A weak proof (an id that servers on the way know, our number in a subject) never moves a Delivery
of which the mail does not name the very recipient.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.channels.base import Receipt
from notices.inbound import Claim as Word
from notices.inbound import Inbound, Kind
from takedown.audit import MACHINE, record
from takedown.db import new_id
from takedown.hosts.models import Contact
from takedown.outbox import complaints, leases, origins, results, tickets
from takedown.outbox.inbox.matching import Match, match
from takedown.outbox.inbox.models import Claim, InboundMail, MailState, MatchedBy
from takedown.outbox.inbox.storing import Clerk, describe, read
from takedown.outbox.models import Delivery, DeliveryStatus, NoticeUrl
from takedown.outbox.results import Accepted
from takedown.people.tasks import TaskKind, ask, settle
from takedown.urls.models import OPEN, Url

#: A claim that changes what a check would find; the other claims are for a person.
TO_CHECK: Final = frozenset({Word.REMOVED, Word.GONE})
FOR_PEOPLE: Final = (Word.DISPUTED, Word.NOT_OURS, Word.USE_FORM, Word.NEED_MORE)
#: How long claims about one notice wait for the next check that they cause.
CHECK_AGAIN: Final = timedelta(minutes=5)
#: Until when somebody answers a recipient who refuses.
DISPUTE_WITHIN: Final = timedelta(days=3)
_DELIVERED: Final = frozenset({"delivered", "relayed", "expanded"})


@dataclass(slots=True)
class Followed:
    """What a mail led to. `look` are Urls to be checked at once, first of all."""

    look: list[uuid.UUID] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)


def handle(session: Session, clerk: Clerk, mail: InboundMail) -> Followed:
    """Read a mail that is kept, say what it belongs to, and do what follows. The caller commits."""
    said = read(clerk.vault, mail)
    describe(clerk.vault, mail, said)
    found = match(session, clerk.vault, said, clerk.now)
    if found is None:
        mail.state = MailState.TRIAGE
        return Followed()
    return file(session, clerk, mail, said, found)


def file(
    session: Session, clerk: Clerk, mail: InboundMail, said: Inbound, found: Match
) -> Followed:
    """The mail belongs to this notice: what follows from it."""
    notice, delivery = found.notice, found.delivery
    mail.state, mail.matched_by = MailState.FILED, found.by
    mail.notice_id, mail.delivery_id = notice.id, delivery.id
    mail.provider_id, mail.contact_id = notice.provider_id, delivery.contact_id
    record(
        session,
        at=clerk.now,
        subject="notice",
        subject_id=notice.id,
        kind="mail",
        after=said.kind,
        mail=str(mail.id),
        matched_by=str(found.by),
        status=said.status,
    )
    if said.action is not None:
        return _report(session, clerk, said, found)
    followed = Followed(look=_claims(session, clerk, mail, said, found))
    _keep_number(clerk, said, found)
    if said.acknowledges and found.strong and delivery.status == DeliveryStatus.SENT:
        leases.move(session, delivery, DeliveryStatus.ACKNOWLEDGED, now=clerk.now, why="mail")
    if said.automatic:
        return followed
    if found.strong:
        contact = _contact(session, delivery)
        contact.answers += 1
        contact.last_answer_at = clerk.now
    _ask_people(session, clerk, mail, said, found)
    if said.origin is not None:
        origins.told(
            *(session, clerk.vault, notice, said.origin.addresses),
            source="reply",
            proven=found.by is MatchedBy.TOKEN,
            allowed=clerk.allowed,
            now=clerk.now,
        )
    return followed


def read_by(session: Session, mail: InboundMail, *, now: datetime, by: str) -> None:
    """A person has read it: reminders go on, once nothing about the notice waits to be read."""
    if mail.read_at is not None:
        return
    mail.read_at, mail.read_by, mail.waits = now, by, False
    session.flush()
    if mail.notice_id is None or unread(session, mail.notice_id):
        return
    for kind in (TaskKind.REPLY, TaskKind.CLAIM):
        settle(session, kind, mail.notice_id, now=now, by=by)


def unread(session: Session, notice_id: uuid.UUID) -> bool:
    """Whether a mail about this notice waits to be read."""
    waiting = select(InboundMail.id).where(
        InboundMail.notice_id == notice_id, InboundMail.waits, InboundMail.read_at.is_(None)
    )
    return session.scalar(waiting.limit(1)) is not None


def _contact(session: Session, delivery: Delivery) -> Contact:
    """Whoever was written to, locked after the Delivery: a mail without consequence locks none."""
    return session.get_one(
        Contact, delivery.contact_id, with_for_update=True, populate_existing=True
    )


def _report(session: Session, clerk: Clerk, said: Inbound, found: Match) -> Followed:
    """A server's word on the delivery: it settles what was uncertain, and a bounce is a bounce."""
    delivery, followed = found.delivery, Followed()
    contact = _contact(session, delivery)
    if not _names_recipient(clerk, said, found, contact):
        _ask(session, clerk, TaskKind.REPLY, found, "mail:weak")
        return followed
    if said.action in _DELIVERED and delivery.status == DeliveryStatus.UNCERTAIN:
        by = "recipient" if said.action == "delivered" else "relay"
        followed.accepted = results.accepted(
            *(session, clerk.vault, delivery, Receipt(by, "", None)),  # type: ignore[arg-type]
            real=clerk.real,
            at=clerk.now,
            on_accepted=clerk.on_accepted,
        )
    open_ones = (DeliveryStatus.SENT, DeliveryStatus.UNCERTAIN)
    if said.kind is Kind.BOUNCE and delivery.status in open_ones:
        why = "permanent" if said.permanent else "given up"
        leases.move(session, delivery, DeliveryStatus.BOUNCED, now=clerk.now, why=why)
        delivery.token = delivery.lease_until = None
        contact.bounces += 1
        contact.last_bounce_at = clerk.now
        settle(
            *(session, TaskKind.UNCERTAIN_DELIVERY, delivery.notice_id),
            now=clerk.now,
            by=MACHINE,
        )
        _ask(session, clerk, TaskKind.BOUNCED, found, "delivery:bounced")
    return followed


def _names_recipient(clerk: Clerk, said: Inbound, found: Match, contact: Contact) -> bool:
    if found.strong:
        return True
    address = clerk.vault.open("contacts.address", contact.id, contact.address).lower()
    return address in {(one or "").lower() for one in (said.recipient, said.original_recipient)}


def _keep_number(clerk: Clerk, said: Inbound, found: Match) -> None:
    """Their number for it; what a machine sends never replaces an earlier one."""
    number = said.ticket_tag or said.ticket
    if number and found.strong and (found.notice.ticket is None or not said.automatic):
        tickets.keep(clerk.vault, found.notice, number)


def _claims(
    session: Session, clerk: Clerk, mail: InboundMail, said: Inbound, found: Match
) -> list[uuid.UUID]:
    """Write the claims beside the findings; the Urls that they want to be looked at."""
    if not said.claims:
        return []
    notice_id = found.notice.id
    to_check = [str(one) for one in TO_CHECK]
    lately = session.scalar(
        select(Claim.id)
        .where(
            Claim.notice_id == notice_id,
            Claim.word.in_(to_check),
            Claim.at > clerk.now - CHECK_AGAIN,
        )
        .limit(1)
    )
    for word in said.claims:
        session.add(
            Claim(id=new_id(), mail_id=mail.id, notice_id=notice_id, word=word, at=clerk.now)
        )
    if lately is not None or not TO_CHECK.intersection(said.claims):
        return []
    return list(
        session.scalars(
            select(Url.id)
            .join(NoticeUrl, NoticeUrl.url_id == Url.id)
            .where(NoticeUrl.notice_id == notice_id, NoticeUrl.withdrawn_at.is_(None))
            .where(Url.status.in_(OPEN))
            .order_by(Url.id)
        )
    )


def _ask_people(
    session: Session, clerk: Clerk, mail: InboundMail, said: Inbound, found: Match
) -> None:
    """What a person wrote stops the ladder until one of us has read it."""
    words = [one for one in FOR_PEOPLE if one in said.claims]
    if Word.DISPUTED in words:
        due = clerk.now + DISPUTE_WITHIN
        _ask(session, clerk, TaskKind.DISPUTE, found, "mail:disputed", due_at=due)
        complaints.refused(session, found.notice, now=clerk.now)
    elif words:
        _ask(session, clerk, TaskKind.CLAIM, found, f"mail:{words[0]}")
    elif said.kind is Kind.HUMAN:
        _ask(session, clerk, TaskKind.REPLY, found, "mail:human")
    mail.waits = bool(words) or said.kind is Kind.HUMAN


def _ask(
    session: Session,
    clerk: Clerk,
    kind: TaskKind,
    found: Match,
    why: str,
    due_at: datetime | None = None,
) -> None:
    ask(session, kind, "notice", found.notice.id, now=clerk.now, why=why, due_at=due_at)
