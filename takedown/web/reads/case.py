"""One case: its head, what stands on it, and what is beside it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from takedown.flow.case import cases
from takedown.hosts.models import Host
from takedown.outbox.due import STOPPED_BY
from takedown.outbox.models import Notice, NoticeStatus, NoticeUrl
from takedown.people.tasks import Task
from takedown.routes import holds, police
from takedown.routes.models import Hold
from takedown.urls import hopping
from takedown.urls.models import Report, Url
from takedown.vault import Vault
from takedown.web.reads.chain import Chain, chain


@dataclass(frozen=True, slots=True)
class Head:
    """What the page says before its timeline."""

    url: Url
    shape: dict[str, Any]
    location: str = field(repr=False)
    parent: str | None = field(repr=False)
    note: str | None = field(repr=False)
    reports: Sequence[Report]
    holds: Sequence[Hold]
    police_asked: bool  # they have not agreed yet that it is looked up and checked
    tasks: Sequence[Task]
    on_host: int
    hops: int  # cases whose name stands under another suffix
    chain: Chain | None = field(repr=False)
    taken_out: bool  # or in a notice that reached nobody: it can be composed again

    @property
    def episode(self) -> dict[str, Any] | None:
        """The newest primary episode."""
        found = [one for one in self.shape["episodes"] if one["primary"]]
        return found[-1] if found else None

    @property
    def deadline_at(self) -> datetime | None:
        """When the deadline of the route ends, counted from the accepted notice."""
        hours = (self.shape["route"] or {}).get("deadline_hours")
        start = (self.episode or {}).get("notified_at")
        return start + timedelta(hours=hours) if hours and start else None


def head(session: Session, vault: Vault, url: Url, now: datetime) -> Head:
    """Everything but the timeline."""
    host = session.get_one(Host, url.host_id)
    tasks = select(Task).where(Task.subject_id == url.id, Task.done_at.is_(None))
    return Head(
        url=url,
        shape=cases(session, vault, [url])[0],
        location=vault.open("urls.location", url.id, url.location),
        parent=_opened(vault, url, "parent"),
        note=_opened(vault, url, "note"),
        reports=session.scalars(
            select(Report).where(Report.url_id == url.id).order_by(Report.registered_at)
        ).all(),
        holds=holds.on_url(session, url.id),
        police_asked=bool(police.unasked(session, [url.id])),
        tasks=session.scalars(tasks.order_by(Task.due_at)).all(),
        on_host=session.scalar(select(func.count()).where(Url.host_id == host.id)) or 0,
        hops=hopping.beside(session, url.host_id),
        chain=chain(session, vault, url, host, now),
        taken_out=_taken_out(session, url.id),
    )


def _opened(vault: Vault, url: Url, column: str) -> str | None:
    sealed = getattr(url, column)
    return vault.open(f"urls.{column}", url.id, sealed) if sealed else None


def _taken_out(session: Session, url_id: uuid.UUID) -> bool:
    failed = (Notice.status == NoticeStatus.FAILED) & NoticeUrl.withdrawn_at.is_(None)
    query = (
        select(NoticeUrl.url_id)
        .join(Notice, Notice.id == NoticeUrl.notice_id)
        .where(NoticeUrl.url_id == url_id, NoticeUrl.decision.has_key(STOPPED_BY) | failed)
    )
    return session.scalar(query.limit(1)) is not None
