"""Holds: stops asked for by the police or a supervisor. They cover Urls registered later, too.

Nothing here copies a hold onto Urls: what stands is asked for each time, so that a Url that comes
later, moves or is traced anew is covered by the same row.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from takedown.audit import record
from takedown.db import among, new_id
from takedown.errors import TakedownError
from takedown.hosts.models import Host, Trace
from takedown.routes.models import Hold
from takedown.urls.models import Url

SUBJECTS = ("url", "host", "domain", "provider")


class HoldError(TakedownError):
    """A hold that can't be placed or released as asked."""


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
        released_at=None,
        released_by=None,
    )
    session.add(hold)
    session.flush()
    _note(session, hold, "hold_placed", now)
    return hold


def release(session: Session, hold_id: uuid.UUID, *, released_by: str, now: datetime) -> Hold:
    """Let go of a hold: for a person only. Raises `HoldError`; the caller appends to the audit."""
    hold = session.get(Hold, hold_id, with_for_update=True)
    if hold is None or hold.released_at is not None:
        raise HoldError("no such hold stands")
    if not released_by.startswith(("user:", "cli:")):
        raise HoldError("only a person releases a hold")
    hold.released_at = now
    hold.released_by = released_by
    session.flush()
    _note(session, hold, "hold_released", now)
    return hold


def standing(session: Session, url_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these Urls a hold covers: on itself, its host, its domain or its provider."""
    return _covered(session, url_ids)


def unprobed(session: Session, url_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these Urls may not even be looked up or probed: a hold's placer said so."""
    return _covered(session, url_ids, silent_only=True)


def providers_held(session: Session, provider_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these providers a hold stands on."""
    ids = set(provider_ids)
    if not ids:
        return set()
    found = session.scalars(
        select(Hold.subject_id).where(
            Hold.subject == "provider", Hold.subject_id.in_(ids), Hold.released_at.is_(None)
        )
    )
    return {one for one in found if one is not None}


def _covered(
    session: Session, url_ids: Iterable[uuid.UUID], *, silent_only: bool = False
) -> set[uuid.UUID]:
    ids = set(url_ids)
    stands = select(Hold.id).where(Hold.released_at.is_(None))
    if silent_only:
        stands = stands.where(Hold.probes_go_on.is_(False))
    if not ids or session.scalar(stands.limit(1)) is None:
        return set()
    covers = and_(
        Hold.released_at.is_(None),
        or_(
            and_(Hold.subject == "url", Hold.subject_id == Url.id),
            and_(Hold.subject == "host", Hold.subject_id == Host.id),
            and_(Hold.subject == "domain", Hold.domain_index == Host.domain_index),
            and_(Hold.subject == "provider", Hold.subject_id == Trace.provider_id),
        ),
    )
    if silent_only:
        covers = and_(covers, Hold.probes_go_on.is_(False))
    return set(
        session.scalars(
            select(Url.id)
            .join(Host, Host.id == Url.host_id)
            .outerjoin(Trace, Trace.id == Host.trace_id)
            .where(among(Url.id, ids), select(Hold.id).where(covers).exists())
        )
    )


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
