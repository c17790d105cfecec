"""Whom, when, what kind; and how a hand-over may go on. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from takedown.errors import TakedownError
from takedown.outbox.models import DeliveryStatus as D

#: Did it go out? The one table of allowed moves of a Delivery (5-notices, outbox).
MOVES: Final[Mapping[D, frozenset[D]]] = MappingProxyType(
    {
        D.READY: frozenset({D.CLAIMED, D.SUPERSEDED, D.DEAD}),
        D.CLAIMED: frozenset({D.READY, D.SENDING, D.SUPERSEDED, D.DEAD}),
        # a 4xx or 5xx after the dot is an answer: nothing was accepted
        D.SENDING: frozenset({D.SENT, D.READY, D.DEAD, D.UNCERTAIN}),
        D.UNCERTAIN: frozenset({D.CLAIMED, D.SENT, D.BOUNCED, D.DEAD, D.SUPERSEDED}),
        D.SENT: frozenset({D.ACKNOWLEDGED, D.BOUNCED}),
        D.ACKNOWLEDGED: frozenset(),
        D.BOUNCED: frozenset(),
        D.DEAD: frozenset(),
        D.SUPERSEDED: frozenset(),
    }
)

#: The route of a notice that rests on none: the police hear at once of a victim at risk.
AT_ONCE: Final = "at_once"
#: A person's answer to a mail: it names no location, and waits for holds alone.
ANSWER: Final = "answer"

#: A claim lasts this long: longer than any hand-over's deadline. Its loss is noticed after it.
LEASE: Final = timedelta(minutes=5)
#: A lease that ran out this often quarantines the row (house rule 5).
LOST_LEASES: Final = 5
#: How often an episode is read in which nothing is due, and one whose notice waits for a person.
QUIET_FOR: Final = timedelta(hours=6)
DRAFTED_FOR: Final = timedelta(hours=1)
UNCERTAIN_FOR: Final = timedelta(minutes=30)
UNCERTAIN_AT_MOST: Final = timedelta(hours=24)
GREYLISTED_FOR: Final = timedelta(minutes=6)
DEAD_AFTER: Final = timedelta(hours=72)
_FIRST_BACKOFF: Final = timedelta(minutes=1)
_LONGEST_BACKOFF: Final = timedelta(hours=4)
_SHORTEST_WAIT: Final = timedelta(seconds=5)
_GREYLIST_CODES: Final = frozenset({450, 451})


class DeliveryMoveRefused(TakedownError):
    """A status was asked for that cannot follow the present one."""


@dataclass(frozen=True, slots=True)
class Step:
    """One rung of the ladder: a kind of notice, its ordinal, and hours after acceptance.

    `role`: whom it asks, where that is not who answers for the Url. `second_person`: two people
    approve it. `language`: written in this one whatever the recipient's.
    """

    kind: str
    step: int
    after: timedelta
    role: str = ""
    second_person: bool = False
    language: str | None = None

    @property
    def key(self) -> tuple[str, int]:
        """By which it is unique in an episode."""
        return self.kind, self.step

    @property
    def first(self) -> bool:
        return self.kind == "first"


FIRST: Final = Step("first", 0, timedelta(0))
#: In a decision: the notice that a retraction takes back.
RETRACTS: Final = "retracts"
#: Where nothing further is asked of anybody: a removal that is confirmed.
CLOSURE: Final = Step("closure", 0, timedelta(0))


def allowed(before: D, after: D) -> bool:
    """Whether a Delivery may go from one status to the other."""
    return after in MOVES[before]


def check_move(before: D, after: D) -> None:
    """Raises `DeliveryMoveRefused` for a move that the table does not hold."""
    if not allowed(before, after):
        raise DeliveryMoveRefused(f"{before} cannot become {after}")


def gap(ladder: tuple[Step, ...], step: Step) -> timedelta:
    """What lies at least between the acceptance of the step before and this one.

    Half of what the ladder sets apart, so that two late reminders never go out together.
    """
    place = ladder.index(step)
    return (step.after - ladder[place - 1].after) / 2 if place else timedelta(0)


def due(
    ladder: tuple[Step, ...],
    accepted: Mapping[tuple[str, int], datetime | None],
    notified_at: datetime | None,
    now: datetime,
) -> Step | None:
    """The step that is due for an open episode, or None.

    `accepted` holds each step that has a notice, with the time of its acceptance (None: waits or
    is on its way). Reminders count from `notified_at`, in order, one at a time.
    """
    for place, step in enumerate(ladder):
        if (step.kind, step.step) in accepted:
            continue
        if step.first:
            return step
        before = ladder[place - 1]
        last = accepted.get((before.kind, before.step))
        if notified_at is None or last is None:
            return None
        ready = now >= notified_at + step.after and now >= last + gap(ladder, step)
        return step if ready else None
    return None


def look_again(
    ladder: tuple[Step, ...],
    accepted: Mapping[tuple[str, int], datetime | None],
    notified_at: datetime | None,
    now: datetime,
) -> datetime | None:
    """When an open episode in which nothing is due is read again; None: something is due.

    Never later than `QUIET_FOR`: a contact or a ladder may have changed meanwhile.
    """
    for place, step in enumerate(ladder):
        if step.key in accepted:
            continue
        last = accepted.get(ladder[place - 1].key) if place else None
        if notified_at is None or last is None:
            return None if step.first else now + DRAFTED_FOR
        at = max(notified_at + step.after, last + gap(ladder, step))
        return min(at, now + QUIET_FOR) if at > now else None
    return now + QUIET_FOR


def backoff(attempts: int, draw: float) -> timedelta:
    """How long to wait after the n-th attempt: full jitter, one minute doubling to four hours.

    `draw` is uniform in [0, 1). Source: Brooker, "Exponential Backoff and Jitter" (2015).
    """
    doubled = _FIRST_BACKOFF * float(2 ** min(max(attempts - 1, 0), 16))
    ceiling = min(doubled, _LONGEST_BACKOFF)
    return max(ceiling * draw, _SHORTEST_WAIT)


def retry_in(attempts: int, code: int | None, draw: float) -> timedelta:
    """How long to wait after a temporary refusal; a greylisting server gets its six minutes."""
    if attempts <= 1 and code in _GREYLIST_CODES:
        return GREYLISTED_FOR
    return backoff(attempts, draw)


def uncertain_for(attempts: int) -> timedelta:
    """How long to wait for evidence before the same bytes go once more: 30 minutes, then longer.

    A recipient whose server never answers the last dot may have every copy: few are sent.
    """
    return min(UNCERTAIN_FOR * float(4 ** min(max(attempts - 1, 0), 8)), UNCERTAIN_AT_MOST)


def too_old(created_at: datetime, now: datetime) -> bool:
    """Whether a Delivery has been tried for long enough: 72 hours."""
    return now - created_at >= DEAD_AFTER
