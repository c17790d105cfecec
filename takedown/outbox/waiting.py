"""What no notice holds yet, and why: by provider, as the gate or the gathering last said."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from takedown.audit import Event
from takedown.episodes.models import Episode, Outcome
from takedown.hosts.models import Contact, Provider
from takedown.outbox.models import Notice, NoticeStatus, NoticeUrl
from takedown.routes.gate import Reason
from takedown.urls.models import Url
from takedown.vault import Vault

_STANDING = (NoticeStatus.DRAFT, NoticeStatus.APPROVED)


@dataclass(frozen=True, slots=True)
class Kept:
    """One Url that waits, since when, and why."""

    url_id: uuid.UUID
    number: str
    since: datetime
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """What waits for one provider; `gathers` where a contact of it collects for a while."""

    provider: Provider
    name: str = field(repr=False)
    kept: tuple[Kept, ...]
    gathers: uuid.UUID | None  # that contact


def by_provider(session: Session, vault: Vault, limit: int = 200) -> list[Line]:
    """Open Urls whose newest word of the gate is newer than any notice, oldest first."""
    newest = (
        select(Event.subject_id, Event.at, Event.after)
        .where(Event.subject == "url", Event.kind == "withheld")
        .ext(distinct_on(Event.subject_id))
        .order_by(Event.subject_id, Event.id.desc())
        .subquery()
    )
    stands = exists().where(
        NoticeUrl.url_id == Url.id,
        NoticeUrl.withdrawn_at.is_(None),
        Notice.id == NoticeUrl.notice_id,
        (Notice.composed_at >= newest.c.at) | Notice.status.in_(_STANDING),
    )
    rows = session.execute(
        select(Url, Episode.provider_id, newest.c.at, newest.c.after)
        .join(Episode, Episode.url_id == Url.id)
        .join(newest, newest.c.subject_id == Url.id)
        .where(Episode.outcome == Outcome.OPEN, Episode.primary, ~stands)
        .order_by(newest.c.at)
        .limit(limit)
    ).all()
    found: dict[uuid.UUID, list[Kept]] = {}
    for row in rows:
        reasons = tuple(one for one in (row.after or "").split(",") if one)
        kept = Kept(row.Url.id, row.Url.number, row.at, reasons)
        found.setdefault(row.provider_id, []).append(kept)
    return [_line(session, vault, key, waits) for key, waits in found.items()]


def _line(session: Session, vault: Vault, provider_id: uuid.UUID, kept: list[Kept]) -> Line:
    provider = session.get_one(Provider, provider_id)
    collected = [one for one in kept if str(Reason.AGGREGATION) in one.reasons]
    contact = None
    if collected:
        contact = session.scalar(
            select(Contact)
            .where(Contact.provider_id == provider_id, Contact.aggregation_minutes > 0)
            .order_by(Contact.id)
            .limit(1)
        )
    return Line(
        provider,
        vault.open("providers.name", provider_id, provider.name),
        tuple(kept),
        contact.id if contact else None,
    )
