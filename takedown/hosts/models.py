"""Hosts, the dated findings about them, and the organisations that can act."""

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, CIDR, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import String

from takedown.db import Base, Blind, Id, Sealed, Word


class Role(StrEnum):
    """What a Provider is toward a Url."""

    SITE_OWNER = "site_owner"
    PLATFORM = "platform"
    HOST = "host"
    PROXY = "proxy"
    UPSTREAM = "upstream"
    REGISTRAR = "registrar"
    REGISTRY = "registry"


class Source(StrEnum):
    """Where it was read who stands in a role."""

    BOOK = "book"  # our contact book, as a person keeps it
    REFERENCE = "reference"  # the well-known providers that come along
    TABLE = "table"  # the local IP-to-ASN table
    RDAP = "rdap"
    WHOIS = "whois"
    CNAME = "cname"  # the name is an alias of the proxy's
    HEADER = "header"  # an answer's header names the proxy
    REPLY = "reply"  # the proxy's answer
    API = "api"
    PERSON = "person"


class Kind(StrEnum):
    """What an organisation is: providers act, the others receive hand-overs."""

    PROVIDER = "provider"
    HOTLINE = "hotline"  # a partner hotline
    POLICE = "police"
    REGULATOR = "regulator"


class Standing(StrEnum):
    """How far a Provider is trusted with a notice."""

    UNKNOWN = "unknown"
    COOPERATIVE = "cooperative"
    FORWARDS_TO_CUSTOMER = "forwards_to_customer"
    SUSPECTED_COMPLICIT = "suspected_complicit"


class Medium(StrEnum):
    """How a Contact is reached."""

    EMAIL = "email"
    API = "api"
    FORM = "form"


class Host(Base):
    """A host name or address literal. Its due date and lease for `locate` stand here."""

    __tablename__ = "hosts"
    __table_args__ = (
        Index(
            "ix_hosts_locate_due",
            "locate_due_at",
            postgresql_where=text("locate_due_at IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    cohort: Mapped[int]
    name: Mapped[Sealed]
    name_index: Mapped[Blind] = mapped_column(unique=True)
    domain_index: Mapped[Blind] = mapped_column(index=True)  # registrable domain, else the host
    label_index: Mapped[Blind | None] = mapped_column(index=True)  # domain without its suffix
    numbers: Mapped[Sealed | None]  # random ones that stand for it in the facts, JSON
    kind: Mapped[Word]  # name | address | onion
    first_seen_at: Mapped[datetime]
    trace_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("traces.id", use_alter=True, name="fk_hosts_trace_id_traces"), index=True
    )
    locate_due_at: Mapped[datetime | None]
    locate_attempts: Mapped[int] = mapped_column(default=0)
    locate_token: Mapped[uuid.UUID | None]
    locate_until: Mapped[datetime | None]
    locate_lost: Mapped[int] = mapped_column(default=0)  # leases that ran out; five quarantine
    # What a proxy told of who stands behind it: an address, or an organisation.
    origin: Mapped[Sealed | None]  # an IP address
    origin_provider_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("providers.id", use_alter=True, name="fk_hosts_origin_provider_id_providers")
    )
    origin_source: Mapped[Word | None]  # of Source: reply | api | person
    origin_told_at: Mapped[datetime | None]
    # A proxy that no look-up shows: an answer's header gave it away.
    front_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("providers.id", use_alter=True, name="fk_hosts_front_id_providers")
    )

    trace: Mapped["Trace | None"] = relationship(foreign_keys=[trace_id], lazy="raise")


class Trace(Base):
    """A dated finding about a Host: never changed, a new one is added."""

    __tablename__ = "traces"

    id: Mapped[Id]
    host_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("hosts.id"), index=True)
    at: Mapped[datetime]
    dns: Mapped[Word]  # a word of dns_batch.Dns
    addresses: Mapped[Sealed | None]  # JSON list
    address: Mapped[Sealed | None]  # the one that was judged
    address_index: Mapped[Blind | None] = mapped_column(index=True)
    origin: Mapped[Sealed | None]  # the address behind the proxy, as it was told
    nameservers: Mapped[Sealed | None]  # JSON list
    asn: Mapped[int | None] = mapped_column(BigInteger)
    network: Mapped[Sealed | None]  # handle and range as the registry says it
    country: Mapped[str | None] = mapped_column(String(2), index=True)  # of the address, ISO 3166-1
    organisation_country: Mapped[str | None] = mapped_column(String(2))
    registrar: Mapped[Sealed | None]
    registrar_country: Mapped[str | None] = mapped_column(String(2))
    domain_status: Mapped[list[str]] = mapped_column(ARRAY(String))  # EPP codes of RDAP
    proxy: Mapped[bool]
    provider_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("providers.id"), index=True)
    role: Mapped[Word | None]  # what the provider is toward the Urls of this host
    evidence: Mapped[Sealed | None]  # the registry answers that it rests on, JSON
    sources: Mapped[dict[str, Any]] = mapped_column(JSONB)  # fact -> where it came from
    problems: Mapped[list[str]] = mapped_column(ARRAY(String))  # what could not be read

    provider: Mapped["Provider | None"] = relationship(lazy="raise")


class TraceProvider(Base):
    """Who stands in which role toward the Urls of a Trace's host, and where that was read."""

    __tablename__ = "trace_providers"

    trace_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("traces.id"), primary_key=True)
    role: Mapped[Word] = mapped_column(primary_key=True)
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("providers.id"), primary_key=True)
    source: Mapped[Word]  # of Source


class Provider(Base):
    """An organisation that can act. Its name is sealed; `public_name` a person has reviewed.

    One that was merged into another keeps its row: history goes on naming it.
    """

    __tablename__ = "providers"

    id: Mapped[Id]
    name: Mapped[Sealed]
    name_index: Mapped[Blind] = mapped_column(unique=True)
    kind: Mapped[Word] = mapped_column(default=Kind.PROVIDER)
    merged_into_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("providers.id"))
    public_name: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None]
    country: Mapped[str | None] = mapped_column(String(2))
    standing: Mapped[Word] = mapped_column(default=Standing.UNKNOWN)
    proxy: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str | None] = mapped_column(String(8))
    check_interval_s: Mapped[int | None]  # between two checks of one of its addresses
    signatory: Mapped[bool] = mapped_column(default=False)  # bound by its country's notice code
    endorses_principles: Mapped[bool | None]  # the Voluntary Principles (2020); None: not known
    preferred_medium: Mapped[Word | None]
    max_per_hour: Mapped[int | None]  # notices to all its contacts; None: as many as there are
    closure: Mapped[bool] = mapped_column(default=False)  # is told when a removal is confirmed
    notes: Mapped[Sealed | None]
    first_seen_at: Mapped[datetime]

    contacts: Mapped[list["Contact"]] = relationship(back_populates="provider", lazy="raise")


class ProviderNumber(Base):
    """An autonomous system of a Provider."""

    __tablename__ = "provider_asns"

    asn: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("providers.id"), index=True)


class ProviderAlias(Base):
    """Another name of a Provider, as registries or people write it."""

    __tablename__ = "provider_aliases"

    id: Mapped[Id]
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("providers.id"), index=True)
    name: Mapped[Sealed]
    name_index: Mapped[Blind] = mapped_column(unique=True)


class ProviderRange(Base):
    """Addresses of a Provider that its autonomous system does not tell apart."""

    __tablename__ = "provider_ranges"

    id: Mapped[Id]
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("providers.id"), index=True)
    network: Mapped[str] = mapped_column(CIDR, unique=True)


class ProviderMark(Base):
    """By what a proxy gives itself away: the end of a CNAME, or an answer's header."""

    __tablename__ = "provider_marks"
    __table_args__ = (UniqueConstraint("kind", "value"),)

    id: Mapped[Id]
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("providers.id"), index=True)
    kind: Mapped[Word]  # cname | header
    value: Mapped[str]  # "cdn.example.net", or "server: example-cdn"; never a site's own name


class ProviderDomain(Base):
    """A registrable domain under which a Provider publishes for its users (platform, file host).

    With a `path` it is that of Urls alone whose path begins so; the longest wins.
    """

    __tablename__ = "provider_domains"
    __table_args__ = (UniqueConstraint("domain_index", "path"),)

    id: Mapped[Id]
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("providers.id"), index=True)
    domain: Mapped[Sealed]
    domain_index: Mapped[Blind]
    path: Mapped[str] = mapped_column(default="")  # "/share/"; empty: all of the domain


class ProviderMerge(Base):
    """A proposal that two Providers are one, and what became of it: a second person confirms."""

    __tablename__ = "provider_merges"
    __table_args__ = (
        Index(
            "uq_provider_merges_open",
            "provider_id",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("providers.id"))  # goes into
    into_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("providers.id"), index=True)  # this one
    why: Mapped[str]
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[str]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]  # never who proposed it, where `done`
    done: Mapped[bool] = mapped_column(default=False)  # False and closed: refused or taken back
    moved: Mapped[dict[str, Any] | None] = mapped_column(JSONB)  # how many rows of what


class Contact(Base):
    """A way to reach a Provider. Looked-up ones wait for a person before their first notice."""

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("provider_id", "medium", "address_index"),)

    id: Mapped[Id]
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("providers.id"))
    medium: Mapped[Word]
    address: Mapped[Sealed]
    address_index: Mapped[Blind] = mapped_column(index=True)
    language: Mapped[str | None] = mapped_column(String(8))
    source: Mapped[Word]  # curated | rdap | whois | reply
    evidence: Mapped[str | None]  # e.g. "abuse role of the address"
    verified_on: Mapped[date | None]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]
    proposed_by: Mapped[str | None]  # who typed it in: somebody else approves; None: a machine
    retired_at: Mapped[datetime | None]  # out of the book; its history stays
    inhibited_until: Mapped[datetime | None]
    inhibited_by: Mapped[str | None]
    inhibited_why: Mapped[str | None]
    connected_at: Mapped[datetime | None]  # of an interface: its connector is in force since then
    plain_locations: Mapped[bool] = mapped_column(default=False)
    max_urls: Mapped[int] = mapped_column(default=100)
    aggregation_minutes: Mapped[int] = mapped_column(default=0)  # what comes within goes together
    hurried_at: Mapped[datetime | None]  # a person's word: what was due by then gathers no longer
    max_per_hour: Mapped[int | None]  # notices; None: as many as there are
    batch: Mapped[Word] = mapped_column(default="any")  # any | same_host | same_domain
    encryption_key: Mapped[str | None]  # OpenPGP certificate, armoured
    feedback_report: Mapped[bool] = mapped_column(default=False)  # multipart/report (RFC 5965)
    bounces: Mapped[int] = mapped_column(default=0)
    last_bounce_at: Mapped[datetime | None]
    answers: Mapped[int] = mapped_column(default=0)
    last_answer_at: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    first_seen_at: Mapped[datetime]

    provider: Mapped[Provider] = relationship(back_populates="contacts", lazy="raise")
