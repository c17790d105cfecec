"""Observations by headers only: the narrow state that the loop lives on, spells, single checks."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from takedown.db import Base, Blind, Id, Sealed, Serial, Word


class CheckState(Base):
    """Due date, calibration and failing run of one Url: narrow and often rewritten."""

    __tablename__ = "check_state"
    __table_args__ = (
        Index(
            "ix_check_state_due",
            "lane",
            "rank",
            "next_check_at",
            postgresql_where=text("next_check_at IS NOT NULL"),
        ),
        {"postgresql_with": {"fillfactor": 80}},
    )

    url_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("urls.id"), primary_key=True)
    lane: Mapped[Blind]  # of the address; before that the registrable domain, else the host
    next_check_at: Mapped[datetime | None]
    next_why: Mapped[str | None] = mapped_column(String(24))  # a word of cadence.Why
    rank: Mapped[int] = mapped_column(SmallInteger, default=7)  # who is first when places are short
    clock_at: Mapped[datetime]  # what the cadence counts from: notified, before that registered
    deadline_hours: Mapped[int | None]

    calibration: Mapped[int] = mapped_column(SmallInteger, default=0)  # see calibrating.Step
    tries: Mapped[int] = mapped_column(SmallInteger, default=0)  # of calibration
    validators: Mapped[Sealed | None]  # what is compared with, see calibrating.Kept

    verdict: Mapped[Word | None]
    note: Mapped[Word | None]
    spell_first_at: Mapped[datetime | None]
    spell_last_at: Mapped[datetime | None]
    spell_checks: Mapped[int] = mapped_column(default=0)
    last_up_at: Mapped[datetime | None]
    last_up_manual: Mapped[bool] = mapped_column(default=False)
    run_first_at: Mapped[datetime | None]
    run_last_at: Mapped[datetime | None]
    run_fails: Mapped[int] = mapped_column(default=0)
    run_vantages: Mapped[int] = mapped_column(default=0)
    run_downs: Mapped[int] = mapped_column(default=0)
    run_down_first_at: Mapped[datetime | None]
    run_down_last_at: Mapped[datetime | None]
    run_down_vantages: Mapped[int] = mapped_column(default=0)
    confirmed_at: Mapped[datetime | None]
    up_before_at: Mapped[datetime | None]
    first_down_at: Mapped[datetime | None]
    return_up_at: Mapped[datetime | None]

    @property
    def seen_from(self) -> int:
        """As `removal.State.seen_from`."""
        return (self.run_down_vantages if self.run_downs else self.run_vantages).bit_count()


class Lane(Base):
    """One connection at a time to one address, over all workers and machines: a leased row."""

    __tablename__ = "lanes"
    __table_args__ = ({"postgresql_with": {"fillfactor": 80}},)

    key: Mapped[Blind] = mapped_column(primary_key=True)
    due_at: Mapped[datetime | None] = mapped_column(index=True)  # of its Url that is due first
    soon_at: Mapped[datetime | None]  # of its first look that has a moment of its own: an anchor
    next_at: Mapped[datetime | None]  # not before: politeness, Retry-After
    token: Mapped[uuid.UUID | None]
    until: Mapped[datetime | None]
    lost: Mapped[int] = mapped_column(SmallInteger, default=0)  # leases that ran out in a row


class Check(Base):
    """One observation, in the partition of its month (see `months`); its Spell stays."""

    __tablename__ = "checks"
    __table_args__ = (
        Index(None, "url_id", "at"),
        Index(None, "at", postgresql_using="brin"),
        {"postgresql_partition_by": "RANGE (at)"},
    )

    id: Mapped[Serial]
    url_id: Mapped[uuid.UUID]
    at: Mapped[datetime] = mapped_column(primary_key=True)
    verdict: Mapped[Word]
    note: Mapped[str]
    vantage: Mapped[Word]
    status: Mapped[int | None] = mapped_column(SmallInteger)
    dns: Mapped[Word]
    error: Mapped[Word | None]
    tls_ok: Mapped[bool | None]
    address_index: Mapped[Blind | None]
    duration_ms: Mapped[int]
    bytes_read: Mapped[int]


class Spell(Base):
    """A run of checks with the same verdict that is over: kept for ever.

    The run that goes on stands in `check_state`, so that a check writes one row less.
    """

    __tablename__ = "spells"
    __table_args__ = (Index(None, "url_id", "first_at"),)

    id: Mapped[Serial]
    url_id: Mapped[uuid.UUID]
    verdict: Mapped[Word]
    note: Mapped[str]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    checks: Mapped[int]


class ManualFinding(Base):
    """A person's word on up or gone, seen in their own protected viewer; never the picture."""

    __tablename__ = "manual_findings"

    id: Mapped[Id]
    url_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("urls.id"), index=True)
    seen_at: Mapped[datetime]
    verdict: Mapped[Word]  # up | down
    how: Mapped[str]
    entered_at: Mapped[datetime]
    entered_by: Mapped[str]
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)  # the state before it; {}: others acted
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None]


class Sample(Base):
    """A Url drawn at random in its month for a person's look, and what they saw."""

    __tablename__ = "samples"
    __table_args__ = (Index(None, "month", "url_id", unique=True),)

    id: Mapped[Id]
    month: Mapped[date]  # its first day, UTC
    url_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("urls.id"), index=True)
    said: Mapped[Word]  # what the checks called it when it was drawn: sampling.Said
    drawn_at: Mapped[datetime]
    answer: Mapped[Word | None]  # sampling.Answer
    said_then: Mapped[Word | None]  # what they called it when it was answered
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
