"""From rows to facts: all that the letter of a notice may say."""

import uuid
from collections.abc import Sequence
from typing import Any, Final, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.facts import Deadline, Facts, Mistake, Occasion, Previous, Recipient
from notices.facts import Hotline as Sender
from takedown.hosts.models import Contact, Provider
from takedown.outbox import tickets
from takedown.outbox.cases import Case
from takedown.outbox.ladder import collateral, past
from takedown.outbox.ladder.rules import role_of
from takedown.outbox.models import Notice, NoticeUrl
from takedown.outbox.policy import RETRACTS
from takedown.outbox.url_facts import Item, embeds, provider_name, url_fact
from takedown.routes.gate import HAND_OVERS
from takedown.routes.hotline import Hotline
from takedown.routes.models import RouteKind, RouteStatus
from takedown.urls.models import Url, Withdrawal
from takedown.vault import Vault

_WITH_HISTORY: Final = frozenset({"escalation", "regulator"})


def facts_of(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    notice: Notice,
    contact: Contact,
    items: Sequence[Item],
) -> Facts:
    """All that the letter of a notice may say, as its rows say it. Raises `BadFacts`."""
    first = items[0].case
    verified = notice.route_status == RouteStatus.VERIFIED
    recipient = session.get_one(Provider, notice.provider_id)
    handed_over = notice.kind in HAND_OVERS
    named = notice.kind in ("reminder", "retraction")
    before = previous(session, notice) if named else None
    embedded = embeds(session, vault, [item.case.url for item in items])
    return Facts(
        hotline=sender(hotline),
        recipient=Recipient(
            name=provider_name(vault, recipient),
            address=vault.open("contacts.address", contact.id, contact.address),
            language=notice.language,
            role=cast("Any", role_of(notice.kind, notice.step) or first.role),
            plain_locations=contact.plain_locations,
            country=recipient.country,
            key=str(recipient.id),
        ),
        number=notice.number,
        kind=cast("Any", notice.kind),
        date=notice.composed_at,
        provider_ticket=tickets.of(session, vault, notice),
        urls=tuple(
            url_fact(vault, hotline, notice.kind, recipient, item, embedded) for item in items
        ),
        deadline=None if handed_over else _deadline(first, verified),
        law=first.rule.basis if verified and first.rule else None,
        previous=_repeated(before, notice),
        history=past.of(session, vault, notice) if notice.kind in _WITH_HISTORY else (),
        collateral=collateral.of(vault, notice, items),
        receipt_wanted=handed_over,
        clearance_wanted=notice.kind == RouteKind.POLICE
        and any(item.case.police_first for item in items),
        occasion=_occasion(first, hotline) if notice.kind == RouteKind.POLICE else None,
        mistake=_mistake(first.url) if notice.kind == "retraction" else None,
    )


def sender(hotline: Hotline) -> Sender:
    """Us, as a letter tells it."""
    return Sender(
        name=hotline.name,
        country=hotline.country,
        signature=hotline.signature,
        email=hotline.email,
        domain=hotline.domain,
        capacity=cast("Any", hotline.capacity),
    )


def previous(session: Session, notice: Notice) -> Notice | None:
    """The first notice that a reminder repeats, or the one that is retracted, as its rows say."""
    if notice.kind == "retraction":
        rows = select(NoticeUrl.decision).where(NoticeUrl.notice_id == notice.id)
        kept = session.scalars(rows.limit(1)).one()
        return session.get_one(Notice, uuid.UUID(kept[RETRACTS]))
    return session.scalar(
        select(Notice)
        .join(NoticeUrl, NoticeUrl.notice_id == Notice.id)
        .where(
            NoticeUrl.kind == "first",
            NoticeUrl.withdrawn_at.is_(None),
            Notice.accepted_at.is_not(None),
            NoticeUrl.episode_id.in_(
                select(NoticeUrl.episode_id).where(NoticeUrl.notice_id == notice.id)
            ),
        )
        .order_by(Notice.accepted_at)
        .limit(1)
    )


def _occasion(case: Case, hotline: Hotline) -> Occasion:
    """Why the police are written to."""
    if case.url.victim_at_risk:
        return "victim_at_risk"
    return "law" if case.country == hotline.country else "abroad"


def _mistake(url: Url) -> Mistake:
    """What was wrong about it."""
    return "location" if url.withdrawn_why == Withdrawal.LOCATION else "classification"


def _repeated(before: Notice | None, notice: Notice) -> Previous | None:
    if before is None or before.accepted_at is None:
        return None
    count = notice.step if notice.kind == "reminder" else 0
    return Previous(number=before.number, sent_at=before.accepted_at, count=count)


def _deadline(case: Case, verified: bool) -> Deadline | None:
    """Binding only where a verified route says so and names its law; else it is asked for."""
    decision, rule = case.decision, case.rule
    if decision is None or decision.deadline_hours is None:
        return None
    binding = bool(verified and decision.binding and rule and rule.basis)
    return Deadline(
        hours=decision.deadline_hours,
        binding=binding,
        basis=rule.basis if binding and rule else None,
        source=rule.source if binding and rule else None,
    )
