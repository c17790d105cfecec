"""How letters reach a provider, counted by hand: a line is a letter, and what came of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ledgers import EpisodeRow, facts_of

from takedown.stats import figures
from takedown.stats.facts import Facts
from takedown.stats.facts.duck import connect
from takedown.stats.facts.layout import quoted
from takedown.stats.facts.schema import LETTERS
from takedown.stats.query import Query

MARCH = datetime(2026, 3, 2, 9, tzinfo=UTC)
APRIL = datetime(2026, 4, 7, 9, tzinfo=UTC)
CUTOFF = datetime(2026, 5, 1, tzinfo=UTC)
NORTHHOST, SOUTHHOST = 1, 2

# provider, medium, composed, accepted, status, bounced, undelivered, mode, kind
Letter = tuple[int, str, datetime, datetime | None, str, bool, bool, str, str]


def letter(
    provider: int = NORTHHOST,
    medium: str = "email",
    at: datetime = MARCH,
    *,
    accepted: bool = True,
    status: str = "accepted",
    bounced: bool = False,
    undelivered: bool = False,
    mode: str = "live",
    kind: str = "first",
) -> Letter:
    then = at + timedelta(hours=1) if accepted else None
    return (provider, medium, at, then, status, bounced, undelivered, mode, kind)


LETTERS_SENT = [
    letter(),
    letter(kind="reminder", bounced=True),  # one of its recipients
    letter(kind="escalation", bounced=True, undelivered=True),  # all of them
    letter(accepted=False, status="failed"),  # given up
    letter(accepted=False, status="approved"),  # on its way: nothing has come of it yet
    letter(mode="rehearsal"),
    letter(kind="police"),
    letter(medium="api"),
    letter(medium="api", accepted=False, status="failed"),
    letter(medium="api", at=APRIL),
    letter(medium="api", at=APRIL, accepted=False, status="failed"),
    letter(SOUTHHOST, "form"),
]


@pytest.fixture(scope="module")
def facts() -> Facts:
    """Two providers and their letters."""
    rows = [
        EpisodeRow(url_id=number, provider_id=number, provider_name=name, started_at=MARCH)
        for number, name in ((NORTHHOST, "Northhost"), (SOUTHHOST, "Southhost"))
    ]
    made = facts_of(rows, CUTOFF)
    folder = made.path / "letters"
    folder.mkdir(exist_ok=True)
    columns = ", ".join(f'"{one.name}" {one.type}' for one in LETTERS)
    with connect(made.path) as work:
        work.execute(f"CREATE TEMP TABLE sent ({columns})")
        work.executemany(
            "INSERT INTO sent (provider, medium, composed_at, accepted_at, status, bounced,"
            " undelivered, mode, kind) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [tuple(map(_plain, one)) for one in LETTERS_SENT],
        )
        work.execute(f"COPY sent TO {quoted(folder / '2026-03.parquet')} (FORMAT parquet)")
    return made


def _plain(value: Any) -> Any:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def media(facts: Facts, **asked: Any) -> dict[tuple[str, str], tuple[int, ...]]:
    """By provider and medium: accepted, bounced, undelivered, given up."""
    return {
        (item["provider"], line["medium"]): tuple(
            line[name] for name in ("letters", "bounced", "undelivered", "given_up")
        )
        for item in figures.reaching(facts, Query(**asked))["items"]
        for line in item["media"]
    }


def test_letters_are_told_apart_by_medium_and_by_what_came_of_them(facts: Facts) -> None:
    assert media(facts) == {
        ("Northhost", "api"): (2, 0, 0, 2),
        ("Northhost", "email"): (3, 2, 1, 1),
        ("Southhost", "form"): (1, 0, 0, 0),
    }


def test_a_period_is_that_of_acceptance_and_of_those_given_up_that_of_composition(
    facts: Facts,
) -> None:
    april = datetime(2026, 4, 1, tzinfo=UTC)
    assert media(facts, from_=april) == {("Northhost", "api"): (1, 0, 0, 1)}
    assert media(facts, to=april)["Northhost", "api"] == (1, 0, 0, 1)
    edge = MARCH + timedelta(hours=1)  # accepted at the very beginning of a period: within it
    assert media(facts, from_=edge, to=april)["Northhost", "email"] == (3, 2, 1, 0)


def test_one_provider_is_asked_for_alone(facts: Facts) -> None:
    mine = facts.providers[SOUTHHOST].id
    assert media(facts, provider=mine) == {("Southhost", "form"): (1, 0, 0, 0)}
