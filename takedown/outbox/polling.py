"""What providers' interfaces say became of a report: asked when due, kept as their word.

A Delivery is leased by moving its due date on; who finds it moved since leaves it alone. No word
of a provider changes a Url: "gone" is looked at, the rest is for a person.
"""

import uuid
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from notices.channels.connector import State
from notices.channels.http_api import Progress
from notices.errors import NoticeError
from notices.inbound import Claim as Said
from takedown.audit import record
from takedown.db import among, new_id
from takedown.outbox import complaints, modes, origins, results
from takedown.outbox.connectors import standing
from takedown.outbox.inbox.models import Claim
from takedown.outbox.models import Delivery, Notice, NoticeUrl
from takedown.people.tasks import TaskKind, ask
from takedown.routes import holds
from takedown.routes.hotline import Leaves
from takedown.urls.models import OPEN, Url
from takedown.vault import Vault

LEASE: Final = timedelta(minutes=5)
AGAIN: Final = timedelta(hours=1)  # while a hold stands, or no connector is in force
LONGEST: Final = timedelta(days=30)  # after acceptance nobody asks any more
_SLOWEST: Final = timedelta(hours=24)
_FAILURES: Final = 20
_MOST_KEPT: Final = 60  # answers of one Delivery
#: A provider's state as the claim that it is.
CLAIMS: Final[Mapping[State, Said]] = MappingProxyType(
    {
        "actioned": Said.REMOVED,
        "gone": Said.GONE,
        "not_ours": Said.NOT_OURS,
        "need_info": Said.NEED_MORE,
        "no_action": Said.DISPUTED,
    }
)
_TO_CHECK: Final = frozenset({"actioned", "gone"})
_FOR_PEOPLE: Final = frozenset({"not_ours", "need_info", "no_action", "failed"})
_OPEN_ENDED: Final = frozenset({"received", "in_process", "need_info"})


@dataclass(frozen=True, slots=True)
class Question:
    """One report to ask about; `until` is the lease."""

    delivery_id: uuid.UUID
    contact_id: uuid.UUID
    until: datetime
    reference: str = field(repr=False)


def due(session: Session, leaves: Leaves, now: datetime) -> int:
    """How many reports wait to be asked about."""
    query = select(func.count()).select_from(Delivery).join(Notice)
    return session.scalar(query.where(*_due(leaves, now))) or 0


def claim(session: Session, vault: Vault, leaves: Leaves, now: datetime) -> Question | None:
    """The report that has waited longest, leased; None if nothing is due.

    What is held, closed or without a connector is not asked about, and what has gone quiet never
    again.
    """
    while True:
        delivery = session.scalar(
            select(Delivery)
            .join(Notice)
            .where(*_due(leaves, now))
            .order_by(Delivery.poll_due_at, Delivery.id)
            .limit(1)
            .with_for_update(skip_locked=True, of=Delivery)
            .execution_options(populate_existing=True)
        )
        if delivery is None:
            return None
        delivery.poll_due_at = _postponed(session, delivery, now)
        if delivery.poll_due_at == now and delivery.receipt is not None:
            delivery.poll_due_at = until = now + LEASE
            reference = vault.open("deliveries.receipt", delivery.id, delivery.receipt)
            session.flush()
            return Question(delivery.id, delivery.contact_id, until, reference)
        session.flush()


def told(
    session: Session,
    vault: Vault,
    question: Question,
    progress: Progress,
    *,
    allowed: Callable[[str], bool],
    now: datetime,
) -> list[uuid.UUID]:
    """Write what the provider says; the Urls that are to be looked at for it.

    `allowed` is the guard of the probes, for an address that a proxy tells.
    """
    delivery = _leased(session, question)
    if delivery is None:
        return []
    delivery.poll_failures = 0
    notice = session.get_one(Notice, delivery.notice_id)
    if progress.origin:
        origins.told(
            *(session, vault, notice, progress.origin),
            source="api",
            proven=True,
            allowed=allowed,
            now=now,
        )
    again = standing.first_poll(session, delivery.contact_id, now)
    state = progress.state
    ended = state is not None and state not in _OPEN_ENDED
    delivery.poll_due_at = None if ended else again
    if state is None or state == delivery.provider_state:
        return []
    before, delivery.provider_state, delivery.provider_state_at = (
        delivery.provider_state,
        state,
        now,
    )
    _keep(vault, notice, delivery, progress, now)
    record(
        session,
        at=now,
        subject="delivery",
        subject_id=delivery.id,
        kind="provider_state",
        before=before,
        after=state,
        notice=notice.number,
    )
    if state in CLAIMS:
        word = CLAIMS[state]
        session.add(
            Claim(id=new_id(), delivery_id=delivery.id, notice_id=notice.id, word=word, at=now)
        )
        if word is Said.DISPUTED:
            complaints.refused(session, notice, now=now)
    if state in _FOR_PEOPLE:
        ask(session, TaskKind.CLAIM, "notice", notice.id, now=now, why=f"provider:{state}")
    session.flush()
    return _urls(session, notice.id) if state in _TO_CHECK else []


def unanswered(session: Session, question: Question, *, permanent: bool, now: datetime) -> None:
    """It could not be asked: later and later again; for good, a person is asked."""
    delivery = _leased(session, question)
    if delivery is None:
        return
    delivery.poll_failures += 1
    if permanent or delivery.poll_failures >= _FAILURES:
        delivery.poll_due_at = None
        why = "provider:silent"
        ask(session, TaskKind.CLAIM, "notice", delivery.notice_id, now=now, why=why)
        return
    wait = min(timedelta(minutes=5) * 2**delivery.poll_failures, _SLOWEST)
    delivery.poll_due_at = now + wait


def _due(leaves: Leaves, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Delivery.poll_due_at <= now,
        Notice.id == Delivery.notice_id,
        Notice.mode.in_(modes.may_leave(leaves)),
    )


def _postponed(session: Session, delivery: Delivery, now: datetime) -> datetime | None:
    """`now` to ask at once, later, or None: never again."""
    if delivery.accepted_at is None or now - delivery.accepted_at > LONGEST:
        return None
    urls = _urls(session, delivery.notice_id)
    notice = session.get_one(Notice, delivery.notice_id)
    opened = session.scalar(
        select(func.count()).select_from(Url).where(among(Url.id, urls), Url.status.in_(OPEN))
    )
    if not opened:
        return None
    if holds.standing(session, urls) or holds.providers_held(session, {notice.provider_id}):
        return now + AGAIN
    try:
        standing.of(session, delivery.contact_id)
    except NoticeError:
        return now + AGAIN
    return now


def _leased(session: Session, question: Question) -> Delivery | None:
    return session.scalar(
        select(Delivery)
        .where(Delivery.id == question.delivery_id, Delivery.poll_due_at == question.until)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _keep(
    vault: Vault, notice: Notice, delivery: Delivery, progress: Progress, now: datetime
) -> None:
    """Their word and the exchange, sealed like every answer."""
    if len(delivery.answers) >= _MOST_KEPT:
        return
    kept = (progress.word, progress.exchange.decode("utf-8", "replace"))
    said, whole = (
        b64encode(vault.seal(results.ANSWERS, delivery.id, notice.cohort, one)).decode("ascii")
        for one in kept
    )
    delivery.answers = [*delivery.answers, [now.isoformat(), "poll", 200, said, whole]]


def _urls(session: Session, notice_id: uuid.UUID) -> list[uuid.UUID]:
    return list(
        session.scalars(
            select(NoticeUrl.url_id).where(
                NoticeUrl.notice_id == notice_id, NoticeUrl.withdrawn_at.is_(None)
            )
        )
    )
