"""Curves agree with lifelines and the literature; intervals know how many acts they rest on."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lifelines import AalenJohansenFitter, KaplanMeierFitter
    from lifelines.statistics import logrank_test

from takedown.stats.intervals import effective_number, share_interval
from takedown.stats.survival import cumulative_incidence, kaplan_meier, logrank

# Freireich et al. 1963 (Blood 21:699), weeks in remission; 0 in the second list: censored.
SIX_MP = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
SIX_MP_RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def sample(seed: int, kinds: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 200))
    return rng.integers(0, 40, n).astype(float), rng.integers(0, kinds, n)


def test_the_remission_times_of_freireich_give_the_published_medians_and_curve() -> None:
    treated = kaplan_meier(SIX_MP, SIX_MP_RELAPSED)
    placebo = kaplan_meier(PLACEBO, [1] * 21)
    assert treated.median() == 23
    assert placebo.median() == 8
    published = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert {t: round(treated.at(t), 3) for t in published} == published
    assert list(treated.at_risk[np.isin(treated.times, [6, 10, 22])]) == [21, 15, 7]


def test_the_log_rank_test_of_freireich_is_the_published_one() -> None:
    found = logrank((SIX_MP, SIX_MP_RELAPSED), (PLACEBO, [1] * 21))
    assert found.statistic == pytest.approx(16.79, abs=0.005)
    assert found.p == pytest.approx(4.17e-5, rel=0.01)


@pytest.mark.parametrize("seed", range(50))
def test_kaplan_meier_and_its_band_agree_with_lifelines(seed: int) -> None:
    duration, removed = sample(seed)
    curve = kaplan_meier(duration, removed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reference = KaplanMeierFitter().fit(duration, removed)
        band = reference.confidence_interval_.to_numpy()
    expected = reference.survival_function_.iloc[:, 0]
    assert np.array_equal(curve.times, expected.index)
    np.testing.assert_allclose(curve.survival, expected, rtol=0, atol=1e-9)
    inside = (curve.survival > 0) & (curve.survival < 1)
    np.testing.assert_allclose(curve.lower[inside], band[inside, 0], rtol=0, atol=1e-9)
    np.testing.assert_allclose(curve.upper[inside], band[inside, 1], rtol=0, atol=1e-9)
    exactly_half = np.isclose(curve.survival, 0.5, rtol=0, atol=1e-9).any()
    if not exactly_half:
        assert (curve.median() or np.inf) == reference.median_survival_time_


@pytest.mark.parametrize("seed", range(50))
def test_aalen_johansen_agrees_with_lifelines_where_no_two_ends_coincide(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 150))
    duration = rng.permutation(np.arange(1.0, n + 1.0))
    event = rng.integers(0, 3, n)
    event[0] = 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitter = AalenJohansenFitter(calculate_variance=False)
        expected = fitter.fit(duration, event, event_of_interest=1).cumulative_density_
    found = cumulative_incidence(duration, event, of=1)
    ours = [found.at(t) for t in expected.index]
    np.testing.assert_allclose(ours, expected.iloc[:, 0], rtol=0, atol=1e-9)


@pytest.mark.parametrize("seed", range(50))
def test_the_log_rank_test_agrees_with_lifelines(seed: int) -> None:
    a, b = sample(seed), sample(seed + 1000)
    if not (a[1].any() or b[1].any()):
        a[1][0] = 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = logrank_test(a[0], b[0], a[1], b[1])
    found = logrank(a, b)
    assert found.statistic == pytest.approx(expected.test_statistic, abs=1e-9)
    assert found.p == pytest.approx(expected.p_value, abs=1e-9)


def test_all_ends_and_survival_add_up_to_one_at_every_time_with_ties_too() -> None:
    for seed in range(50):
        duration, event = sample(seed, kinds=4)
        curve = kaplan_meier(duration, event > 0)
        shares = sum(cumulative_incidence(duration, event, of=kind).share for kind in (1, 2, 3))
        np.testing.assert_allclose(shares + curve.survival, 1.0, rtol=0, atol=1e-12)


def test_without_competitors_the_incidence_is_what_kaplan_meier_leaves() -> None:
    duration, event = sample(7)
    curve = kaplan_meier(duration, event)
    np.testing.assert_allclose(cumulative_incidence(duration, event).share, 1 - curve.survival)


def test_ends_may_be_named() -> None:
    found = cumulative_incidence(
        [1, 2, 3, 4], ["removed", "moved", "open", "removed"], of="removed", censored="open"
    )
    assert [found.at(t) for t in (0, 1, 2, 4)] == pytest.approx([0, 0.25, 0.25, 0.75])


def test_a_curve_by_hand() -> None:
    curve = kaplan_meier([1, 2, 2, 3, 5], [True, True, False, False, True])
    assert [curve.at(h) for h in (-1, 0, 0.9, 1, 2, 4.9, 5, 99)] == pytest.approx(
        [1, 1, 1, 0.8, 0.6, 0.6, 0, 0]
    )
    assert curve.quantile(0.2) == 1
    assert curve.median() == 5
    assert list(curve.at_risk) == [5, 5, 4, 2, 1]


def test_a_half_that_is_exactly_half_counts_as_reached() -> None:
    assert kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1]).median() == 2
    # Half of 24, multiplied step by step, is 0.5000000000000001 in floating point.
    assert kaplan_meier(range(1, 25), [1] * 24).median() == 12


def test_a_quantile_that_is_not_reached_is_none() -> None:
    curve = kaplan_meier([1, 2, 3, 4], [1, 0, 0, 0])
    assert curve.median() is None


def test_bands_are_exact_where_all_or_none_are_gone() -> None:
    none = kaplan_meier([5, 5, 5], [0, 0, 0])
    assert none.band[0][-1] == pytest.approx(0.025 ** (1 / 3))
    assert none.band[1][-1] == 1.0
    every = kaplan_meier([5, 5, 5], [1, 1, 1])
    assert every.band[0][-1] == 0.0
    assert every.band[1][-1] == pytest.approx(1 - 0.025 ** (1 / 3))


@pytest.mark.parametrize(
    ("duration", "removed"), [([], []), ([1, 2], [1]), ([-1], [1]), ([float("nan")], [1])]
)
def test_what_is_no_sample_is_refused(duration: list[float], removed: list[int]) -> None:
    with pytest.raises(ValueError, match=r"cases|length|at least 0"):
        kaplan_meier(duration, removed)


def test_the_effective_number_counts_equal_clusters_fully_and_a_giant_as_one() -> None:
    assert effective_number([4] * 10) == pytest.approx(10)
    assert effective_number([1000, 1, 1, 1]) == pytest.approx(1.006, abs=1e-3)
    assert effective_number([]) == 0


def test_few_notices_give_the_conservative_interval_of_their_effective_number() -> None:
    # Five notices of eight Urls, two of them all gone: Clopper-Pearson of 2 in 5, not of 16 in 40.
    found = share_interval([8, 8, 0, 0, 0], [8] * 5, seed=1)
    assert (found.method, found.k) == ("conservative", pytest.approx(5))
    assert (found.low, found.high) == pytest.approx((0.0527, 0.8534), abs=1e-4)


def test_extreme_shares_stay_conservative_however_many_notices() -> None:
    found = share_interval([0] * 100, [1] * 100, seed=1)
    assert found.method == "conservative"
    assert (found.low, found.high) == pytest.approx((0, 1 - 0.025**0.01))


def test_the_bootstrap_gives_the_same_interval_for_the_same_seed_in_any_order() -> None:
    rng = np.random.default_rng(5)
    m = rng.integers(1, 9, 60)
    gone = rng.binomial(m, 0.4)
    shuffled = rng.permutation(60)
    first = share_interval(gone, m, seed=11)
    assert first.method == "bootstrap"
    assert share_interval(gone[shuffled], m[shuffled], seed=11) == first
    assert share_interval(gone, m, seed=12) != first


def test_intervals_cover_the_truth_when_a_notice_shares_its_fate() -> None:
    rng = np.random.default_rng(2026)
    hits = 0
    for i in range(200):
        fate = rng.random(60) < 0.5
        members = rng.integers(4, 13, 60)
        found = share_interval(fate * members, members, seed=i, replicates=400)
        hits += found.low <= 0.5 <= found.high
    assert hits >= 180


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=60),
    st.integers(0, 2**32),
)
def test_an_interval_lies_in_0_to_1_around_its_share(
    clusters: list[tuple[int, int]], seed: int
) -> None:
    gone = [min(g, m) for g, m in clusters]
    found = share_interval(gone, [m for _, m in clusters], seed=seed, replicates=200)
    assert 0.0 <= found.low <= found.share <= found.high <= 1.0


def test_an_interval_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="member"):
        share_interval([], [], seed=1)
