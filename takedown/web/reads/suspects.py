"""Suspects: what the headers of a Url were, are, and what a wrong path beside it gets."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from takedown.checks import manual
from takedown.checks.calibrating import Kept, load
from takedown.checks.finding import Finding
from takedown.checks.models import CheckState
from takedown.people.tasks import Task, TaskKind
from takedown.routes import holds
from takedown.urls.models import Url
from takedown.vault import Vault

SHOWN: Final = 25
FIELDS: Final = ("status", "content_type", "content_length", "last_modified", "location", "error")


@dataclass(frozen=True, slots=True)
class Header:
    """One header: at calibration, at the look that is asked about, and beside a wrong path."""

    name: str
    before: str | None = field(repr=False)
    now: str | None = field(repr=False)
    control: str | None = field(repr=False)

    @property
    def differs(self) -> bool:
        return self.before != self.now


@dataclass(frozen=True, slots=True)
class Suspect:
    """A Url of which a person must say whether it is still up."""

    url: Url
    location: str = field(repr=False)
    why: str
    opened_at: datetime
    held: bool
    last_up_at: datetime | None
    seen_at: datetime | None
    headers: tuple[Header, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """What was typed and cannot be registered: nothing typed is lost."""

    url_id: uuid.UUID
    typed: str = field(repr=False)
    reason: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The first suspects, how many there are, how many wait for later, and what can be undone."""

    suspects: list[Suspect]
    count: int
    later: int


def suspects(session: Session, vault: Vault, now: datetime) -> Shown:
    """Those that are due, oldest first."""
    is_open = (Task.kind == TaskKind.SUSPECT, Task.done_at.is_(None))
    due = session.scalar(select(func.count()).where(*is_open, Task.due_at <= now)) or 0
    later = session.scalar(select(func.count()).where(*is_open, Task.due_at > now)) or 0
    rows = session.execute(
        select(Task, Url, CheckState)
        .join(Url, Url.id == Task.subject_id)
        .outerjoin(CheckState, CheckState.url_id == Url.id)
        .where(*is_open, Task.due_at <= now)
        .order_by(Task.due_at, Task.id)
        .limit(SHOWN)
    ).all()
    held = holds.standing(session, [row.Url.id for row in rows])
    return Shown(
        [_suspect(vault, row.Task, row.Url, row.CheckState, row.Url.id in held) for row in rows],
        due,
        later,
    )


def undoable(session: Session, url_id: uuid.UUID) -> Url | None:
    """The Url whose newest manual finding can still be taken back."""
    found, state = manual.last_finding(session, url_id), session.get(CheckState, url_id)
    if found is None or not found.before or state is None or state.spell_last_at != found.seen_at:
        return None
    return session.get(Url, url_id)


def _suspect(vault: Vault, task: Task, url: Url, state: CheckState | None, held: bool) -> Suspect:
    kept = Kept()
    if state is not None and state.validators:
        kept = load(vault.open("check_state.validators", url.id, state.validators))
    return Suspect(
        url,
        vault.open("urls.location", url.id, url.location),
        task.why,
        task.opened_at,
        held,
        state.last_up_at if state is not None else None,
        kept.changed_at,
        _headers(kept),
    )


def _headers(kept: Kept) -> tuple[Header, ...]:
    found = (
        Header(name, _calibrated(kept, name), _said(kept.changed, name), _said(kept.control, name))
        for name in FIELDS
    )
    return tuple(one for one in found if (one.before, one.now, one.control) != (None,) * 3)


def _calibrated(kept: Kept, name: str) -> str | None:
    known = kept.calibration
    if known is None or known.not_calibrated:
        return _said(kept.first, name)
    if name == "status":
        return "200"
    value = getattr(known, name, None)
    return None if value is None else str(value)


def _said(finding: Finding | None, name: str) -> str | None:
    value = getattr(finding, name) if finding is not None else None
    return None if value is None else str(value)
