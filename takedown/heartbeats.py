"""When each stage last ran and what it did: one row a stage, shown on a page and in /readyz."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

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
