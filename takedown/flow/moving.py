"""Before a notice leaves: does its host still answer from where the notice thinks it does?"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from takedown.db import committing
from takedown.flow.locate import silent, trace_now
from takedown.flow.ports import Ports
from takedown.hosts.leasing import due_again
from takedown.hosts.lookup import judged
from takedown.hosts.models import Host, Trace
from takedown.outbox import modes
from takedown.outbox.models import Delivery, DeliveryStatus, Notice, NoticeUrl
from takedown.urls.models import Url

RESOLVED_ANEW: Final = timedelta(hours=1)  # a Trace older than this is not relied on at hand-over


@dataclass(frozen=True, slots=True)
class _Stood:
    """Where a host was when it was last traced."""

    host_id: uuid.UUID
    name: str = field(repr=False)
    address_index: bytes | None


def look_again(ports: Ports, most: int = 1_000) -> int:
    """Resolve anew the hosts of what is about to leave; those that moved are traced, placed again.

    Returns how many. A name that fails has not moved: the checks say what became of it.
    """
    if not ports.leaves.lookups:
        return 0
    with ports.sessions() as session:
        stood = _stood(session, ports, ports.clock(), most)
    answers = ports.lookup.resolver.addresses({one.name for one in stood})
    elsewhere = []
    for one in stood:
        address = judged(answers[one.name])
        if address and ports.vault.blind("address", address) != one.address_index:
            elsewhere.append(one.host_id)
    if elsewhere:
        with committing(ports.sessions) as session:
            due_again(session, elsewhere, ports.clock())
        trace_now(ports, elsewhere)
    return len(elsewhere)


def _stood(session: Session, ports: Ports, now: datetime, most: int) -> list[_Stood]:
    rows = session.execute(
        select(Host.id, Host.name, Trace.address_index)
        .join(Trace, Trace.id == Host.trace_id)
        .where(Host.id.in_(_about_to_leave(ports, now)), Trace.at < now - RESOLVED_ANEW)
        .order_by(Trace.at)
        .limit(most)
    ).all()
    kept = _spoken(session, ports, (row.id for row in rows))
    return [
        _Stood(row.id, ports.vault.open("hosts.name", row.id, row.name), row.address_index)
        for row in rows
        if row.id in kept
    ]


def _about_to_leave(ports: Ports, now: datetime) -> Select[uuid.UUID]:
    """Hosts of the Urls in Deliveries that are due."""
    return (
        select(Url.host_id)
        .join(NoticeUrl, NoticeUrl.url_id == Url.id)
        .join(Notice, Notice.id == NoticeUrl.notice_id)
        .join(Delivery, Delivery.notice_id == Notice.id)
        .where(
            NoticeUrl.withdrawn_at.is_(None),
            Delivery.status.in_((DeliveryStatus.READY, DeliveryStatus.UNCERTAIN)),
            Delivery.due_at <= now,
            Notice.mode.in_(modes.may_leave(ports.leaves)),
        )
    )


def _spoken(session: Session, ports: Ports, host_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those that nobody forbids to ask about."""
    ids = list(host_ids)
    return set(ids) - silent(session, ports, ids)
