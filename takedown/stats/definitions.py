"""What each measure means: one function a measure, its docstring the definition that is printed.

All take groups of cases (providers, countries, months, ...) and answer with one value a group.
Cases within the rates are first episodes of a Url at a provider, with a start on the clock, neither
rescinded nor (on the notice clock) gone before the notice. Shares lie in 0..1; NaN: not known.
"""

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any, Final

import numpy as np

from takedown.stats import envelope, grid
from takedown.stats.envelope import Floats
from takedown.stats.groups import Groups, ratio
from takedown.stats.intervals import Squares, cluster_intervals

METHOD: Final = "4"
"""Raised whenever a definition here changes: figures of two methods are never compared silently."""
Values = dict[str, Any]
_Z: Final = 1.959963984540054


def gone_within(groups: Groups, hours: int) -> Values:
    """Share gone within h hours of the start of the clock: removed or unavailable, with moves
    competing (Aalen-Johansen). The truth lies between `low` and `high`, whatever happened between
    the last look that saw it up and the first that saw it gone, and whatever followed where looks
    stayed inconclusive. Open cases count until their last up. `interval`: 95 %, from the lower end
    of the low bound to the upper end of the high bound, by notices (countries, totals: by
    providers). `anchored` of `of` cases have a state at h that is known exactly; `not_yet` are open
    and younger than h."""
    s, n = groups.sums, groups.n
    sure = s[f"sure_removed_{hours}"] + s[f"sure_unavailable_{hours}"]
    maybe = s[f"maybe_removed_{hours}"] + s[f"maybe_unavailable_{hours}"]
    low, high = _share(groups, hours, ("removed", "unavailable"), sure, maybe, doubt=True)
    m = {name: s[f"{name}_{hours}"] for name in ("m", "m2", "m4")}
    x = {name: s[f"{name}_{hours}"] for name in ("x", "xx", "xm")}
    y = {name: s[f"{name.replace('x', 'y')}_{hours}"] for name in ("x", "xx", "xm")}
    clusters = np.maximum(s["providers"] if "providers" in s else s["clusters"], 2.0)
    least, _, cautious = cluster_intervals(low, Squares(**m, **x), clusters)
    _, most, careful = cluster_intervals(high, Squares(**m, **y), clusters)
    return {
        "low": low,
        "high": high,
        "anchored": s[f"known_{hours}"],
        "of": n,
        "not_yet": s[f"young_{hours}"],
        "interval": (np.where(n > 0, least, np.nan), np.where(n > 0, most, np.nan)),
        "method": np.where(n > 0, np.where(cautious | careful, "conservative", "cluster"), ""),
    }


def ends_within(groups: Groups, hours: int) -> Values:
    """What had become of the cases h hours after the start of the clock: removed, unavailable,
    moved, and still up, each between its bounds. The shares of one truth add up to 100 %."""
    s = groups.sums
    found: dict[str, tuple[Floats, Floats]] = {}
    for kind in ("removed", "unavailable", "moved"):
        sure, maybe = s[f"sure_{kind}_{hours}"], s[f"maybe_{kind}_{hours}"]
        found[kind] = _share(groups, hours, (kind,), sure, maybe, doubt=False)
    sure = _sum(s[f"sure_{kind}_{hours}"] for kind in found)
    maybe = _sum(s[f"maybe_{kind}_{hours}"] for kind in found)
    low, high = _share(groups, hours, ("removed", "unavailable", "moved"), sure, maybe, doubt=True)
    found["up"] = (1.0 - high, 1.0 - low)
    return {kind: {"low": ends[0], "high": ends[1]} for kind, ends in found.items()}


def left_by(groups: Groups, p: float) -> Values:
    """Hours until the share p has left this provider: removed, unavailable or moved. The truth of
    the cases lies between `low` and `high`; `interval`: 95 %, where the share that has left differs
    from p by less than chance explains, with as many independent cases as there are effective
    notices. None: not reached."""
    low, high = groups.left.quantile(p)
    k = np.maximum(groups.effective, 1e-9)
    place = np.searchsorted(grid.POINTS, np.nan_to_num(low, nan=0.0))
    in_sight = groups.sight.lowest[np.arange(len(groups)), place]
    error = _Z * np.sqrt(p * (1.0 - p) / (k * np.maximum(in_sight, 1e-9)))
    least = groups.left.quantile(np.maximum(p - error, 1e-9))[0]
    most = np.where(p + error < 1.0, groups.left.quantile(np.minimum(p + error, 1.0))[1], np.nan)
    return {
        "low": low / 60.0,
        "high": high / 60.0,
        "interval": (np.fmin(least, low) / 60.0, np.maximum(most, high) / 60.0),
    }


def likely_left_by(groups: Groups, p: float) -> Values:
    """Hours until the share p has left this provider, by the most likely curve (nonparametric
    maximum likelihood, Turnbull 1976): the innermost interval within which it reaches p. Looks at
    other addresses at other ages narrow it, so it is narrower than the bounds and, unlike them, an
    estimate: it takes for granted that when a look comes does not depend on when the address goes.
    It lies within the bounds. Cases in doubt count as gone and as up, whichever is further.
    `interval`: 95 %, that of the bounds. None: not reached."""
    bounds = left_by(groups, p)
    ends = [[one.quantile(p) for one in both] for both in groups.likely]
    low, high = np.array(ends, dtype=np.float64).reshape(-1, 2, 2).transpose(2, 1, 0) / 60.0
    return {
        "low": np.fmin(*low),
        "high": np.fmin(np.maximum(*high), bounds["high"]),
        "interval": bounds["interval"],
    }


def up_after(groups: Groups, days: int) -> Values:
    """Share still at this provider after so many days, between its bounds (Kaplan-Meier)."""
    place = grid.bin_of(days * 1440)
    low, high = groups.left.low, groups.left.high
    at = min(place, low.shape[1] - 1)
    return _where(groups.n > 0, {"low": 1.0 - high[:, at], "high": 1.0 - low[:, at]})


def restricted_mean(groups: Groups) -> Values:
    """Mean hours at this provider within the first 28 days, between its bounds: the only mean, for
    it cannot be pulled by what stays up for years."""
    end = grid.bin_of(672 * 60)
    width = np.diff(grid.POINTS[: end + 1]) / 60.0
    low, high = groups.left.low, groups.left.high
    return _where(
        groups.n > 0,
        {
            "low": ((1.0 - high[:, 1 : end + 1]) * width).sum(axis=1),
            "high": ((1.0 - low[:, :end]) * width).sum(axis=1),
        },
    )


def episodes(groups: Groups) -> Floats:
    """Cases within the rates: first episodes of a Url at a provider, with a start on the clock."""
    return groups.n


def notices(groups: Groups) -> Floats:
    """Distinct notices; before any notice, distinct hosts."""
    return groups.sums["clusters"]


def effective_notices(groups: Groups) -> Floats:
    """The effective number of notices k = (sum m)^2 / sum m^2, with m Urls in each. One decision at
    the provider clears all Urls of a notice: k counts the decisions."""
    return ratio(groups.sums["notice_n"] ** 2, groups.sums["notice_n2"])


def still_up(groups: Groups) -> Floats:
    """Cases not over at the cut-off: neither confirmed gone nor moved."""
    return groups.sums["open"]


def oldest_open(groups: Groups) -> Floats:
    """Age in hours, at the cut-off, of the oldest case still open."""
    return np.where(groups.sums["open"] > 0, groups.sums["oldest"] / 60.0, np.nan)


def overdue(groups: Groups) -> Floats:
    """Cases still up whose deadline has passed, where it binds this recipient on this notice; those
    that seem down and are not confirmed are not counted."""
    return groups.sums["overdue"]


def asked_for(groups: Groups) -> Floats:
    """Cases still up past a deadline that binds nobody and was only asked for."""
    return groups.sums["asked_for"]


def removed(groups: Groups) -> Floats:
    """Cases confirmed down whose host is still there: somebody took the Url away."""
    return groups.sums["removed"]


def unavailable(groups: Groups) -> Floats:
    """Cases that went with their name or their whole host."""
    return groups.sums["unavailable"]


def moved(groups: Groups) -> Floats:
    """Cases that another provider hosts now: over for this one, not gone."""
    return groups.sums["moved"]


def inconclusive(groups: Groups) -> Floats:
    """Cases still open about which nothing is known since their last up: looked at in vain, or
    failing without confirmation yet."""
    return groups.sums["inconclusive"]


def reappeared(groups: Groups) -> Floats:
    """Cases confirmed gone whose very Url was up again later (two sightings an hour apart)."""
    return groups.sums["reappeared"]


def gone_before_notice(groups: Groups) -> Floats:
    """Cases that were gone when the notice was accepted: no merit of the notice, beside the rates.
    On the clocks that start earlier they are an end like any other."""
    return groups.sums["before"]


def without_notice(groups: Groups) -> Floats:
    """Cases whose clock has not started: no notice accepted (not received, not cleared yet)."""
    return groups.sums["without"]


def undelivered(groups: Groups) -> Floats:
    """Cases whose first notice came back from all who had accepted it: their clock is void."""
    return groups.sums["undelivered"]


def rescinded(groups: Groups) -> Floats:
    """Cases in which we were wrong: they enter nothing else."""
    return groups.sums["rescinded"]


def later_episodes(groups: Groups) -> Floats:
    """Further episodes of a Url at the same provider: returns, kept out of the rates."""
    return groups.sums["later"]


def later_open(groups: Groups) -> Floats:
    """Further episodes that are open."""
    return groups.sums["later_open"]


def police_first(groups: Groups) -> Floats:
    """Cases that the police had to clear before any notice."""
    return groups.sums["police_first"]


def held(groups: Groups) -> Floats:
    """Cases that the police or a supervisor stopped at some time."""
    return groups.sums["held"]


def not_forwardable(groups: Groups) -> Floats:
    """Cases in countries to which nothing is handed over, for it could do harm there."""
    return groups.sums["not_forwardable"]


def not_checkable(groups: Groups) -> Floats:
    """Cases that show themselves only with a referrer, a cookie or in one country: people look."""
    return groups.sums["not_checkable"]


COUNTS: Final[dict[str, Callable[[Groups], Floats]]] = {
    "notices": notices,
    "effective_notices": effective_notices,
    "episodes": episodes,
    "open": still_up,
    "oldest_open_hours": oldest_open,
    "removed": removed,
    "unavailable": unavailable,
    "moved": moved,
    "inconclusive": inconclusive,
    "overdue": overdue,
    "asked_for": asked_for,
    "reappeared": reappeared,
    "gone_before_notice": gone_before_notice,
    "without_notice": without_notice,
    "undelivered": undelivered,
    "rescinded": rescinded,
    "later_episodes": later_episodes,
    "later_open": later_open,
    "police_first": police_first,
    "held": held,
    "not_forwardable": not_forwardable,
    "not_checkable": not_checkable,
}
"""Measures of one number, by the name under which figures bear it."""


def _share(
    groups: Groups,
    hours: int,
    kinds: tuple[str, ...],
    sure: Floats,
    maybe: Floats,
    *,
    doubt: bool,
) -> tuple[Floats, Floats]:
    ages, n = groups.ages, groups.n
    uncertain = (groups.sums[f"doubt_{hours}"], ages["h_doubt"]) if doubt else None
    read = grid.bin_of(hours * 60) + 1
    low, high = envelope.share(
        _sum(ages[f"l_{kind}"][:, :read] for kind in kinds),
        _sum(ages[f"h_{kind}"][:, :read] for kind in kinds),
        groups.sight,
        hours * 60,
        sure=sure,
        maybe=maybe,
        doubt=uncertain,
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        least = np.minimum(low / n, 1.0)
        return least, np.maximum(least, np.minimum(high / n, 1.0))


def _sum(parts: Iterable[Floats]) -> Floats:
    return reduce(np.add, parts)


def _where(known: Any, values: Values) -> Values:
    return {name: np.where(known, value, np.nan) for name, value in values.items()}
