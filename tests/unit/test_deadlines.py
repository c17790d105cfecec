"""Deadlines that bind: met, missed or not known, counted by hand, month by month."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ledgers import EpisodeRow, facts_of

from takedown.stats import figures
from takedown.stats.query import Query
from takedown.stats.table import render

MARCH = datetime(2026, 3, 2, 9, tzinfo=UTC)
APRIL = datetime(2026, 4, 7, 9, tzinfo=UTC)
CUTOFF = datetime(2026, 5, 1, tzinfo=UTC)


def case(
    number: int,
    up: float,
    down: float | None = None,
    *,
    at: datetime = MARCH,
    hours: int | None = 24,
    binding: bool = True,
    **more: Any,
) -> EpisodeRow:
    """Seen up, then gone, so many hours after its notice, which is its own."""
    return EpisodeRow(
        **{
            "url_id": number,
            "notice_id": number,
            "host_number": number,
            "started_at": at,
            "last_up_at": at + timedelta(hours=up),
            "first_down_at": None if down is None else at + timedelta(hours=down),
            "outcome": "open" if down is None else "removed",
            "deadline_hours": hours,
            "deadline_binding": binding,
            **more,
        }
    )


def told(rows: Iterable[EpisodeRow], **asked: Any) -> dict[str, Any]:
    query = Query(**({"cutoff": CUTOFF} | asked))
    return figures.deadlines(facts_of(rows, CUTOFF), query)


def counts(line: dict[str, Any]) -> tuple[int, ...]:
    return tuple(line[f"deadlines_{name}"] for name in ("due", "met", "missed", "ahead"))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (case(1, 20, 23), (1, 1, 0, 0)),
        (case(1, 23.9, 24.25), (1, 1, 0, 0)),  # the window after the deadline tells the state at it
        (case(1, 24, 25), (1, 0, 1, 0)),
        (case(1, 20, 30), (1, 0, 0, 0)),  # it went in between: nobody knows
        (case(1, 500), (1, 0, 1, 0)),
        (case(1, 20), (1, 0, 0, 0)),  # up, and not looked at since
        (case(1, 20, 21, outcome="open"), (1, 0, 0, 0)),  # seems gone, not confirmed
        (case(1, 2, 3, outcome="moved"), (1, 0, 1, 0)),  # nobody took it down
        (case(1, 2, 3, outcome="unavailable"), (1, 1, 0, 0)),
        (case(1, 30, 40, hours=48), (1, 1, 0, 0)),  # each has its own deadline
        (case(1, 2, 3, at=CUTOFF - timedelta(hours=5)), (0, 0, 0, 1)),  # too young, gone or not
    ],
)
def test_a_deadline_was_met_or_missed_or_nobody_knows(
    row: EpisodeRow, expected: tuple[int, ...]
) -> None:
    assert counts(told([row])["total"]) == expected


def test_what_binds_nobody_and_what_came_back_stay_out() -> None:
    rows = [
        case(1, 20, 23, binding=False),
        case(2, 20, 23, hours=None),
        case(3, 20, 23, ordinal=2),
        case(4, 20, 23, outcome="rescinded"),
    ]
    found = told(rows)
    assert found["items"] == [] and found["total"] is None


def test_months_add_up_to_the_total_and_bounds_hold_what_is_not_known() -> None:
    rows = [case(n, 20, 23) for n in range(6)]
    rows += [case(6, 20, 30), case(7, 30, 40), case(8, 20, 23, at=APRIL)]
    found = told(rows, clock="registered", provider=facts_of(rows, CUTOFF).providers[1].id)
    assert found["clock"] == "notified"  # a deadline counts from the notice
    assert [item["month"] for item in found["items"]] == ["2026-03", "2026-04"]
    assert [counts(item) for item in found["items"]] == [(8, 6, 1, 0), (1, 1, 0, 0)]
    assert counts(found["total"]) == (9, 7, 1, 0)
    march = found["items"][0]["deadline_met"]
    assert (march["low"], march["high"], march["of"]) == (0.75, 0.875, 8)
    assert march["interval"] == pytest.approx([0.349, 0.997], abs=0.001)  # Clopper-Pearson, n = 8
    assert [item["standing"] for item in found["items"]] == ["interval", "counts"]


def test_one_decision_for_many_addresses_counts_once_in_the_interval() -> None:
    one = [case(n, 20, 23, notice_id="same") for n in range(40)]
    line = told([*one, case(41, 30)], provider=facts_of(one, CUTOFF).providers[1].id)["total"]
    assert line["deadline_met"]["low"] == pytest.approx(40 / 41)
    assert line["deadline_met"]["interval"][0] < 0.03
    assert (line["notices"], line["standing"]) == (2, "counts")


def test_the_table_keeps_the_months_in_order_and_shares_to_enough_notices() -> None:
    rows = [case(n, 20, 23) for n in range(9)] + [case(9, 30, at=APRIL)]
    lines = render(told(rows, provider=facts_of(rows, CUTOFF).providers[1].id)).splitlines()
    march, april, total = (line.split() for line in lines[3:6])
    assert march[:7] == ["2026-03", "9", "9", "9", "0", "0", "████████"]
    assert april == ["2026-04", "1", "1", "0", "1", "0"]
    assert total[:2] == ["In", "all"] and "90" in total
    assert "horloge" in render(told(rows), lang="fr")
    assert render(told(rows), "csv").startswith("month,notices,deadlines_due,")
