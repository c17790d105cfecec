"""Notices and their Deliveries: what is said, and whether it went out."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from takedown.db import Base, Id, Sealed, Word


class NoticeStatus(StrEnum):
    """Where a notice stands before its Deliveries take over."""

    DRAFT = "draft"  # composed, waits for approval
    APPROVED = "approved"  # bytes frozen, Deliveries written
    ACCEPTED = "accepted"  # the first Delivery was accepted
    SUPERSEDED = "superseded"  # composed anew without a Url that was withheld
    DISCARDED = "discarded"  # nothing in it was due any more
    FAILED = "failed"  # every Delivery is dead


class DeliveryStatus(StrEnum):
    """Did it go out? See `policy` for the allowed moves."""

    READY = "ready"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    BOUNCED = "bounced"
    UNCERTAIN = "uncertain"
    DEAD = "dead"
    SUPERSEDED = "superseded"


class Notice(Base):
    """One message to one recipient about one or more Urls; its bytes are frozen by approval."""

    __tablename__ = "notices"
    __table_args__ = (
        Index(
            "ix_notices_handed_over",
            "accepted_at",
            postgresql_where=text("kind IN ('hotline', 'police', 'regulator')"),
        ),
        Index(
            "ix_notices_rehearsed", "id", postgresql_where=text("mode IN ('rehearsal', 'observe')")
        ),
    )

    id: Mapped[Id]
    serial: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    number: Mapped[str] = mapped_column(unique=True)  # NTD-2026-000123
    kind: Mapped[Word]
    step: Mapped[int]
    status: Mapped[NoticeStatus] = mapped_column(String(16), index=True)
    cohort: Mapped[int]
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("providers.id"), index=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contacts.id"), index=True)
    route_status: Mapped[Word]  # an unverified one waits for a supervisor and prints no law
    language: Mapped[str] = mapped_column(String(8))
    template: Mapped[str]
    template_version: Mapped[str]
    template_why: Mapped[Word | None]  # provider | country | language | english: what chose it
    reviewed_text: Mapped[bool]
    mode: Mapped[Word]  # rehearsal | observe | live | closed: the mode it was composed in
    capacity: Mapped[Word] = mapped_column(default="hotline")  # or trusted_flagger
    message_id: Mapped[str] = mapped_column(unique=True)
    subject: Mapped[Sealed]
    body: Mapped[Sealed]
    message: Mapped[Sealed | None]  # the frozen bytes
    composed_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]
    two_people: Mapped[bool] = mapped_column(default=False)  # a step that one person can't release
    first_yes_at: Mapped[datetime | None]
    first_yes_by: Mapped[str | None]  # never who approves it then, unless `alone_why` says why
    alone_why: Mapped[str | None]  # a lone person went on; another looks at it afterwards
    lives_there: Mapped[Sealed | None]  # what else stands under a domain, in a person's words
    hurried_at: Mapped[datetime | None]  # a person's word: no calendar keeps it back
    hurried_by: Mapped[str | None]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[Word | None]
    supersedes_id: Mapped[uuid.UUID | None]
    ticket: Mapped[Sealed | None]  # the recipient's own number for it; what follows names it

    urls: Mapped[list["NoticeUrl"]] = relationship(lazy="raise", back_populates="notice")
    deliveries: Mapped[list["Delivery"]] = relationship(lazy="raise", back_populates="notice")


class NoticeUrl(Base):
    """What a Url looked like when it left in this notice, and why the gate let it."""

    __tablename__ = "notice_urls"
    __table_args__ = (
        Index(
            "uq_notice_urls_step",
            "episode_id",
            "kind",
            "step",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    notice_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("notices.id"), primary_key=True)
    url_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("urls.id"), primary_key=True, index=True)
    # A hand-over may know of neither: the police hear at once of a victim at risk.
    episode_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("episodes.id"))
    trace_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("traces.id"))
    kind: Mapped[Word]
    step: Mapped[int]
    last_confirmed_at: Mapped[datetime]
    last_confirmed_by: Mapped[Word]  # check | person
    decision: Mapped[dict[str, Any]] = mapped_column(JSONB)  # the gate's answer with its reasons
    withdrawn_at: Mapped[datetime | None]  # taken out, or its notice superseded

    notice: Mapped[Notice] = relationship(lazy="raise", back_populates="urls")


class Delivery(Base):
    """One envelope recipient of one notice, and every answer that came."""

    __tablename__ = "deliveries"
    __table_args__ = (
        Index(
            "ix_deliveries_due",
            "due_at",
            postgresql_where=text("status IN ('ready', 'claimed', 'sending', 'uncertain')"),
        ),
        Index(
            "ix_deliveries_poll_due",
            "poll_due_at",
            postgresql_where=text("poll_due_at IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    notice_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("notices.id"), index=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contacts.id"))
    medium: Mapped[Word]
    status: Mapped[DeliveryStatus] = mapped_column(String(16))
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    paced_until: Mapped[datetime | None]  # no rate let it go before: its age counts from then
    attempts: Mapped[int] = mapped_column(default=0)
    lost_leases: Mapped[int] = mapped_column(default=0)
    token: Mapped[uuid.UUID | None]
    lease_until: Mapped[datetime | None]
    armed_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[Word | None]  # recipient | relay | api | person | rehearsal
    handed_by: Mapped[str | None]  # the person who handed it over, where one did
    queue_id: Mapped[str | None]
    receipt: Mapped[Sealed | None]  # the reference that the recipient gave it
    receipt_at: Mapped[datetime | None]
    receipt_by: Mapped[str | None]
    answers: Mapped[list[Any]] = mapped_column(JSONB, default=list)  # [at, phase, code, sealed]
    possible_duplicate: Mapped[bool] = mapped_column(default=False)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))  # of the frozen bytes
    poll_due_at: Mapped[datetime | None]  # when an interface is asked what became of it
    poll_failures: Mapped[int] = mapped_column(default=0)  # since it last answered
    provider_state: Mapped[Word | None]  # of notices' State: its word, and no finding
    provider_state_at: Mapped[datetime | None]

    notice: Mapped[Notice] = relationship(lazy="raise", back_populates="deliveries")
