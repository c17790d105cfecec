"""How long until it is gone: Kaplan-Meier, Aalen-Johansen and log-rank, on plain arrays.

Durations may be in any unit, as long as it is one; answers are in the same. Events come before
censorings at the same time. No rows, no clock, no database here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, ndtr, ndtri

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

ROUNDING = 1e-12
"""A quantile counts as reached within this, since libraries differ where S is exactly 0.5."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A Kaplan-Meier curve: the share still there, step by step.

    `times` begins with 0 and holds each distinct duration; `survival`, `lower`, `upper`, `at_risk`
    (just before that time) and `events` stand beside it.
    """

    times: Floats
    survival: Floats
    lower: Floats
    upper: Floats
    at_risk: Ints
    events: Ints

    def at(self, h: float) -> float:
        """The share still there at h, what happens at h included; level after the last step."""
        return _step(self.times, self.survival, h, before=1.0)

    def median(self) -> float | None:
        """The time by which half is gone; None where the curve doesn't come down to a half."""
        return self.quantile(0.5)

    def quantile(self, p: float) -> float | None:
        """The time by which the share p (0 < p < 1) is gone, or None when not reached.

        The first time at which S <= 1 - p + 1e-12.
        """
        return _first(self.times, self.survival, p)

    @property
    def band(self) -> tuple[Floats, Floats]:
        """Lower and upper bound at each of `times`, pointwise, log-log; exact where S is 0 or 1."""
        return self.lower, self.upper


@dataclass(frozen=True, slots=True)
class Incidence:
    """A cumulative incidence: the share that has met one kind of end, step by step from 0."""

    times: Floats
    share: Floats

    def at(self, h: float) -> float:
        """The share that has met this end by h, what happens at h included."""
        return _step(self.times, self.share, h, before=0.0)


@dataclass(frozen=True, slots=True)
class LogRank:
    """A log-rank comparison: chi-squared with one degree of freedom, and its p. A hint only."""

    statistic: float
    p: float


def kaplan_meier(duration: ArrayLike, removed: ArrayLike) -> Curve:
    """The share still there over time, with censoring (Kaplan and Meier 1958).

    `duration`: one per case, >= 0; `removed`: true where it ended with removal, false where
    observation ended. Bands (95 %) are log-log (Greenwood's variance), exact binomial where all or
    none are gone.
    Raises ValueError for an empty or negative sample, or arrays of different length.
    """
    times, events, lost = _tally(*_sample(duration, removed))
    at_risk = _at_risk(events + lost)
    survival: Floats = np.cumprod(1.0 - events / at_risk, dtype=np.float64)
    left = np.maximum(at_risk - events, 1)
    greenwood: Floats = np.cumsum(events / (at_risk * left), dtype=np.float64)
    lower, upper = _loglog(survival, greenwood, at_risk)
    return Curve(times, survival, lower, upper, at_risk, events)


def cumulative_incidence(
    duration: ArrayLike, event: ArrayLike, of: object = 1, *, censored: object = 0
) -> Incidence:
    """The share that meets the end `of` by each time, beside its competitors (Aalen-Johansen 1978).

    `event`: one value per case; `censored` marks the cases still under observation, `of` the end
    that is counted, every other value a competing end. The incidences of all ends and the
    Kaplan-Meier survival of any end add up to one at every time. Raises as `kaplan_meier`.
    """
    kinds = np.asarray(event)
    ended = np.asarray(kinds != censored, dtype=np.bool_)
    times_of, ended = _sample(duration, ended)
    counted = np.asarray(kinds == of, dtype=np.bool_) & ended
    times, events, lost = _tally(times_of, ended)
    at_risk = _at_risk(events + lost)
    mine = np.bincount(np.searchsorted(times, times_of[counted]), minlength=times.size)
    survival = np.cumprod(1.0 - events / at_risk)
    before = np.concatenate(([1.0], survival[:-1]))
    return Incidence(times, np.cumsum(before * mine / at_risk))


def logrank(a: tuple[ArrayLike, ArrayLike], b: tuple[ArrayLike, ArrayLike]) -> LogRank:
    """Compare two groups of (duration, removed) over all their time (Mantel 1966).

    Clustered cases make its p too small: a hint, never a finding. A statistic of 0 and p of 1
    where nothing can be compared. Raises as `kaplan_meier`.
    """
    time_a, removed_a = _sample(*a)
    time_b, removed_b = _sample(*b)
    removed = np.unique(np.concatenate((time_a[removed_a], time_b[removed_b])))
    if not removed.size:
        return LogRank(0.0, 1.0)
    at_a, at_b = _still_there(time_a, removed), _still_there(time_b, removed)
    gone_a = _count_at(time_a[removed_a], removed)
    gone = gone_a + _count_at(time_b[removed_b], removed)
    at = at_a + at_b
    excess = float((gone_a - gone * at_a / at).sum())
    spread = gone * (at_a / at) * (at_b / at) * (at - gone) / np.maximum(at - 1.0, 1.0)
    variance = float(spread.sum())
    statistic = excess**2 / variance if variance > 0 else 0.0
    return LogRank(statistic, float(chdtrc(1.0, statistic)))


def _sample(duration: ArrayLike, removed: ArrayLike) -> tuple[Floats, Bools]:
    times = np.asarray(duration, dtype=np.float64)
    ended = np.asarray(removed, dtype=np.bool_)
    if times.ndim != 1 or times.shape != ended.shape:
        raise ValueError("durations and ends must be flat and of one length")
    if not times.size:
        raise ValueError("no cases: a curve needs at least one")
    if not bool(np.all(times >= 0.0)):
        raise ValueError("durations must be numbers of at least 0")
    return times, ended


def _tally(times: Floats, ended: Bools) -> tuple[Floats, Ints, Ints]:
    """Distinct times from 0, with how many ended and how many were lost sight of at each."""
    distinct = np.unique(np.append(times, 0.0))
    place = np.searchsorted(distinct, times)
    events = np.bincount(place[ended], minlength=distinct.size)
    lost = np.bincount(place[~ended], minlength=distinct.size)
    return distinct, events, lost


def _at_risk(leaving: Ints) -> Ints:
    remaining: Ints = np.cumsum(leaving[::-1])[::-1]
    return remaining


def _loglog(survival: Floats, greenwood: Floats, at_risk: Ints) -> tuple[Floats, Floats]:
    z = float(ndtri(0.975))
    lower, upper = survival.copy(), survival.copy()
    inside = (survival > 0.0) & (survival < 1.0)
    log = np.log(survival[inside])
    reach = z * np.sqrt(greenwood[inside]) / log
    lower[inside] = np.exp(-np.exp(np.log(-log) - reach))
    upper[inside] = np.exp(-np.exp(np.log(-log) + reach))
    tail = float(ndtr(-z))
    whole = survival >= 1.0
    lower[whole] = tail ** (1.0 / at_risk[whole])
    if survival[-1] <= 0.0:
        before = float(survival[-2]) if survival.size > 1 else 1.0
        # Peto's effective sample: those at risk, scaled up to those they stand for.
        n = float(at_risk[-1]) / before
        upper[-1] = min(1.0 - tail ** (1.0 / n), float(upper[-2]) if upper.size > 1 else 1.0)
    return lower, upper


def _step(times: Floats, values: Floats, h: float, before: float) -> float:
    place = int(np.searchsorted(times, h, side="right")) - 1
    return before if place < 0 else float(values[place])


def _first(times: Floats, share_left: Floats, p: float) -> float | None:
    if not 0.0 < p < 1.0:
        raise ValueError("a quantile lies between 0 and 1")
    reached = share_left <= 1.0 - p + ROUNDING
    return float(times[int(np.argmax(reached))]) if bool(reached.any()) else None


def _still_there(times: Floats, at: Floats) -> Floats:
    found = times.size - np.searchsorted(np.sort(times), at, side="left")
    return np.asarray(found, dtype=np.float64)


def _count_at(times: Floats, at: Floats) -> Floats:
    return np.bincount(np.searchsorted(at, times), minlength=at.size).astype(np.float64)
