"""A person's answer to a mail, through the outbox: holds stop it, a rehearsal keeps it.

It goes to the contact in our book, never to whatever address a mail names, and needs no approval:
it names no location. A recipient who refuses is answered by a second person.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.compose import Letter
from notices.defang import visible
from notices.errors import NoticeError
from notices.inbound import Claim as Word
from notices.message import Envelope, freeze
from takedown.audit import record
from takedown.errors import TakedownError
from takedown.hosts.models import Contact, Medium
from takedown.outbox import deliveries, tickets, writing
from takedown.outbox.beginning import begun
from takedown.outbox.inbox import acting, storing
from takedown.outbox.inbox.models import InboundMail, MailState
from takedown.outbox.models import Notice, NoticeStatus, NoticeUrl
from takedown.outbox.policy import ANSWER
from takedown.people.tasks import TaskKind, settle
from takedown.routes.hotline import Hotline, Leaves
from takedown.vault import Vault

LONGEST: Final = 10_000


class AnswerRefused(TakedownError):
    """An answer that can't be written; the reason is a message id of the pages."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who answers, in whose name, and when."""

    vault: Vault
    hotline: Hotline
    leaves: Leaves
    actor: str
    now: datetime


def answer(session: Session, writer: Writer, mail: InboundMail, text: str) -> Notice:
    """Write an answer to a filed mail, ready to leave. The caller audits and commits.

    `text` holds no location: the door sees to that. Raises `AnswerRefused`.
    """
    text = text.strip()
    if not text or len(text) > LONGEST:
        raise AnswerRefused("answer:text")
    if mail.auto:
        raise AnswerRefused("answer:auto")
    if mail.notice_id is None:
        raise AnswerRefused("answer:unmatched")
    told = session.get_one(Notice, mail.notice_id)
    contact = session.get_one(Contact, told.contact_id)
    if contact.medium != Medium.EMAIL or contact.retired_at or contact.approved_at is None:
        raise AnswerRefused("answer:contact")
    if told.mode != writer.leaves.label:
        raise AnswerRefused("answer:mode")
    if Word.DISPUTED in mail.claims and writer.actor in _first_ones(session, told, mail):
        raise AnswerRefused("answer:second_person")
    notice = _notice(session, writer, told)
    try:
        _frozen(session, writer, notice, told, contact, mail, text)
    except NoticeError:
        raise AnswerRefused("answer:text") from None
    acting.read_by(session, mail, now=writer.now, by=writer.actor)
    mail.state, mail.answer_id = MailState.ANSWERED, notice.id
    settle(session, TaskKind.DISPUTE, told.id, now=writer.now, by=writer.actor)
    record(
        session,
        at=writer.now,
        subject="notice",
        subject_id=told.id,
        kind="answered",
        after=notice.number,
        by=writer.actor,
        mail=str(mail.id),
    )
    session.flush()
    return notice


def _first_ones(session: Session, told: Notice, mail: InboundMail) -> set[str | None]:
    """Who asked for it, and who answered a refusal of it before: somebody else looks at it now."""
    earlier = select(Notice.approved_by).join(InboundMail, InboundMail.answer_id == Notice.id)
    before = session.scalars(
        earlier.where(
            InboundMail.notice_id == told.id,
            InboundMail.id != mail.id,
            InboundMail.claims.contains([str(Word.DISPUTED)]),
        )
    )
    return {told.approved_by, *before}


def _notice(session: Session, writer: Writer, told: Notice) -> Notice:
    notice = Notice(
        **begun(session, writer.hotline, writer.now),
        kind=ANSWER,
        step=0,
        status=NoticeStatus.APPROVED,
        cohort=told.cohort,
        provider_id=told.provider_id,
        contact_id=told.contact_id,
        route_status=told.route_status,
        language=told.language,
        template=ANSWER,
        template_version="1",
        reviewed_text=True,
        mode=writer.leaves.label,
        capacity=told.capacity,
        approved_at=writer.now,
        approved_by=writer.actor,
    )
    session.add(notice)
    session.flush()
    rows = session.scalars(
        select(NoticeUrl).where(NoticeUrl.notice_id == told.id, NoticeUrl.withdrawn_at.is_(None))
    ).all()
    session.add_all(_about(notice, row) for row in rows)
    session.flush()
    return notice


def _about(notice: Notice, row: NoticeUrl) -> NoticeUrl:
    return NoticeUrl(
        notice_id=notice.id,
        url_id=row.url_id,
        trace_id=row.trace_id,
        kind=ANSWER,
        step=0,
        last_confirmed_at=row.last_confirmed_at,
        last_confirmed_by=row.last_confirmed_by,
        decision={},
    )


def _frozen(
    session: Session,
    writer: Writer,
    notice: Notice,
    told: Notice,
    contact: Contact,
    mail: InboundMail,
    text: str,
) -> None:
    vault, hotline = writer.vault, writer.hotline
    subject = _subject(session, vault, notice, told)
    signed = f"{text}\n\n-- \n{hotline.signature}\n{hotline.name}\n"
    delivery = deliveries.ready(notice, contact, writer.now)
    back = hotline.email
    if writer.leaves.notices:
        back = writing.return_path(vault, hotline, delivery)
    theirs = storing.read(vault, mail).message_id
    message = freeze(
        Letter(subject, signed, notice.language, ANSWER, "1", True, ()),
        Envelope(
            message_id=notice.message_id,
            date=writer.now,
            from_name=f"{hotline.name}, {hotline.signature}",
            from_address=hotline.email,
            sender=back,
            reply_to=back,
            recipient=vault.open("contacts.address", contact.id, contact.address),
            in_reply_to=theirs if _plain(theirs) else told.message_id,
            references=(told.message_id, *([theirs] if theirs and _plain(theirs) else [])),
            by_person=True,
        ),
        protection=writing.protection(hotline, contact, writer.now),
    )
    notice.subject = vault.seal("notices.subject", notice.id, notice.cohort, subject)
    notice.body = vault.seal("notices.body", notice.id, notice.cohort, signed)
    deliveries.keep(session, vault, notice, delivery, message)


def _subject(session: Session, vault: Vault, notice: Notice, told: Notice) -> str:
    """That of the notice, with their own number in front."""
    subject = visible(vault.open("notices.subject", told.id, told.subject))
    ticket = tickets.of(session, vault, notice)
    if ticket and ticket not in subject:
        tag = ticket if ticket.startswith("[") else f"[{ticket}]"
        subject = f"{visible(tag)} {subject}"
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"


def _plain(message_id: str | None) -> bool:
    """Whether their Message-ID may stand in a header of ours."""
    return bool(
        message_id
        and message_id.isascii()
        and message_id.isprintable()
        and " " not in message_id
        and "=?" not in message_id
        and message_id.count("@") == 1
        and len(message_id) < 200
    )
