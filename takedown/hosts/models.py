"""Hosts, the dated findings about them, and the organisations that can act."""

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
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
    kind: Mapped[Word]  # name | address | onion
    first_seen_at: Mapped[datetime]
    trace_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("traces.id", use_alter=True, name="fk_hosts_trace_id_traces")
    )
    locate_due_at: Mapped[datetime | None]
    locate_attempts: Mapped[int] = mapped_column(default=0)
    locate_token: Mapped[uuid.UUID | None]
    locate_until: Mapped[datetime | None]
    locate_lost: Mapped[int] = mapped_column(default=0)  # leases that ran out; five quarantine

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
    nameservers: Mapped[Sealed | None]  # JSON list
    asn: Mapped[int | None] = mapped_column(BigInteger)
    network: Mapped[Sealed | None]  # handle and range as the registry says it
    country: Mapped[str | None] = mapped_column(String(2))  # of the address, ISO 3166-1
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


class Provider(Base):
    """An organisation that can act. Its name is sealed; `public_name` a person has reviewed."""

    __tablename__ = "providers"

    id: Mapped[Id]
    name: Mapped[Sealed]
    name_index: Mapped[Blind] = mapped_column(unique=True)
    public_name: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None]
    country: Mapped[str | None] = mapped_column(String(2))
    standing: Mapped[Word] = mapped_column(default=Standing.UNKNOWN)
    proxy: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str | None] = mapped_column(String(8))
    check_interval_s: Mapped[int | None]  # between two checks of one of its addresses
    signatory: Mapped[bool] = mapped_column(default=False)  # bound by its country's notice code
    first_seen_at: Mapped[datetime]

    contacts: Mapped[list["Contact"]] = relationship(back_populates="provider", lazy="raise")


class ProviderNumber(Base):
    """An autonomous system of a Provider."""

    __tablename__ = "provider_asns"

    asn: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("providers.id"), index=True)


class ProviderDomain(Base):
    """A registrable domain under which a Provider publishes for its users (platform, file host)."""

    __tablename__ = "provider_domains"

    domain_index: Mapped[Blind] = mapped_column(primary_key=True)
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("providers.id"), index=True)


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
    inhibited_until: Mapped[datetime | None]
    plain_locations: Mapped[bool] = mapped_column(default=False)
    max_urls: Mapped[int] = mapped_column(default=100)
    bounces: Mapped[int] = mapped_column(default=0)
    last_success_at: Mapped[datetime | None]
    first_seen_at: Mapped[datetime]

    provider: Mapped[Provider] = relationship(back_populates="contacts", lazy="raise")
