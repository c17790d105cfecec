"""What was asked before about the Urls of a notice: of whom, when, and what came back."""

from collections.abc import Mapping
from typing import Any, Final, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.facts import Asked
from takedown.episodes.models import Episode
from takedown.hosts.models import Provider
from takedown.outbox.inbox.models import Claim
from takedown.outbox.ladder.rules import role_of
from takedown.outbox.models import Delivery, DeliveryStatus, Notice, NoticeUrl
from takedown.vault import Vault

_ASKS: Final = ("first", "reminder", "escalation", "hotline", "police", "regulator")
#: What a claim is called in a letter; any other reads "other".
_ANSWERS: Final[Mapping[str, str]] = {
    "removed": "claimed_removed",
    "disputed": "disputed",
    "not_ours": "not_ours",
}


def of(session: Session, vault: Vault, notice: Notice) -> tuple[Asked, ...]:
    """Accepted notices about one of its Urls before it was composed, oldest first."""
    about = select(NoticeUrl.url_id).where(
        NoticeUrl.notice_id == notice.id, NoticeUrl.withdrawn_at.is_(None)
    )
    rows = session.execute(
        select(Notice, Provider, Episode.role)
        .join(NoticeUrl, NoticeUrl.notice_id == Notice.id)
        .join(Provider, Provider.id == Notice.provider_id)
        .outerjoin(Episode, Episode.id == NoticeUrl.episode_id)
        .where(
            NoticeUrl.url_id.in_(about),
            NoticeUrl.withdrawn_at.is_(None),
            Notice.kind.in_(_ASKS),
            Notice.id != notice.id,
            Notice.accepted_at <= notice.composed_at,
        )
        .order_by(Notice.accepted_at, Notice.serial)
    ).all()
    told: dict[str, Asked] = {}
    for row in rows:
        before = row.Notice
        told[before.number] = Asked(
            number=before.number,
            kind=before.kind,
            recipient=vault.open("providers.name", row.Provider.id, row.Provider.name),
            role=cast("Any", role_of(before.kind, before.step) or row.role),
            sent_at=before.accepted_at,
            answer=cast("Any", _answer(session, before)),
        )
    return tuple(told.values())


def _answer(session: Session, notice: Notice) -> str:
    claim = session.scalar(
        select(Claim.word).where(Claim.notice_id == notice.id).order_by(Claim.id.desc()).limit(1)
    )
    if claim is not None:
        return _ANSWERS.get(claim, "other")
    bounced = select(Delivery.id).where(
        Delivery.notice_id == notice.id, Delivery.status == DeliveryStatus.BOUNCED
    )
    return "undeliverable" if session.scalar(bounced.limit(1)) else "none"
