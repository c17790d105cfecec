"""Do 95 % intervals hold the truth 95 times in 100, and do bounds hold it always? Simulations.

Small here; `COVERAGE=500` runs the table of docs/statistics.md, and prints it.
"""

import os

import numpy as np
import pytest
from looking import looks

from takedown.stats import envelope, grid
from takedown.stats.facts import sums
from takedown.stats.intervals import Squares, cluster_intervals, share_interval
from takedown.stats.survival import cumulative_incidence, kaplan_meier

RUNS = int(os.environ.get("COVERAGE", "150"))
ENOUGH = 0.92 if RUNS >= 500 else 0.87  # fewer runs leave more to chance
SIZES = ("8 each", "Pareto", "one of 80 %")
NOTICES = 60
Floats = np.ndarray


def notices(rng: np.random.Generator, kind: str) -> Floats:
    """How many Urls the notices of one provider name."""
    if kind == "Pareto":
        return np.minimum(np.ceil((1 + rng.pareto(1.5, NOTICES)) * 8 / 3), 500).astype(np.int64)
    m = np.full(NOTICES, 8)
    if kind == "one of 80 %":
        m[0] = 4 * 8 * (NOTICES - 1)
    return m


def gone(rng: np.random.Generator, m: Floats, share: float, correlation: float) -> Floats:
    """How many of each went in time: Urls of a notice share their fate so far (beta-binomial)."""
    weight = (1 - correlation) / correlation
    return rng.binomial(m, rng.beta(share * weight, (1 - share) * weight, m.size))


def interval(m: Floats, x: Floats) -> tuple[float, float]:
    """The interval that the figures print."""
    m, x = m.astype(np.float64), x.astype(np.float64)
    squares = [m.sum(), (m**2).sum(), (m**4).sum(), x.sum(), (x**2).sum(), (x * m).sum()]
    of = Squares(*(np.array([one]) for one in squares))
    low, high, _ = cluster_intervals(of.x / of.m, of, np.array([float(m.size)]))
    return float(low[0]), float(high[0])


@pytest.mark.parametrize("kind", SIZES)
@pytest.mark.parametrize("correlation", [0.5, 0.9])
@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_intervals_cover_the_truth(kind: str, correlation: float, share: float) -> None:
    rng = np.random.default_rng([SIZES.index(kind), int(correlation * 10), int(share * 100)])
    ours = boot = plain = 0
    for run in range(RUNS):
        m = notices(rng, kind)
        x = gone(rng, m, share, correlation)
        low, high = interval(m, x)
        ours += low <= share <= high
        if RUNS < 500:
            continue
        found = share_interval(x, m, seed=run, replicates=300)
        boot += found.low <= share <= found.high
        p, n = x.sum() / m.sum(), m.sum()
        error = 1.96 * np.sqrt(p * (1 - p) / n)  # Greenwood's variance without censoring
        plain += p - error <= share <= p + error
    if RUNS >= 500:
        print(  # noqa: T201 - the table of docs/statistics.md
            f"| {kind} | {correlation} | {share} | {ours / RUNS:.1%} | {boot / RUNS:.1%}"
            f" | {plain / RUNS:.1%} |"
        )
    assert ours / RUNS >= ENOUGH


def test_a_provider_whose_customers_move_away_is_not_credited_with_removals() -> None:
    rng = np.random.default_rng(4)
    removal, move, n = 0.0168, 0.0105, 4000
    by_removal, by_move = rng.exponential(1 / removal, n), rng.exponential(1 / move, n)
    when, how = np.minimum(by_removal, by_move), np.where(by_removal < by_move, 1, 2)
    truth = removal / (removal + move) * (1 - np.exp(-72 * (removal + move)))
    assert cumulative_incidence(when, how).at(72) == pytest.approx(truth, abs=0.02)
    assert 1 - kaplan_meier(when, how == 1).at(72) > truth + 0.15
    ages = observed(rng, when * 60, how == 2)
    seen = envelope.sight(ages)
    sure = np.array([ages["h_removed"][0, : grid.bin_of(72 * 60 + grid.WINDOW) + 1].sum()])
    maybe = np.array([ages["l_removed"][0, : grid.bin_of(72 * 60)].sum()])
    low, high = envelope.share(
        ages["l_removed"], ages["h_removed"], seen, 72 * 60, sure=sure, maybe=maybe
    )
    exact = ((when <= 72) & (how == 1)).mean()
    assert low[0] / n <= exact + 1e-9
    assert exact <= high[0] / n + 1e-9


def observed(
    rng: np.random.Generator, minutes: Floats, moved: Floats | None = None
) -> dict[str, Floats]:
    """What looks tell of cases gone at these minutes, on the grid."""
    found = {name: np.zeros((1, grid.POINTS.size)) for name in sums.AGES}
    plans = [looks(rng) for _ in range(40)]
    for n, minute in enumerate(minutes):
        plan = plans[n % len(plans)]
        place = int(np.searchsorted(plan, minute))
        low = int(plan[place - 1]) if place else 0
        kind = "moved" if moved is not None and moved[n] else "removed"
        if place == plan.size:
            found["l_open"][0, grid.bin_of(low)] += 1
            found["c_open"][0, np.searchsorted(grid.POINTS, low)] += 1
            continue
        high = max(int(np.ceil(plan[place])), low + 1)
        found[f"l_{kind}"][0, grid.bin_of(low)] += 1
        found[f"h_{kind}"][0, np.searchsorted(grid.POINTS, high)] += 1
    return found


@pytest.mark.parametrize("median_hours", [5, 36, 288, 500])
def test_bounds_hold_a_lognormal_truth_through_the_real_cadence(median_hours: int) -> None:
    rng = np.random.default_rng(median_hours)
    n, widths = 400, []
    for _ in range(max(2, RUNS // 25)):
        truth = np.ceil(rng.lognormal(np.log(median_hours * 60), 1.2, n))
        ages = observed(rng, truth)
        curve = envelope.curve(ages, np.array([float(n)]), envelope.sight(ages))
        for place, minute in enumerate(grid.POINTS[: grid.bin_of(80 * 1440)]):
            share = (truth <= minute).mean()
            assert curve.low[0, place] <= share + 1e-9
            assert share <= curve.high[0, place] + 1e-9
        first, last = (float(ends[0]) for ends in curve.quantile(0.5))
        assert first <= np.quantile(truth, 0.5, method="inverted_cdf") <= last
        widths.append((last - first) / last)
    if RUNS >= 500:
        line = f"| {median_hours} h | {np.mean(widths):.1%} | {np.max(widths):.1%} |"
        print(line)  # noqa: T201 - the table of docs/statistics.md
