"""Routes: how this hotline may act on a Url; and the stops: holds."""

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from takedown.db import Base, Blind, Id, Word


class RouteKind(StrEnum):
    """How one may act."""

    DIRECT = "direct"
    POLICE = "police"
    HOTLINE = "hotline"
    REGULATOR = "regulator"
    NONE = "none"


class RouteStatus(StrEnum):
    """Whether a person of this hotline has read the source and stands by it."""

    UNVERIFIED = "unverified"
    VERIFIED = "verified"


class BindsOn(StrEnum):
    """What a deadline binds on; only a binding one can be overdue."""

    NOTICE = "notice"  # on our notice
    SIGNATORIES = "signatories"  # on providers that signed the code
    AUTHORITY_ORDER = "authority_order"  # on an order of an authority, not on our notice
    ASKED = "asked"  # nothing binds: it is asked for


class Route(Base):
    """One row of data that an administrator edits: hosting country x direction -> how to act."""

    __tablename__ = "routes"
    __table_args__ = (UniqueConstraint("country", "direction"),)

    id: Mapped[Id]
    country: Mapped[str] = mapped_column(String(8))  # ISO 3166-1, or *INHOPE, *, *GLOBAL
    direction: Mapped[Word]  # home | abroad
    kind: Mapped[Word]
    via: Mapped[str | None]
    deadline_hours: Mapped[int | None]
    binds_on: Mapped[str | None]
    languages: Mapped[list[str]] = mapped_column(ARRAY(String))
    basis: Mapped[str | None]
    source: Mapped[str]
    checked_on: Mapped[date]
    checked_by: Mapped[str | None]
    status: Mapped[Word]
    note: Mapped[str | None]
    police_first: Mapped[bool] = mapped_column(default=False)


class Hold(Base):
    """A stop asked for by the police or a supervisor: nothing leaves while it stands."""

    __tablename__ = "holds"
    __table_args__ = (
        Index(
            "ix_holds_standing",
            "subject",
            "subject_id",
            postgresql_where=text("released_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    subject: Mapped[Word]  # url | host | domain | provider
    subject_id: Mapped[uuid.UUID | None]
    domain_index: Mapped[Blind | None] = mapped_column(index=True)
    asked_by: Mapped[str]
    reference: Mapped[str | None]
    reason: Mapped[str]
    probes_go_on: Mapped[bool]
    placed_at: Mapped[datetime]
    placed_by: Mapped[str]
    review_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None]


class UrlRoute(Base):
    """The Route as it was decided for one Url, with its reasons; the newest one holds."""

    __tablename__ = "url_routes"

    id: Mapped[Id]
    url_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("urls.id"), index=True)
    trace_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("traces.id"))
    route_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("routes.id"))
    decided_at: Mapped[datetime]
    kind: Mapped[Word]
    status: Mapped[Word]
    country: Mapped[str | None] = mapped_column(String(2))
    deadline_hours: Mapped[int | None]
    binding: Mapped[bool]
    why: Mapped[str]
