"""The days and hours at which a desk is written to, or at which we write."""

import uuid
from datetime import datetime, time
from typing import Any

from sqlalchemy import ForeignKey, SmallInteger, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from takedown.db import Base, Id


class Calendar(Base):
    """Ours (without a provider), or that of a provider. Without a row every hour is open."""

    __tablename__ = "calendars"
    __table_args__ = (UniqueConstraint("provider_id", postgresql_nulls_not_distinct=True),)

    id: Mapped[Id]
    provider_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("providers.id"))
    time_zone: Mapped[str]  # IANA: "Europe/Paris"
    weekdays: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))  # 0 is Monday
    opens: Mapped[time]  # local wall time, included
    closes: Mapped[time]  # local wall time, excluded; 00:00 is the end of the day
    holidays: Mapped[list[Any]] = mapped_column(JSONB, default=list)  # [["2026-12-25", name], ...]
    edited_by: Mapped[str]
    edited_at: Mapped[datetime]
