"""What each measure of compliance means: one function a measure, its docstring the definition.

All work on `Episodes` that enter rates: first episodes of a Url at a provider, with a start on the
clock, neither rescinded nor (on the notice clock) gone before the notice. Ages are whole minutes,
answers in hours. Shares lie in 0..1.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from takedown.stats import bounds
from takedown.stats.bounds import Lost
from takedown.stats.episode_rows import MOVED, NEVER, OPEN, REMOVED, UNAVAILABLE, Episodes
from takedown.stats.survival import effective_number, kaplan_meier, share_interval

Ints = NDArray[np.int64]
Figures = dict[str, Any]

METHOD = "1"
"""Raised whenever a definition here changes: figures of two methods are never compared silently."""
HOURS = (24, 48, 168)


def share_gone_within(
    cases: Episodes, hours: int, *, clusters: Ints, seed: int, sight: Lost | None = None
) -> Figures:
    """Share gone within h hours: removed or unavailable, moved competing (Aalen-Johansen).

    `low` and `high` hold the share whatever happened inside (last up, first down], and whatever
    followed where checks stayed inconclusive. Open cases count until their last up. `anchored` of
    `of` cases have a state at h that is known exactly (a look within 15 minutes after h is one at
    h); `not_yet` are open and younger than h. `interval`: 95 %, from the low bound's lower to the
    high bound's upper end, by `clusters`; `method` as in `share_interval`.
    """
    n, minute = len(cases), hours * 60
    if not n:
        return {"low": None, "high": None, "anchored": 0, "of": 0, "not_yet": 0} | _NO_INTERVAL
    sight = bounds.lost(cases) if sight is None else sight
    found = bounds.by(cases, bounds.gone(cases), minute, sight)
    low, high = found.share
    members = np.bincount(clusters)
    least = share_interval(np.bincount(clusters, weights=found.low), members, seed=seed)
    most = share_interval(np.bincount(clusters, weights=found.high), members, seed=seed)
    young = (cases.outcome == OPEN) & (cases.end < minute) & (cases.low < minute)
    cautious = "conservative" in (least.method, most.method)
    return {
        "low": low,
        "high": high,
        "anchored": bounds.known_at(cases, minute),
        "of": n,
        "not_yet": int(young.sum()),
        "interval": [least.low, most.high],
        "method": "conservative" if cautious else "bootstrap",
    }


def median_hours(cases: Episodes, *, clusters: Ints, sight: Lost | None = None) -> Figures:
    """Hours until half have left this provider (removed, unavailable or moved), low and high.

    The bounds hold the Kaplan-Meier median of the true times, wherever these lay in their
    intervals. `interval`: 95 %, where the bands of the curves at both ends cross a half, with as
    many independent cases as there are effective clusters. None stands for "not reached".
    """
    if not len(cases):
        return {"low": None, "high": None, "interval": [None, None]}
    sight = bounds.lost(cases) if sight is None else sight
    low, high = bounds.quantile(cases, 0.5, sight)
    over, k = bounds.ended(cases), effective_number(np.bincount(clusters))
    early = np.where(over | cases.doubtful, cases.low + 1, cases.low)
    late = np.where(over, cases.high, np.where(cases.doubtful, cases.end, cases.low))
    first = kaplan_meier(early, over | cases.doubtful, effective=k).quantile_interval(0.5)[0]
    last = kaplan_meier(late, over, effective=k).quantile_interval(0.5)[1]
    lower = _least(low, None if first is None else max(first - 1, 0.0))
    upper = None if last is None or high is None else max(high, last)
    return {"low": _hours(low), "high": _hours(high), "interval": [_hours(lower), _hours(upper)]}


def still_open(cases: Episodes) -> int:
    """Cases not over at the cut-off: neither confirmed gone nor moved."""
    return int((cases.outcome == OPEN).sum())


def oldest_open_hours(cases: Episodes) -> float | None:
    """Age in hours, at the cut-off, of the oldest case still open; None where none is."""
    ages = cases.end[cases.outcome == OPEN]
    return float(ages.max()) / 60.0 if ages.size else None


def removed(cases: Episodes) -> int:
    """Cases confirmed down whose host is still there: somebody took the Url away."""
    return int((cases.outcome == REMOVED).sum())


def unavailable(cases: Episodes) -> int:
    """Cases that went with their name or their whole host."""
    return int((cases.outcome == UNAVAILABLE).sum())


def moved(cases: Episodes) -> int:
    """Cases that another provider hosts now: over for this one, not gone."""
    return int((cases.outcome == MOVED).sum())


def reappeared(cases: Episodes) -> int:
    """Cases confirmed gone whose very Url was up again later (two sightings an hour apart)."""
    return int(cases.reappeared.sum())


def inconclusive(cases: Episodes) -> int:
    """Open cases about which nothing is known since their last up: looked at in vain, or failing
    without confirmation yet."""
    return int(cases.doubtful.sum())


def notices(cases: Episodes) -> int:
    """Distinct notices (on other clocks, for cases without a notice: distinct hosts)."""
    return int(np.unique(cases.notice).size)


def effective_notices(cases: Episodes) -> float:
    """The effective number of notices k = (sum m)^2 / sum m^2, m Urls in each.

    One decision at the provider clears all Urls of a notice: k counts the decisions.
    """
    return effective_number(np.unique(cases.notice, return_counts=True)[1])


def past_deadline(cases: Episodes, *, binding: bool) -> int:
    """Cases open at the cut-off, not provisionally down, whose deadline has passed.

    With `binding` those whose deadline binds this recipient on this notice (overdue), otherwise
    those where it was only asked for.
    """
    passed = (cases.outcome == OPEN) & (cases.high == NEVER) & (cases.end > cases.deadline)
    return int((passed & (cases.binding == binding)).sum())


def figures(cases: Episodes, *, clusters: Ints, seed: int) -> Figures:
    """All measures of one group under the names that the command line and the pages print."""
    sight = bounds.lost(cases)
    return {
        "notices": notices(cases),
        "effective_notices": effective_notices(cases),
        "episodes": len(cases),
        "open": still_open(cases),
        "oldest_open_hours": oldest_open_hours(cases),
        "removed": removed(cases),
        "unavailable": unavailable(cases),
        "moved": moved(cases),
        "inconclusive": inconclusive(cases),
        "overdue": past_deadline(cases, binding=True),
        "asked_for": past_deadline(cases, binding=False),
        "gone": {
            str(h): share_gone_within(cases, h, clusters=clusters, seed=seed, sight=sight)
            for h in HOURS
        },
        "median_hours": median_hours(cases, clusters=clusters, sight=sight),
        "reappeared": reappeared(cases),
    }


_NO_INTERVAL: Figures = {"interval": [None, None], "method": None}


def _hours(minutes: float | None) -> float | None:
    return None if minutes is None else float(minutes) / 60.0


def _least(*values: float | None) -> float | None:
    found = min((v for v in values if v is not None), default=math.inf)
    return None if math.isinf(found) else found
