"""SQL that turns episodes into cases of a query: ages in whole minutes, and what stands aside."""

from datetime import UTC, datetime
from typing import Any, Final

from takedown.stats.query import Query

NEVER: Final = 2**40
"""An age in minutes that nothing reaches: still up."""

STARTS: Final = {
    "notified": "notified_at",
    "received": "received_at",
    "registered": "registered_at",
    "police_informed": "police_informed_at",
    "police_cleared": "police_cleared_at",
}
_SHARERS: Final = {"url": "", "notice": "cluster", "host": "host"}
Parameters = list[Any]


def cases(source: str, query: Query, cutoff: datetime, home: str | None) -> tuple[str, Parameters]:
    """A subquery over `source` (episodes) with a row for each primary episode of the query.

    `month` is that of t0, `cluster` what shares one fate (the notice; before any, the host at its
    provider), `w` what it weighs in its unit, `aside` why it is outside the rates, or NULL. `low`
    and `high` hold the age at which it ended, `ending` is its age at the cut-off.
    """
    where, given = _narrowed(query, home)
    cut = naive(cutoff)
    start = STARTS[query.clock]
    told = query.clock == "notified"
    sharer = _SHARERS[query.unit]
    weight = (
        "1::DOUBLE"
        if not sharer
        else f"1.0::DOUBLE / count(*) OVER (PARTITION BY provider, {sharer}, aside)"
    )
    sql = f"""(
SELECT *, {weight} AS w FROM (
SELECT *,
    CASE WHEN outcome = 'rescinded' THEN 'rescinded'
        WHEN nth > 1 THEN 'later'
        WHEN {told} AND undelivered THEN 'undelivered'
        WHEN {told} AND outcome = 'gone_before_notice' THEN 'before'
        WHEN t0 IS NULL THEN 'without'
        WHEN {told} AND over AND down_age <= 0 THEN 'before' END AS aside,
    CASE WHEN notice IS NULL THEN -1 - host ELSE notice END AS cluster,
    NOT over AND NOT late AND (inconclusive OR down_age IS NOT NULL) AS doubtful,
    CASE WHEN down_age IS NULL THEN {NEVER} ELSE greatest(down_age, 1) END AS high,
    greatest(least(up_age, CASE WHEN down_age IS NULL THEN ending
        ELSE least(greatest(down_age, 1) - 1, ending) END), 0) AS low
FROM (
SELECT *,
    over_ AND NOT late AS over,
    CASE WHEN late OR down IS NULL THEN NULL ELSE {_ceil("down")} END AS down_age,
    CASE WHEN last_up_at IS NULL THEN 0 ELSE {_floor("least(last_up_at, cut)")} END AS up_age,
    greatest(coalesce({_floor("cut")}, 0), 0) AS ending
FROM (
SELECT *, coalesce(down > cut, FALSE) AS late
FROM (
SELECT e.*, {start} AS t0, date_trunc('month', {start})::DATE AS month, ?::TIMESTAMP AS cut,
    outcome NOT IN ('open', 'rescinded') AS over_,
    CASE WHEN over_ AND first_down_at IS NULL THEN cut ELSE first_down_at END AS down
FROM {source} e
WHERE "primary" AND (t0 IS NULL OR t0 <= ?){where}
)))))"""
    return sql, [cut, cut, *given]


def naive(at: datetime | None) -> datetime | None:
    """A time as it stands in the files: UTC, without its zone."""
    return None if at is None else at.astimezone(UTC).replace(tzinfo=None)


def _narrowed(query: Query, home: str | None) -> tuple[str, Parameters]:
    conditions = (
        ("(t0 IS NULL OR t0 >= ?)", naive(query.from_)),
        ("(t0 IS NULL OR t0 < ?)", naive(query.to)),
        ("e.country = ?", query.country),
        ("e.role = ?", query.role),
        ("e.class = ?", query.class_),
        ("e.site_type = ?", query.site_type),
        ("e.source = ?", query.source),
        ("e.route = ?", query.route),
        ("e.country = ?", home if query.where == "home" else None),
        ("e.country IS DISTINCT FROM ?", home if query.where == "abroad" else None),
    )
    chosen = [(sql, value) for sql, value in conditions if value is not None]
    return "".join(f" AND {sql}" for sql, _ in chosen), [value for _, value in chosen]


def _since(moment: str) -> str:
    """SQL: whole milliseconds since t0, so that a whole minute stays one."""
    return f"round((epoch_us({moment}) - epoch_us(t0)) / 1000.0)"


def _floor(moment: str) -> str:
    return f"CAST(floor({_since(moment)} / 60000.0) AS BIGINT)"


def _ceil(moment: str) -> str:
    return f"CAST(ceil({_since(moment)} / 60000.0) AS BIGINT)"
