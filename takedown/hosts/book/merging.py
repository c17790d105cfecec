"""Two providers that are one: proposed by one person, confirmed by another, nothing forgotten.

What lies above this room (episodes, routes, holds, tasks) is moved by `takedown.flow.merging`;
why rows are moved rather than followed stands in docs/decisions/0015.
"""

import uuid
from typing import Any, Final

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from takedown.db import new_id
from takedown.hosts.book import Desk, claims, editing
from takedown.hosts.book.fields import Values
from takedown.hosts.book.problems import BookError
from takedown.hosts.book.reading import provider_values
from takedown.hosts.models import (
    Contact,
    Host,
    Provider,
    ProviderAlias,
    ProviderDomain,
    ProviderMark,
    ProviderMerge,
    ProviderNumber,
    ProviderRange,
    Standing,
    Trace,
    TraceProvider,
)
from takedown.people.two_people import not_by

Columns = dict[str, tuple[InstrumentedAttribute[Any], ...]]
#: What of this room names a provider and goes along with it. Contacts and `trace_providers` go
#: along as well, one by one: they can meet their like.
MOVING: Final[Columns] = {
    "aliases": (ProviderAlias.provider_id,),
    "domains": (ProviderDomain.provider_id,),
    "asns": (ProviderNumber.provider_id,),
    "ranges": (ProviderRange.provider_id,),
    "marks": (ProviderMark.provider_id,),
    "traces": (Trace.provider_id,),
    "told": (Host.origin_provider_id, Host.front_id),
}
#: From the most cautious on: of two standings the survivor takes the more cautious one, but for
#: "unknown", which says nothing.
_CAUTION: Final = (
    Standing.SUSPECTED_COMPLICIT,
    Standing.FORWARDS_TO_CUSTOMER,
    Standing.COOPERATIVE,
    Standing.UNKNOWN,
)
_FILLED: Final = ("country", "language", "preferred_medium", "endorses_principles")


def propose(desk: Desk, gone: Provider, kept: Provider, why: str) -> ProviderMerge:
    """Say that `gone` is `kept`: nothing moves before another person confirms; `BookError`."""
    claims.lock(desk)
    problems = {}
    if gone.id == kept.id:
        problems["into"] = "the same provider"
    elif gone.merged_into_id is not None or kept.merged_into_id is not None:
        problems["into"] = editing.MERGED
    elif gone.kind != kept.kind:
        problems["into"] = "the two are of different kinds"
    elif proposed(desk.session, gone.id) or proposed(desk.session, kept.id):
        problems["into"] = "a merge is proposed already"
    values = provider_values(desk.session, desk.vault, [gone, kept])
    names = [name for one in values.values() for name in _names(one) if len(name) > 2]
    if not why.strip():
        problems["why"] = "a reason is needed"
    elif any(name.casefold() in why.casefold() for name in names):
        problems["why"] = "the reason names the provider: say it without"
    if problems:
        raise BookError(problems)
    merge = ProviderMerge(
        id=new_id(),
        provider_id=gone.id,
        into_id=kept.id,
        why=why.strip(),
        proposed_at=desk.now,
        proposed_by=desk.by,
    )
    desk.session.add(merge)
    desk.session.flush()
    desk.note("provider", gone.id, "provider.merge_proposed", after=str(kept.id), why=merge.why)
    return merge


def proposed(session: Session, provider_id: uuid.UUID) -> list[ProviderMerge]:
    """The merges of a provider, into it or of it, that wait for a second person."""
    either = or_(ProviderMerge.provider_id == provider_id, ProviderMerge.into_id == provider_id)
    return list(
        session.scalars(
            select(ProviderMerge)
            .where(either, ProviderMerge.closed_at.is_(None))
            .order_by(ProviderMerge.id)
        )
    )


def take_back(desk: Desk, merge: ProviderMerge) -> None:
    """Refuse a proposal, or take one's own back."""
    if merge.closed_at is None:
        merge.closed_at, merge.closed_by, merge.done = desk.now, desk.by, False
        desk.note("provider", merge.provider_id, "provider.merge_refused")


def confirmable(desk: Desk, merge: ProviderMerge) -> tuple[Provider, Provider]:
    """The two providers, locked, `gone` first. Raises `BookError`, `OwnWork`."""
    if merge.closed_at is not None:
        raise BookError({"merge": "decided already"})
    not_by({merge.proposed_by}, desk.by)
    claims.lock(desk)
    locked = {
        one.id: one
        for one in desk.session.scalars(
            select(Provider)
            .where(Provider.id.in_([merge.provider_id, merge.into_id]))
            .order_by(Provider.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    }
    gone, kept = locked[merge.provider_id], locked[merge.into_id]
    if gone.merged_into_id is not None or kept.merged_into_id is not None:
        raise BookError({"merge": editing.MERGED})
    return gone, kept


def join(desk: Desk, gone: Provider, kept: Provider, why: str) -> dict[str, int]:
    """Make `gone` a name of `kept` and move what this room holds; how many rows of what."""
    desk.session.execute(
        update(Provider).where(Provider.merged_into_id == gone.id).values(merged_into_id=kept.id)
    )
    before = provider_values(desk.session, desk.vault, [gone, kept])
    gone.merged_into_id = kept.id
    desk.session.flush()
    moved = repoint(desk.session, MOVING, gone.id, kept.id)
    moved["traces"] += _chains(desk.session, gone.id, kept.id)
    moved["contacts"], moved["duplicates"] = _contacts(desk, gone.id, kept.id)
    desk.session.expire(kept)
    editing.change(desk, kept, inherited(before[gone.id], before[kept.id]), why=why)
    return moved


def inherited(gone: Values, kept: Values) -> Values:
    """What the survivor takes over: names, and what it does not know itself."""
    taken = {name: gone[name] for name in _FILLED if gone[name] and not kept[name]}
    caution = min(gone["standing"], kept["standing"], key=lambda one: _CAUTION.index(Standing(one)))
    if caution != kept["standing"]:
        taken["standing"] = caution
    if gone["notes"] and gone["notes"] != kept["notes"]:
        taken["notes"] = "\n\n".join(filter(None, [kept["notes"], gone["notes"]]))
    taken["aliases"] = "\n".join({*_names(gone), *kept["aliases"].splitlines()})
    return taken


def repoint(session: Session, moving: Columns, gone: uuid.UUID, kept: uuid.UUID) -> dict[str, int]:
    """Let every row of these columns name `kept` where it named `gone`; how many."""
    moved = dict.fromkeys(moving, 0)
    for name, columns in moving.items():
        for column in columns:
            moved[name] += len(
                session.execute(
                    update(column.class_)
                    .where(column == gone)
                    .values({column.key: kept})
                    .returning(column)
                    .execution_options(synchronize_session=False)
                ).all()
            )
    return moved


def count(session: Session, moving: Columns, gone: uuid.UUID) -> dict[str, int]:
    """How many rows of these columns name `gone`."""
    return {
        name: sum(
            session.scalar(select(func.count()).select_from(column.class_).where(column == gone))
            or 0
            for column in columns
        )
        for name, columns in moving.items()
    }


def duplicates(session: Session, gone: uuid.UUID, kept: uuid.UUID) -> list[tuple[Contact, Contact]]:
    """Pairs of contacts of the same medium and address: that of `gone` first."""
    twin = aliased(Contact)
    rows = session.execute(
        select(Contact, twin)
        .join(
            twin,
            (twin.medium == Contact.medium) & (twin.address_index == Contact.address_index),
        )
        .where(Contact.provider_id == gone, twin.provider_id == kept)
    )
    return [(row[0], row[1]) for row in rows]


def _names(values: Values) -> list[str]:
    return [values["name"], *values["aliases"].splitlines()]


def _chains(session: Session, gone: uuid.UUID, kept: uuid.UUID) -> int:
    """Where both stand in one role of one Trace they are one."""
    twin = aliased(TraceProvider)
    session.execute(
        delete(TraceProvider)
        .where(
            TraceProvider.provider_id == gone,
            exists().where(
                twin.trace_id == TraceProvider.trace_id,
                twin.role == TraceProvider.role,
                twin.provider_id == kept,
            ),
        )
        .execution_options(synchronize_session=False)
    )
    return repoint(session, {"chains": (TraceProvider.provider_id,)}, gone, kept)["chains"]


def _contacts(desk: Desk, gone: uuid.UUID, kept: uuid.UUID) -> tuple[int, int]:
    pairs = duplicates(desk.session, gone, kept)
    for old, new in pairs:
        _fold(desk, old, new)
    doubled = {old.id for old, _ in pairs}
    moving = [
        one
        for one in desk.session.scalars(select(Contact).where(Contact.provider_id == gone))
        if one.id not in doubled
    ]
    for one in moving:
        one.provider_id = kept
        desk.note("contact", one.id, "contact.moved", before=str(gone), after=str(kept))
    desk.session.flush()
    return len(moving), len(pairs)


def _fold(desk: Desk, old: Contact, new: Contact) -> None:
    """The duplicate is retired; what is known of it lives on in the one that stays."""
    if old.retired_at is None and (new.retired_at is not None or new.approved_at is None):
        new.approved_at, new.approved_by = old.approved_at, old.approved_by
        new.proposed_by = old.proposed_by if new.retired_at is not None else new.proposed_by
        new.retired_at = None
    new.bounces += old.bounces
    new.answers += old.answers
    for name in ("last_bounce_at", "last_answer_at", "last_success_at", "verified_on"):
        setattr(new, name, _latest(getattr(old, name), getattr(new, name)))
    if old.inhibited_until and old.inhibited_until == _latest(
        old.inhibited_until, new.inhibited_until
    ):
        new.inhibited_until, new.inhibited_by = old.inhibited_until, old.inhibited_by
        new.inhibited_why = old.inhibited_why
    old.retired_at = old.retired_at or desk.now
    old.approved_at = old.approved_by = None
    desk.note("contact", old.id, "contact.folded", after=str(new.id))


def _latest(one: Any, other: Any) -> Any:
    return max((each for each in (one, other) if each is not None), default=None)
