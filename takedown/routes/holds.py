"""Holds: stops asked for by the police or a supervisor. What one covers, `coverage` says."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from takedown.audit import record
from takedown.db import among, new_id
from takedown.errors import TakedownError
from takedown.people.tasks import TaskKind, ask, settle
from takedown.routes import coverage
from takedown.routes.models import Hold

SUBJECTS: Final = ("url", "host", "domain", "provider")


class HoldError(TakedownError):
    """A hold that can't be placed, looked over or released as asked."""


def place(
    session: Session,
    *,
    subject: str,
    subject_id: uuid.UUID | None = None,
    domain_index: bytes | None = None,
    asked_by: str,
    reason: str,
    probes_go_on: bool,
    placed_by: str,
    now: datetime,
    reference: str | None = None,
    review_at: datetime | None = None,
) -> Hold:
    """Place a hold; it stands until a person releases it. `review_at` opens a review, no more.

    A domain is named by its blind index, all else by its id. Raises `HoldError`. The caller
    appends to the audit log.
    """
    if subject not in SUBJECTS:
        raise HoldError("a hold stands on a url, host, domain or provider")
    if (domain_index is None) != (subject != "domain") or (subject_id is None) != (
        subject == "domain"
    ):
        raise HoldError("a domain is held by its index, all else by its id")
    if not asked_by.strip():
        raise HoldError("say which unit asked for the hold")
    hold = Hold(
        id=new_id(),
        subject=subject,
        subject_id=subject_id,
        domain_index=domain_index,
        asked_by=asked_by,
        reference=reference,
        reason=reason,
        probes_go_on=probes_go_on,
        placed_at=now,
        placed_by=placed_by,
        review_at=review_at,
    )
    session.add(hold)
    session.flush()
    _note(session, hold, "hold_placed", now)
    return hold


def release(
    session: Session, hold_id: uuid.UUID, *, why: str, released_by: str, now: datetime
) -> Hold:
    """Let go of a hold: for a person only, who says why. The caller appends to the audit log.

    Raises `HoldError`.
    """
    hold = _locked(session, hold_id)
    if not released_by.startswith(("user:", "cli:")):
        raise HoldError("only a person releases a hold")
    if not why.strip():
        raise HoldError("a hold is released for a reason: say which")
    hold.released_at = now
    hold.released_by = released_by
    hold.released_why = why.strip()
    settle(session, TaskKind.HOLD_REVIEW, hold.id, now=now, by=released_by)
    session.flush()
    _note(session, hold, "hold_released", now)
    return hold


def look_over(
    session: Session, hold_id: uuid.UUID, *, review_at: datetime, by: str, now: datetime
) -> Hold:
    """A person has reviewed it: it stays, and is reviewed again at `review_at`.

    Raises `HoldError`.
    """
    hold = _locked(session, hold_id)
    if review_at <= now:
        raise HoldError("the next review lies in the future")
    hold.review_at = review_at
    settle(session, TaskKind.HOLD_REVIEW, hold.id, now=now, by=by)
    session.flush()
    return hold


def ask_for_reviews(session: Session, now: datetime) -> int:
    """A task for each hold whose review is due; how many were due. It releases nothing."""
    due = session.scalars(
        select(Hold.id).where(coverage.stands(), Hold.review_at <= now).order_by(Hold.review_at)
    ).all()
    for hold_id in due:
        ask(session, TaskKind.HOLD_REVIEW, "hold", hold_id, now=now, why="hold:review")
    return len(due)


def standing(session: Session, url_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these Urls a hold covers."""
    return _covered(session, url_ids)


def unprobed(session: Session, url_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these Urls may not even be looked up or probed: a hold's placer said so."""
    return _covered(session, url_ids, silent=True)


def held_urls() -> Select[uuid.UUID]:
    """The ids of all Urls that a hold covers: for a condition within another statement."""
    return select(coverage.pairs(coverage.stands()).c.url_id)


def held_providers() -> Select[uuid.UUID]:
    """The ids of all providers that a hold stands on: for a condition, as `held_urls`."""
    return select(coverage.family(coverage.stands(), "held_providers").c.provider_id)


def on_url(session: Session, url_id: uuid.UUID) -> Sequence[Hold]:
    """The holds that cover a Url, oldest first."""
    return by_url(session, [url_id]).get(url_id, [])


def by_url(session: Session, url_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Hold]]:
    """The holds that cover each of these Urls, oldest first; Urls that none covers are left out."""
    ids = set(url_ids)
    if not ids or not _any(session, silent=False):
        return {}
    pair = coverage.pairs(coverage.stands())
    rows = session.execute(
        select(pair.c.url_id, Hold)
        .join(Hold, Hold.id == pair.c.hold_id)
        .where(among(pair.c.url_id, ids))
        .order_by(Hold.placed_at, Hold.id)
    )
    found: dict[uuid.UUID, list[Hold]] = {}
    for row in rows:
        holds = found.setdefault(row.url_id, [])
        if row.Hold not in holds:
            holds.append(row.Hold)
    return found


def covers(session: Session, hold: Hold) -> set[uuid.UUID]:
    """The Urls that a hold covers, or would, were it not released."""
    pair = coverage.pairs(Hold.id == hold.id)
    return set(session.scalars(select(pair.c.url_id)))


def on_provider(session: Session, provider_id: uuid.UUID) -> Sequence[Hold]:
    """The holds that stand on a provider, or on one that was merged with it; oldest first."""
    line = coverage.family(coverage.stands())
    theirs = select(line.c.hold_id).where(line.c.provider_id == provider_id)
    return session.scalars(select(Hold).where(Hold.id.in_(theirs)).order_by(Hold.placed_at)).all()


def providers_held(session: Session, provider_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these providers a hold stands on: nothing goes to them, whatever it is about."""
    ids = set(provider_ids)
    if not ids or not _any(session, silent=False):
        return set()
    line = coverage.family(coverage.stands())
    return set(session.scalars(select(line.c.provider_id).where(among(line.c.provider_id, ids))))


def _covered(
    session: Session, url_ids: Iterable[uuid.UUID], *, silent: bool = False
) -> set[uuid.UUID]:
    ids = set(url_ids)
    if not ids or not _any(session, silent=silent):
        return set()
    pair = coverage.pairs(coverage.stands(silent=silent))
    return set(session.scalars(select(pair.c.url_id).where(among(pair.c.url_id, ids))))


def _any(session: Session, *, silent: bool) -> bool:
    return bool(session.scalar(select(exists().where(coverage.stands(silent=silent)))))


def _locked(session: Session, hold_id: uuid.UUID) -> Hold:
    hold = session.get(Hold, hold_id, with_for_update=True, populate_existing=True)
    if hold is None or hold.released_at is not None:
        raise HoldError("no such hold stands")
    return hold


def _note(session: Session, hold: Hold, kind: str, now: datetime) -> None:
    record(
        session,
        at=now,
        subject=hold.subject,
        subject_id=hold.subject_id or hold.id,
        kind=kind,
        hold=str(hold.id),
        probes_go_on=hold.probes_go_on,
    )
