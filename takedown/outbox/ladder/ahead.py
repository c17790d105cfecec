"""The whole ladder of a Url before it runs: what, to whom, when, who says yes, what the gate says.

`plan` is pure; `preview` reads what it needs, and changes nothing.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.hosts.models import Contact, Trace
from takedown.outbox import asking, cases, contacts, policy
from takedown.outbox.asking import Toward
from takedown.outbox.cases import Case, LookUp
from takedown.outbox.ladder.reach import Reach
from takedown.outbox.pace import calendars
from takedown.outbox.policy import Step
from takedown.outbox.recipients import Recipients
from takedown.routes.gate import Answer
from takedown.routes.hotline import Hotline
from takedown.vault import Vault


class State(StrEnum):
    """Where a step of one Url stands. Message ids of the pages."""

    DONE = "done"  # accepted
    WAITS = "waits"  # a notice is drawn up, or a person took the Url out of it
    DUE = "due"
    AHEAD = "ahead"
    NOBODY = "nobody"  # nobody is known who could be asked: it is passed over
    OVER = "over"  # nothing is asked any more


class Needs(StrEnum):
    """Who says yes to a step."""

    ITSELF = "itself"
    ONE = "one"
    SUPERVISOR = "supervisor"
    TWO = "two"


@dataclass(frozen=True, slots=True)
class Planned:
    """A step with its time: when it was accepted, or when it comes (UTC); None: nobody knows."""

    step: Step
    state: State
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Ahead:
    """One line of the preview."""

    planned: Planned
    needs: Needs
    to: str | None = field(default=None, repr=False)  # the recipient's name
    answer: Answer | None = None  # the gate's, as of now; None where it isn't asked


def plan(
    steps: Sequence[Step],
    reached: Iterable[Step],
    accepted: Mapping[tuple[str, int], datetime | None],
    notified_at: datetime | None,
    now: datetime,
    *,
    open_: bool = True,
) -> list[Planned]:
    """Every step of a ladder with its state. `reached`: those that somebody can be asked in."""
    known = tuple(reached)
    due = policy.due(known, accepted, notified_at, now) if open_ else None
    made: list[Planned] = []
    earliest = notified_at
    for step in steps:
        at = None if notified_at is None else notified_at + step.after
        if step.key in accepted:
            told = accepted[step.key]
            made.append(Planned(step, State.DONE if told else State.WAITS, told))
            earliest = told or earliest
            continue
        if step not in known:
            made.append(Planned(step, State.NOBODY, None))
            continue
        if at is not None and earliest is not None and not step.first:
            at = max(at, earliest + policy.gap(known, step))
            earliest = at
        state = State.DUE if step == due else State.AHEAD
        made.append(Planned(step, state if open_ else State.OVER, at if open_ else None))
    return made


def preview(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    url_id: uuid.UUID,
    *,
    look_up: LookUp,
    now: datetime,
) -> list[Ahead]:
    """The ladder of a Url under its open episode, else what it would be; empty before that."""
    case = cases.load_urls(session, [url_id], look_up).get(url_id)
    if case is None or case.provider is None or case.episode is None:
        return []
    opening = calendars.standing(session)
    reach = Reach(session, Recipients.at(session, hotline.country, now), opening)
    reach.look_up([case])
    planned = plan(
        case.ladder.steps(),
        reach.ladder(case),
        case.steps,
        case.episode.notified_at,
        now,
        open_=case.is_open,
    )
    return [_line(session, vault, case, reach, one, now) for one in planned]


def _line(
    session: Session, vault: Vault, case: Case, reach: Reach, one: Planned, now: datetime
) -> Ahead:
    step = one.step
    to = reach.of(case, step) if step.role else _responsible(session, case, reach, now)
    answer = None
    if to is not None and one.state in (State.DUE, State.AHEAD) and case.episode is not None:
        made_for = session.get(Trace, case.episode.trace_id)
        answer = asking.judge(case, to, vault, kind=step.kind, made_for=made_for, now=now)
    name = None
    if to is not None and one.state is not State.NOBODY:
        name = vault.open("providers.name", to.provider.id, to.provider.name)
    return Ahead(one, _needs(step, answer), name, answer)


def _needs(step: Step, answer: Answer | None) -> Needs:
    if step.second_person:
        return Needs.TWO
    if answer is not None and answer.supervisor:
        return Needs.SUPERVISOR
    return Needs.ITSELF if step.kind == "reminder" else Needs.ONE


def _responsible(session: Session, case: Case, reach: Reach, now: datetime) -> Toward | None:
    if case.provider is None:
        return None
    rows = session.scalars(select(Contact).where(Contact.provider_id == case.provider.id))
    contact = contacts.choose(rows, now, preferred=case.provider.preferred_medium)
    if contact is None:
        return None
    return Toward(case.provider, contact, opens_at=reach.calendars.opening(case.provider.id, now))


def hours(after: timedelta) -> int:
    """A step's distance from the first acceptance, in whole hours."""
    return int(after.total_seconds() // 3600)
