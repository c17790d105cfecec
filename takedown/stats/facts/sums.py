"""SQL that adds cases up: by notice, then by provider and month; and by age, on the grid.

These sums are all that the measures need. Pages read them as they were added up when the facts were
written; whatever is filtered is added up by the very same SQL when it is asked for.
"""

from typing import Final

from takedown.stats import grid

_OPEN: Final = "NOT over AND aside IS NULL"
_GONE: Final = "over AND outcome <> 'moved' AND aside IS NULL"

COUNTS: Final = {
    "n": "aside IS NULL",
    "open": _OPEN,
    "removed": "over AND outcome = 'removed' AND aside IS NULL",
    "unavailable": "over AND outcome = 'unavailable' AND aside IS NULL",
    "moved": "over AND outcome = 'moved' AND aside IS NULL",
    "inconclusive": f"{_OPEN} AND doubtful",
    "overdue": f"{_OPEN} AND high = 1099511627776 AND deadline_binding"
    " AND ending > deadline_hours * 60",
    "asked_for": f"{_OPEN} AND high = 1099511627776 AND NOT deadline_binding"
    " AND ending > deadline_hours * 60",
    "reappeared": "reappeared_at IS NOT NULL AND reappeared_at <= cut AND aside IS NULL",
    "before": "aside = 'before'",
    "without": "aside = 'without'",
    "undelivered": "aside = 'undelivered'",
    "rescinded": "aside = 'rescinded'",
    "later": "aside = 'later'",
    "later_open": "aside = 'later' AND NOT over",
    "police_first": "police_first AND aside IS NULL",
    "held": "held AND aside IS NULL",
    "not_forwardable": "NOT forwardable AND aside IS NULL",
    "not_checkable": "not_checkable AND aside IS NULL",
}
"""What is counted once for each case, by the condition that makes it count."""

AT_HOUR: Final = {
    "sure_removed": "over AND outcome NOT IN ('unavailable', 'moved')"
    " AND low < {m} AND high <= {e}",
    "sure_unavailable": "over AND outcome = 'unavailable' AND low < {m} AND high <= {e}",
    "sure_moved": "over AND outcome = 'moved' AND low < {m} AND high <= {e}",
    "maybe_removed": "over AND outcome NOT IN ('unavailable', 'moved') AND low < {m}",
    "maybe_unavailable": "over AND outcome = 'unavailable' AND low < {m}",
    "maybe_moved": "over AND outcome = 'moved' AND low < {m}",
    "doubt": "doubtful AND low < {m}",
    "known": "(low >= {m} OR (over AND high <= {e}))",
    "young": "NOT over AND ending < {m} AND low < {m}",
}
"""What is counted at each hour: {m} its minute, {e} the end of the window after it."""

SQUARES: Final = {
    "m": "{m}",
    "m2": "{m} * {m}",
    "m4": "{m} * {m} * {m} * {m}",
    "x": "{x}",
    "xx": "{x} * {x}",
    "xm": "{x} * {m}",
    "y": "{y}",
    "yy": "{y} * {y}",
    "ym": "{y} * {m}",
}
"""Sums over clusters that an interval needs: m members old enough, x surely and y perhaps gone."""

AGES: Final = (
    "l_removed",
    "l_unavailable",
    "l_moved",
    "l_doubt",
    "l_open",
    "c_open",
    "h_removed",
    "h_unavailable",
    "h_moved",
    "h_doubt",
)
"""Cases by age on the grid: `l_` at their last up, `h_` at their end at the latest, and `c_open` at
the first point after their last up."""


def by_cluster(cases: str, keys: str) -> str:
    """Sums of cases by `keys` and cluster."""
    counts = [f"{_sum(condition)} AS {name}" for name, condition in COUNTS.items()]
    for hour in grid.HOURS:
        minute = {"m": hour * 60, "e": hour * 60 + grid.WINDOW}
        counts += [
            f"{_sum('aside IS NULL AND ' + condition.format(**minute))} AS {name}_{hour}"
            for name, condition in AT_HOUR.items()
        ]
    counts.append(f"min(epoch_ms(t0)) FILTER ({_OPEN}) AS since")
    return f"SELECT {keys}, cluster, {', '.join(counts)} FROM {cases} GROUP BY ALL"


def together(clusters: str, keys: str) -> str:
    """Clusters that lie in several parts, as one."""
    whole = ", ".join(f"sum({name}) AS {name}" for name in columns())
    return f"SELECT {keys}, cluster, {whole}, min(since) AS since FROM {clusters} GROUP BY ALL"


def by_group(clusters: str, keys: str, hours: tuple[int, ...] = grid.HOURS) -> str:
    """Sums over clusters by `keys`, with what intervals need."""
    chosen = [f"sum({name}) AS {name}" for name in columns(hours)]
    chosen += [
        "count(*) FILTER (n > 0) AS clusters",
        "sum(n) AS cluster_n",
        "sum(n * n) AS cluster_n2",
        "min(since) AS since",
    ]
    for hour in hours:
        terms = {
            "m": f"(n - young_{hour})",
            "x": f"(sure_removed_{hour} + sure_unavailable_{hour})",
            "y": f"(maybe_removed_{hour} + maybe_unavailable_{hour} + doubt_{hour})",
        }
        chosen += [
            f"sum({form.format(**terms)}) AS {name}_{hour}" for name, form in SQUARES.items()
        ]
    return f"SELECT {keys}, {', '.join(chosen)} FROM {clusters} GROUP BY ALL"


def regrouped(groups: str, keys: str, hours: tuple[int, ...] = grid.HOURS) -> str:
    """Groups that share no cluster, as one: months of a provider."""
    names = (*columns(hours), "clusters", "cluster_n", "cluster_n2")
    names += tuple(f"{name}_{hour}" for hour in hours for name in SQUARES)
    whole = ", ".join(f"sum({name}) AS {name}" for name in names)
    return f"SELECT {keys}, {whole}, min(since) AS since FROM {groups} GROUP BY ALL"


def columns(hours: tuple[int, ...] = grid.HOURS) -> tuple[str, ...]:
    """What adds up over clusters, providers and months alike."""
    return (*COUNTS, *(f"{name}_{h}" for h in hours for name in AT_HOUR))


def by_age(cases: str, keys: str) -> str:
    """Cases within the rates by `keys` and age."""
    rated = f"""(SELECT *, {grid.before(_short("low"))} AS l_bin,
        {grid.after(_short("low"))} AS c_bin,
        CASE WHEN over THEN {grid.after(_short("high"))}
            WHEN doubtful THEN {grid.after(_short("greatest(ending, low + 1)"))} END AS h_bin,
        CASE WHEN over AND outcome = 'unavailable' THEN 1 WHEN over AND outcome = 'moved' THEN 2
            WHEN over THEN 0 WHEN doubtful THEN 3 ELSE 4 END AS kind
        FROM {cases} WHERE aside IS NULL)"""
    parts = (
        ("l_bin", ("l_removed", "l_unavailable", "l_moved", "l_doubt", "l_open")),
        ("c_bin", ("", "", "", "", "c_open")),
        ("h_bin", ("h_removed", "h_unavailable", "h_moved", "h_doubt", "")),
    )
    chosen = []
    for place, names in parts:
        known = {name: kind for kind, name in enumerate(names) if name}
        counted = ", ".join(
            f"coalesce(sum(w) FILTER (kind = {known[name]}), 0) AS {name}"
            if name in known
            else f"0 AS {name}"
            for name in AGES
        )
        chosen.append(
            f"SELECT {keys}, {place} AS bin, {counted} FROM r WHERE {place} IS NOT NULL"
            f" GROUP BY ALL"
        )
    return f"WITH r AS MATERIALIZED {rated} " + added(f"({' UNION ALL '.join(chosen)})", keys)


def added(parts: str, keys: str) -> str:
    """Sums by age of several parts, as one."""
    total = ", ".join(f"sum({name}) AS {name}" for name in AGES)
    return f"SELECT {keys}, bin, {total} FROM {parts} GROUP BY ALL"


def _sum(condition: str) -> str:
    return f"coalesce(sum(w) FILTER ({condition}), 0)"


def _short(minutes: str) -> str:
    return f"least({minutes}, {grid.LONGEST})"
