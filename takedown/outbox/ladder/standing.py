"""The ladders that stand, read at once; the most specific holds: provider, route, default."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from takedown.audit import MACHINE
from takedown.db import new_id
from takedown.outbox.ladder.models import Ladder, LadderStep
from takedown.outbox.ladder.rules import DEFAULT, Rules, Rung
from takedown.outbox.policy import FIRST, Step

FILLED_BY: Final = MACHINE
_Scope = tuple[uuid.UUID | None, uuid.UUID | None]
_EVERYWHERE: Final[_Scope] = (None, None)


@dataclass(frozen=True, slots=True)
class Ladders:
    """By (route, provider); the default holds where nothing else stands."""

    by_scope: dict[_Scope, Rules]

    def of(self, provider_id: uuid.UUID | None, route_id: uuid.UUID | None) -> Rules:
        """The ladder toward this provider on this route."""
        for scope in ((None, provider_id), (route_id, None)):
            if scope != _EVERYWHERE and scope in self.by_scope:
                return self.by_scope[scope]
        return self.by_scope.get(_EVERYWHERE, DEFAULT)

    def steps(self) -> list[Step]:
        """Every step that some ladder holds, each as early as any has it."""
        found = {FIRST.key: FIRST}
        for rules in (*self.by_scope.values(), self.of(None, None)):
            for step in rules.steps():
                known = found.get(step.key)
                if known is None or step.after < known.after:
                    found[step.key] = step
        return sorted(found.values(), key=lambda step: step.after)


def standing(session: Session) -> Ladders:
    """All that is confirmed and not ended; where two stand for one scope, the newer."""
    rows = session.scalars(
        select(Ladder)
        .where(Ladder.ended_at.is_(None), Ladder.confirmed_at.is_not(None))
        .options(selectinload(Ladder.steps))
        .order_by(Ladder.id)
    )
    return Ladders({(row.route_id, row.provider_id): rules_of(row) for row in rows})


def rules_of(row: Ladder) -> Rules:
    """A stored ladder as a value; its steps are loaded."""
    return Rules(
        tuple(
            Rung(one.after_hours, one.kind, one.role, one.second_person, one.language)
            for one in row.steps
        ),
        row.reminder_cap,
    )


def fill(session: Session, now: datetime) -> int:
    """Write the default where no ladder stands at all; how many were written."""
    if session.scalar(select(Ladder.id).limit(1)) is not None:
        return 0
    keep(session, DEFAULT, _EVERYWHERE, why="", by=FILLED_BY, now=now, second_person=False)
    return 1


def keep(
    session: Session,
    rules: Rules,
    scope: _Scope,
    *,
    why: str,
    by: str,
    now: datetime,
    second_person: bool,
) -> Ladder:
    """Write a version; it stands at once unless a second person has to confirm it."""
    made = Ladder(
        id=new_id(),
        route_id=scope[0],
        provider_id=scope[1],
        reminder_cap=rules.reminder_cap,
        why=why,
        written_by=by,
        written_at=now,
        second_person=second_person,
        confirmed_at=None if second_person else now,
        confirmed_by=None if second_person else by,
        steps=[
            LadderStep(
                id=new_id(),
                place=place,
                after_hours=rung.after_hours,
                role=rung.role,
                kind=rung.kind,
                second_person=rung.two_people,
                language=rung.language,
            )
            for place, rung in enumerate(rules.rungs)
        ],
    )
    session.add(made)
    session.flush()
    return made
