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
        columns["ends"] = {str(h): definitions.ends_within(groups, h) for h in groups.hours}
        columns["up_after_days"] = {str(d): definitions.up_after(groups, d) for d in DAYS_UP}
        columns["mean_hours_28d"] = definitions.restricted_mean(groups)
    made = _rows(columns, len(groups))
    for line in made:
        shown = standing(line["effective_notices"], line["episodes"], line["inconclusive"])
        line["standing"] = shown
    return made


def _rows(columns: Any, n: int) -> list[Any]:
    """Columns as rows: dicts of columns become dicts, pairs of columns become lists."""
    if isinstance(columns, dict):
        parts = {name: _rows(column, n) for name, column in columns.items()}
        return [{name: part[i] for name, part in parts.items()} for i in range(n)]
    if isinstance(columns, tuple):
        low, high = (_rows(column, n) for column in columns)
        return [[a, b] for a, b in zip(low, high, strict=True)]
    return _plain(np.asarray(columns))


def _plain(column: Floats) -> list[Any]:
    """NaN is None; what is whole is an int where all of the column is counted."""
    if column.dtype.kind != "f":
        return [value or None for value in column.tolist()]
    return [None if value != value else value for value in column.tolist()]


WHOLE: Final = frozenset(
    {
        *(
            name
            for name in definitions.COUNTS
            if name not in ("effective_notices", "oldest_open_hours")
        ),
        "anchored",
        "of",
        "not_yet",
    }
)
"""Names of figures that are counts: whole numbers wherever each case counts one."""


def counted(value: Any) -> Any:
    """The same with whole numbers for counts; in units of notices or hosts they have fractions."""
    if isinstance(value, dict):
        return {
            key: int(one)
            if key in WHOLE and isinstance(one, float) and one.is_integer()
            else counted(one)
            for key, one in value.items()
        }
    return [counted(one) for one in value] if isinstance(value, list) else value
