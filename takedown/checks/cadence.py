"""When to look next. Pure; hours after `t0`, the moment from which removal is timed."""

from bisect import bisect_right
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)

ANCHOR_HOURS: Final = (1.0, 6.0, 12.0, 24.0, 48.0, 72.0, 168.0)
WINDOW: Final = timedelta(minutes=15)
MIN_GAP: Final = timedelta(minutes=15)
SHARE_OF_AGE: Final = 0.25
PROVISIONAL_GAP: Final = 8 * HOUR
RETURN_DAYS: Final = (7, 30, 90)
END: Final = timedelta(days=365)
MAX_JITTER_S: Final = 300
_AGES: Final = (7 * DAY, 30 * DAY)
_RETURNS: Final = tuple(days * DAY for days in RETURN_DAYS)
_CAPS: Final = (12 * HOUR, DAY, 7 * DAY)  # younger than 7 d, than 30 d, older


class Phase(StrEnum):
    """What the next look is for: it decides which gaps hold."""

    OPEN = "open"
    PROVISIONAL = "provisional"
    RETURNING = "returning"  # one up after a removal: a second within hours decides
    REMOVED = "removed"


class Why(StrEnum):
    """Why a Url is looked at when it is: message ids of the pages."""

    ASKED = "asked"  # a person, a claim, or a notice that is about to leave
    FIRST = "first"  # right after it was located
    ANCHOR = "anchor"  # a moment at which shares are read
    DEADLINE = "deadline"  # the route's
    CALIBRATION = "calibration"
    CONTROL = "control"  # a sibling path first
    PROVISIONAL = "provisional"  # a failing run that is not yet a removal
    RETURN = "return"  # after a removal
    AGE = "age"  # a quarter of the age at most, within its caps
    RETRY_AFTER = "retry_after"  # the host asked to wait


class Look(NamedTuple):
    """The next look at a Url. `rank`: who is first when places are short, 0 before 7.

    What costs most precision by coming late comes first: an anchor has a window of 15 minutes, a
    gap of a quarter of an hour suffers more from a minute than one of a week.
    """

    at: datetime
    why: Why
    rank: int


RANKS: Final = range(8)
SOON_RANK: Final = 1  # up to here a look has a moment of its own: anchors, and what people ask
RANK: Final = {
    Why.ASKED: 0,
    Why.FIRST: 0,
    Why.ANCHOR: 1,
    Why.DEADLINE: 1,
    Why.CALIBRATION: 2,
    Why.CONTROL: 2,
    Why.PROVISIONAL: 3,
    Why.RETURN: 3,
}
_GAP_RANKS: Final = (2 * HOUR, 12 * HOUR, DAY)  # shorter than: 4, 5, 6; else 7


def look(at: datetime, why: Why, gap: timedelta = timedelta(0)) -> Look:
    """A look at `at`; one that comes by its age is ranked by the gap before it."""
    rank = RANK.get(why)
    return Look(at, why, 4 + bisect_right(_GAP_RANKS, gap) if rank is None else rank)


def next_look(
    t0: datetime,
    now: datetime,
    *,
    deadline_hours: float | None = None,
    phase: Phase = Phase.OPEN,
    removed_at: datetime | None = None,
    seed: int = 0,
) -> Look | None:
    """When this Url is due again after a look at `now`; None where looking ends (12 months).

    Two moments count: the gap's, and the next anchor if it comes first. After an anchor, and while
    gaps are short, a part of the gap that `seed` fixes is enough: so many Urls together are looked
    at at all ages, and not all at the same. Jitter (up to 5 min, fixed by `seed`) only delays, and
    keeps an anchor's check in its window. `removed_at` is the first
    down of a confirmed removal: from there looks go on, daily at first and weekly later, with
    return checks at 7, 30 and 90 days. Times UTC-aware; the result is after `now`.
    """
    if now - t0 >= END:
        return None
    age = now - t0
    gap = _gap(age, phase, now - (removed_at or now))
    why = _WHY[phase]
    fixed, since = _offsets(deadline_hours), age
    if phase in _SPREAD:
        gap = _part(seed, age, fixed, gap)
    if phase is Phase.REMOVED and removed_at is not None:
        fixed, since = _RETURNS, now - removed_at
    nth = bisect_right(fixed, since)
    if nth < len(fixed) and fixed[nth] - since <= gap:
        gap = fixed[nth] - since
        if phase is not Phase.REMOVED:
            due = deadline_hours is not None and fixed[nth] == deadline_hours * HOUR
            why = Why.DEADLINE if due else Why.ANCHOR
    return look(now + gap + _jitter(seed, age, gap), why, gap)


@lru_cache
def _offsets(deadline_hours: float | None) -> tuple[timedelta, ...]:
    hours = set(ANCHOR_HOURS)
    if deadline_hours is not None and deadline_hours > 0:
        hours.add(float(deadline_hours))
    return tuple(h * HOUR for h in sorted(hours))


_SPREAD: Final = (Phase.OPEN, Phase.PROVISIONAL)
_YOUNG: Final = 2 * HOUR  # up to here gaps are near the least, and a part of one is too short
_LEAST_PART: Final = 0.11  # of the gap after an anchor; less would cost a look before the next
_COSTS_A_LOOK: Final = {48 * HOUR: 0, 72 * HOUR: 1, 168 * HOUR: 0}
"""Anchors between which whole gaps fit exactly. Even Urls pay at the one, odd ones at the other."""
_WORD: Final = 2**64 - 1


def _part(seed: int, age: timedelta, fixed: tuple[timedelta, ...], gap: timedelta) -> timedelta:
    """As much of a gap as this Url's own rhythm leaves: never more, never under the least gap."""
    if HOUR <= age < _YOUNG:
        return MIN_GAP + _drawn(seed, 0) * (gap - MIN_GAP) if seed % 2 else gap
    nth = bisect_right(fixed, age)
    anchor = fixed[nth - 1] if nth else age - DAY
    if age >= anchor + WINDOW or _COSTS_A_LOOK.get(anchor, seed % 2) != seed % 2:
        return gap
    part = _LEAST_PART + (1.0 - _LEAST_PART) * _drawn(seed, int(anchor.total_seconds()))
    return max(MIN_GAP, part * gap)


def _drawn(seed: int, salt: int) -> float:
    """A number from 0 to under 1 that looks like chance and is always the same (SplitMix64)."""
    mixed = (seed + salt * 0x9E3779B97F4A7C15) & _WORD
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & _WORD
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & _WORD
    return float((mixed ^ mixed >> 31) >> 11) / 2**53


_WHY: Final = {
    Phase.OPEN: Why.AGE,
    Phase.PROVISIONAL: Why.PROVISIONAL,
    Phase.RETURNING: Why.RETURN,
    Phase.REMOVED: Why.RETURN,
}


def _gap(age: timedelta, phase: Phase, since_removal: timedelta) -> timedelta:
    if phase is Phase.RETURNING:
        return HOUR + MIN_GAP
    if phase is Phase.REMOVED:
        return max(DAY, min(SHARE_OF_AGE * since_removal, _CAPS[-1]))
    cap = _CAPS[bisect_right(_AGES, age)]
    gap = max(MIN_GAP, min(SHARE_OF_AGE * age, cap))
    return min(gap, PROVISIONAL_GAP) if phase is Phase.PROVISIONAL else gap


def _jitter(seed: int, offset: timedelta, gap: timedelta) -> timedelta:
    """At most 5 min and a tenth of the gap, from the seed and the moment: a batch spreads out."""
    mixed = (seed * 0x9E3779B97F4A7C15 + int(offset.total_seconds()) * 0xBF58476D1CE4E5B9) >> 7
    most = min(MAX_JITTER_S, int(gap.total_seconds() / 10))
    return timedelta(seconds=mixed % (most + 1))
