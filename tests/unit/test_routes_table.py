"""The reference data of routes: read strictly, nothing guessed, the facts as collected."""

import csv
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from takedown.routes.models import RouteStatus
from takedown.routes.table import BadRoutes, RouteRow, read

ROOT = Path(__file__).parents[2]
DATA = tomllib.loads((ROOT / "config" / "jurisdictions.toml").read_text("utf-8"))
ROWS = read(DATA)
COLLECTED = ROOT.parent / "shared" / "data" / "jurisdictions.csv"


def test_every_row_names_its_source_and_the_day_it_was_checked() -> None:
    assert len(ROWS) == 19
    assert all(row.source and row.checked_on.year == 2026 for row in ROWS)


def test_nothing_that_comes_along_claims_to_be_verified() -> None:
    assert {row.status for row in ROWS} == {RouteStatus.UNVERIFIED}
    assert {row.checked_by for row in ROWS} == {None}


def test_only_these_deadlines_are_known() -> None:
    known = {row.country: (row.deadline_hours, row.binds_on) for row in ROWS if row.deadline_hours}
    assert known == {
        "AU": (24, "authority_order"),
        "DE": (48, "asked"),
        "NL": (24, "signatories"),
        "NZ": (24, "authority_order"),
    }


def test_the_table_agrees_with_the_collected_facts_where_they_are_at_hand() -> None:
    assert list(_collected()) in ([], sorted(_plain(row) for row in ROWS))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"source": ""}, "source"),
        ({"kind": "letter"}, "kind"),
        ({"direction": "sideways"}, "direction"),
        ({"deadline_hours": 0}, "deadline_hours"),
        ({"deadline_hours": "24"}, "deadline_hours"),
        ({"deadline_hours": 24}, "binds_on"),
        ({"binds_on": "hope"}, "binds_on"),
        ({"status": "verified"}, "checked_by"),
        ({"checked_on": "2026-11-21"}, "checked_on"),
        ({"colour": "blue"}, "colour"),
        ({"country": "XX"}, "country"),
        ({"country": "EU"}, "country"),
        ({"country": "*"}, "direction"),
        ({"deadline_hours": 2**31}, "deadline_hours"),
        ({"languages": ["english"]}, "languages"),
        ({"note": "=cmd()"}, "note"),
        ({"via": "two\nlines"}, "via"),
        ({"basis": "x" * 501}, "basis"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_with_its_field(
    change: dict[str, Any], field: str
) -> None:
    good, changed = DATA["route"][0], {**DATA["route"][0], "country": "LU", **change}
    with pytest.raises(BadRoutes) as refused:
        read({"route": [good, changed]})
    assert (refused.value.row, refused.value.field) == (2, field)


def test_a_country_stands_once_with_each_direction() -> None:
    with pytest.raises(BadRoutes):
        read({"route": [DATA["route"][0], DATA["route"][0]]})


def _plain(row: RouteRow) -> tuple[str, ...]:
    hours = str(row.deadline_hours or "")
    return (
        *(row.country, row.direction, row.kind, hours, row.binds_on or ""),
        *(";".join(row.languages), str(row.checked_on), row.status),
    )


def _collected() -> Iterator[tuple[str, ...]]:
    if COLLECTED.exists():
        with COLLECTED.open(newline="") as file:
            yield from sorted(
                (
                    *(row["country"], row["direction"], row["route"], row["deadline_hours"]),
                    *(row["binds_on"], row["languages"], row["checked_on"], row["status"]),
                )
                for row in csv.DictReader(file)
            )
