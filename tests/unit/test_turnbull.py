"""The most likely curve: the literature's figures, lifelines' curves, and what it may never say."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_bounds import CASES, Case, seen

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lifelines import KaplanMeierFitter

from takedown.stats.definitions import left_by, likely_left_by
from takedown.stats.groups import Groups
from takedown.stats.survival import kaplan_meier
from takedown.stats.turnbull import most_likely

# Months to the breast's retraction after radiotherapy alone: Finkelstein and Wolfe 1985 (Biometrics
# 41:933), last seen without and first seen with it.
RETRACTED = [
    *((6, 10), (0, 7), (7, 16), (7, 14), (37, 44), (0, 8), (4, 11), (11, 15), (25, 37), (26, 40)),
    *((27, 34), (36, 44), (36, 48), (17, 25), (11, 18), (5, 12), (0, 5), (5, 11), (19, 35)),
    *((17, 25), (19, 26)),
]
NOT_SEEN_TO = [
    *(45, 46, 46, 17, 15, 22, 46, 46, 46, 46, 46, 37, 40, 46, 38, 37, 18, 24, 36, 24, 32, 33, 37),
    *(34, 36),
]
NEVER = float("inf")


def test_the_cosmesis_data_give_the_published_probabilities() -> None:
    cases = [*RETRACTED, *((last, NEVER) for last in NOT_SEEN_TO)]
    assert len(cases) == 46
    found = most_likely(*zip(*cases, strict=True), tolerance=1e-9, cycles=5000)
    shares = zip(found.left, found.right, found.share.round(4), strict=True)
    # As the package `interval` prints them (Fay and Shaw 2010, J. Stat. Softw. 36:2).
    assert {(left, right): share for left, right, share in shares if share} == {
        (4, 5): 0.0463,
        (6, 7): 0.0334,
        (7, 8): 0.0887,
        (11, 12): 0.0708,
        (24, 25): 0.0926,
        (33, 34): 0.0818,
        (38, 40): 0.1209,
        (46, 48): 0.4656,
    }
    assert found.quantile(0.5) == (38, 40)
    assert found.quantile(0.25) == (24, 25)


def looked_at(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Cases of which each is looked at now and then, some not to their end."""
    rng = np.random.default_rng(seed)
    ends = rng.weibull(1.3, int(rng.integers(5, 35))) * 30
    looks = [np.unique(rng.integers(1, 60, 8)) for _ in ends]
    last = [max([0, *plan[plan < end]]) for plan, end in zip(looks, ends, strict=True)]
    first = [min([NEVER, *plan[plan >= end]]) for plan, end in zip(looks, ends, strict=True)]
    return np.array(last, dtype=float), np.array(first)


@pytest.mark.parametrize("seed", range(10))
def test_it_agrees_with_lifelines_and_is_no_less_likely(seed: int) -> None:
    left, right = looked_at(seed)
    found = most_likely(left, right, tolerance=1e-9, cycles=5000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # There intervals are closed; a look that saw it up is half a unit before what followed.
        fitted = KaplanMeierFitter().fit_interval_censoring(left + 0.5, right, tol=1e-7)
    there = fitted.survival_function_["NPMLE_estimate_lower"]
    step = np.concatenate(([0.0], np.cumsum(found.share)))

    def gone(at: np.ndarray) -> np.ndarray:
        return step[np.searchsorted(found.right, at, side="right")]

    def gone_there(at: np.ndarray) -> np.ndarray:
        return 1 - there.to_numpy()[there.index.get_indexer(at, method="ffill")]

    ends = found.right[:-1]
    assert gone(ends) == pytest.approx(gone_there(ends), abs=3e-3)  # it stops early
    ours, theirs = gone(right) - gone(left), gone_there(right) - gone_there(left + 0.5)
    assert np.log(ours).mean() >= np.log(theirs).mean() - 1e-9


@pytest.mark.parametrize("seed", range(8))
def test_where_each_end_is_known_it_is_kaplan_meier(seed: int) -> None:
    rng = np.random.default_rng(seed)
    end, gone = rng.integers(1, 20, 60), rng.random(60) < 0.7
    found = most_likely(
        np.where(gone, end - 1, end), np.where(gone, end, NEVER), tolerance=1e-10, cycles=5000
    )
    known = kaplan_meier(end, gone)
    for right, share in zip(found.right, np.cumsum(found.share), strict=True):
        if np.isfinite(right):
            assert known.at(right) == pytest.approx(1 - share, abs=1e-6)


def test_it_rises_only_where_a_last_up_is_followed_by_a_first_down() -> None:
    found = most_likely([10, 19, 0], [20, 30, 12], [1, 3, 1])
    assert [*zip(found.left, found.right, strict=True)] == [(10, 12), (19, 20)]
    assert found.share == pytest.approx([0.25, 0.75], abs=0.01)


def test_what_was_seen_gone_when_another_was_seen_up_ended_by_then() -> None:
    found = most_likely([0, 10], [10, 20])
    assert [*zip(found.left, found.right, strict=True)] == [(0, 10), (10, 20)]
    assert found.quantile(0.5) == (0, 10)


def test_what_nobody_saw_is_not_reached() -> None:
    assert np.isnan(most_likely([1, 5, 5], [2, NEVER, NEVER]).quantile(0.5)).all()


def test_a_case_that_ends_before_it_begins_is_refused() -> None:
    for left, right in (([], []), ([2], [2]), ([float("nan")], [1])):
        with pytest.raises(ValueError, match="case"):
            most_likely(left, right)


def group(cases: list[Case]) -> Groups:
    n = np.array([float(len(cases))])
    return Groups([0], {"n": n, "cluster_n": n, "cluster_n2": n}, seen(cases), ())


@settings(max_examples=100, deadline=None)
@given(CASES, st.sampled_from([0.25, 0.5, 0.75, 0.9]))
def test_it_lies_within_the_bounds_whatever_was_seen(cases: list[Case], p: float) -> None:
    found, bounds = likely_left_by(group(cases), p), left_by(group(cases), p)
    (low,), (high,) = found["low"], found["high"]
    (least,), (most,) = bounds["low"], bounds["high"]
    assert not (np.isnan(least) and not np.isnan(low))
    assert np.isnan(low) or least <= low
    assert np.isnan(most) or high <= most
    assert np.isnan(high) or low < high


@settings(max_examples=50, deadline=None)
@given(CASES)
def test_in_order_the_ends_lie_between_last_ups_and_first_downs(cases: list[Case]) -> None:
    ends = sorted(up + 1 + place % wide for up, wide, place, _ in cases)
    ups, downs = sorted(up for up, *_ in cases), sorted(up + wide for up, wide, *_ in cases)
    assert all(up < end <= down for up, end, down in zip(ups, ends, downs, strict=True))


def test_without_a_case_nothing_is_known() -> None:
    nothing = Groups(
        [0], {name: np.zeros(1) for name in ("n", "cluster_n", "cluster_n2")}, seen([]), ()
    )
    found = likely_left_by(nothing, 0.5)
    assert np.isnan([found["low"][0], found["high"][0]]).all()


def test_a_case_in_doubt_widens_it() -> None:
    sure = [(20 + n, 30, 0, 0) for n in range(12)]
    (low,), (high,) = (likely_left_by(group(sure), 0.5)[end] for end in ("low", "high"))
    wider = likely_left_by(group([*sure, *[(2, 10, 0, 3)] * 13]), 0.5)
    assert wider["low"][0] < low
    assert wider["high"][0] >= high
