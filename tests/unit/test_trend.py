"""A provider against itself in the period before, and which period that is."""

from datetime import UTC, datetime, timedelta

import pytest
from ledgers import EpisodeRow, facts_of

from takedown.stats import figures
from takedown.stats.comparing import previous
from takedown.stats.query import Query, parse

FEBRUARY, MARCH = (datetime(2026, month, 3, 9, tzinfo=UTC) for month in (2, 3))
AS_OF = datetime(2026, 3, 31, 12, tzinfo=UTC)
THIS_MONTH = parse({"from": "2026-03-01", "to": "2026-03-31"})


def cases(provider: str, start: datetime, notices: int, hours: float) -> list[EpisodeRow]:
    """Each gone so long after a notice of its own, at the minute."""
    return [
        EpisodeRow(
            url_id=(provider, start, n),
            provider_id=provider,
            provider_name=provider,
            notice_id=(provider, start, n),
            started_at=start,
            last_up_at=start + timedelta(hours=hours),
            first_down_at=start + timedelta(hours=hours, minutes=1),
            outcome="removed",
        )
        for n in range(notices)
    ]


def test_a_trend_says_by_how_much_and_whether_it_is_more_than_chance() -> None:
    rows = [
        *(*cases("Slower", FEBRUARY, 12, 5), *cases("Slower", MARCH, 12, 90)),
        *(*cases("Steady", FEBRUARY, 8, 5), *cases("Steady", MARCH, 8, 6)),
        *(*cases("New", MARCH, 9, 5), *cases("Rare", FEBRUARY, 2, 5), *cases("Rare", MARCH, 9, 5)),
    ]
    told = figures.trends(facts_of(rows, AS_OF, added=True), THIS_MONTH)
    found = {one["provider"]: one["change_24"] for one in told["items"]}
    assert told["before"] == {"from": "2026-02-01", "to": "2026-02-28"}
    assert found["Slower"]["difference"] == -1.0 and found["Slower"]["more_than_chance"]
    assert found["Slower"]["high"] < 0
    assert found["Steady"]["difference"] == 0.0 and not found["Steady"]["more_than_chance"]
    assert found["New"] is None and found["Rare"] is None


@pytest.mark.parametrize(
    ("from_", "to", "before"),
    [
        ("2025-01-01", "2025-12-31", ("2024-01-01", "2024-12-31")),
        ("2026-01-01", "2026-02-28", ("2025-11-01", "2025-12-31")),
        ("2025-04-01", "2026-03-31", ("2024-04-01", "2025-03-31")),  # a month that has not ended
        ("2026-03-11", "2026-03-20", ("2026-03-01", "2026-03-10")),
        ("2026-02-01", "2026-02-10", ("2026-01-22", "2026-01-31")),
    ],
)
def test_the_period_before_is_as_long_in_months_where_months_are_asked_for(
    from_: str, to: str, before: tuple[str, str]
) -> None:
    args = previous(parse({"from": from_, "to": to}), AS_OF).as_args()
    assert (args["from"], args["to"]) == before


def test_without_a_beginning_nothing_came_before() -> None:
    facts = facts_of(cases("Slower", MARCH, 9, 5), AS_OF, added=True)
    assert figures.trends(facts, Query())["items"] == []
