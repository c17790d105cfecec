"""Routes: how this hotline may act on a Url; and the stops: holds."""

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
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
    edited_by: Mapped[str | None]  # somebody else verifies what this person wrote
    edited_at: Mapped[datetime | None]


class RouteChange(Base):
    """One edit of a Route, with the whole row before and after it: its history."""

    __tablename__ = "route_changes"

    id: Mapped[Id]
    route_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("routes.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[str]
    why: Mapped[str]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    after: Mapped[dict[str, Any]] = mapped_column(JSONB)


class Agreement(Base):
    """What was agreed with a country's authorities or hotline; in force once verified, it goes
    before that country's Route."""

    __tablename__ = "agreements"

    id: Mapped[Id]
    country: Mapped[str] = mapped_column(String(2), index=True)  # hosting country, ISO 3166-1
    kind: Mapped[Word]  # of RouteKind
    via: Mapped[str | None]
    deadline_hours: Mapped[int | None]
    binds_on: Mapped[str | None]
    languages: Mapped[list[str]] = mapped_column(ARRAY(String))
    basis: Mapped[str]
    source: Mapped[str]  # the document, where it is kept
    police_first: Mapped[bool] = mapped_column(default=False)
    signed_on: Mapped[date]
    ends_on: Mapped[date | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    verified_at: Mapped[datetime | None]
    verified_by: Mapped[str | None]  # never who recorded it
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]


class Member(Base):
    """A hotline of INHOPE's member list: to it goes what is hosted in its country."""

    __tablename__ = "members"
    __table_args__ = (UniqueConstraint("country", "name"),)

    id: Mapped[Id]
    country: Mapped[str] = mapped_column(String(2))
    name: Mapped[str]
    source: Mapped[str]
    added_by: Mapped[str | None]  # who typed it in: somebody else checks it; None: reference data
    checked_on: Mapped[date | None]  # None: nobody of this hotline has compared it with its source
    checked_by: Mapped[str | None]
    left_on: Mapped[date | None]
    provider_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("providers.id"))


class DoNotForward(Base):
    """A country where a hand-over could do harm: nothing is handed over or sent there."""

    __tablename__ = "do_not_forward"

    country: Mapped[str] = mapped_column(String(2), primary_key=True)
    reason: Mapped[str]
    added_at: Mapped[datetime]
    added_by: Mapped[str]


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
    released_why: Mapped[str | None]


class UrlRoute(Base):
    """The Route as it was decided for one Url, with its reasons; the newest one holds."""

    __tablename__ = "url_routes"

    id: Mapped[Id]
    url_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("urls.id"), index=True)
    trace_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("traces.id"))
    route_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("routes.id"))
    agreement_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("agreements.id"))
    provider_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("providers.id"))
    role: Mapped[Word | None]  # of that provider toward this Url
    decided_at: Mapped[datetime]
    kind: Mapped[Word]
    status: Mapped[Word]
    country: Mapped[str | None] = mapped_column(String(2))
    deadline_hours: Mapped[int | None]
    binding: Mapped[bool]
    binds_on: Mapped[Word | None]
    languages: Mapped[list[str]] = mapped_column(ARRAY(String), default=list)
    why: Mapped[str]
