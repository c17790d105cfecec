"""What every notice begins with: its number, its Message-ID, a text yet to be written, a word."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from takedown.audit import record
from takedown.db import new_id
from takedown.outbox.models import Notice
from takedown.routes.hotline import Hotline

_SERIAL = func.nextval(func.pg_get_serial_sequence(Notice.__tablename__, "serial"))


def begun(session: Session, hotline: Hotline, now: datetime) -> dict[str, Any]:
    """Columns of a new `Notice`, composed `now`. After a rollback its number is left out."""
    made = new_id()
    serial = int(session.scalar(select(_SERIAL)) or 0)
    return {
        "id": made,
        "serial": serial,
        "number": f"NTD-{now.year}-{serial:06d}",
        "message_id": f"<{made.hex}@{hotline.domain}>",
        "subject": b"",
        "body": b"",
        "composed_at": now,
    }


def written(session: Session, notice: Notice, kind: str, *, now: datetime, **more: Any) -> None:
    """Its first event: how it came about, `more` as `record` takes it. Flushes."""
    record(session, at=now, subject="notice", subject_id=notice.id, kind=kind, **more)
    session.flush()
