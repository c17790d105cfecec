"""What a rhythm of looks does to figures: bounds hold the truth, the most likely median finds it.

Removal times are lognormal and known here; they are seen through the real cadence, a fifth of the
looks late, a tenth of the anchors skipped. Small here; `BIAS=500` runs the table of
docs/statistics.md, and prints it.
"""

import os
from functools import lru_cache

import numpy as np
import pytest
from looking import Floats, looks

from takedown.stats import envelope, grid
from takedown.stats.definitions import left_by, likely_left_by
from takedown.stats.facts import sums
from takedown.stats.groups import Groups

RUNS = int(os.environ.get("BIAS", "4"))
CASES = 2000
SIGMA = 1.2
RHYTHMS = 300
ANCHORED = (24, 48, 72, 168)


@lru_cache
def rhythms() -> list[Floats]:
    """When each of many Urls is looked at."""
    rng = np.random.default_rng(21)
    return [looks(rng) for _ in range(RHYTHMS)]


def observed(rng: np.random.Generator, ends: Floats) -> tuple[Floats, Floats]:
    """Last up and first down of each, in whole minutes; infinite where nobody saw its end."""
    of = rng.integers(0, RHYTHMS, ends.size)
    last, first = np.zeros(ends.size), np.full(ends.size, np.inf)
    for number, plan in enumerate(rhythms()):
        (mine,) = np.nonzero(of == number)
        place = np.searchsorted(plan, ends[mine])
        last[mine] = np.floor(np.where(place > 0, plan[place - 1], 0.0))
        seen = place < plan.size
        first[mine[seen]] = np.ceil(plan[place[seen]])
    return last, np.maximum(first, last + 1)


def group(last: Floats, first: Floats) -> Groups:
    """Their sums by age: independent cases, each on a notice of its own."""
    n = np.array([float(last.size)])
    wide, gone = grid.POINTS.size, np.isfinite(first)
    ages = {name: np.zeros((1, wide)) for name in sums.AGES}
    begin = np.searchsorted(grid.POINTS, last, side="right") - 1
    ages["l_removed"][0] = np.bincount(begin[gone], minlength=wide)
    ages["h_removed"][0] = np.bincount(np.searchsorted(grid.POINTS, first[gone]), minlength=wide)
    ages["l_open"][0] = np.bincount(begin[~gone], minlength=wide)
    ages["c_open"][0] = np.bincount(np.searchsorted(grid.POINTS, last[~gone]), minlength=wide)
    return Groups([0], {"n": n, "cluster_n": n, "cluster_n2": n}, ages, ())


def share(of: Groups, last: Floats, first: Floats, hours: int) -> tuple[float, float]:
    """Bounds of the share gone within so many hours."""
    minute = hours * 60
    low, high = envelope.share(
        of.ages["l_removed"],
        of.ages["h_removed"],
        of.sight,
        minute,
        sure=np.array([float(((last < minute) & (first <= minute + grid.WINDOW)).sum())]),
        maybe=np.array([float(((last < minute) & np.isfinite(first)).sum())]),
    )
    return float(low[0]) / last.size, float(high[0]) / last.size


def holds(of: Groups, ends: Floats) -> None:
    """The bounds of the curve and of the median hold the truth of these very cases."""
    true = np.searchsorted(np.sort(ends), grid.POINTS, side="right") / ends.size
    watched = grid.bin_of(80 * 1440)
    assert (of.left.low[0, :watched] <= true[:watched] + 1e-9).all()
    assert (true[:watched] <= of.left.high[0, :watched] + 1e-9).all()
    bounds = left_by(of, 0.5)
    assert (
        bounds["low"] * 60 <= np.quantile(ends, 0.5, method="inverted_cdf") <= bounds["high"] * 60
    )


def anchored(last: Floats, first: Floats, ends: Floats) -> None:
    """Of the cases whose state at an anchor is known, the share is known exactly."""
    for hours in ANCHORED:
        minute = hours * 60
        known = (last >= minute) | (first <= minute + grid.WINDOW)
        assert known.mean() > 0.7
        low, high = share(group(last[known], first[known]), last[known], first[known], hours)
        assert low == high
        window = ends[known] - minute
        assert (window <= 0).mean() - 1e-9 <= low <= (window <= grid.WINDOW).mean() + 1e-9


@pytest.mark.parametrize("median_hours", [5, 23.3, 60, 240])
def test_the_most_likely_median_is_known_to_a_twentieth_and_finds_the_truth(
    median_hours: float,
) -> None:
    rng = np.random.default_rng(int(median_hours * 10))
    apart, before, errors, chance, covered = [], [], [], [], 0
    for _ in range(RUNS):
        ends = np.ceil(rng.lognormal(np.log(median_hours * 60), SIGMA, CASES))
        last, first = observed(rng, ends)
        of = group(last, first)
        holds(of, ends)
        anchored(last, first, ends)
        bounds, found = left_by(of, 0.5), likely_left_by(of, 0.5)
        (low,), (high,) = found["low"], found["high"]
        assert high / low < 1.05
        least, most = (float(end[0]) for end in found["interval"])
        covered += least <= median_hours <= most
        apart.append(high / low - 1)
        before.append(bounds["high"][0] / bounds["low"][0] - 1)
        errors.append(np.log(np.sqrt(low * high) / median_hours))
        chance.append(np.log(np.median(ends) / 60 / median_hours))
    # The spread of a median of so many: sqrt(1/4 n) over the density of the logarithm there.
    spread = np.sqrt(0.25 / CASES) * SIGMA * np.sqrt(2 * np.pi)
    assert abs(np.mean(errors)) < 4 * spread / np.sqrt(RUNS) + 0.02  # a cell of the grid
    assert covered / RUNS >= 0.95
    if RUNS >= 100:
        print(  # noqa: T201 - the table of docs/statistics.md
            f"| {median_hours} h | {np.mean(before):.1%} | {np.mean(apart):.1%} | {max(apart):.1%}"
            f" | {np.mean(errors):+.1%} | {np.std(errors):.1%} | {np.std(chance):.1%}"
            f" | {covered / RUNS:.1%} |"
        )
