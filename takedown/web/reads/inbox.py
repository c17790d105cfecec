"""What came back, as pages show it: text as text, locations defanged, files by name alone."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from notices.inbound.model import Kind
from takedown.hosts.models import Contact, Provider
from takedown.outbox.contacts import choose
from takedown.outbox.inbox import storing
from takedown.outbox.inbox.models import InboundMail, MailState
from takedown.outbox.models import Delivery, Notice, NoticeUrl
from takedown.urls.models import Url
from takedown.vault import Vault
from takedown.web.reads.contacts import provider_name
from takedown.web.reads.people import names_of
from takedown.web.show import defanged

SHOWN: Final = 200
_LOCATION: Final = re.compile(
    r"(?i)\b(?:h(?:tt|xx)ps?|ftp)://[^\s<>\"']{1,2000}"
    r"|\b\d{1,3}(?:\.\d{1,3}){3}\b"
    r"|(?<![\w.\]-])(?:[\w-]{1,63}\.){1,8}[\w-]{2,63}(?![\w-])"
)
_UNSEEN: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Line:
    """One mail in a list."""

    mail: InboundMail
    sender: str = field(repr=False)
    subject: str = field(repr=False)
    provider: str = field(repr=False)
    number: str | None  # of the notice


@dataclass(frozen=True, slots=True)
class Shown:
    """One mail whole."""

    line: Line
    body: str = field(repr=False)
    ticket: str = field(repr=False)
    refused: Sequence[tuple[str, str, int]] = field(repr=False)
    notice: Notice | None
    cases: Sequence[tuple[uuid.UUID, str]]
    next_contact: str | None = field(repr=False)
    read_by: str | None
    answer: Notice | None
    refusal: str = field(repr=False)  # of a bounce or a delay: the server's code and words

    @property
    def mail(self) -> InboundMail:
        return self.line.mail


def inert(text: str) -> str:
    """A stranger's text for a page: no location in it opens, and no unseen mark turns it round."""
    return _LOCATION.sub(lambda found: defanged(found[0]), _UNSEEN.sub("\ufffd", text))


def filed(session: Session, vault: Vault, *, unread: bool = False) -> list[Line]:
    """Mails that belong to a notice, what waits to be read first, then the newest."""
    where: ColumnElement[bool] = InboundMail.state.in_((MailState.FILED, MailState.ANSWERED))
    if unread:
        where = and_(where, InboundMail.read_at.is_(None), InboundMail.auto.is_(False))
    waits = (InboundMail.waits & InboundMail.read_at.is_(None)).desc()
    return _lines(session, vault, where, waits)


def triage(session: Session, vault: Vault) -> list[Line]:
    """Mails that match nothing; what people wrote first."""
    where = InboundMail.state == MailState.TRIAGE
    return _lines(session, vault, where, InboundMail.auto.asc())


def of_notice(session: Session, vault: Vault, notice_id: uuid.UUID) -> list[Line]:
    """What came back about one notice, newest first."""
    return _lines(session, vault, InboundMail.notice_id == notice_id, InboundMail.id.desc())


def waiting(session: Session) -> int:
    """How many mails wait for a person: to be read, or to be matched where a person wrote them."""
    wanted = select(func.count()).select_from(InboundMail).where(waits_for_person())
    return session.scalar(wanted) or 0


def waits_for_person() -> ColumnElement[bool]:
    """Whether a mail waits for a person."""
    unread = InboundMail.waits & InboundMail.read_at.is_(None)
    return unread | ((InboundMail.state == MailState.TRIAGE) & InboundMail.auto.is_(False))


def page(session: Session, vault: Vault, mail: InboundMail, now: datetime) -> Shown:
    """One mail with what it belongs to."""
    (line,) = _lines(session, vault, InboundMail.id == mail.id, InboundMail.id.asc())
    notice = session.get(Notice, mail.notice_id) if mail.notice_id else None
    names = names_of(session, {mail.read_by} if mail.read_by else set())
    return Shown(
        line,
        inert(storing.opened(vault, mail, "body")),
        inert(storing.opened(vault, mail, "ticket")),
        storing.refused_files(vault, mail),
        notice,
        _cases(session, notice),
        _next_contact(session, vault, mail, now),
        names.get(mail.read_by or ""),
        session.get(Notice, mail.answer_id) if mail.answer_id else None,
        _refusal(vault, mail),
    )


def _refusal(vault: Vault, mail: InboundMail) -> str:
    if mail.kind not in (Kind.BOUNCE, Kind.DELAY):
        return ""
    said = storing.read(vault, mail)
    return inert(" ".join(f"{said.status or ''} {said.reason}".split()))


def _cases(session: Session, notice: Notice | None) -> list[tuple[uuid.UUID, str]]:
    if notice is None:
        return []
    urls = session.scalars(
        select(Url)
        .join(NoticeUrl, NoticeUrl.url_id == Url.id)
        .where(NoticeUrl.notice_id == notice.id)
        .order_by(Url.serial)
    )
    return [(url.id, url.number) for url in urls]


def _next_contact(session: Session, vault: Vault, mail: InboundMail, now: datetime) -> str | None:
    """Where the next notice goes after a bounce, if the provider has another way in."""
    delivery = session.get(Delivery, mail.delivery_id) if mail.delivery_id else None
    if delivery is None or delivery.status != "bounced":
        return None
    rows = session.scalars(
        select(Contact).where(
            Contact.provider_id == mail.provider_id, Contact.id != delivery.contact_id
        )
    )
    found = choose(rows, now)
    return vault.open("contacts.address", found.id, found.address) if found else None


def _lines(
    session: Session, vault: Vault, where: ColumnElement[bool], first: ColumnElement[Any]
) -> list[Line]:
    rows = session.execute(
        select(InboundMail, Provider, Notice.number)
        .outerjoin(Provider, Provider.id == InboundMail.provider_id)
        .outerjoin(Notice, Notice.id == InboundMail.notice_id)
        .where(where)
        .order_by(first, InboundMail.id.desc())
        .limit(SHOWN)
    ).all()
    return [
        Line(
            mail,
            storing.opened(vault, mail, "sender").replace("\n", " "),
            inert(storing.opened(vault, mail, "subject")),
            provider_name(vault, provider) if provider else "",
            number,
        )
        for mail, provider, number in rows
    ]
