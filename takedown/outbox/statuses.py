"""How a notice stands: each change with its event."""

from datetime import datetime

from sqlalchemy.orm import Session

from takedown.audit import record
from takedown.outbox.models import Notice, NoticeStatus


def move(
    session: Session, notice: Notice, to: NoticeStatus, *, now: datetime, **detail: str | None
) -> None:
    """Set a notice's status; `detail` says by whom, or what its recipient said to it."""
    before, notice.status = notice.status, to
    record(
        session,
        at=now,
        subject="notice",
        subject_id=notice.id,
        kind="status",
        before=before,
        after=to,
        **detail,
    )
