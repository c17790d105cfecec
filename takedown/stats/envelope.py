"""Shares and curves between two bounds: each end lies in an interval (L, R], some go on.

Aalen-Johansen is written in its weighted form (Satten and Datta 2001): a case that ended at T
counts 1 / G(T-), where G is the Kaplan-Meier curve of being lost sight of. T is known only within
(L, R], and so are the numbers at risk in G; taking each at its worst gives bounds that hold the
estimate from the true times, whatever they were. Merely moving every end to L, or every end to R,
does not: with open cases between, the estimate from the true times can lie outside both.

All of it for many groups at once, on the grid of ages: arrays of shape (groups, points).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
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
_NOTHING: Final = 1e-200
"""Stands for 0 below a line."""
_DIGITS: Final = 9
_AT_ONCE: Final = 32
_WIDE: Final = grid.POINTS > grid.FIRST
"""Where a cell of the grid is wider than a minute: what lies in it may be before or after."""


@dataclass(frozen=True)
class Sight:
    """The curve of being in sight still, at its highest (through each point) and at its lowest
    (just before each point)."""

    highest: Floats
    lowest: Floats

    @cached_property
    def least(self) -> Floats:
        """What a case counts at the least: 1 / G at its highest."""
        return 1.0 / np.maximum(self.highest, _NOTHING)

    @cached_property
    def most(self) -> Floats:
        """What a case counts at the most: 1 / G at its lowest."""
        return 1.0 / np.maximum(self.lowest, _NOTHING)


@dataclass(frozen=True, slots=True)
class Curve:
    """The share that has left by each point of the grid: at least `low`, at most `high`."""

    low: Floats
    high: Floats

    def quantile(self, p: float | Floats) -> tuple[Floats, Floats]:
        """The minutes between which the share p has left; NaN for a bound that is not reached."""
        wanted = np.broadcast_to(np.asarray(p, dtype=np.float64), self.low.shape[:1]) - ROUNDING
        early, late = _reached(self.high, wanted), _reached(self.low, wanted)
        points = np.append(grid.POINTS[: self.low.shape[1]], np.nan)
        first = np.where(early < points.size - 1, np.maximum(early - 1, 0), early)
        return points[first], points[late]


def sight(ages: Ages) -> Sight:
    """How open cases drop out of sight, each at its last up (not at the cut-off).

    Doubtful ones don't: for the upper bound they ended, and a case that ends adds at least what it
    would add by dropping out; for the lower bound they are up.
    """
    found = [_sight(_rows(ages, some)) for some in _portions(ages)]
    return Sight(*(np.concatenate(ends) for ends in zip(*found, strict=True)))


def curve(ages: Ages, n: Floats, seen: Sight) -> Curve:
    """The share that has left (removed, unavailable or moved), bound by bound."""
    found = [
        _curve(_rows(ages, some), n[some], Sight(seen.highest[some], seen.lowest[some]))
        for some in _portions(ages)
    ]
    return Curve(*(np.concatenate(ends) for ends in zip(*found, strict=True)))


def _portions(ages: Ages) -> Iterator[slice]:
    """So many groups at a time that their sums stay in the processor's cache."""
    groups = len(ages["l_open"])
    for first in range(0, max(groups, 1), _AT_ONCE):
        yield slice(first, first + _AT_ONCE)


def _rows(ages: Ages, some: slice) -> Ages:
    return {name: rows[some] for name, rows in ages.items()}


def _sight(ages: Ages) -> tuple[Floats, Floats]:
    early, late = ages["l_open"], ages["c_open"]
    wide = int(np.argmax(_WIDE))
    most = at_least(_over(ages))
    most[:, :wide] = _next(most)[:, :wide]
    most += at_least(late + ages["h_doubt"])
    seen = _up(ages)
    seen += ages["l_doubt"]
    seen += early
    fewest = at_least(seen)
    fewest[:, wide:] = (_next(fewest) + early)[:, wide:]
    return _remaining(late, most), _before(_remaining(early, fewest))


def _curve(ages: Ages, n: Floats, seen: Sight) -> tuple[Floats, Floats]:
    up, over = _up(ages), _over(ages)
    begun, ended = _before(np.cumsum(up, axis=1), 0.0), np.cumsum(over, axis=1)
    low = _before(np.cumsum(up * seen.least, axis=1), 0.0)
    low -= _some(begun - ended) * _before(seen.least)
    low = np.maximum(low, ended)
    if ages["l_doubt"].any():
        over += ages["h_doubt"]
        begun += _before(np.cumsum(ages["l_doubt"], axis=1), 0.0)
        ended = np.cumsum(over, axis=1)
    high = np.cumsum(over * seen.most, axis=1)
    high += _some(begun - ended) * seen.most
    whole = np.maximum(n, 1e-300)[:, None]
    return _rising(low / whole), _rising(high / whole)


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
    least = _added(up[:, :place], seen.least[:, :place])
    least -= _some(maybe - sure) * seen.least[:, place - 1]
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
    found = _added(inside, seen.most[:, : place + 1])
    found += _some(maybe - inside.sum(axis=1)) * seen.most[:, place]
    return found


def _added(cases: Floats, weights: Floats) -> Floats:
    """The cases of each group by their weights."""
    found: Floats = np.einsum("ij,ij->i", cases, weights)
    return found


def _some(cases: Floats) -> Floats:
    """Without what is only the rounding of weights."""
    found: Floats = cases * (cases > _NOBODY)
    return found


def _rising(shares: Floats) -> Floats:
    """Never falling, and never above 1."""
    np.maximum.accumulate(shares, axis=1, out=shares)
    return np.minimum(shares, 1.0, out=shares)


def _reached(rising: Floats, wanted: Floats) -> Ints:
    """The first place of each row with at least the wanted value; its length where none has it."""
    rows, width = np.arange(rising.shape[0]), rising.shape[1]
    first, last = np.zeros(rows.size, dtype=np.int64), np.full(rows.size, width)
    for _ in range(width.bit_length()):
        middle = (first + last) // 2
        below = rising[rows, np.minimum(middle, width - 1)] < wanted
        open_ = first < last
        first = np.where(open_ & below, middle + 1, first)
        last = np.where(open_ & ~below, middle, last)
    return first


def at_least(cases: Floats) -> Floats:
    """How many lie at each point or after it."""
    found = np.empty(cases.shape)
    np.cumsum(cases[:, ::-1], axis=1, out=found[:, ::-1])
    return found


def _up(ages: Ages) -> Floats:
    found: Floats = ages["l_removed"] + ages["l_unavailable"]
    found += ages["l_moved"]
    return found


def _over(ages: Ages) -> Floats:
    found: Floats = ages["h_removed"] + ages["h_unavailable"]
    found += ages["h_moved"]
    return found


def _remaining(lost: Floats, of: Floats) -> Floats:
    kept = np.maximum(of, _NOTHING)
    np.divide(lost, kept, out=kept)
    np.subtract(1.0, kept, out=kept)
    np.maximum(kept, 0.0, out=kept)
    found: Floats = np.cumprod(kept, axis=1, out=kept)
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
