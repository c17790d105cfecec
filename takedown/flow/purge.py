"""`purge`: what has served its time goes: single checks, expired sessions, answered requests."""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from takedown.checks.models import Check
from takedown.db import committing
from takedown.flow.ports import Ports, Tally
from takedown.people.models import ApiAnswer, Attempt, WebSession

CHECKS_KEPT: Final = timedelta(weeks=8)  # their Spells are kept for ever
DAY: Final = timedelta(days=1)


def purge(ports: Ports, limit: int | None = None) -> Tally:
    """Delete what is due; running it again changes nothing."""
    now = ports.clock()
    with committing(ports.sessions) as session:
        gone = sum(
            _delete(session, statement)
            for statement in (
                delete(Check).where(Check.at < now - CHECKS_KEPT),
                delete(WebSession).where(WebSession.expires_at < now),
                delete(ApiAnswer).where(ApiAnswer.at < now - DAY),
                delete(Attempt).where(Attempt.at < now - DAY),
            )
        )
    return Tally(claimed=gone, done=gone)


def _delete(session: Session, statement: object) -> int:
    result = session.execute(statement)  # type: ignore[call-overload]  # one of the four above
    assert isinstance(result, CursorResult)
    return result.rowcount
