"""The episode: Url x responsible provider, from the first accepted notice to an outcome."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from takedown.db import Base, Id, Word


class Outcome(StrEnum):
    """How an episode ended, or that it has not."""

    OPEN = "open"
    REMOVED = "removed"
    UNAVAILABLE = "unavailable"  # the name or the whole host is gone
    MOVED = "moved"  # another provider hosts it now: a new episode began
    GONE_BEFORE_NOTICE = "gone_before_notice"
    RESCINDED = "rescinded"  # we were wrong


class RemovedBy(StrEnum):
    """Who took it away: an inference from how it went, never an accusation."""

    HOST = "host"
    PLATFORM = "platform"  # on whose pages it was
    REGISTRAR = "registrar"
    REGISTRY = "registry"
    POLICE = "police"
    MOVED = "moved"
    UNKNOWN = "unknown"


class Episode(Base):
    """The unit of all statistics. `notified_at` stays empty until a notice is accepted."""

    __tablename__ = "episodes"
    __table_args__ = (
        Index(
            "uq_episodes_open",
            "url_id",
            "provider_id",
            unique=True,
            postgresql_where=text("outcome = 'open'"),
        ),
        Index(None, "provider_id", "notified_at"),
        Index(
            "ix_episodes_not_notified",
            "id",
            postgresql_where=text("outcome = 'open' AND \"primary\" AND notified_at IS NULL"),
        ),
        Index(
            "ix_episodes_notified",
            "notified_at",
            postgresql_where=text("outcome = 'open' AND \"primary\" AND notified_at IS NOT NULL"),
        ),
        Index(
            "ix_episodes_ladder",
            "ladder_due_at",
            postgresql_where=text("outcome = 'open' AND \"primary\" AND notified_at IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    url_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("urls.id"), index=True)
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("providers.id"))
    trace_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("traces.id"))
    role: Mapped[Word]
    primary: Mapped[bool] = mapped_column(default=True)
    ordinal: Mapped[int]  # 1 is the first episode of the Url; rates use only these
    country: Mapped[str | None] = mapped_column(String(2))  # hosting country when it opened
    asn: Mapped[int | None] = mapped_column(BigInteger)
    deadline_hours: Mapped[int | None]
    deadline_binding: Mapped[bool] = mapped_column(default=False)

    opened_at: Mapped[datetime]
    notice_id: Mapped[uuid.UUID | None]  # the first accepted one
    notified_at: Mapped[datetime | None]
    accepted_by: Mapped[str | None]
    handed_over_at: Mapped[datetime | None]  # to a partner hotline, the police or a regulator
    last_up_at: Mapped[datetime | None]
    first_down_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    outcome: Mapped[Outcome] = mapped_column(String(24))
    removed_by: Mapped[str | None]
    seen_from: Mapped[int | None] = mapped_column(SmallInteger)  # by how many vantage points
    closed_at: Mapped[datetime | None]
    ladder_due_at: Mapped[datetime | None]  # before it, no step of the ladder can be due
    reappeared_at: Mapped[datetime | None]  # after this episode's removal
