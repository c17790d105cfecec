"""`check`: lease lanes, look by headers only, write verdicts, and act on what changed."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from takedown.checks import service
from takedown.checks.batches import Moved
from takedown.checks.models import CheckState
from takedown.checks.removal import ChangeKind
from takedown.episodes import ending
from takedown.episodes.models import RemovedBy
from takedown.flow.looking import Looking
from takedown.flow.placing import reroute
from takedown.flow.ports import Ports, Tally
from takedown.people.tasks import TaskKind, ask
from takedown.urls import lifecycle
from takedown.urls.models import Url, UrlStatus

FIRST_GAP: Final = timedelta(minutes=15)


def check(ports: Ports, limit: int | None = None) -> Tally:
    """One pass over what is due; what politeness delays is `left`. At most `limit` Urls."""
    if not ports.leaves.lookups:
        return Tally(left=checks_due(ports))
    with Looking(ports, limit, act) as looking:
        total = looking.run()
    return total + Tally(left=checks_due(ports))


def act(session: Session, ports: Ports, moves: Iterable[Moved], now: datetime) -> None:
    """What a change in availability means for the Url and its episode."""
    for moved in moves:
        change, url_id = moved.change, moved.url_id
        if change.kind is ChangeKind.CONFIRMED:
            _removed(session, moved, now)
        elif change.kind is ChangeKind.REAPPEARED:
            _reappeared(session, ports, url_id, change.at, now)
        elif change.kind is ChangeKind.RETRACTED:
            again = ending.retracted(session, url_id, now=now)
            before = UrlStatus.NOTIFIED if again and again.notified_at else UrlStatus.LOCATED
            lifecycle.move_many(session, [url_id], before, now=now, why="outage")
        elif change.kind is ChangeKind.WITNESSED:
            ending.witnessed(session, url_id, moved.outcome.row.state.seen_from)
        elif change.kind is ChangeKind.REDATED:
            ending.redated(
                session,
                url_id,
                last_up_at=change.last_up_at,
                first_down_at=change.first_down_at,
            )
        elif change.kind is ChangeKind.CONTRADICTED:
            ask(session, TaskKind.SUSPECT, "url", url_id, now=now, why="contradicted")


def _removed(session: Session, moved: Moved, now: datetime) -> None:
    change, outcome = moved.change, moved.outcome
    by = outcome.removed_by or RemovedBy.UNKNOWN
    ending.removed(
        session,
        moved.url_id,
        last_up_at=change.last_up_at,
        first_down_at=change.first_down_at or now,
        confirmed_at=now,
        unavailable=change.unreachable_only or by in (RemovedBy.REGISTRAR, RemovedBy.REGISTRY),
        removed_by=by,
        seen_from=moved.outcome.row.state.seen_from,
        now=now,
    )
    lifecycle.move_many(session, [moved.url_id], UrlStatus.REMOVED, now=now, why=outcome.note)


def _reappeared(
    session: Session, ports: Ports, url_id: uuid.UUID, at: datetime, now: datetime
) -> None:
    if not lifecycle.move_many(session, [url_id], UrlStatus.REAPPEARED, now=now, why="up twice"):
        return  # withdrawn meanwhile
    trace = ending.reappeared(session, url_id, at=at, now=now)
    ask(session, TaskKind.REAPPEARED, "url", url_id, now=now, why="reappeared")
    service.restart_clock(session, [url_id], at=now, first_gap=FIRST_GAP)
    url = session.get(Url, url_id)
    if url is not None and trace is not None:
        reroute(session, ports, [url], now=now)


def checks_due(ports: Ports) -> int:
    """How many Urls are due to be looked at."""
    with ports.sessions() as session:
        return (
            session.scalar(
                select(func.count())
                .select_from(CheckState)
                .where(CheckState.next_check_at <= ports.clock())
            )
            or 0
        )
