"""When each stage last ran and what it did: one row a stage, shown on a page and in /readyz."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from takedown.db import Base


class Heartbeat(Base):
    """The last run of a stage; `by` is "scheduler" or "command"."""

    __tablename__ = "heartbeats"

    stage: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str]
    seconds: Mapped[float]
    claimed: Mapped[int]
    done: Mapped[int]
    failed: Mapped[int]
    left: Mapped[int]
    error: Mapped[str | None]  # the name of the exception, never its text


def beat(session: Session, stage: str, *, at: datetime, by: str, **figures: Any) -> None:
    """Write the row of a stage anew."""
    values = {"at": at, "by": by, **figures}
    session.execute(
        insert(Heartbeat)
        .values(stage=stage, **values)
        .on_conflict_do_update(index_elements=["stage"], set_=values)
    )


def newest(session: Session, by: str) -> datetime | None:
    """When any stage last ran on behalf of `by`."""
    return session.scalar(select(func.max(Heartbeat.at)).where(Heartbeat.by == by))
