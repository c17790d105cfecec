"""Bounds hold the truth, whatever the checks' rhythm, and what is not known stays open."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers import EpisodeRow, providers

from takedown.stats import envelope, grid
from takedown.stats.facts import sums
from takedown.stats.survival import cumulative_incidence, kaplan_meier

CUTOFF = datetime(2026, 6, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def bounds(item: dict[str, Any], hours: int) -> tuple[float, float]:
    return item["gone"][str(hours)]["low"], item["gone"][str(hours)]["high"]


Case = tuple[int, int, int, int]
AGES = st.one_of(st.integers(0, 120), st.integers(0, 4000))
CASES = st.lists(
    st.tuples(
        AGES,  # L
        st.integers(1, 60),  # R - L; for doubtful cases the cut-off - L
        st.integers(0, 59),  # where T lies between
        st.integers(0, 4),  # removed, moved, open, doubtful and gone, doubtful and up
    ),
    min_size=1,
    max_size=12,
)


def seen(cases: list[Case]) -> dict[str, np.ndarray]:
    """What checks told about the cases, on the grid."""
    found = {name: np.zeros((1, grid.bin_of(5000) + 3)) for name in sums.AGES}
    for up, width, _, kind in cases:
        first, last = grid.bin_of(up), np.searchsorted(grid.POINTS, up)
        end = np.searchsorted(grid.POINTS, up + width)
        name = ("removed", "moved", "open", "doubt", "doubt")[kind]
        found[f"l_{name}"][0, first] += 1
        if kind == 2:
            found["c_open"][0, last] += 1
        else:
            found[f"h_{name}"][0, end] += 1
    return found


def true_ends(cases: list[Case]) -> tuple[list[int], list[int]]:
    """When each really ended or went out of sight, and how: 0 in sight no more, 1 gone, 2 moved."""
    when = {0: 1, 1: 2, 2: 0, 3: 1, 4: 0}
    minutes = []
    for up, width, place, kind in cases:
        went = up + 1 + place % width
        minutes.append({2: up, 4: up + width}.get(kind, went))
    return minutes, [when[kind] for *_, kind in cases]


def share(cases: list[Case], minute: int) -> tuple[float, float]:
    """Bounds of the share gone by a minute that is a point of the grid; moves compete."""
    ages = seen(cases)
    gone = [one for one in cases if one[3] == 0]
    doubt = [one for one in cases if one[3] >= 3]
    low, high = envelope.share(
        ages["l_removed"],
        ages["h_removed"],
        envelope.sight(ages),
        minute,
        sure=np.array([float(sum(up + wide <= minute for up, wide, _, _ in gone))]),
        maybe=np.array([float(sum(up < minute for up, *_ in gone))]),
        doubt=(np.array([float(sum(up < minute for up, *_ in doubt))]), ages["h_doubt"]),
    )
    return float(low[0]) / len(cases), min(float(high[0]) / len(cases), 1.0)


@settings(max_examples=500, deadline=None)
@given(CASES, st.sampled_from([1, 17, 60, 90, 100, 120, 180, 600, 1440, 2880]))
def test_bounds_hold_the_estimate_from_any_true_times(cases: list[Case], minute: int) -> None:
    when, how = true_ends(cases)
    low, high = share(cases, minute)
    gone = cumulative_incidence(when, how, of=1).at(minute)
    assert low <= gone + 1e-9
    assert gone <= high + 1e-9
    assert 0.0 <= low <= high <= 1.0


@settings(max_examples=300, deadline=None)
@given(CASES, st.sampled_from([0.25, 0.5, 0.75]))
def test_curves_and_quantiles_hold_the_estimate_from_any_true_times(
    cases: list[Case], p: float
) -> None:
    ages, (when, how) = seen(cases), true_ends(cases)
    found = envelope.curve(ages, np.array([float(len(cases))]), envelope.sight(ages))
    truth = kaplan_meier(when, np.array(how) > 0)
    for place, minute in enumerate(grid.POINTS[: found.low.shape[1]]):
        assert found.low[0, place] <= 1.0 - truth.at(minute) + 1e-9
        assert 1.0 - truth.at(minute) <= found.high[0, place] + 1e-9
    first, last = (ends[0] for ends in found.quantile(p))
    exact = truth.quantile(p)
    if exact is None:
        assert np.isnan(last)
    else:
        assert first < exact
        assert np.isnan(last) or exact <= last


def test_a_case_may_have_gone_after_the_others_were_out_of_sight() -> None:
    # A went in (20, 90], B was last seen up at 30. At 60: nothing, a half, or all.
    assert share([(20, 70, 0, 0), (30, 1, 0, 2)], 60) == (0.0, 1.0)
    assert share([(20, 70, 0, 0), (30, 1, 0, 2)], 30) == (0.0, 0.5)


def test_on_the_grid_ages_are_rounded_outwards_by_two_per_cent_at_most() -> None:
    widths = np.diff(grid.POINTS)
    wide = grid.POINTS[:-1] >= grid.FIRST
    assert (widths[wide] <= 0.0200001 * grid.POINTS[:-1][wide]).all()
    assert (widths[~wide] == 1.0).all()
    for hours in grid.HOURS:
        assert grid.POINTS[grid.bin_of(hours * 60)] == hours * 60


def cadence(rng: random.Random, until: float) -> list[float]:
    """Minutes at which one case is looked at: a quarter of its age apart, late by chance."""
    looks, age = [], 0.0
    while age <= until:
        looks.append(age)
        age += min(max(0.25 * age, 15.0), 720.0) * rng.uniform(1.0, 1.3)
    return looks


def observed(number: int, hours: float, rng: random.Random, until: float) -> EpisodeRow:
    """A case gone at its true time, as a cadence of checks until the cut-off saw it (minutes)."""
    looks = cadence(rng, until)
    up = max(look for look in looks if look < hours * 60 or look == 0.0)
    down = next((look for look in looks if look >= hours * 60 and look > 0.0), None)
    start = CUTOFF - until * MINUTE
    return EpisodeRow(
        url_id=number,
        provider_id=1,
        provider_name="Northhost",
        country="NL",
        notice_id=number // 2,
        host_number=number,
        started_at=start,
        last_up_at=start + up * MINUTE,
        first_down_at=None if down is None else start + down * MINUTE,
        confirmed_at=None,
        outcome="open" if down is None else "removed",
    )


def of_providers(samples: list[list[EpisodeRow]]) -> list[dict[str, Any]]:
    """One line a sample, each at a provider of its own."""
    rows = [
        replace(row, provider_id=n, provider_name=f"{n:04d}", notice_id=(n, row.notice_id))
        for n, sample in enumerate(samples)
        for row in sample
    ]
    items = providers(rows, clock="notified", cutoff=CUTOFF, from_=None, to=None)["items"]
    return sorted(items, key=lambda item: str(item["provider"]))


def test_bounds_hold_the_truth_of_cases_followed_long_enough() -> None:
    rng = random.Random(11)
    truths = [
        [min(rng.lognormvariate(3.2, 1.5), 60 * 24.0) for _ in range(rng.randint(1, 40))]
        for _ in range(80)
    ]
    samples = [
        [observed(i, hours, rng, 60 * 24 * 90) for i, hours in enumerate(truth)] for truth in truths
    ]
    for truth, item in zip(truths, of_providers(samples), strict=True):
        n = len(truth)
        for h in (24, 48, 168):
            # A removal within the anchor's window counts as one before it.
            least = sum(hours <= h for hours in truth) / n
            most = sum(hours <= h + 0.25 for hours in truth) / n
            low, high = bounds(item, h)
            assert low <= most + 1e-12
            assert high >= least - 1e-12
            assert item["gone"][str(h)]["interval"][0] <= low <= high
            assert high <= item["gone"][str(h)]["interval"][1]
        median = sorted(truth)[(n + 1) // 2 - 1]
        assert item["median_hours"]["low"] <= median
        assert item["median_hours"]["high"] is None or item["median_hours"]["high"] >= median


def test_bounds_hold_what_the_true_times_would_say_of_cases_still_young() -> None:
    rng = random.Random(12)
    samples, curves = [], []
    for _ in range(120):
        rows, duration, over = [], [], []
        for i in range(rng.randint(1, 30)):
            hours, until = rng.lognormvariate(3.0, 1.3), rng.uniform(30, 60 * 24 * 12)
            row = observed(i, hours, rng, until)
            rows.append(row)
            over.append(row.outcome == "removed")
            assert row.started_at and row.last_up_at
            up = (row.last_up_at - row.started_at) // MINUTE
            duration.append(hours * 60 if over[-1] else up)
        samples.append(rows)
        curves.append(kaplan_meier(duration, over))
    for curve, item in zip(curves, of_providers(samples), strict=True):
        for h in (24, 48, 168):
            low, high = bounds(item, h)
            assert 0.0 <= low <= high <= 1.0
            assert high >= 1 - curve.at(h * 60) - 1e-9
            assert low <= 1 - curve.at(h * 60 + 15) + 1e-9
        shares = [bounds(item, h) for h in (24, 48, 168)]
        assert shares == sorted(shares)
        assert [high for _, high in shares] == sorted(high for _, high in shares)
        found, median = item["median_hours"], curve.median()
        if median is not None:
            assert found["low"] is not None
            assert found["low"] <= median / 60
            assert found["high"] is None or found["high"] >= median / 60 - 1e-9


def test_the_order_of_rows_changes_nothing() -> None:
    rng = random.Random(3)
    rows = [observed(n, rng.lognormvariate(3, 1.2), rng, 60 * 24 * 5) for n in range(120)]
    again = rng.sample(rows, len(rows))
    first, second = of_providers([rows])[0], of_providers([again])[0]
    assert first["gone"]["24"]["method"] == "cluster"
    assert first == second
