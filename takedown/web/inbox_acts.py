"""What a person does with a mail: read it, match it, answer it, put it away."""

import uuid
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.errors import TakedownError
from takedown.flow.inbox import clerk, look
from takedown.flow.ports import Ports
from takedown.outbox.inbox import acting, answering, matching, storing
from takedown.outbox.inbox.models import InboundMail, MailState
from takedown.outbox.models import NoticeUrl
from takedown.people.tasks import TaskKind, settle
from takedown.urls.models import MISTAKES, Url, UrlStatus, Withdrawal
from takedown.web import acts


class MailRefused(TakedownError):
    """What was asked of a mail can't be done; the reason is a message id."""


def read(session: Session, ports: Ports, mail: InboundMail, *, actor: str) -> None:
    """It was read, and nothing more is to be said: the ladder goes on."""
    acting.read_by(session, mail, now=ports.clock(), by=actor)
    acts.note(session, ports, actor, "mail.read", mail.id)


def match(session: Session, ports: Ports, mail: InboundMail, number: str, *, actor: str) -> None:
    """A person says to which notice a mail belongs. Raises `MailRefused`."""
    if mail.state != MailState.TRIAGE:
        raise MailRefused("mail:filed")
    worker = clerk(ports)
    found = matching.by_hand(session, number, worker.now)
    if found is None:
        raise MailRefused("mail:no_notice")
    said = storing.read(worker.vault, mail)
    storing.describe(worker.vault, mail, said)
    followed = acting.file(session, worker, mail, said, found)
    look(session, ports, followed.look)
    acts.note(session, ports, actor, "mail.match", mail.id, notice=found.notice.number)


def discard(session: Session, ports: Ports, mail: InboundMail, why: str, *, actor: str) -> None:
    """It is about nothing of ours. Raises `MailRefused`, `HoldsLocation`."""
    why = acts.without_location(session, ports.vault, why[:500])
    if mail.state != MailState.TRIAGE or not why:
        raise MailRefused("mail:why")
    mail.state, mail.why = MailState.DISCARDED, why
    mail.read_at, mail.read_by = ports.clock(), actor
    acts.note(session, ports, actor, "mail.discard", mail.id)


def mistaken(
    session: Session,
    ports: Ports,
    mail: InboundMail,
    urls: Collection[uuid.UUID],
    why: Withdrawal,
    *,
    actor: str,
) -> None:
    """They are right: these Urls of its notice are withdrawn as our mistake. Raises `MailRefused`.

    Whoever was told of them is asked to restore them: `compose` writes that.
    """
    of_notice = select(NoticeUrl.url_id).where(NoticeUrl.notice_id == mail.notice_id)
    chosen = set(session.scalars(of_notice)) & set(urls)
    if not chosen or why not in MISTAKES:
        raise MailRefused("mail:no_case")
    for url_id in sorted(chosen):
        url = session.get_one(Url, url_id, with_for_update=True, populate_existing=True)
        if url.status != UrlStatus.WITHDRAWN:
            acts.withdraw(session, ports, url, why=why, actor=actor)
    acting.read_by(session, mail, now=ports.clock(), by=actor)
    if mail.notice_id is not None:
        for kind in (TaskKind.DISPUTE, TaskKind.COMPLAINT):
            settle(session, kind, mail.notice_id, now=ports.clock(), by=actor)
    acts.note(session, ports, actor, "mail.mistaken", mail.id, urls=len(chosen))


def answer(session: Session, ports: Ports, mail: InboundMail, text: str, *, actor: str) -> None:
    """Answer it. Raises `AnswerRefused`, `HoldsLocation`."""
    plain = acts.without_location(session, ports.vault, text)
    writer = answering.Writer(ports.vault, ports.hotline, ports.leaves, actor, ports.clock())
    notice = answering.answer(session, writer, mail, plain)
    acts.note(session, ports, actor, "mail.answer", mail.id, notice=notice.number)
