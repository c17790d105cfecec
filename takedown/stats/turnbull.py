"""The most likely curve between the bounds: nonparametric maximum likelihood for cases that ended
somewhere within (L, R] (Peto 1973; Turnbull 1976). Pure; times in any unit.

Where looks come at other ages for each case, and do not depend on when it ends, the cases tell on
each other: one seen up at 26 h and one seen gone at 27 h say more than both their gaps. The
estimate can rise only within the innermost intervals, where a last up is followed by a first down
with nothing between; how it rises inside one of them, nobody knows.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from takedown.stats.survival import ROUNDING

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TOLERANCE: Final = 1e-3
"""No other curve is likelier by more than this a case: in the mean of the log-likelihood."""
CYCLES: Final = 200
"""At most so many; in practice a few dozen."""
_LEAST: Final = 0.01  # of a share survives an extrapolated step, else it could never grow again
_FURTHEST: Final = 1e4  # times a step


@dataclass(frozen=True, slots=True)
class Steps:
    """Where the curve rises: by `share` somewhere within (`left`, `right`], ascending. The last
    `right` is infinite where some never ended in sight."""

    left: Floats
    right: Floats
    share: Floats

    def quantile(self, p: float) -> tuple[float, float]:
        """The ends of the innermost interval within which the share p is reached; NaN where it is
        not reached in sight."""
        (reached,) = np.nonzero(np.cumsum(self.share) >= p - ROUNDING)
        if not reached.size or np.isinf(self.right[reached[0]]):
            return float("nan"), float("nan")
        return float(self.left[reached[0]]), float(self.right[reached[0]])


def most_likely(
    left: ArrayLike,
    right: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    tolerance: float = TOLERANCE,
    cycles: int = CYCLES,
) -> Steps:
    """The estimate from cases that ended within (left, right]; `right` infinite: not seen to end.

    `weight`: how many such cases there are, else one. By expectation and maximisation, extrapolated
    (SQUAREM; Varadhan and Roland 2008), until `tolerance` is kept (Gentleman and Geyer 1994).
    Raises ValueError for no case, or one that ends before it begins.
    """
    first, last = np.asarray(left, dtype=np.float64), np.asarray(right, dtype=np.float64)
    if not first.size or not bool(np.all(first < last)):
        raise ValueError("each case needs an end after its beginning, and there must be a case")
    many = np.ones(first.size) if weight is None else np.asarray(weight, dtype=np.float64)
    begin, end = _innermost(first, last)
    cases = _Cases(
        np.searchsorted(begin, first),
        np.searchsorted(end, last, side="right"),
        many / many.sum(),
        begin.size,
    )
    return Steps(begin, end, _fitted(cases, tolerance, cycles))


def _innermost(left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """Intervals from a last up to the next first down without another last up between. At one time
    a first down comes before a last up: what is seen gone at it ended by then."""
    times = np.concatenate((right, left))
    begins = np.repeat((False, True), (right.size, left.size))
    order = np.lexsort((begins, times))
    times, begins = times[order], begins[order]
    (at,) = np.nonzero(begins[:-1] & ~begins[1:])
    return times[at], times[at + 1]


@dataclass(frozen=True, slots=True)
class _Cases:
    """Cases by the steps that they cover: from `first` to before `last`, in shares of all."""

    first: Ints
    last: Ints
    weight: Floats
    steps: int

    def likelihood(self, share: Floats) -> Floats:
        total = np.concatenate(([0.0], np.cumsum(share)))
        found: Floats = total[self.last] - total[self.first]
        return found

    def gain(self, share: Floats) -> Floats:
        """By how much the mean log-likelihood grows with each share, at 1: not at all."""
        of = self.weight / self.likelihood(share)
        count = self.steps + 1
        change = np.bincount(self.first, of, count) - np.bincount(self.last, of, count)
        found: Floats = np.cumsum(change)[:-1]
        return found


def _fitted(cases: _Cases, tolerance: float, cycles: int) -> Floats:
    share = np.full(cases.steps, 1.0 / cases.steps)
    for _ in range(cycles):
        gain = cases.gain(share)
        if gain.max() <= 1.0 + tolerance:
            break
        one = share * gain
        two = one * cases.gain(one)
        share = _further(cases, share, one, two)
    return share


def _further(cases: _Cases, share: Floats, one: Floats, two: Floats) -> Floats:
    """Beyond two steps in their direction, where that is likelier than the second."""
    step, turn = one - share, two - 2.0 * one + share
    length = min(float(np.sqrt((step @ step) / max(float(turn @ turn), 1e-300))), _FURTHEST)
    far = share + 2.0 * length * step + length**2 * turn
    far = np.maximum(far, _LEAST * two)
    far = far / far.sum()
    far = far * cases.gain(far)
    better = cases.weight @ np.log(cases.likelihood(far) / cases.likelihood(two))
    return far if length > 1.0 and better > 0.0 else two
