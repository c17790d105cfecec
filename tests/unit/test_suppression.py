"""What the public edition withholds can't be worked out: attacked by algebra and by bounds."""

import random
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from scipy.optimize import linprog

from takedown.stats.publication.suppression import FEWEST, Cell, Sum, audit, suppress


def table(
    draw: random.Random, rows: int, columns: int
) -> tuple[dict[tuple[str, str], Cell], list[Sum]]:
    """Counts with their sums by row, by column and in all, some of them small."""
    grid = [
        [draw.choice([0, 2, 3, 7, 12, 40, 150, 900]) for _ in range(columns)] for _ in range(rows)
    ]
    cells, sums = {}, []

    def put(row: str, column: str, value: int) -> tuple[str, str]:
        cells[row, column] = Cell(value, min(value, 9), value // 3)
        return row, column

    for r in range(rows):
        parts = tuple(put(f"r{r}", f"c{c}", grid[r][c]) for c in range(columns))
        sums.append(Sum(put(f"r{r}", "all", sum(grid[r])), parts))
    for c in [*range(columns), "all"]:
        name = c if c == "all" else f"c{c}"
        parts = tuple((f"r{r}", name) for r in range(rows))
        whole = sum(cells[part].value for part in parts)
        sums.append(Sum(put("all", name, whole), parts))
    return cells, sums


def solved(
    cells: Mapping, sums: Sequence[Sum], hidden: set
) -> dict[object, tuple[float, float, bool]]:
    """Each hidden cell as a reader places it: least, most, and whether algebra alone fixes it."""
    unknown = sorted(hidden, key=repr)
    place = {key: i for i, key in enumerate(unknown)}
    matrix, right = np.zeros((len(sums), len(unknown))), np.zeros(len(sums))
    for number, one in enumerate(sums):
        for key, weight in [(one.total, -1.0), *((part, 1.0) for part in one.parts)]:
            if key in place:
                matrix[number, place[key]] += weight
            else:
                right[number] -= weight * cells[key].value
    free = np.linalg.matrix_rank(matrix)
    found = {}
    for key, i in place.items():
        cost = np.zeros(len(unknown))
        cost[i] = 1.0
        ends = [
            linprog(sign * cost, A_eq=matrix, b_eq=right, bounds=(0, None), method="highs")
            for sign in (1.0, -1.0)
        ]
        low = ends[0].fun
        high = -ends[1].fun if ends[1].status == 0 else np.inf
        fixed = np.linalg.matrix_rank(np.vstack([matrix, cost])) == free
        found[key] = (low, high, fixed)
    return found


@pytest.mark.parametrize("seed", range(6))
def test_no_withheld_cell_can_be_solved_for(seed: int) -> None:
    draw = random.Random(seed)
    cells, sums = table(draw, draw.randint(3, 7), draw.randint(2, 5))
    withheld = suppress(cells, sums)
    assert not withheld.exposed
    found = solved(cells, sums, set(withheld.keys))
    small = [key for key, cell in cells.items() if cell.sensitive]
    assert small and set(small) <= set(withheld.keys)
    for key in small:
        low, high, fixed = found[key]
        assert not fixed, key
        assert high - low >= FEWEST - 1e-6, (key, low, high)


def test_the_attack_finds_what_is_withheld_alone() -> None:
    cells, sums = table(random.Random(1), 4, 3)
    small = {key for key, cell in cells.items() if cell.sensitive}
    alone = {next(iter(small))}
    assert any(fixed for _, _, fixed in solved(cells, sums, alone).values())
    assert audit(cells, sums, alone)


@pytest.mark.parametrize(
    ("cell", "sensitive"),
    [
        (Cell(4, 4, 1), True),
        (Cell(5, 5, 1), False),
        (Cell(100, 2, 50), True),
        (Cell(100, 3, 85), False),
        (Cell(100, 3, 86), True),
        (Cell(0, 0, 0), True),
    ],
)
def test_a_cell_is_sensitive_when_small_on_few_hosts_or_nearly_all_on_one(
    cell: Cell, sensitive: bool
) -> None:
    assert cell.sensitive is sensitive


def test_what_an_earlier_edition_shows_is_not_given_away_by_subtraction() -> None:
    """A year whose first half is out: the second half would be three."""
    cells = {
        "year": Cell(43, 9, 10),
        "other": Cell(60, 9, 10),
        "all": Cell(103, 9, 20),
        "half": Cell(40, 9, 10, earlier="shown"),
        "rest": Cell(3, 2, 2, printed=False),
    }
    sums = [Sum("all", ("year", "other")), Sum("year", ("half", "rest"))]
    withheld = suppress(cells, sums).keys
    assert "year" in withheld
    assert withheld & {"all", "other"}
    assert not audit(cells, sums, withheld)


def test_what_an_earlier_edition_withheld_stays_withheld() -> None:
    cells = {
        "now": Cell(3, 3, 1),
        "rest": Cell(50, 9, 9),
        "all": Cell(53, 9, 9),
        "then": Cell(3, 3, 1, earlier="hidden"),
        "grown": Cell(0, 0, 0, printed=False),
    }
    sums = [Sum("all", ("now", "rest")), Sum("now", ("then", "grown"))]
    assert "now" in suppress(cells, sums).keys


def test_a_rounded_share_counts_as_what_it_tells() -> None:
    """Ninety-five of a hundred within a week: the few that moved must not follow from it."""
    cells = {
        "all": Cell(100, 9, 10),
        "gone": Cell(96, 9, 10),
        "moved": Cell(4, 4, 1),
        "within": Cell(95, 9, 10, band=(95, 96)),
        "later": Cell(1, 1, 1, printed=False),
    }
    sums = [Sum("all", ("gone", "moved")), Sum("gone", ("within", "later"))]
    withheld = suppress(cells, sums).keys
    assert {"gone", "moved"} <= withheld
    assert not audit(cells, sums, withheld)
