"""Mails that came in, and what they claim. A claim stands beside the findings, never in one."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from takedown.db import Base, Id, Sealed, Word


class MailState(StrEnum):
    """Where a mail stands."""

    NEW = "new"  # kept, not read by the machine yet
    FILED = "filed"  # belongs to a notice
    TRIAGE = "triage"  # a person says what it belongs to
    ANSWERED = "answered"
    DISCARDED = "discarded"


class MatchedBy(StrEnum):
    """How it was found to which notice a mail belongs; the strongest that holds."""

    TOKEN = "token"  # nosec B105 - a word: addressed to a token of ours
    ENVELOPE = "envelope"  # names what only the servers on the way were given
    MESSAGE_ID = "message_id"
    NUMBER = "number"  # our number in the subject, from the contact's own domain
    PERSON = "person"
    NONE = "none"


class InboundMail(Base):
    """One message, as far as it may be kept: files of refused kinds are cut out of it before."""

    __tablename__ = "inbound_mails"
    __table_args__ = (
        Index("ix_inbound_mails_new", "id", postgresql_where=text("state = 'new'")),
        Index("ix_inbound_mails_state", "state", "received_at"),
        Index(
            "ix_inbound_mails_waits",
            "notice_id",
            postgresql_where=text("waits AND read_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    cohort: Mapped[int]
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)  # of what was delivered
    source: Mapped[Word]  # imap | folder
    received_at: Mapped[datetime]
    raw: Mapped[Sealed]
    stripped: Mapped[int]  # how many parts were cut out of it
    refused: Mapped[Sealed | None]  # JSON: name, type and size in octets of each of them
    state: Mapped[MailState] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(default=0)  # to read it; five, and a person looks
    kind: Mapped[Word | None]  # of notices.inbound.Kind
    auto: Mapped[bool] = mapped_column(default=False)  # written by a machine: never answered
    claims: Mapped[list[str]] = mapped_column(ARRAY(String), default=list)
    matched_by: Mapped[Word] = mapped_column(default=MatchedBy.NONE)
    notice_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("notices.id"), index=True)
    delivery_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("deliveries.id"))
    provider_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("providers.id"))
    contact_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contacts.id"))
    sender: Mapped[Sealed | None]
    subject: Mapped[Sealed | None]
    body: Mapped[Sealed | None]  # what can be read, as plain text
    ticket: Mapped[Sealed | None]
    waits: Mapped[bool] = mapped_column(default=False)  # reminders wait until a person has read it
    read_at: Mapped[datetime | None]
    read_by: Mapped[str | None]
    why: Mapped[str | None]  # why it was discarded
    answer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("notices.id"))  # our answer


class Claim(Base):
    """A recipient's word about what a notice asked for. It is checked, and proves nothing."""

    __tablename__ = "claims"

    id: Mapped[Id]
    mail_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("inbound_mails.id"))
    # Where no mail said it: the delivery whose interface did.
    delivery_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("deliveries.id"))
    notice_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("notices.id"), index=True)
    word: Mapped[Word]  # of notices.inbound.Claim
    at: Mapped[datetime]
