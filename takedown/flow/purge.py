"""`purge`: what has served its time goes: single checks, expired sessions, answered requests; and
what in the contact book is due for another look."""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from takedown.checks.models import Check
from takedown.db import committing
from takedown.flow import merging
from takedown.flow.ports import Ports, Tally
from takedown.hosts.book import Desk
from takedown.hosts.book.health import ask_for_renewal
from takedown.people.models import ApiAnswer, Attempt, WebSession
from takedown.urls.normalise import registrable_domain

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
        gone += _book(ports, session, limit)
    return Tally(claimed=gone, done=gone)


def _book(ports: Ports, session: Session, limit: int | None) -> int:
    """The contact book's daily round: old words for a contact are asked for again, and what was
    written under a provider while it was merged follows it."""
    desk = Desk(session, ports.vault, "machine", ports.clock(), registrable_domain)
    return ask_for_renewal(session, desk.now, limit) + merging.gather(desk)


def _delete(session: Session, statement: object) -> int:
    result = session.execute(statement)  # type: ignore[call-overload]  # one of the four above
    assert isinstance(result, CursorResult)
    return result.rowcount
