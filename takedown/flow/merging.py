"""Merging two providers through all rooms: what will move, and moving it in one transaction."""

import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session, aliased

from takedown.episodes import joining
from takedown.episodes.models import Episode
from takedown.hosts.book import Desk, merging
from takedown.hosts.book.fields import Values
from takedown.hosts.book.merging import Columns
from takedown.hosts.book.reading import provider_values
from takedown.hosts.models import Contact, Provider, ProviderMerge, Trace
from takedown.outbox.connectors.models import ConnectorRow
from takedown.outbox.inbox.models import InboundMail
from takedown.outbox.models import Notice, NoticeUrl
from takedown.people.tasks import Task
from takedown.routes.models import Hold, Member, UrlRoute
from takedown.vault import Vault

#: What names a provider above its own room and goes along with it.
MOVING: Final[Columns] = {
    "episodes": (Episode.provider_id,),
    "routes": (UrlRoute.provider_id,),
    "members": (Member.provider_id,),
    "mails": (InboundMail.provider_id,),
    "connectors": (ConnectorRow.provider_id,),
}
_COUNTED: Final[Columns] = {"contacts": (Contact.provider_id,), "notices": (Notice.provider_id,)}
#: What goes on naming the provider as it was: the name under which a notice went, who was
#: proposed to be merged, who went where. Copies of letters are read by the survivor.
STAYING: Final = (
    *("notices.provider_id", "template_copies.provider_id"),
    *("ladders.provider_id", "calendars.provider_id"),
    *("provider_merges.provider_id", "provider_merges.into_id"),
)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a merge would do: rows that move, by kind; what the survivor takes over."""

    moves: dict[str, int]
    notices: int  # that go on naming it
    duplicates: int  # contacts of both, of which one is retired
    collisions: int  # addresses with an open episode at both
    takes_over: Values


def preview(session: Session, vault: Vault, gone: Provider, kept: Provider) -> Preview:
    """What would move; nothing is changed."""
    values = provider_values(session, vault, [gone, kept])
    before, after = values[gone.id], values[kept.id]
    taken = merging.inherited(before, after)
    counted = {**merging.MOVING, **MOVING, **_COUNTED}
    moves = merging.count(session, counted, gone.id)
    notices = moves.pop("notices")
    moves["holds"] = session.scalar(select(func.count()).where(*_held(gone.id))) or 0
    moves["tasks"] = session.scalar(select(func.count()).where(*_asked(gone.id))) or 0
    return Preview(
        moves,
        notices,
        len(merging.duplicates(session, gone.id, kept.id)),
        len(joining.pairs(session, gone.id, kept.id)),
        {name: text for name, text in taken.items() if name != "aliases"},
    )


def confirm(desk: Desk, merge: ProviderMerge) -> dict[str, int]:
    """A second person's yes: everything moves. Raises `BookError`; the door commits.

    How many rows of what moved stands in the merge and in the audit log.
    """
    gone, kept = merging.confirmable(desk, merge)
    moved = merging.join(desk, gone, kept, merge.why) | _rest(desk, gone.id, kept.id)
    merge.closed_at, merge.closed_by, merge.done = desk.now, desk.by, True
    merge.moved = moved
    desk.note("provider", gone.id, "provider.merged", after=str(kept.id), merge=str(merge.id))
    desk.note("provider", kept.id, "provider.absorbed", before=str(gone.id), merge=str(merge.id))
    desk.session.flush()
    desk.sign("provider.merge", kept.id, gone=str(gone.id), merge=str(merge.id), moved=moved)
    return moved


def gather(desk: Desk) -> int:
    """Move what was written under a merged provider by somebody who had read it before the merge.

    For a small part of `purge`; how many rows.
    """
    left = select(Provider).where(
        Provider.merged_into_id.is_not(None),
        Provider.id.in_(
            select(Trace.provider_id)
            .where(Trace.provider_id.is_not(None))
            .union(select(Episode.provider_id))
        ),
    )
    total = 0
    for gone in desk.session.scalars(left).all():
        kept = gone.merged_into_id
        if kept is not None:
            moved = merging.repoint(desk.session, merging.MOVING, gone.id, kept)
            total += sum(moved.values()) + sum(_rest(desk, gone.id, kept).values())
    return total


def _rest(desk: Desk, gone: uuid.UUID, kept: uuid.UUID) -> dict[str, int]:
    joined = joining.join_open(desk.session, gone, kept, now=desk.now)
    for closed, going_on in joined:
        _steps(desk.session, closed, going_on)
    moved = merging.repoint(desk.session, MOVING, gone, kept)
    moved["holds"] = _holds(desk.session, gone, kept)
    moved["tasks"] = _tasks(desk, gone, kept)
    moved["collisions"] = len(joined)
    return moved


def _steps(session: Session, closed: uuid.UUID, going_on: uuid.UUID) -> None:
    """What was sent for the closed episode counts for the one that goes on: nothing goes twice."""
    twin = aliased(NoticeUrl)
    taken = (
        select(twin.notice_id)
        .where(
            twin.episode_id == going_on,
            twin.kind == NoticeUrl.kind,
            twin.step == NoticeUrl.step,
            twin.withdrawn_at.is_(None),
        )
        .exists()
    )
    session.execute(
        update(NoticeUrl)
        .where(NoticeUrl.episode_id == closed, ~taken)
        .values(episode_id=going_on)
        .execution_options(synchronize_session=False)
    )


def _holds(session: Session, gone: uuid.UUID, kept: uuid.UUID) -> int:
    """A hold follows: it covers the survivor and all that the survivor hosts."""
    changed = session.execute(
        update(Hold)
        .where(Hold.subject == "provider", Hold.subject_id == gone)
        .values(subject_id=kept)
        .returning(Hold.id)
        .execution_options(synchronize_session=False)
    )
    return len(changed.all())


def _tasks(desk: Desk, gone: uuid.UUID, kept: uuid.UUID) -> int:
    """Open tasks follow; where the survivor has the same one open, one of the two is done."""
    theirs = set(desk.session.scalars(select(Task.kind).where(*_asked(kept))))
    tasks = desk.session.scalars(select(Task).where(*_asked(gone))).all()
    for task in tasks:
        if task.kind in theirs:
            task.done_at, task.done_by = desk.now, desk.by
        else:
            task.subject_id = kept
    desk.session.flush()
    return len(tasks)


def _held(provider_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    return Hold.subject == "provider", Hold.subject_id == provider_id, Hold.released_at.is_(None)


def _asked(provider_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    return Task.subject == "provider", Task.subject_id == provider_id, Task.done_at.is_(None)
