"""Measures of groups as lines of plain values: what pages, exports and programs print."""

from typing import Any, Final

import numpy as np

from takedown.stats import definitions
from takedown.stats.envelope import Floats
from takedown.stats.groups import Groups
from takedown.stats.ranking import standing

Line = dict[str, Any]

DAYS_UP: Final = (30, 42)
QUANTILES: Final = {"median_hours": 0.5, "p75_hours": 0.75, "p90_hours": 0.9}
LIKELY: Final = {f"likely_{name}": p for name, p in QUANTILES.items()}
_FEW: Final = {"median_hours": 0.5, "p90_hours": 0.9}


def lines(groups: Groups, *, whole: bool = False) -> list[Line]:
    """One line a group, in their order, under the names that `registry` gives its measures.

    `whole`: with what a league leaves out: all hours, ends, quantiles, survival, the mean.
    """
    if not len(groups):
        return []
    columns: dict[str, Any] = {name: one(groups) for name, one in definitions.COUNTS.items()}
    columns["gone"] = {str(h): definitions.gone_within(groups, h) for h in groups.hours}
    for name, p in (QUANTILES if whole else _FEW).items():
        columns[name] = definitions.left_by(groups, p)
    if whole:
        for name, p in LIKELY.items():
            columns[name] = definitions.likely_left_by(groups, p)
        columns["ends"] = {str(h): definitions.ends_within(groups, h) for h in groups.hours}
        columns["up_after_days"] = {str(d): definitions.up_after(groups, d) for d in DAYS_UP}
        columns["mean_hours_28d"] = definitions.restricted_mean(groups)
    made = _rows(columns, len(groups))
    for line in made:
        shown = standing(line["effective_notices"], line["episodes"], line["inconclusive"])
        line["standing"] = shown
    return made


def _rows(columns: Any, n: int, name: str = "") -> list[Any]:
    """Columns as rows: dicts of columns become dicts, pairs of columns become lists."""
    if isinstance(columns, dict):
        names = list(columns)
        parts = [_rows(column, n, name) for name, column in columns.items()]
        return [dict(zip(names, row, strict=True)) for row in zip(*parts, strict=True)]
    if isinstance(columns, tuple):
        return [list(pair) for pair in zip(*(_rows(one, n) for one in columns), strict=True)]
    return _plain(np.asarray(columns), name)


def _plain(column: Floats, name: str) -> list[Any]:
    """NaN is None. Counts are whole numbers, unless they count in units of notices or hosts."""
    if column.dtype.kind != "f":
        return [value or None for value in column.tolist()]
    if name in WHOLE and bool((column == np.floor(column)).all()):
        found: list[Any] = column.astype(np.int64).tolist()
        return found
    unknown = np.isnan(column)
    if not unknown.any():
        return list(column.tolist())
    return [None if value != value else value for value in column.tolist()]


_MEASURED: Final = ("effective_notices", "oldest_open_hours")
WHOLE: Final = frozenset(
    {*(one for one in definitions.COUNTS if one not in _MEASURED), "anchored", "of", "not_yet"}
)
"""Names of figures that are counts."""
