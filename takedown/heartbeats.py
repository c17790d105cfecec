"""When each stage last ran and what it did: one row a stage, shown on a page and in /readyz."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from takedown.db import Base

GRACE: Final = timedelta(minutes=10)  # a turn may last; a stage is late after twice its cadence


class Heartbeat(Base):
    """The last run of a stage; `by` is "scheduler", "worker" or "command"."""

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
    every: Mapped[int | None]  # seconds between two turns; None: no scheduler has run it yet

    def late(self, now: datetime) -> bool:
        """Whether the scheduler has missed its turn: by its whole cadence, at least by `GRACE`."""
        if self.every is None:
            return False
        cadence = timedelta(seconds=self.every)
        return now - self.at > cadence + max(cadence, GRACE)


def beat(session: Session, stage: str, *, at: datetime, by: str, **figures: Any) -> None:
    """Write the row of a stage anew; its cadence stays where `every` is not said."""
    values = {"at": at, "by": by, **figures}
    if values.get("every") is None:
        values.pop("every", None)
    session.execute(
        insert(Heartbeat)
        .values(stage=stage, **values)
        .on_conflict_do_update(index_elements=["stage"], set_=values)
    )


def newest(session: Session, by: str) -> datetime | None:
    """When any stage last ran on behalf of `by`."""
    return session.scalar(select(func.max(Heartbeat.at)).where(Heartbeat.by == by))
