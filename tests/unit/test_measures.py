"""Each measure by hand on small cases; bounds that hold the truth whatever the checks' rhythm."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from ledgers import EpisodeRow, countries, overview, providers

from takedown.stats.query import BadQuery, Query, parse
from takedown.stats.ranking import ranks, shrunk
from takedown.stats.survival import cumulative_incidence, kaplan_meier

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CUTOFF = datetime(2026, 6, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def case(
    number: int = 0,
    *,
    up: float | None = None,
    down: float | None = None,
    outcome: str = "open",
    start: datetime | None = T0,
    **more: Any,
) -> EpisodeRow:
    """An episode at Northhost; `up` and `down` in hours after T0."""
    begun = start or T0
    known: dict[str, Any] = {
        "url_id": number,
        "provider_id": 1,
        "provider_name": "Northhost",
        "country": "NL",
        "notice_id": number,
        "host_number": number,
        "started_at": start,
        "last_up_at": None if up is None else begun + timedelta(hours=up),
        "first_down_at": None if down is None else begun + timedelta(hours=down),
        "confirmed_at": None,
        "outcome": outcome,
    }
    return EpisodeRow(**(known | more))


def league(rows: list[EpisodeRow], *, cutoff: datetime = CUTOFF, **more: Any) -> dict[str, Any]:
    about = {"clock": "notified", "cutoff": cutoff, "from_": None, "to": None} | more
    return providers(rows, **about)


def line(rows: list[EpisodeRow], **more: Any) -> dict[str, Any]:
    (only,) = league(rows, **more)["items"]
    return only


def bounds(item: dict[str, Any], hours: int) -> tuple[float, float]:
    return item["gone"][str(hours)]["low"], item["gone"][str(hours)]["high"]


def test_a_removal_seen_in_an_interval_gives_two_bounds() -> None:
    item = line([case(1, up=20, down=30, outcome="removed"), case(2, up=2000)])
    assert bounds(item, 24) == (0.0, 0.5)
    assert bounds(item, 48) == (0.5, 0.5)
    assert item["gone"]["24"]["anchored"] == 1
    assert item["gone"]["24"]["of"] == 2


@pytest.mark.parametrize(
    ("up", "down", "expected"),
    [
        (20, 24.25, (1.0, 1.0)),  # first seen down at the window's end: gone by 24 h
        (20, 24.2667, (0.0, 1.0)),  # a minute later: unknown
        (24, 30, (0.0, 0.0)),  # seen up in the window: up at 24 h
        (24.1, 24.2, (0.0, 0.0)),  # up, then down, in the window: up at 24 h
        (23.99, 24.0, (1.0, 1.0)),
    ],
)
def test_the_window_after_an_anchor_is_exact(
    up: float, down: float, expected: tuple[float, float]
) -> None:
    item = line([case(up=up, down=down, outcome="removed")])
    assert bounds(item, 24) == expected
    assert item["gone"]["24"]["anchored"] == (expected[0] == expected[1])


def test_ages_are_whole_minutes_rounded_away_from_each_other() -> None:
    item = line([case(up=1.009, down=1.011, outcome="removed")])
    median = item["median_hours"]
    assert (median["low"], median["high"]) == (1.0, 61 / 60)


def test_an_exact_whole_minute_stays_one_although_times_have_fractions() -> None:
    start = T0 + timedelta(microseconds=123_457)
    item = line([case(start=start, up=21, down=22, outcome="removed")])
    assert (item["median_hours"]["low"], item["median_hours"]["high"]) == (21.0, 22.0)


def test_open_cases_are_censored_at_their_last_up_not_at_the_cut_off() -> None:
    rows = [case(1, up=9, down=10, outcome="removed"), case(2, up=5), case(3, up=11)]
    assert line(rows)["gone"]["24"]["high"] == pytest.approx(0.5)


def test_a_case_younger_than_the_horizon_is_censored_and_said_to_be() -> None:
    rows = [case(1, up=9, down=10, outcome="removed"), case(2, up=30), case(3, up=30)]
    share = line(rows, cutoff=T0 + 31 * HOUR)["gone"]["48"]
    assert (share["low"], share["high"]) == pytest.approx((1 / 3, 1 / 3))
    assert (share["not_yet"], share["anchored"], share["of"]) == (2, 1, 3)


def test_inconclusive_checks_after_the_last_up_give_all_removed_and_none_removed() -> None:
    rows = [case(1, up=10, inconclusive_after_last_up=True), case(2, up=2000)]
    item = line(rows)
    assert bounds(item, 24) == (0.0, 0.5)
    assert item["inconclusive"] == 1
    assert (item["median_hours"]["low"], item["median_hours"]["high"]) == (10.0, None)


def test_a_run_not_confirmed_yet_counts_in_the_upper_bound_alone() -> None:
    rows = [case(1, up=10, down=11), case(2, up=2000)]
    assert bounds(line(rows), 24) == (0.0, 0.5)
    assert line(rows)["open"] == 2


def test_what_was_first_seen_down_after_the_cut_off_is_still_open() -> None:
    item = line([case(up=10, down=11, outcome="removed")], cutoff=T0 + 10.5 * HOUR)
    assert (item["open"], item["removed"]) == (1, 0)
    assert bounds(item, 24) == (0.0, 0.0)


def test_a_move_competes_and_never_censors() -> None:
    rows = [
        case(1, up=1, down=1.5, outcome="moved"),
        case(2, up=1, down=1.5, outcome="moved"),
        case(3, up=3, down=4, outcome="removed"),
        case(4, up=300),
    ]
    item = line(rows)
    assert bounds(item, 24) == (0.25, 0.25)
    assert (item["moved"], item["removed"], item["open"]) == (2, 1, 1)


def test_censoring_moves_would_say_70_percent_where_52_are_gone() -> None:
    # Removal and moving race at constant rates: 1/68 and 1/96 an hour; by 72 h removal has won
    # in 52 % of cases. A method that censors moves answers 1 - exp(-72 * rate) instead: 70 %.
    rng = np.random.default_rng(1)
    removal, move = 0.0168, 0.0105
    by_removal = rng.exponential(1 / removal, 4000)
    by_move = rng.exponential(1 / move, 4000)
    first = np.minimum(by_removal, by_move)
    event = np.where(by_removal < by_move, 1, 2)
    censored = 1 - kaplan_meier(first, event == 1).at(72)
    competing = cumulative_incidence(first, event, of=1).at(72)
    truth = removal / (removal + move) * (1 - np.exp(-72 * (removal + move)))
    assert round(truth, 2) == 0.53
    assert competing == pytest.approx(truth, abs=0.02)
    assert censored == pytest.approx(0.70, abs=0.02)


def test_gone_before_the_notice_is_beside_the_notice_clock_and_an_end_on_the_others() -> None:
    rows = [
        case(1, down=2, outcome="gone_before_notice"),
        case(2, up=3, down=4, outcome="removed"),
        case(3, up=3000),
    ]
    notified = line(rows)
    assert (notified["episodes"], notified["gone_before_notice"]) == (2, 1)
    assert bounds(notified, 24) == (0.5, 0.5)
    received = line(rows, clock="received")
    assert received["episodes"] == 3
    assert bounds(received, 24) == pytest.approx((2 / 3, 2 / 3))


def test_a_removal_seen_before_the_notice_was_accepted_is_no_merit_of_the_notice() -> None:
    item = line([case(1, up=-3, down=-1, outcome="removed"), case(2, up=30)])
    assert (item["episodes"], item["gone_before_notice"]) == (1, 1)


def test_what_stays_outside_the_rates_is_counted() -> None:
    rows = [
        case(1, up=3, down=4, outcome="removed"),
        case(2, start=None),
        case(3, start=None, outcome="gone_before_notice"),
        case(4, outcome="rescinded"),
        case(1, up=1, ordinal=2),
    ]
    item = line(rows)
    assert item["episodes"] == item["gone"]["24"]["of"] == 1
    assert item["without_notice"] == item["gone_before_notice"] == item["rescinded"] == 1
    assert (item["later_episodes"], item["later_open"]) == (1, 1)


def test_returns_do_not_flatter_the_rate() -> None:
    rows = [case(1, up=1, down=2, outcome="removed", ordinal=n) for n in range(1, 11)]
    assert bounds(line([*rows, case(2, up=2000)]), 24) == (0.5, 0.5)


def test_the_effective_number_of_notices_sees_the_giant() -> None:
    rows = [case(n, up=1, down=2, outcome="removed", notice_id="big") for n in range(97)]
    rows += [case(100 + n, up=1, down=2, outcome="removed", notice_id=n) for n in range(3)]
    item = line(rows)
    assert item["notices"] == 4
    assert item["effective_notices"] == pytest.approx(100**2 / (97**2 + 3))
    low, high = item["gone"]["24"]["interval"]
    assert low < 0.05
    assert high == 1.0
    assert item["gone"]["24"]["method"] == "conservative"


def test_a_deadline_is_overdue_only_where_it_binds() -> None:
    rows = [
        case(1, up=30, deadline_hours=24, deadline_binding=True),
        case(2, up=30, deadline_hours=24),
        case(3, up=30, deadline_hours=72, deadline_binding=True),
        case(4, up=30),
        case(5, up=20, down=23, deadline_hours=24, deadline_binding=True),
    ]
    item = line(rows, cutoff=T0 + 40 * HOUR)
    assert (item["overdue"], item["asked_for"]) == (1, 1)
    assert item["oldest_open_hours"] == 40.0


def test_the_most_likely_median_by_hand() -> None:
    seen = ((20, 25), (22, 27), (24, 29))
    rows = [case(n, up=up, down=down, outcome="removed") for n, (up, down) in enumerate(seen)]
    about = {"clock": "notified", "cutoff": CUTOFF, "from_": None, "to": None}
    found = overview(rows, **about)["total"]
    median, likely = found["median_hours"], found["likely_median_hours"]
    assert (median["low"], median["high"]) == (22.0, 27.0)
    assert (likely["low"], likely["high"]) == (24.0, 25.0)  # the one hour in which all may have
    assert likely["interval"] == median["interval"]
    slow = overview([*rows, *(case(9 + n, up=50) for n in range(4))], **about)["total"]
    assert (slow["likely_median_hours"]["low"], slow["likely_median_hours"]["high"]) == (None, None)
    assert "likely_median_hours" not in line(rows)


def test_the_median_by_hand() -> None:
    rows = [case(n, up=n, down=n + 1, outcome="removed") for n in range(1, 4)]
    median = line([*rows, case(4, up=3000)])["median_hours"]
    assert (median["low"], median["high"]) == (2.0, 3.0)
    low, high = median["interval"]
    assert low <= 2.0
    assert high is None


def test_the_period_is_that_of_the_start_and_dates_are_whole_days() -> None:
    rows = [case(n, start=T0 + n * timedelta(days=1), up=1) for n in range(4)]
    asked = parse({"from": "2026-03-03", "to": "2026-03-04"})
    found = league(rows, from_=asked.from_, to=asked.to)
    assert found["items"][0]["episodes"] == 2
    assert (found["from"], found["to"]) == ("2026-03-03", "2026-03-04")
    assert league(rows, from_=T0 + 24 * HOUR, to=T0 + 48 * HOUR)["items"][0]["episodes"] == 1


def test_the_shape_is_the_one_that_other_programs_read() -> None:
    found = league([case(1, up=1, down=2, outcome="removed"), case(2, start=None)])
    json.dumps(found)
    assert {"clock", "from", "to", "cutoff", "method", "items"} <= found.keys()
    assert found["cutoff"] == "2026-06-30T00:00:00Z"
    (item,) = found["items"]
    assert {
        "provider",
        "country",
        "notices",
        "effective_notices",
        "episodes",
        "open",
        "gone_before_notice",
        "moved",
        "gone",
        "median_hours",
        "reappeared",
    } <= item.keys()
    assert item["gone"].keys() == {"24", "48", "168"}
    for share in item["gone"].values():
        assert {"low", "high", "anchored", "of", "interval"} <= share.keys()
    assert {"low", "high", "interval"} <= item["median_hours"].keys()


def test_a_provider_with_nothing_to_rate_still_has_its_line() -> None:
    item = line([case(1, outcome="gone_before_notice")])
    assert item["gone"]["24"]["low"] is None
    assert item["gone"]["24"]["interval"] == [None, None]
    assert item["median_hours"]["low"] is None
    assert (item["gone_before_notice"], item["standing"]) == (1, "counts")


def quick_and_slow(notices: int) -> list[EpisodeRow]:
    rows = []
    for n in range(notices):
        rows.append(case(n, up=1, down=2, outcome="removed"))
        rows.append(
            case(n, up=50, down=60, outcome="removed", provider_id=2, provider_name="Westcloud")
        )
    return rows


def test_the_league_ranks_from_twenty_notices_on_and_the_quick_one_is_first() -> None:
    ranked = league(quick_and_slow(20))["items"]
    assert [(i["provider"], i["rank"]) for i in ranked] == [("Northhost", 1), ("Westcloud", 2)]
    few = league(quick_and_slow(19))["items"]
    assert [(i["rank"], i["standing"]) for i in few] == [(None, "interval")] * 2
    assert {i["standing"] for i in league(quick_and_slow(4))["items"]} == {"counts"}


def test_a_fifth_of_inconclusive_cases_costs_the_rank() -> None:
    rows = [case(n, up=1, inconclusive_after_last_up=n < 6) for n in range(25)]
    assert line(rows)["standing"] == "interval"


def test_shrinking_draws_small_numbers_to_the_mean_and_keeps_the_order_of_equals() -> None:
    drawn = shrunk([1.0, 0.9, 0.2], [20.0, 500.0, 100.0])
    assert 0.2 < drawn[2] < drawn[0] < 1.0
    assert ranks([0.5, 0.9, 0.5]) == [2, 1, 2]
    assert shrunk([], []) == []


def test_countries_and_the_overview_count_providers_as_clusters() -> None:
    rows = quick_and_slow(30)
    about: dict[str, Any] = {"clock": "notified", "cutoff": CUTOFF, "from_": None, "to": None}
    (country,) = countries(rows, **about)["items"]
    assert (country["country"], country["episodes"]) == ("NL", 60)
    assert country["gone"]["24"]["method"] == "conservative"
    assert country["gone"]["24"]["interval"][0] < 0.05
    total = overview(rows, **about)["total"]
    assert (total["episodes"], total["providers"], total["countries"]) == (60, 2, 1)
    assert overview([], **about)["total"]["episodes"] == 0
    assert countries([], **about)["items"] == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("clock", "queued"),
        ("from", "yesterday"),
        ("to", "2025-01-01"),
        ("country", "NLD"),
        ("provider", "Northhost"),
        ("unit", "byte"),
        ("class", "x" * 65),
    ],
)
def test_a_filter_that_cannot_be_read_is_named(field: str, value: str) -> None:
    with pytest.raises(BadQuery, match=f"^{field}: ") as refused:
        parse({"from": "2026-01-01", field: value})
    assert value not in str(refused.value)


def test_a_link_carries_its_filters_and_comes_back_the_same() -> None:
    given = {
        "clock": "received",
        "from": "2025-04-01",
        "to": "2026-03-31",
        "country": "NL",
        "provider": "00000000-0000-0000-0000-000000000007",
        "class": "baseline",
        "where": "abroad",
        "unit": "notice",
    }
    query = parse(given)
    assert query.as_args() == given
    assert parse(query.as_args()) == query
    assert parse({"to": "", "page": "3"}) == Query()
