"""`purge`: what has served its time goes: single checks, expired sessions, answered requests; and
what is due once a while: words in the contact book, the month's sample for people to look at,
and what a wrong clock has put off for ever."""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from takedown.audit import MACHINE
from takedown.checks import healing, months, sampling
from takedown.db import committing
from takedown.flow import merging
from takedown.flow.ports import Ports, Tally
from takedown.hosts.book import Desk
from takedown.hosts.book.health import ask_for_renewal
from takedown.people.models import ApiAnswer, Attempt, WebSession
from takedown.urls.normalise import registrable_domain

DAY: Final = timedelta(days=1)


def purge(ports: Ports, limit: int | None = None) -> Tally:
    """Delete what is due; running it again changes nothing."""
    now = ports.clock()
    with committing(ports.sessions) as session:
        gone = sum(
            _delete(session, statement)
            for statement in (
                delete(WebSession).where(WebSession.expires_at < now),
                delete(ApiAnswer).where(ApiAnswer.at < now - DAY),
                delete(Attempt).where(Attempt.at < now - DAY),
            )
        )
        gone += _book(ports, session, limit) + healing.heal(session, now)
        agree = ports.hotline.police_agree_probes
        gone += sampling.draw(session, now, ports.sample, police_agree=agree)
    return Tally(claimed=gone, done=gone, left=_months(ports))


def _months(ports: Ports) -> int:
    """Months of single checks are made and dropped as the tables' owner; how many are left."""
    if ports.owner is None:
        return 0
    try:
        return months.keep(ports.owner, ports.clock(), ports.checks_kept)
    finally:
        ports.owner.dispose()  # nobody keeps a connection of that role


def _book(ports: Ports, session: Session, limit: int | None) -> int:
    """The contact book's daily round: old words for a contact are asked for again, and what was
    written under a provider while it was merged follows it."""
    desk = Desk(session, ports.vault, MACHINE, ports.clock(), registrable_domain)
    return ask_for_renewal(session, desk.now, limit) + merging.gather(desk)


def _delete(session: Session, statement: object) -> int:
    result = session.execute(statement)  # type: ignore[call-overload]  # one of the three above
    assert isinstance(result, CursorResult)
    return result.rowcount
