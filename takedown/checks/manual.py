"""Manual findings: a person's word on up or gone, and taking it back."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from takedown.checks import lanes, opening
from takedown.checks.batches import Moved
from takedown.checks.cadence import RANK, Why
from takedown.checks.fold import Row, by_hand
from takedown.checks.models import CheckState, ManualFinding, Spell
from takedown.checks.removal import ChangeKind
from takedown.checks.service import Opening, open_checks
from takedown.checks.verdict import Verdict
from takedown.checks.writing import write
from takedown.db import new_id
from takedown.errors import TakedownError
from takedown.hosts.models import Host
from takedown.people.tasks import TaskKind, ask, settle
from takedown.urls.models import Url
from takedown.vault import Vault

#: What others have acted on cannot be taken back here: the opposite finding says it.
_ACTED_ON: Final = frozenset(
    {ChangeKind.CONFIRMED, ChangeKind.REAPPEARED, ChangeKind.RETRACTED, ChangeKind.REDATED}
)


class CannotUndo(TakedownError):
    """Something followed from the finding, or was seen after it: enter the opposite instead."""


def enter_finding(
    session: Session,
    vault: Vault,
    url: Url,
    verdict: Verdict,
    *,
    seen_at: datetime,
    how: str,
    now: datetime,
    by: str,
) -> list[Moved]:
    """A person's word on up or gone; settles what asked for it. The door commits."""
    for kind in (TaskKind.MANUAL_FINDING, TaskKind.SUSPECT):
        settle(session, kind, url.id, now=now, by=by)
    if session.get(CheckState, url.id) is None:
        lane = session.scalar(select(Host.domain_index).where(Host.id == url.host_id))
        open_checks(session, [Opening(url.id, lane or b"", url.registered_at, None)], now=now)
    (due,) = opening.due(session, vault, [url.id])
    outcome = by_hand(due.row, verdict, seen_at, now)
    acted = any(change.kind in _ACTED_ON for change in outcome.changes)
    session.add(
        ManualFinding(
            id=new_id(),
            url_id=url.id,
            seen_at=seen_at,
            verdict=verdict,
            how=how,
            entered_at=now,
            entered_by=by,
            before={} if acted else _dump(due.row),
        )
    )
    write(session, vault, [(due, None, outcome)], now)
    lanes.make_due(session, [url.id])
    return [Moved(url.id, outcome, change) for change in outcome.changes]


def last_finding(session: Session, url_id: uuid.UUID) -> ManualFinding | None:
    """The newest manual finding of a Url that stands."""
    return session.scalars(
        select(ManualFinding)
        .where(ManualFinding.url_id == url_id, ManualFinding.undone_at.is_(None))
        .order_by(ManualFinding.entered_at.desc())
        .limit(1)
    ).first()


def undo(session: Session, url_id: uuid.UUID, *, now: datetime, by: str, asks: bool = True) -> None:
    """Take the newest manual finding back: the state is as before it, and people are asked again
    (unless `asks` says that nothing had asked). It is looked at first of all.

    Raises `CannotUndo` where something followed from it or was seen since.
    """
    found, state = last_finding(session, url_id), session.get(CheckState, url_id)
    if found is None or state is None or not found.before:
        raise CannotUndo("there is nothing that can be taken back")
    lanes.lock(session, [url_id])
    session.refresh(state)
    if state.spell_last_at != found.seen_at:
        raise CannotUndo("it was looked at since")
    before = _load(found.before)
    _forget_spell(session, url_id, before)
    for name, value in before.items():
        setattr(state, name, value)
    state.next_check_at, state.next_why, state.rank = now, Why.ASKED, RANK[Why.ASKED]
    found.undone_at, found.undone_by = now, by
    if asks:
        ask(session, TaskKind.SUSPECT, "url", url_id, now=now, why=str(before.get("note") or ""))
    session.flush()
    lanes.make_due(session, [url_id])


def _forget_spell(session: Session, url_id: uuid.UUID, before: Mapping[str, Any]) -> None:
    """The spell that the finding ended goes on."""
    if before["spell_first_at"] is not None:
        session.execute(
            delete(Spell).where(
                Spell.url_id == url_id,
                Spell.first_at == before["spell_first_at"],
                Spell.last_at == before["spell_last_at"],
            )
        )


def _dump(row: Row) -> dict[str, Any]:
    state = {**row.state._asdict(), "note": row.note}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in state.items()
    }


def _load(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value) if name.endswith("_at") and value else value
        for name, value in kept.items()
    }
