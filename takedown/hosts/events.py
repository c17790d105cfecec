"""What happens to a host, as its Cases tell it."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from takedown import audit
from takedown.hosts.models import Host


def happened(session: Session, host: Host, kind: str, *, now: datetime, **more: Any) -> None:
    """An event of this host; `more` as `audit.record` takes it, and no location in it."""
    audit.record(session, at=now, subject="host", subject_id=host.id, kind=kind, **more)
