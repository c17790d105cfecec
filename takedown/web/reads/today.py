"""What needs a person now: matters by kind, deadlines that passed, what waits for a yes."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notices.inbound import Kind as Mail
from takedown.checks.models import CheckState
from takedown.episodes.models import Episode, Outcome
from takedown.hosts.models import Contact, Host, Provider
from takedown.outbox.inbox.models import InboundMail
from takedown.outbox.models import Notice, NoticeStatus
from takedown.people.models import User
from takedown.people.tasks import Task, TaskKind
from takedown.routes import holds
from takedown.routes.models import Hold
from takedown.urls.models import Url
from takedown.vault import Vault
from takedown.web.reads.contacts import provider_name

SHOWN = 25
URGENT = (
    TaskKind.VICTIM_AT_RISK,
    TaskKind.SECURITY,
    TaskKind.REVEALS,
    TaskKind.REAPPEARED,
    TaskKind.DISPUTE,
    TaskKind.COMPLAINT,
    TaskKind.REPLY,
    TaskKind.BOUNCED,
    TaskKind.DEAD_DELIVERY,
    TaskKind.UNCERTAIN_DELIVERY,
    TaskKind.SUSPECT,
    TaskKind.POLICE_CLEARANCE,
    TaskKind.CLAIM,
    TaskKind.ORIGIN,
    TaskKind.HAND_OVER,
    TaskKind.HOLD_REVIEW,
    TaskKind.ROUTE,
    TaskKind.CONTACT,
    TaskKind.LOCATE,
    TaskKind.MANUAL_FINDING,
    TaskKind.CLASSIFICATION,
    TaskKind.AGREEMENT,
    TaskKind.MOVED,
)
_BY_MAIL = (TaskKind.REPLY, TaskKind.DISPUTE, TaskKind.CLAIM, TaskKind.BOUNCED)


@dataclass(frozen=True, slots=True)
class Matter:
    """One task: about a Url it leads to its case, about a notice to the notice, or to the mail
    about it that a person has to read.

    `whom`: the recipient of a notice. `held`: a hold stands on what it is about. `until`: when
    the law's time for it ends.
    """

    id: uuid.UUID
    why: str
    opened_at: datetime
    url: uuid.UUID | None = None
    notice: uuid.UUID | None = None
    mail: uuid.UUID | None = None
    title: str = field(default="", repr=False)
    location: str | None = field(default=None, repr=False)
    whom: str = field(default="", repr=False)
    held: bool = False
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """All matters of one kind, the first ones shown."""

    kind: str
    count: int
    matters: list[Matter]


@dataclass(frozen=True, slots=True)
class Overdue:
    """Open cases of one provider whose deadline has passed."""

    provider_id: uuid.UUID
    provider: str = field(repr=False)
    country: str | None
    hours: int | None
    binding: bool
    cases: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Today:
    """The page."""

    kinds: list[Kind]
    overdue: list[Overdue]
    drafts: int
    contacts: int
    holds: int

    @property
    def quiet(self) -> bool:
        """Nothing waits."""
        return not (self.kinds or self.overdue or self.drafts or self.contacts)


def today(
    session: Session, vault: Vault, now: datetime, *, without: Collection[TaskKind] = ()
) -> Today:
    """What waits at `now`; `without` kinds that are not for this person's eyes."""
    counts = {kind: n for kind, n in _counts(session).items() if kind not in without}
    kinds = [
        Kind(kind, counts[kind], _matters(session, vault, kind))
        for kind in URGENT
        if kind in counts
    ]
    standing = select(func.count()).where(Hold.released_at.is_(None))
    return Today(
        kinds,
        overdue(session, vault, now),
        session.scalar(select(func.count()).where(Notice.status == NoticeStatus.DRAFT)) or 0,
        session.scalar(
            select(func.count()).where(Contact.approved_at.is_(None), Contact.retired_at.is_(None))
        )
        or 0,
        session.scalar(standing) or 0,
    )


def overdue(session: Session, vault: Vault, now: datetime) -> list[Overdue]:
    """By provider and deadline: what is open, not failing, and past it; binding ones first."""
    passed = Episode.notified_at + func.make_interval(0, 0, 0, 0, Episode.deadline_hours)
    rows = session.execute(
        select(
            Provider,
            Episode.deadline_hours,
            Episode.deadline_binding,
            func.count(),
            func.min(passed),
        )
        .join(Episode, Episode.provider_id == Provider.id)
        .outerjoin(CheckState, CheckState.url_id == Episode.url_id)
        .where(
            Episode.outcome == Outcome.OPEN,
            Episode.primary,
            CheckState.run_first_at.is_(None),
            passed < now,
        )
        .group_by(Provider.id, Episode.deadline_hours, Episode.deadline_binding)
        .order_by(Episode.deadline_binding.desc(), func.count().desc())
    )
    return [
        Overdue(
            provider.id, provider_name(vault, provider), provider.country, hours, binding, count, at
        )
        for provider, hours, binding, count, at in rows
    ]


def _counts(session: Session) -> dict[str, int]:
    wanted = select(Task.kind, func.count()).where(Task.done_at.is_(None)).group_by(Task.kind)
    return {row.kind: row[1] for row in session.execute(wanted)}


def _matters(session: Session, vault: Vault, kind: str) -> list[Matter]:
    tasks = session.scalars(
        select(Task)
        .where(Task.kind == kind, Task.done_at.is_(None))
        .order_by(Task.due_at)
        .limit(SHOWN)
    ).all()
    found = [_matter(session, vault, task) for task in tasks]
    held = holds.standing(session, {one.url for one in found if one.url})
    return [replace(one, held=True) if one.url in held else one for one in found]


def _matter(session: Session, vault: Vault, task: Task) -> Matter:
    plain = Matter(task.id, task.why, task.opened_at)
    if task.subject == "url" and (url := session.get(Url, task.subject_id)):
        opened = vault.open("urls.location", url.id, url.location)
        return replace(plain, url=url.id, title=url.number, location=opened)
    if task.subject in ("notice", "delivery"):
        notice = session.get(Notice, task.subject_id)
        return _about_notice(session, vault, task, notice) if notice else plain
    if task.subject == "host" and (host := session.get(Host, task.subject_id)):
        opened = vault.open("hosts.name", host.id, host.name)
        first = session.scalar(select(Url.id).where(Url.host_id == host.id).limit(1))
        return replace(plain, url=first, location=opened)
    if task.subject == "contact" and (contact := session.get(Contact, task.subject_id)):
        return _of(vault, plain, session.get(Provider, contact.provider_id))
    if task.subject == "hold" and (hold := session.get(Hold, task.subject_id)):
        title = " · ".join(filter(None, [hold.asked_by, hold.reference]))
        return replace(plain, title=title)
    if task.subject == "user" and (person := session.get(User, task.subject_id)):
        return replace(plain, title=person.username or person.email)
    if task.subject == "provider":
        return _of(vault, plain, session.get(Provider, task.subject_id))
    return plain


def _of(vault: Vault, plain: Matter, provider: Provider | None) -> Matter:
    return replace(plain, title=provider_name(vault, provider) if provider else "")


def _about_notice(session: Session, vault: Vault, task: Task, notice: Notice) -> Matter:
    return Matter(
        task.id,
        task.why,
        task.opened_at,
        notice=notice.id,
        mail=_mail(session, notice, task.kind) if task.kind in _BY_MAIL else None,
        title=notice.number,
        whom=provider_name(vault, session.get_one(Provider, notice.provider_id)),
        until=task.due_at if task.kind == TaskKind.COMPLAINT else None,
    )


def _mail(session: Session, notice: Notice, kind: str) -> uuid.UUID | None:
    """The newest mail about a notice: the bounce for one that came back, else what waits to be
    read comes first."""
    waits = InboundMail.waits & InboundMail.read_at.is_(None)
    first = InboundMail.kind == Mail.BOUNCE if kind == TaskKind.BOUNCED else waits
    return session.scalar(
        select(InboundMail.id)
        .where(InboundMail.notice_id == notice.id)
        .order_by(first.desc().nulls_last(), InboundMail.id.desc())
        .limit(1)
    )
