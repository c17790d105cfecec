"""Two public editions whose periods overlap, subtracted from each other as a reader would."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from published_world import BEGIN, Ledger, Time, house
from publishing import made, shown, table
from scipy.optimize import linprog

from takedown.db import Sessions, committing
from takedown.stats.publication import service
from takedown.stats.publication.frozen import open_frozen
from takedown.stats.publication.house import House
from takedown.stats.publication.models import Edition, Publication
from takedown.vault import Vault

ENDS = ("removed", "unavailable", "moved", "open", "gone_before", "rescinded")
ROWS = {"FR": "France", "NL": "Netherlands", "US": "United States"}
YEAR, HALF = (
    (date(2026, 1, 1), date(2026, 12, 31)),
    (date(2026, 1, 1), date(2026, 6, 30)),
)
Cell = tuple[str, str, str]


@pytest.fixture
def place(sessions: Sessions, vault: Vault, tmp_path: Path) -> House:
    """A year in which each country's last half holds but few: two editions differ by those."""
    made_here = house(sessions, vault, tmp_path, Time())
    with committing(sessions) as session:
        ledger = Ledger(session, vault)
        firms = {code: ledger.provider(f"{code}host", code) for code in ROWS}
        for code, firm in firms.items():
            session.refresh(firm, ["contacts"])
            for month, notices in ((1, 5), (8, 1 if code != "US" else 4)):
                for number in range(notices):
                    at = BEGIN + timedelta(days=30 * month + number)
                    hosts = [f"{code}{month}{number}{one}.example".lower() for one in range(3)]
                    ledger.notice(firm, hosts, at, [5.0, 30.0, 90.0 if month == 1 else None])
    return made_here


def published(place: House, days: tuple[date, date]) -> Publication:
    """A public edition that is out: its providers told, fourteen days passed."""
    row = made(place, edition=Edition.PUBLIC, first=days[0], last=days[1], languages=["en"])
    with committing(place.sessions) as session:
        found = session.get_one(Publication, row.id)
        service.told(session, found, now=place.clock(), by="user:a")
        later = place.clock() + service.TOLD
        service.publish(session, found, now=later, by="user:b")
    return row


def printed(place: House, row: Publication, name: str) -> dict[Cell, int | None]:
    """What its readers have of the addresses notified by country; None: withheld."""
    found: dict[Cell, int | None] = {}
    for line in table(shown(place, row), "by_country"):
        for column in ("total", *ENDS):
            value = line[{"gone_before": "gone_before_notice"}.get(column, column)]
            found[name, line["country"], column] = value if isinstance(value, int) else None
    return found


def truly(place: House, row: Publication) -> dict[tuple[str, str], int]:
    """The same, before anything was withheld."""
    counts = open_frozen(place.folder(row.id)).computed()["counts"]["cases"]["by_country"]
    return {
        (ROWS[line["key"]], column): line[column][0]
        for line in counts
        for column in ("total", *ENDS)
    }


def solved(cells: dict[Cell, int | None]) -> dict[Cell, tuple[float, float]]:
    """Between what and what each withheld cell, and each difference of two editions, must lie.

    A reader knows: ends add up to totals in both editions; what happened in the half happened in
    the year, so no difference is below nought, and ends' differences add up to totals' too.
    """
    unknown = [cell for cell, value in cells.items() if value is None]
    grown = [
        ("grown", country, column)
        for name, country, column in cells
        if name == "year" and ("half", country, column) in cells
    ]
    names = [*unknown, *grown]
    place = {cell: i for i, cell in enumerate(names)}
    rows, right = [], []

    def equation(parts: list[tuple[Cell, float]]) -> None:
        row, known = np.zeros(len(names)), 0.0
        for cell, weight in parts:
            value = cells.get(cell)
            if cell in place:
                row[place[cell]] += weight
            else:
                assert value is not None
                known += weight * value
        rows.append(row)
        right.append(-known)

    for name, country in {(name, country) for name, country, _ in cells}:
        equation([((name, country, "total"), -1.0), *(((name, country, end), 1.0) for end in ENDS)])
    for _, country, column in grown:
        parts = [("year", -1.0), ("half", 1.0), ("grown", 1.0)]
        equation([((name, country, column), weight) for name, weight in parts])
    found = {}
    for cell in names:
        cost = np.zeros(len(names))
        cost[place[cell]] = 1.0
        ends = [
            linprog(sign * cost, A_eq=np.array(rows), b_eq=right, bounds=(0, None))
            for sign in (1.0, -1.0)
        ]
        low = float(ends[0].fun)
        high = float(-ends[1].fun) if ends[1].status == 0 else float("inf")
        found[cell] = (low, high)
    return found


def test_what_two_overlapping_editions_withhold_cannot_be_had_by_subtraction(place: House) -> None:
    half = published(place, HALF)
    year = published(place, YEAR)
    truth = {"half": truly(place, half), "year": truly(place, year)}
    cells = printed(place, half, "half") | printed(place, year, "year")
    cells = {cell: value for cell, value in cells.items() if cell[1] in ROWS.values()}
    for (name, *where), value in cells.items():
        assert value is None or value == truth[name][tuple(where)]  # nothing is invented
    ranges = solved(cells)
    small = 0
    for (name, country, column), (low, high) in ranges.items():
        year_has = truth["year"][country, column]
        true = year_has - truth["half"][country, column] if name == "grown" else year_has
        if name == "half":
            true = truth["half"][country, column]
        assert low - 1e-6 <= true <= high + 1e-6
        if 0 < true < 5 or (name != "grown" and true < 5):
            small += 1
            assert high - low >= 5 - 1e-6, (name, country, column, low, high)
    assert small > 10
    told = [
        value
        for sheet in shown(place, year)["sheets"]
        for one in sheet["tables"]
        for line in one["lines"]
        for value in line.values()
        if type(value) is int
    ]
    assert len(told) > 20 and min(told) >= 5, "the second edition tells something still"
