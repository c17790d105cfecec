"""A share between two bounds: where each end lies in an interval (L, R] and some are not over yet.

Aalen-Johansen is written in its weighted form: a case that ended at T counts 1 / G(T-), where G is
the Kaplan-Meier curve of being lost sight of. T is known only within (L, R], and so are the numbers
at risk in G; taking each at its worst gives bounds that hold the estimate from the true times,
whatever they were. Merely moving every end to L, or every end to R, does not: with censored cases
between, the estimate from the true times can lie outside both.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from takedown.stats.episode_rows import GONE_BEFORE_NOTICE, MOVED, REMOVED, UNAVAILABLE, Episodes
from takedown.stats.survival import ROUNDING

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

ANCHOR_WINDOW = 15
"""Minutes after h in which a look tells the state at h exactly."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The weight of each case towards a share: `low` at least, `high` at most; mean = share."""

    low: Floats
    high: Floats

    @property
    def share(self) -> tuple[float, float]:
        """The share between its two bounds, each in 0..1."""
        n = self.low.size
        return min(1.0, float(self.low.sum()) / n), min(1.0, float(self.high.sum()) / n)


@dataclass(frozen=True, slots=True)
class Lost:
    """The curve of being lost sight of, by distinct minute, at its highest and its lowest."""

    minutes: Ints
    highest: Floats
    lowest: Floats

    def highest_through(self, minute: Ints) -> Floats:
        """G at its highest, what was lost at that very minute included."""
        return self.highest[np.searchsorted(self.minutes, minute, side="right")]

    def lowest_before(self, minute: Ints) -> Floats:
        """G at its lowest, just before that minute."""
        return self.lowest[np.searchsorted(self.minutes, minute, side="left")]


def ended(cases: Episodes) -> Bools:
    """Cases that are over: gone by any way, or moved."""
    over: Bools = gone(cases) | (cases.outcome == MOVED)
    return over


def gone(cases: Episodes) -> Bools:
    """Cases no longer to be had: removed, unavailable, or gone before the notice."""
    kind = cases.outcome
    away: Bools = (kind == REMOVED) | (kind == UNAVAILABLE) | (kind == GONE_BEFORE_NOTICE)
    return away


def lost(cases: Episodes) -> Lost:
    """How open cases drop out of sight, each at its last up (not at the cut-off).

    Doubtful ones don't: for the upper bound they ended, and a case that ends adds at least what it
    would add by dropping out; for the lower bound they are up.
    """
    over, doubt = ended(cases), cases.doubtful
    dropped = np.sort(cases.low[~over & ~doubt])
    minutes, count = np.unique(dropped, return_counts=True)
    most = (
        _at_least(cases.high[over], minutes + 1)
        + _at_least(dropped, minutes)
        + _at_least(cases.end[doubt], minutes)
    )
    fewest = _at_least(cases.low, minutes)
    highest = np.append(1.0, np.cumprod(1.0 - count / most))
    return Lost(minutes, highest, np.append(1.0, np.cumprod(1.0 - count / fewest)))


def by(cases: Episodes, kind: Bools, minute: int, sight: Lost) -> Bounds:
    """The share that met an end of this kind by that minute, moved cases competing.

    `kind` marks the cases whose end counts. Doubtful ones count in the upper bound alone. What was
    first seen down within the anchor's window counts as gone by it, seen up as up: both exact.
    """
    possible = cases.low < minute
    certain = kind & possible & (cases.high <= minute + ANCHOR_WINDOW)
    maybe = possible & (kind | cases.doubtful)
    low, high = np.zeros(len(cases)), np.zeros(len(cases))
    low[certain] = 1.0 / sight.highest_through(cases.low[certain])
    latest = np.minimum(_latest(cases)[maybe], minute)
    with np.errstate(divide="ignore"):
        high[maybe] = 1.0 / sight.lowest_before(latest)
    if high.sum() > len(cases):
        high[:] = 1.0
    return Bounds(low, high)


def known_at(cases: Episodes, minute: int) -> int:
    """How many cases' state at that minute is known exactly (anchored)."""
    up = cases.low >= minute
    over = ended(cases) & (cases.high <= minute + ANCHOR_WINDOW)
    return int((up | over).sum())


def quantile(cases: Episodes, p: float, sight: Lost) -> tuple[int | None, int | None]:
    """The minutes between which the share p has left this provider (moved included).

    None for a bound that the share doesn't reach.
    """
    over = ended(cases)
    low = _earliest(cases, over, p, sight)
    order = np.argsort(cases.high[over], kind="stable")
    weight = 1.0 / sight.highest_through(cases.low[over][order])
    reached = np.cumsum(weight) / len(cases) >= p - ROUNDING
    high = int(cases.high[over][order][np.argmax(reached)]) if bool(reached.any()) else None
    return low, high


def _earliest(cases: Episodes, over: Bools, p: float, sight: Lost) -> int | None:
    """The first minute after which the upper bound of the share is p (it only rises: bisection)."""
    maybe = over | cases.doubtful
    start, stop = cases.low[maybe], _latest(cases)[maybe]
    steps = np.unique(np.concatenate((start, sight.minutes)))
    first, last = 0, steps.size
    while first < last:
        middle = (first + last) // 2
        minute = steps[middle] + 1
        begun = start < minute
        with np.errstate(divide="ignore"):
            weight = 1.0 / sight.lowest_before(np.minimum(stop[begun], minute))
        if weight.sum() / len(cases) >= p - ROUNDING:
            last = middle
        else:
            first = middle + 1
    return int(steps[first]) if first < steps.size else None


def _latest(cases: Episodes) -> Ints:
    """The last minute at which an end may lie: R, for doubtful cases no later than the cut-off."""
    limit = np.maximum(cases.end, cases.low + 1)
    return np.where(cases.doubtful, np.minimum(cases.high, limit), cases.high)


def _at_least(values: Ints, minutes: Ints) -> Floats:
    found = values.size - np.searchsorted(np.sort(values), minutes, side="left")
    return np.asarray(found, dtype=np.float64)
