"""We were wrong: whoever was told of a Url by mistake is asked to restore it.

Read from rows and not from the act of withdrawing: what was in doubt then, and turns out to have
arrived, is retracted as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from takedown.hosts.models import Contact, Medium, Provider, Trace
from takedown.outbox import asking, batches, cases, contacts, modes
from takedown.outbox.asking import Toward
from takedown.outbox.batches import Composed, Desk, Group
from takedown.outbox.cases import Case
from takedown.outbox.due import taken
from takedown.outbox.ladder.rules import retracting_step, role_of
from takedown.outbox.models import Delivery, DeliveryStatus, Notice, NoticeUrl
from takedown.outbox.policy import RETRACTS, Step
from takedown.people.tasks import Task, TaskKind, ask
from takedown.routes import holds
from takedown.routes.gate import Answer, Reason
from takedown.urls.models import MISTAKES, Url, UrlStatus

#: What is retracted; a reminder only repeats the first of these.
_TOLD: Final = ("first", "escalation", "hotline", "police", "regulator")
_ARRIVED: Final = (DeliveryStatus.SENT, DeliveryStatus.ACKNOWLEDGED)
#: An interface takes reports and nothing else: a retraction is read by a person.
_MEDIA: Final = (Medium.EMAIL, Medium.FORM)
_BY_HAND: Final = "contact:retraction"


@dataclass(frozen=True, slots=True)
class Told:
    """What one recipient was told of one Url: the newest notice that it got, but for reminders."""

    row: NoticeUrl
    notice: Notice
    mistake: str


def compose(desk: Desk, limit: int, result: Composed) -> None:
    """Drafts to all who were told of what was withdrawn as a mistake; a person approves each.

    One letter withdraws one notice. Where the recipient has neither mail nor form, a person is
    asked to tell them.
    """
    told = _due(desk, limit)
    if not told:
        return
    result.claimed += len(told)
    batches.write(desk, _grouped(desk, told, result), result)


def _due(desk: Desk, limit: int) -> list[Told]:
    again, sent, theirs = aliased(NoticeUrl), aliased(Notice), aliased(Provider)
    whom = func.coalesce(Provider.merged_into_id, Provider.id)
    retracted = (
        exists()
        .where(again.url_id == NoticeUrl.url_id, again.kind == "retraction", taken(again))
        .where(sent.id == again.notice_id, theirs.id == sent.provider_id)
        .where(func.coalesce(theirs.merged_into_id, theirs.id) == whom)
    )
    arrived = exists().where(Delivery.notice_id == Notice.id, Delivery.status.in_(_ARRIVED))
    by_hand = exists().where(
        Task.subject_id == Notice.id, Task.why == _BY_HAND, Task.done_at.is_not(None)
    )
    rows = desk.session.execute(
        select(NoticeUrl, Notice, Url.withdrawn_why)
        .join(Notice, Notice.id == NoticeUrl.notice_id)
        .join(Provider, Provider.id == Notice.provider_id)
        .join(Url, Url.id == NoticeUrl.url_id)
        .where(
            Url.status == UrlStatus.WITHDRAWN,
            Url.withdrawn_why.in_(MISTAKES),
            NoticeUrl.withdrawn_at.is_(None),
            Notice.kind.in_(_TOLD),
            Notice.accepted_at.is_not(None),
            Notice.mode.in_(modes.may_leave(desk.leaves)),
            arrived,
            ~retracted,
            ~by_hand,
        )
        .ext(distinct_on(NoticeUrl.url_id, whom))
        .order_by(NoticeUrl.url_id, whom, Notice.serial.desc())
        .limit(limit)
    )
    return [Told(row.NoticeUrl, row.Notice, row.withdrawn_why) for row in rows]


def _grouped(desk: Desk, told: Sequence[Told], result: Composed) -> list[Group]:
    """By the notice that is withdrawn, and what was wrong about it."""
    session, now = desk.session, desk.now
    by_episode = {one.row.episode_id for one in told if one.row.episode_id}
    known = cases.load(session, by_episode, desk.look_up)
    of_url = {one.row.url_id for one in told if one.row.episode_id is None}
    untraced = cases.load_urls(session, of_url, desk.look_up)
    groups: dict[tuple[object, ...], Group] = {}
    withheld: list[tuple[Case, Answer]] = []
    for one in told:
        episode = one.row.episode_id
        case = known[episode] if episode else untraced[one.row.url_id]
        to = _toward(desk, one.notice)
        if to is None:
            ask(session, TaskKind.CONTACT, "notice", one.notice.id, now=now, why=_BY_HAND)
            result.failed += 1
            continue
        trace = session.get(Trace, one.row.trace_id) if one.row.trace_id else None
        answer = asking.judge(case, to, desk.vault, kind="retraction", made_for=trace, now=now)
        if answer.reasons:
            result.failed += 1
            withheld.append((case, answer))
            if Reason.CONTACT_NOT_APPROVED in answer.reasons:
                batches.ask_for_approval(session, to.contact, now)
            continue
        key = (one.notice.id, to.contact.id, one.mistake)
        also = {RETRACTS: str(one.notice.id)}
        group = groups.setdefault(key, Group(to, _step(one.notice), also=also))
        group.chosen.append((case, trace, answer))
    batches.keep_reasons(session, withheld, now)
    return list(groups.values())


def _step(told: Notice) -> Step:
    ordinal = retracting_step(told.kind, told.step)
    return Step("retraction", ordinal, timedelta(0), language=told.language)


def _toward(desk: Desk, told: Notice) -> Toward | None:
    """Where it went, else another way to the same recipient; None: only by word of mouth."""
    session = desk.session
    provider = session.get_one(Provider, told.provider_id)
    while provider.merged_into_id is not None:
        provider = session.get_one(Provider, provider.merged_into_id)
    rows = list(session.scalars(select(Contact).where(Contact.provider_id == provider.id)))
    same = [one for one in rows if one.id == told.contact_id]
    contact = contacts.choose(same, desk.now, _MEDIA) or contacts.choose(rows, desk.now, _MEDIA)
    if contact is None:
        return None
    held = bool(holds.providers_held(session, {provider.id}))
    return Toward(provider, contact, held, role_of(told.kind, told.step))
