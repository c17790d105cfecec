"""SQL that adds cases up: by notice, then by provider and month; and by age, on the grid.

These sums are all that the measures need. Pages read them as they were added up when the facts were
written; whatever is filtered is added up by the very same SQL when it is asked for.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from takedown.stats import grid

_OPEN: Final = "NOT over AND aside IS NULL"

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
    "sure_removed": "kind = 0 AND low_at <= {i} AND high_at <= {i}",
    "sure_unavailable": "kind = 1 AND low_at <= {i} AND high_at <= {i}",
    "sure_moved": "kind = 2 AND low_at <= {i} AND high_at <= {i}",
    "maybe_removed": "kind = 0 AND low_at <= {i}",
    "maybe_unavailable": "kind = 1 AND low_at <= {i}",
    "maybe_moved": "kind = 2 AND low_at <= {i}",
    "doubt": "kind = 3 AND low_at <= {i}",
    "known": "(low_at > {i} OR (kind <= 2 AND high_at <= {i}))",
    "young": "kind >= 3 AND low_at <= {i} AND ending_at <= {i}",
}
"""What is counted at each hour, by the place {i} of the hour: `low_at` hours had passed when it was
last up, `ending_at` at the cut-off, and `high_at` with their windows when it had surely ended."""

_KIND: Final = """CASE WHEN aside IS NOT NULL THEN NULL WHEN over AND outcome = 'unavailable' THEN 1
    WHEN over AND outcome = 'moved' THEN 2 WHEN over THEN 0 WHEN doubtful THEN 3 ELSE 4 END"""
"""0: removed, 1: unavailable, 2: moved, 3: in doubt, 4: open; NULL: outside the rates."""

_SPREAD: Final = (
    "sure_removed",
    "sure_unavailable",
    "maybe_removed",
    "maybe_unavailable",
    "doubt",
    "young",
)

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
    counts = _counts(COUNTS, AT_HOUR, grid.HOURS)
    return (
        f"SELECT {keys}, cluster, {counts}, min(since) AS since"
        f" FROM ({_alike(cases, keys, grid.HOURS)}) GROUP BY ALL"
    )


def of_cases(cases: str, keys: str, hours: tuple[int, ...]) -> str:
    """What `regrouped` needs of cases by `keys`: two rows for each, since only what intervals need
    is added up by cluster, which takes most of the time."""
    state = "marks, kind, low_at, high_at, ending_at"
    spread = _counts({"n": COUNTS["n"]}, {name: AT_HOUR[name] for name in _SPREAD}, hours)
    return f"""WITH alike AS MATERIALIZED ({_alike(cases, keys, hours)}),
        fewer AS (SELECT {keys}, {state}, sum(w) AS w, min(since) AS since FROM alike GROUP BY ALL),
        clusters AS (SELECT {keys}, cluster, {spread} FROM alike GROUP BY ALL)
        SELECT {keys}, {_counts(COUNTS, AT_HOUR, hours)}, min(since) AS since FROM fewer
            GROUP BY ALL
        UNION ALL BY NAME SELECT {keys}, {", ".join(_spread(hours))} FROM clusters GROUP BY ALL"""


def _alike(cases: str, keys: str, hours: tuple[int, ...]) -> str:
    """Cases that count alike, added up: those of one notice mostly do, and each sum is one row
    less under some eighty conditions."""
    marks = " + ".join(
        f"CASE WHEN {condition} THEN {1 << n} ELSE 0 END"
        for n, condition in enumerate(COUNTS.values())
    )
    minutes = [hour * 60 for hour in hours]
    ends = [minute + grid.WINDOW for minute in minutes]
    return f"""SELECT {keys}, cluster, marks, kind, low_at,
        CASE WHEN kind <= 2 THEN high_at END AS high_at,
        CASE WHEN kind >= 3 THEN ending_at END AS ending_at, sum(w) AS w, min(since) AS since
        FROM (SELECT *, {marks} AS marks, {_KIND} AS kind,
            {_passed(minutes, "<=", "low")} AS low_at, {_passed(ends, "<", "high")} AS high_at,
            {_passed(minutes, "<=", "ending")} AS ending_at,
            CASE WHEN {_OPEN} THEN epoch_ms(t0) END AS since FROM {cases}) GROUP BY ALL"""


def _counts(counts: Mapping[str, str], at_hour: Mapping[str, str], hours: tuple[int, ...]) -> str:
    """SQL: what is counted, over what is alike."""
    places = {name: place for place, name in enumerate(COUNTS)}
    found = [f"{_sum(f'marks & {1 << places[name]} <> 0')} AS {name}" for name in counts]
    found += [
        f"{_sum(condition.format(i=place))} AS {name}_{hour}"
        for place, hour in enumerate(hours)
        for name, condition in at_hour.items()
    ]
    return ", ".join(found)


def together(clusters: str, keys: str) -> str:
    """Clusters that lie in several parts, as one."""
    whole = ", ".join(f"sum({name}) AS {name}" for name in columns())
    return f"SELECT {keys}, cluster, {whole}, min(since) AS since FROM {clusters} GROUP BY ALL"


def by_group(clusters: str, keys: str, hours: tuple[int, ...] = grid.HOURS) -> str:
    """Sums over clusters by `keys`, with what intervals need."""
    chosen = [f"sum({name}) AS {name}" for name in columns(hours)]
    chosen += [*_spread(hours), "min(since) AS since"]
    return f"SELECT {keys}, {', '.join(chosen)} FROM {clusters} GROUP BY ALL"


def _spread(hours: tuple[int, ...]) -> Iterator[str]:
    """SQL: sums over clusters that an interval needs."""
    yield "count(*) FILTER (n > 0) AS clusters"
    yield "sum(n) AS cluster_n"
    yield "sum(n * n) AS cluster_n2"
    for hour in hours:
        terms = {
            "m": f"(n - young_{hour})",
            "x": f"(sure_removed_{hour} + sure_unavailable_{hour})",
            "y": f"(maybe_removed_{hour} + maybe_unavailable_{hour} + doubt_{hour})",
        }
        yield from (
            f"sum({form.format(**terms)}) AS {name}_{hour}" for name, form in SQUARES.items()
        )


def regrouped(groups: str, keys: str, hours: tuple[int, ...] = grid.HOURS) -> str:
    """Groups that share no cluster, as one: months of a provider."""
    whole = ", ".join(f"sum({name}) AS {name}" for name in _of_groups(hours))
    return f"SELECT {keys}, {whole}, min(since) AS since FROM {groups} GROUP BY ALL"


def alone(groups: str, keys: str, hours: tuple[int, ...]) -> str:
    """As `regrouped` where there is one row of each already."""
    return f"SELECT {keys}, {', '.join(_of_groups(hours))}, since FROM {groups}"


def _of_groups(hours: tuple[int, ...]) -> tuple[str, ...]:
    spread = (f"{name}_{hour}" for hour in hours for name in SQUARES)
    return (*columns(hours), "clusters", "cluster_n", "cluster_n2", *spread)


def columns(hours: tuple[int, ...] = grid.HOURS) -> tuple[str, ...]:
    """What adds up over clusters, providers and months alike."""
    return (*COUNTS, *(f"{name}_{h}" for h in hours for name in AT_HOUR))


def by_age(cases: str, keys: str) -> str:
    """Cases within the rates by `keys` and age."""
    rated = f"""(SELECT {keys}, w, {_KIND} AS kind, {grid.before(_short("low"))} AS l_bin,
        CASE WHEN kind = 4 THEN {grid.after(_short("low"))} END AS c_bin,
        CASE WHEN kind <= 2 THEN {grid.after(_short("high"))}
            WHEN kind = 3 THEN {grid.after(_short("greatest(ending, low + 1)"))} END AS h_bin
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
    alike = f"SELECT {keys}, kind, l_bin, c_bin, h_bin, sum(w) AS w FROM {rated} GROUP BY ALL"
    return f"WITH r AS MATERIALIZED ({alike}) " + added(f"({' UNION ALL '.join(chosen)})", keys)


def added(parts: str, keys: str) -> str:
    """Sums by age of several parts, as one."""
    total = ", ".join(f"sum({name}) AS {name}" for name in AGES)
    return f"SELECT {keys}, bin, {total} FROM {parts} GROUP BY ALL"


def _sum(condition: str) -> str:
    return f"coalesce(sum(w) FILTER ({condition}), 0)"


def _passed(points: list[int], how: str, minutes: str) -> str:
    """SQL: how many points lie before an age."""
    return " + ".join(f"({point} {how} {minutes})::UTINYINT" for point in points)


def _short(minutes: str) -> str:
    return f"least({minutes}, {grid.LONGEST})::INTEGER"
