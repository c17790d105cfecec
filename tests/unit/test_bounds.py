"""Bounds hold the truth, whatever the checks' rhythm, and what is not known stays open."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from takedown.stats import bounds as ends
from takedown.stats.episode_rows import MOVED, NEVER, OPEN, REMOVED, EpisodeRow, Episodes
from takedown.stats.measures import providers
from takedown.stats.survival import cumulative_incidence, kaplan_meier

CUTOFF = datetime(2026, 6, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def line(rows: list[EpisodeRow]) -> dict[str, Any]:
    (only,) = providers(rows, clock="notified", cutoff=CUTOFF, from_=None, to=None)["items"]
    return only


def bounds(item: dict[str, Any], hours: int) -> tuple[float, float]:
    return item["gone"][str(hours)]["low"], item["gone"][str(hours)]["high"]


END = 200
Case = tuple[int, int, int, int]
CASES = st.lists(
    st.tuples(
        st.integers(0, 120),  # L
        st.integers(1, 60),  # R - L; for doubtful cases the cut-off - L
        st.integers(0, 59),  # where T lies between
        st.integers(0, 4),  # removed, moved, open, doubtful and gone, doubtful and up
    ),
    min_size=1,
    max_size=12,
)


def seen(cases: list[Case]) -> Episodes:
    """What checks told about the cases, an hour's anchor far from all of them."""
    low = np.array([up for up, _, _, _ in cases])
    width = np.array([wide for _, wide, _, _ in cases])
    kind = np.array([what for _, _, _, what in cases])
    over = kind <= 1
    n, no = len(cases), np.zeros(len(cases), dtype=np.bool_)
    number = np.arange(n)
    return Episodes(
        low=low,
        high=np.where(over, low + width, NEVER),
        end=np.where(kind >= 3, low + width, END),
        outcome=np.where(over, np.where(kind == 1, MOVED, REMOVED), OPEN),
        doubtful=kind >= 3,
        reappeared=no,
        notice=number,
        provider=number,
        url=number,
        deadline=np.full(n, NEVER),
        binding=no,
    )


def true_ends(cases: list[Case]) -> tuple[list[int], list[int]]:
    """When each really ended or went out of sight, and how: 0 in sight no more, 1 gone, 2 moved."""
    when = {0: 1, 1: 2, 2: 0, 3: 1, 4: 0}
    minutes = []
    for up, width, place, kind in cases:
        went = up + 1 + place % width
        minutes.append({2: up, 4: up + width}.get(kind, went))
    return minutes, [when[kind] for *_, kind in cases]


@settings(max_examples=500, deadline=None)
@given(CASES, st.integers(1, 210))
def test_bounds_hold_the_estimate_from_any_true_times(cases: list[Case], minute: int) -> None:
    known, (when, how) = seen(cases), true_ends(cases)
    sight = ends.lost(known)
    low, high = ends.by(known, ends.gone(known), minute, sight).share
    gone = cumulative_incidence(when, how, of=1)
    assert gone.at(minute) <= high + 1e-9
    assert low <= gone.at(minute + ends.ANCHOR_WINDOW) + 1e-9
    assert 0.0 <= low <= high <= 1.0
    later = ends.by(known, ends.gone(known), minute + 7, sight).share
    assert later[0] >= low - 1e-12
    assert later[1] >= high - 1e-12


@settings(max_examples=300, deadline=None)
@given(CASES, st.sampled_from([0.25, 0.5, 0.75]))
def test_quantiles_hold_the_estimate_from_any_true_times(cases: list[Case], p: float) -> None:
    known, (when, how) = seen(cases), true_ends(cases)
    first, last = ends.quantile(known, p, ends.lost(known))
    truth = kaplan_meier(when, np.array(how) > 0).quantile(p)
    if truth is None:
        assert last is None
    else:
        assert first is not None
        assert first < truth
        assert last is None or truth <= last


def test_a_case_may_have_gone_after_the_others_were_out_of_sight() -> None:
    # A went in (20, 90], B was last seen up at 30. At 60: nothing, a half, or all.
    known = seen([(20, 60, 0, 0), (30, 1, 0, 2)])
    assert ends.by(known, ends.gone(known), 60, ends.lost(known)).share == (0.0, 1.0)
    assert ends.by(known, ends.gone(known), 30, ends.lost(known)).share == (0.0, 0.5)


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


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40))
def test_bounds_hold_the_truth_of_cases_followed_long_enough(seed: int, n: int) -> None:
    rng = random.Random(seed)
    truth = [min(rng.lognormvariate(3.2, 1.5), 60 * 24.0) for _ in range(n)]
    item = line([observed(i, hours, rng, 60 * 24 * 90) for i, hours in enumerate(truth)])
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


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 30))
def test_bounds_hold_what_the_true_times_would_say_of_cases_still_young(seed: int, n: int) -> None:
    rng = random.Random(seed)
    rows, duration, over = [], [], []
    for i in range(n):
        hours, until = rng.lognormvariate(3.0, 1.3), rng.uniform(30, 60 * 24 * 12)
        row = observed(i, hours, rng, until)
        rows.append(row)
        over.append(row.outcome == "removed")
        assert row.started_at and row.last_up_at
        seen = (row.last_up_at - row.started_at) // MINUTE
        duration.append(hours * 60 if over[-1] else seen)
    item = line(rows)
    curve = kaplan_meier(duration, over)
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
    first, second = line(rows), line(again)
    assert first["gone"]["24"]["method"] == "bootstrap"
    assert first == second
