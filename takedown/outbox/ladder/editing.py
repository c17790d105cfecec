"""Ladders are written by one person; what adds a step on a whole domain is confirmed by another.

The caller commits, with an audit entry as its last statement.
"""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from takedown.outbox.ladder.models import Ladder
from takedown.outbox.ladder.rules import LadderRefused, Rules, adds_domain_level, check
from takedown.outbox.ladder.standing import keep, rules_of, standing
from takedown.people.two_people import not_by


def write(
    session: Session,
    rules: Rules,
    *,
    route_id: uuid.UUID | None,
    provider_id: uuid.UUID | None,
    why: str,
    by: str,
    now: datetime,
) -> Ladder:
    """A new version for the default (neither), a route or a provider. Raises `LadderRefused`.

    It stands at once, or waits for a second person where it asks more of registrars or registries
    than what stands. A version that waited before is ended: one waits at most.
    """
    if route_id is not None and provider_id is not None:
        raise LadderRefused("ladder:scope")
    if not why.strip():
        raise LadderRefused("ladder:why")
    check(rules)
    two = adds_domain_level(standing(session).of(provider_id, route_id), rules)
    for waiting in versions(session):
        same = (waiting.route_id, waiting.provider_id) == (route_id, provider_id)
        if same and waiting.ended_at is None and (waiting.confirmed_at is None or not two):
            waiting.ended_at, waiting.ended_by = now, by
    scope = (route_id, provider_id)
    return keep(session, rules, scope, why=why.strip(), by=by, now=now, second_person=two)


def confirm(session: Session, ladder_id: uuid.UUID, *, by: str, now: datetime) -> Ladder:
    """A second person's yes; what it replaces ends. Raises `LadderRefused`, `OwnWork`."""
    ladder = _locked(session, ladder_id)
    if ladder.ended_at is not None or ladder.confirmed_at is not None:
        raise LadderRefused("ladder:changed")
    not_by({ladder.written_by}, by)
    for before in versions(session):
        same = (before.route_id, before.provider_id) == (ladder.route_id, ladder.provider_id)
        if same and before.id != ladder.id and before.ended_at is None:
            before.ended_at, before.ended_by = now, by
    ladder.confirmed_at, ladder.confirmed_by = now, by
    session.flush()
    return ladder


def end(session: Session, ladder_id: uuid.UUID, *, by: str, now: datetime) -> Ladder:
    """Take back what waits, or go back to what is less specific. `LadderRefused`, `OwnWork`."""
    ladder = _locked(session, ladder_id)
    if ladder.ended_at is not None:
        raise LadderRefused("ladder:changed")
    if ladder.confirmed_at is not None:
        if ladder.route_id is None and ladder.provider_id is None:
            raise LadderRefused("ladder:default")
        rest = standing(session).of(None, None)
        if adds_domain_level(rules_of(ladder), rest):
            not_by({ladder.written_by}, by)
    ladder.ended_at, ladder.ended_by = now, by
    session.flush()
    return ladder


def versions(session: Session) -> list[Ladder]:
    """Every version, newest first, with its steps."""
    query = select(Ladder).options(selectinload(Ladder.steps)).order_by(Ladder.id.desc())
    return list(session.scalars(query))


def _locked(session: Session, ladder_id: uuid.UUID) -> Ladder:
    ladder = session.scalar(
        select(Ladder)
        .where(Ladder.id == ladder_id)
        .options(selectinload(Ladder.steps))
        .with_for_update(of=Ladder)
    )
    if ladder is None:
        raise LadderRefused("ladder:changed")
    return ladder
