"""Urls, the Reports that told of them, and where a Url stands."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from takedown.db import Base, Blind, Id, Sealed
from takedown.hosts.models import Host


class UrlStatus(StrEnum):
    """Is it up? The Url's own machine; see `lifecycle` for the allowed moves."""

    REGISTERED = "registered"
    LOCATED = "located"
    NOTIFIED = "notified"
    REMOVED = "removed"
    REAPPEARED = "reappeared"
    HELD = "held"
    NEEDS_OPERATOR = "needs_operator"
    NOT_CHECKABLE = "not_checkable"
    WITHDRAWN = "withdrawn"


class Withdrawal(StrEnum):
    """Why a Url was withdrawn."""

    WRONG = "wrong"  # it was not what was reported
    LOCATION = "location"  # it was there, but at another address
    DUPLICATE = "duplicate"
    HANDED_OVER = "handed_over"  # somebody else handles it
    ASKED = "asked"  # the police asked for it


#: Our own mistakes: whoever was told is asked to restore what they removed.
MISTAKES = (Withdrawal.WRONG, Withdrawal.LOCATION)

OPEN = (
    UrlStatus.REGISTERED,
    UrlStatus.LOCATED,
    UrlStatus.NOTIFIED,
    UrlStatus.REAPPEARED,
    UrlStatus.NEEDS_OPERATOR,
)


class Url(Base):
    """A canonical address, unique by its blind index; never in clear text at rest."""

    __tablename__ = "urls"
    __table_args__ = (
        Index(None, "status", "registered_at"),
        Index(
            "ix_urls_police_due",
            "id",
            postgresql_where=text("victim_at_risk AND police_informed_at IS NULL"),
        ),
        Index(
            "ix_urls_police_waits",
            "police_informed_at",
            postgresql_where=text("police_informed_at IS NOT NULL AND police_cleared_at IS NULL"),
        ),
        Index(
            "ix_urls_place_due", "place_due_at", postgresql_where=text("place_due_at IS NOT NULL")
        ),
    )

    id: Mapped[Id]
    serial: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    cohort: Mapped[int]
    location: Mapped[Sealed]
    location_index: Mapped[Blind] = mapped_column(unique=True)
    exact: Mapped[Sealed | None]  # as told, where that differs: fragment, user information
    parent: Mapped[Sealed | None]  # the page that embeds it
    parent_index: Mapped[Blind | None] = mapped_column(index=True)
    referrer: Mapped[Sealed | None]
    note: Mapped[Sealed | None]
    host_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("hosts.id"), index=True)
    status: Mapped[UrlStatus] = mapped_column(String(16))
    withdrawn_why: Mapped[Withdrawal | None] = mapped_column(String(16))

    scheme: Mapped[str]  # of classification, with its version: "INHOPE-baseline/1"
    classification: Mapped[str]  # a code of that scheme
    media_type: Mapped[str | None]
    site_type: Mapped[str | None]
    commercial: Mapped[bool | None]
    priority: Mapped[bool]
    victim_at_risk: Mapped[bool]
    not_checkable: Mapped[bool]

    received_at: Mapped[datetime]
    registered_at: Mapped[datetime]
    police_informed_at: Mapped[datetime | None]
    police_cleared_at: Mapped[datetime | None]
    police_agreed_at: Mapped[datetime | None]  # they let it be looked up and checked meanwhile
    place_due_at: Mapped[datetime | None]  # to be routed (again) once its host is traced

    host: Mapped[Host] = relationship(lazy="raise")

    @property
    def number(self) -> str:
        """What people call it: year of registration and running number, "2026-000123"."""
        return f"{self.registered_at.year}-{self.serial:06d}"


class Report(Base):
    """One telling of a Url: by whom, when, under which reference, classified how."""

    __tablename__ = "reports"

    id: Mapped[Id]
    url_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("urls.id"), index=True)
    source: Mapped[str]  # public | hotline | police | proactive | api | ...
    reference: Mapped[str | None]
    received_at: Mapped[datetime]
    registered_at: Mapped[datetime]
    registered_by: Mapped[str]
    scheme: Mapped[str]
    classification: Mapped[str]
