"""Deadlines that bind, and how many were met: by month of the notice, and in all.

What was only asked for is left out: nobody can miss it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from takedown.stats import grid
from takedown.stats.answer import Figures, about, cutoff, episodes
from takedown.stats.facts.cases import cases
from takedown.stats.facts.reading import Facts
from takedown.stats.facts.sums import SQUARES
from takedown.stats.intervals import Squares, cluster_intervals
from takedown.stats.query import Query
from takedown.stats.ranking import standing

_DUE: Final = "ending >= d"
_GONE: Final = "over AND outcome <> 'moved'"
_MET: Final = f"{_GONE} AND low < d AND high <= d + {grid.WINDOW}"
_MISSED: Final = "(low >= d OR (over AND outcome = 'moved'))"


def due() -> str:
    """Cases with a deadline that binds this recipient on this notice, where it had passed by the
    cut-off. It counts in hours from the notice, whatever the clock."""
    return _DUE


def met() -> str:
    """Of the deadlines that had passed: cases known to be gone by then, removed or unavailable."""
    return f"{_DUE} AND {_MET}"


def missed() -> str:
    """Of the deadlines that had passed: cases known to be up when theirs passed, or moved elsewhere
    and so taken down by nobody. What is neither met nor missed was not looked at in between."""
    return f"{_DUE} AND {_MISSED}"


def ahead() -> str:
    """Cases whose binding deadline lay after the cut-off, whatever has become of them by then."""
    return f"NOT ({_DUE})"


COUNTS: Final[Mapping[str, Callable[[], str]]] = {
    "deadlines_due": due,
    "deadlines_met": met,
    "deadlines_missed": missed,
    "deadlines_ahead": ahead,
}
"""Conditions by the name under which figures bear what is counted by them; `d` is the deadline in
minutes."""


def met_share(line: Mapping[str, float]) -> Figures:
    """Share of the binding deadlines that were met, of those that had passed by the cut-off. `low`:
    met for certain; `high`: all but those missed for certain. `interval`: 95 %, by notices (over
    all providers: by providers)."""
    n = line["deadlines_due"]
    if not n:
        return {"low": None, "high": None, "interval": [None, None], "of": n}
    low, high = line["deadlines_met"] / n, 1.0 - line["deadlines_missed"] / n
    return {
        "low": low,
        "high": high,
        "interval": [_interval(line, low, "x")[0], _interval(line, high, "y")[1]],
        "of": n,
    }


def deadlines(facts: Facts, query: Query) -> Figures:
    """The deadlines that bind: in all under `total`, by month of the notice under `items`."""
    query = replace(query, clock="notified")
    rows, given = cases(episodes(facts, query), query, cutoff(facts, query), facts.home)
    cursor = facts.cursor().execute(_summed(rows, wide=query.provider is None), given)
    assert cursor.description is not None
    names = [column[0] for column in cursor.description]
    lines = {row[0]: dict(zip(names[1:], row[1:], strict=True)) for row in cursor.fetchall()}
    total = lines.pop(None, None)
    return about(facts, query) | {
        "total": total and {"month": None, **_line(total)},
        "items": [{"month": f"{key:%Y-%m}", **_line(lines[key])} for key in sorted(lines)],
    }


def _summed(rows: str, *, wide: bool) -> str:
    """SQL: sums by month, and over all of them (NULL), with what intervals need.

    What shares one fate: notices within a provider, else (`wide`) providers.
    """
    fate = "provider" if wide else "cluster"
    counted = ", ".join(
        f"coalesce(sum(w) FILTER ({condition()}), 0) AS {name}"
        for name, condition in COUNTS.items()
    )
    terms = {"m": "deadlines_due", "x": "deadlines_met", "y": "(deadlines_due - deadlines_missed)"}
    squares = ", ".join(f"sum({form.format(**terms)}) AS {name}" for name, form in SQUARES.items())
    whole = ", ".join(f"sum({name}) AS {name}" for name in (*COUNTS, "notices"))
    each = f"{counted}, count(DISTINCT cluster) FILTER ({_DUE}) AS notices"
    return f"""WITH c AS MATERIALIZED (SELECT *, deadline_hours * 60 AS d FROM {rows}
            WHERE aside IS NULL AND deadline_binding AND deadline_hours IS NOT NULL),
        f AS (SELECT month AS key, {each} FROM c GROUP BY month, {fate}
            UNION ALL SELECT NULL AS key, {each} FROM c GROUP BY {fate})
        SELECT key, {whole}, count(*) FILTER (deadlines_due > 0) AS fates, {squares}
        FROM f GROUP BY key"""


def _line(sums: Mapping[str, float]) -> Figures:
    k = sums["m"] ** 2 / sums["m2"] if sums["m2"] else 0.0
    counted = {name: _whole(sums[name]) for name in ("notices", *COUNTS)}
    shown = standing(k, round(sums["m"]), 0)
    return {**counted, "deadline_met": met_share(sums), "standing": shown}


def _interval(line: Mapping[str, float], share: float, of: str) -> tuple[float, float]:
    gone = {"x": of, "xx": of * 2, "xm": f"{of}m"}
    sums = {name: line[name] for name in ("m", "m2", "m4")}
    sums |= {name: line[source] for name, source in gone.items()}
    squares = Squares(**{name: np.array([float(value)]) for name, value in sums.items()})
    clusters = np.array([max(line["fates"], 2.0)])
    low, high, _ = cluster_intervals(np.array([share]), squares, clusters)
    return float(low[0]), float(high[0])


def _whole(count: float) -> float | int:
    return int(count) if count == int(count) else count
