"""Ladders as people write them: one by default, others for a route or a provider."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from takedown.db import Base, Id, Word


class Ladder(Base):
    """One version of a ladder; the newest that is confirmed and not ended stands.

    Without route and provider it is the default. A version is never changed: another replaces it.
    """

    __tablename__ = "ladders"
    __table_args__ = (
        Index("ix_ladders_standing", "id", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[Id]
    route_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("routes.id"))
    provider_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("providers.id"))
    reminder_cap: Mapped[int] = mapped_column(default=2)
    why: Mapped[str]
    written_by: Mapped[str]
    written_at: Mapped[datetime]
    second_person: Mapped[bool]  # somebody else has to confirm it before it stands
    confirmed_by: Mapped[str | None]  # never who wrote it, where a second person is needed
    confirmed_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]

    steps: Mapped[list["LadderStep"]] = relationship(lazy="raise", order_by="LadderStep.place")


class LadderStep(Base):
    """One rung after the first notice: how long after its acceptance, toward whom, what kind."""

    __tablename__ = "ladder_steps"
    __table_args__ = (UniqueConstraint("ladder_id", "place"),)

    id: Mapped[Id]
    ladder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ladders.id"))
    place: Mapped[int]
    after_hours: Mapped[int]
    role: Mapped[Word]  # of hosts.models.Role, or hotline | police | regulator; never site_owner
    kind: Mapped[Word]  # reminder | escalation | hotline | police | regulator
    second_person: Mapped[bool]  # two people approve its notices
    language: Mapped[str | None]
