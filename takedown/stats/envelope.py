"""Shares and curves between two bounds: each end lies in an interval (L, R], some go on.

Aalen-Johansen is written in its weighted form (Satten and Datta 2001): a case that ended at T
counts 1 / G(T-), where G is the Kaplan-Meier curve of being lost sight of. T is known only within
(L, R], and so are the numbers at risk in G; taking each at its worst gives bounds that hold the
estimate from the true times, whatever they were. Merely moving every end to L, or every end to R,
does not: with open cases between, the estimate from the true times can lie outside both.

All of it for many groups at once, on the grid of ages: arrays of shape (groups, points).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from takedown.stats import grid
from takedown.stats.survival import ROUNDING

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Ages = Mapping[str, Floats]

_NOBODY: Final = 1e-9
"""Fewer cases than this are rounding of weights."""
_DIGITS: Final = 9
_WIDE: Final = grid.POINTS > grid.FIRST
"""Where a cell of the grid is wider than a minute: what lies in it may be before or after."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The curve of being in sight still, at its highest (through each point) and at its lowest
    (just before each point)."""

    highest: Floats
    lowest: Floats


@dataclass(frozen=True, slots=True)
class Curve:
    """The share that has left by each point of the grid: at least `low`, at most `high`."""

    low: Floats
    high: Floats

    def quantile(self, p: float | Floats) -> tuple[Floats, Floats]:
        """The minutes between which the share p has left; NaN for a bound that is not reached."""
        wanted = np.broadcast_to(np.asarray(p, dtype=np.float64), self.low.shape[:1])[:, None]
        early, late = self.high >= wanted - ROUNDING, self.low >= wanted - ROUNDING
        points = grid.POINTS[: self.low.shape[1]]
        first = np.maximum(early.argmax(axis=1) - 1, 0)
        return (
            np.where(early.any(axis=1), points[first], np.nan),
            np.where(late.any(axis=1), points[late.argmax(axis=1)], np.nan),
        )


def sight(ages: Ages) -> Sight:
    """How open cases drop out of sight, each at its last up (not at the cut-off).

    Doubtful ones don't: for the upper bound they ended, and a case that ends adds at least what it
    would add by dropping out; for the lower bound they are up.
    """
    early, late = ages["l_open"], ages["c_open"]
    wide = _WIDE[: early.shape[1]]
    over = at_least(ages["h_removed"] + ages["h_unavailable"] + ages["h_moved"])
    most = np.where(wide, over, _next(over)) + at_least(late + ages["h_doubt"])
    seen = at_least(_up(ages) + ages["l_doubt"] + early)
    fewest = np.where(wide, _next(seen) + early, seen)
    return Sight(_remaining(late, most), _before(_remaining(early, fewest)))


def curve(ages: Ages, n: Floats, seen: Sight) -> Curve:
    """The share that has left (removed, unavailable or moved), bound by bound."""
    up, over = _up(ages), ages["h_removed"] + ages["h_unavailable"] + ages["h_moved"]
    begun, ended = _before(np.cumsum(up, axis=1), 0.0), np.cumsum(over, axis=1)
    low = _before(np.cumsum(_over(up, seen.highest), axis=1), 0.0)
    low -= _over(begun - ended, _before(seen.highest))
    low = np.maximum(np.maximum(low, ended), 0.0)
    if ages["l_doubt"].any():
        over = over + ages["h_doubt"]
        begun = begun + _before(np.cumsum(ages["l_doubt"], axis=1), 0.0)
        ended = np.cumsum(over, axis=1)
    high = np.cumsum(_over(over, seen.lowest), axis=1)
    high += _over(begun - ended, seen.lowest)
    whole = np.maximum(n, 1e-300)[:, None]
    return Curve(
        np.minimum(np.maximum.accumulate(low / whole, axis=1), 1.0),
        np.minimum(np.maximum.accumulate(high / whole, axis=1), 1.0),
    )


def share(
    up: Floats,
    over: Floats,
    seen: Sight,
    minute: int,
    *,
    sure: Floats,
    maybe: Floats,
    doubt: tuple[Floats, Floats] | None = None,
) -> tuple[Floats, Floats]:
    """How many of each group met an end by `minute` (a point of the grid), at least and at most.

    `up` and `over`: the cases with this end by their last up and by their end; `sure` of them ended
    by then, `maybe` had not ended before. `doubt`: how many doubtful ones were not up any more
    for certain, and all doubtful ones by their end: they count in the upper bound alone.
    """
    place = grid.bin_of(minute)
    least = _over(up[:, :place], seen.highest[:, :place]).sum(axis=1)
    least -= _over(maybe - sure, seen.highest[:, place - 1])
    most = _weighed(over, seen, place, maybe)
    if doubt is not None:
        most += _weighed(doubt[1], seen, place, doubt[0])
    return _told(np.maximum(least, sure)), _told(np.maximum(most, sure))


def _told(cases: Floats) -> Floats:
    """Without the rounding of weights: a share never falls with h by a last binary digit."""
    found: Floats = np.round(cases, _DIGITS)
    return found


def _weighed(over: Floats, seen: Sight, place: int, maybe: Floats) -> Floats:
    inside = over[:, : place + 1]
    known = _over(inside, seen.lowest[:, : place + 1]).sum(axis=1)
    found: Floats = known + _over(maybe - inside.sum(axis=1), seen.lowest[:, place])
    return found


def _over(cases: Floats, sight: Floats) -> Floats:
    """Cases weighed by 1 / G; nobody weighs nothing, also where G is 0."""
    with np.errstate(divide="ignore"):
        return np.divide(cases, sight, out=np.zeros(cases.shape), where=cases > _NOBODY)


def at_least(cases: Floats) -> Floats:
    """How many lie at each point or after it."""
    reverse: Floats = np.asarray(cases[:, ::-1], dtype=np.float64)
    return np.cumsum(reverse, axis=1)[:, ::-1]


def _up(ages: Ages) -> Floats:
    found: Floats = ages["l_removed"] + ages["l_unavailable"] + ages["l_moved"]
    return found


def _remaining(lost: Floats, of: Floats) -> Floats:
    gone = np.divide(lost, of, out=np.zeros(lost.shape), where=lost > 0)
    found: Floats = np.cumprod(np.maximum(1.0 - gone, 0.0), axis=1, dtype=np.float64)
    return found


def _before(values: Floats, first: float = 1.0) -> Floats:
    """Each point's value as of the point before it."""
    found = np.empty_like(values)
    found[:, 0], found[:, 1:] = first, values[:, :-1]
    return found


def _next(values: Floats) -> Floats:
    found = np.zeros_like(values)
    found[:, :-1] = values[:, 1:]
    return found
