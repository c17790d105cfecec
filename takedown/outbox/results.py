"""What became of a hand-over, written while the token is ours."""

import uuid
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.channels.base import Ambiguous, Receipt, SendError
from takedown.audit import MACHINE
from takedown.episodes.models import Episode, Outcome
from takedown.hosts.models import Contact, Medium
from takedown.outbox import clocks, leases, policy, statuses
from takedown.outbox.connectors import standing as connectors
from takedown.outbox.models import Delivery, DeliveryStatus, Notice, NoticeStatus, NoticeUrl
from takedown.people.tasks import TaskKind, settle
from takedown.routes.gate import HAND_OVERS
from takedown.urls import lifecycle
from takedown.urls.models import UrlStatus
from takedown.vault import Vault

#: Called in the same transaction with the Urls whose first notice was accepted, and when.
OnAccepted = Callable[[Session, list[uuid.UUID], datetime], None]
#: The place of a server's words in the vault; each is sealed by itself inside the JSON.
ANSWERS: Final = "deliveries.answers"
_CHANNEL_WAIT: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Accepted:
    """One Url whose first notice was accepted: from here the clock runs."""

    url_id: uuid.UUID
    notified_at: datetime
    deadline_hours: int | None


def accepted(
    session: Session,
    vault: Vault,
    delivery: Delivery,
    receipt: Receipt,
    *,
    real: bool,
    at: datetime,
    on_accepted: OnAccepted,
) -> list[Accepted]:
    """Write an acceptance; a `real` first notice starts its episodes' clocks."""
    uncertain = delivery.status == DeliveryStatus.UNCERTAIN
    leases.move(session, delivery, DeliveryStatus.SENT, now=at, why=receipt.accepted_by)
    delivery.accepted_at, delivery.accepted_by = at, receipt.accepted_by
    delivery.queue_id, delivery.lease_until = receipt.queue_id, None
    _keep_answer(session, vault, delivery, at, "dot", None, receipt.response, receipt.exchange)
    if receipt.reference is not None:
        cohort = session.get_one(Notice, delivery.notice_id).cohort
        delivery.receipt = vault.seal("deliveries.receipt", delivery.id, cohort, receipt.reference)
        delivery.receipt_at, delivery.receipt_by = at, MACHINE
    if uncertain or delivery.possible_duplicate:
        settle(
            session,
            TaskKind.UNCERTAIN_DELIVERY,
            delivery.notice_id,
            now=at,
            by=MACHINE,
        )
    notice = session.get_one(Notice, delivery.notice_id)
    if notice.accepted_at is None:
        notice.accepted_at, notice.accepted_by = at, receipt.accepted_by
        by = receipt.accepted_by
        statuses.move(session, notice, NoticeStatus.ACCEPTED, now=at, accepted_by=by)
    if not real:
        return []
    if delivery.medium == Medium.API and delivery.receipt is not None:
        delivery.poll_due_at = connectors.first_poll(session, delivery.contact_id, at)
    contact = session.get_one(Contact, delivery.contact_id)
    contact.last_success_at, contact.bounces = at, 0
    if notice.kind in HAND_OVERS:
        clocks.handed_over(session, notice, at)
    return _start_clocks(session, notice, at, on_accepted) if notice.kind == "first" else []


def failed(
    session: Session,
    vault: Vault,
    delivery: Delivery,
    error: SendError,
    at: datetime,
    draw: float,
) -> str:
    """Write a hand-over that failed; what it means: dead, ready, uncertain or lost."""
    _keep_answer(
        *(session, vault, delivery, at, error.phase, error.code),
        *(error.response, error.exchange),
    )
    if delivery.status == DeliveryStatus.UNCERTAIN:
        return "uncertain"  # its lease ended while we waited; nothing new is known
    if isinstance(error, Ambiguous):
        leases.doubt(session, delivery, now=at, why=f"{error.phase}: no answer")
        return "uncertain"
    if error.phase == "arm":
        leases.release(session, delivery, due_at=at, now=at, why="not armed")
        return "ready"
    if error.channel_down:
        leases.release(session, delivery, due_at=at + _CHANNEL_WAIT, now=at, why="channel down")
        return "ready"
    delivery.attempts += 1
    if error.permanent:
        session.get_one(Contact, delivery.contact_id).bounces += 1
        leases.bury(session, delivery, now=at, why=f"{error.phase}: {error.code or ''}")
        return "dead"
    wait = policy.retry_in(delivery.attempts, error.code, draw)
    if error.retry_after_s is not None:
        wait = timedelta(seconds=error.retry_after_s)
    leases.release(session, delivery, due_at=at + wait, now=at, why=f"{error.phase}: {error.code}")
    return "ready"


def unsendable(session: Session, delivery: Delivery, name: str, at: datetime) -> None:
    """The channel refused the message itself: no server will ever see it."""
    delivery.answers = [*delivery.answers, [at.isoformat(), "refused", None, ""]]
    leases.bury(session, delivery, now=at, why=name)


def _start_clocks(
    session: Session, notice: Notice, at: datetime, on_accepted: OnAccepted
) -> list[Accepted]:
    episodes = session.scalars(
        select(Episode)
        .join(NoticeUrl, NoticeUrl.episode_id == Episode.id)
        .where(
            NoticeUrl.notice_id == notice.id,
            NoticeUrl.withdrawn_at.is_(None),
            Episode.notified_at.is_(None),
            Episode.outcome != Outcome.RESCINDED,
        )
        .order_by(Episode.id)
        .with_for_update(of=Episode)
    ).all()
    for episode in episodes:
        episode.notified_at, episode.accepted_by = at, notice.accepted_by
        episode.notice_id = notice.id
    session.flush()
    urls = [episode.url_id for episode in episodes]
    lifecycle.move_many(session, urls, UrlStatus.NOTIFIED, now=at, why=notice.number)
    on_accepted(session, urls, at)
    return [Accepted(one.url_id, at, one.deadline_hours) for one in episodes]


def _keep_answer(
    session: Session,
    vault: Vault,
    delivery: Delivery,
    at: datetime,
    phase: str,
    code: int | None,
    said: str,
    exchange: bytes | None = None,
) -> None:
    """Keep what the server said, sealed: filters quote the very location that they refuse.

    The whole exchange, of interfaces that have one, stands behind it.
    """
    cohort = session.get_one(Notice, delivery.notice_id).cohort
    sealed = vault.seal(ANSWERS, delivery.id, cohort, said) if said else b""
    entry = [at.isoformat(), phase, code, b64encode(sealed).decode("ascii")]
    if exchange is not None:
        whole = vault.seal(ANSWERS, delivery.id, cohort, exchange.decode("utf-8", "replace"))
        entry.append(b64encode(whole).decode("ascii"))
    delivery.answers = [*delivery.answers, entry]
