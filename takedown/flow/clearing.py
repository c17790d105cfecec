"""The police answer: what they cleared may be looked at and its notices leave."""

from datetime import datetime

from sqlalchemy.orm import Session

from takedown import audit
from takedown.flow.ports import Ports
from takedown.flow.resuming import resume
from takedown.people.tasks import TaskKind, settle
from takedown.urls.models import Url

ABOUT_POLICE = (TaskKind.POLICE_CLEARANCE, TaskKind.VICTIM_AT_RISK)


def clear(
    session: Session,
    ports: Ports,
    url: Url,
    *,
    at: datetime,
    reference: str | None,
    actor: str,
    informed_at: datetime | None = None,
) -> None:
    """The police agree, at `at` (UTC, not after now), that notices about a locked Url leave.

    `compose` takes it up in its next run. `reference` is theirs; no location stands in it: the
    caller has seen to that, and appends to the audit log. A Url cleared before keeps its time.
    """
    now = ports.clock()
    at = min(at, now)
    url.police_informed_at = url.police_informed_at or min(informed_at or at, at)
    url.police_cleared_at = url.police_cleared_at or at
    url.police_agreed_at = url.police_agreed_at or at
    session.flush()
    for kind in ABOUT_POLICE:
        settle(session, kind, url.id, now=now, by=actor)
    audit.record(
        session,
        at=now,
        subject="url",
        subject_id=url.id,
        kind="police_cleared",
        after=reference,
        by=actor,
    )
    resume(session, ports, [url.id], now=now)
