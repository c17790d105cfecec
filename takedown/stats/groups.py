"""The sums of a query, group by group: as they lie in the facts, or added up when asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np

from takedown.stats import by_age, envelope, grid
from takedown.stats.envelope import Curve, Floats, Sight
from takedown.stats.facts import layout, sums
from takedown.stats.facts.adding import COUNTRY_KEY
from takedown.stats.facts.cases import cases
from takedown.stats.facts.layout import files
from takedown.stats.facts.reading import Facts
from takedown.stats.likely import likely
from takedown.stats.query import Query
from takedown.stats.turnbull import Steps

By = Literal["all", "provider", "country", "month", "role", "asn", "registrar", "tld", "class",
             "site_type", "media_type", "commercial", "source", "route", "where"]  # fmt: skip

SHOWN: Final = (24, 48, 168)


@dataclass(frozen=True)
class Groups:
    """Sums of cases by group: `sums` one value a group, `ages` one a group and point of the grid.

    `clusters`, `notice_n` and `notice_n2` count notices; `cluster_n`, `cluster_n2` and the squares
    are over what shares one fate: notices within a provider, else (`wide`) providers.
    """

    keys: Sequence[Any]
    sums: Mapping[str, Floats]
    ages: Mapping[str, Floats]
    hours: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def n(self) -> Floats:
        """The cases within the rates."""
        return self.sums["n"]

    @cached_property
    def sight(self) -> Sight:
        """How open cases drop out of sight."""
        return envelope.sight(self.ages)

    @cached_property
    def left(self) -> Curve:
        """The share that has left by each point of the grid."""
        return envelope.curve(self.ages, self.n, self.sight)

    @cached_property
    def likely(self) -> list[tuple[Steps, Steps]]:
        """The most likely curves of each group: its doubtful cases gone, and up."""
        return [likely(self.ages, place) for place in range(len(self))]

    @cached_property
    def effective(self) -> Floats:
        """The effective number of clusters that intervals rest on."""
        return ratio(self.sums["cluster_n"] ** 2, self.sums["cluster_n2"])


def ratio(a: Floats, b: Floats) -> Floats:
    """a / b, 0 where b is 0."""
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0)


def groups(
    facts: Facts,
    query: Query,
    by: By = "all",
    *,
    hours: tuple[int, ...] = grid.HOURS,
    without: int | None = None,
    aged: bool = True,
) -> Groups:
    """The sums of a query by one of its dimensions. Keys: numbers of providers, codes, months.

    `without`: a provider (its number) that is left out: all others. `aged` False: no sums by age,
    where only counts are wanted. Periods of whole months without other filters are read as they
    were added up with the version; all else is added up now, by the same SQL.
    """
    cursor = facts.cursor()
    if ready(facts, query, by):
        fine, ages, given = _as_written(facts, query, by, hours, without)
    else:
        fine, ages, given = _now(facts, query, by, hours, without)
    found = cursor.execute(_final(fine, hours, by != "provider"), given).fetchnumpy()
    keys = [by_age.plain(key) for key in found.pop("key")]
    values = {name: np.ma.filled(column, 0.0).astype(np.float64) for name, column in found.items()}
    now = (query.cutoff or facts.as_of).timestamp() * 1000
    values["oldest"] = np.maximum(np.floor((now - values["since"]) / 60_000), 0.0)
    grown: dict[str, Floats] = {}
    if aged:
        coded = [by_age.coded(key) for key in keys] if by == "country" else keys
        grown = by_age.laid(cursor.execute(ages, given).fetchnumpy(), coded)
    return Groups(keys, values, grown, hours)


def ready(facts: Facts, query: Query, by: By) -> bool:
    """Whether the version has these sums already."""
    if query.filtered or query.clock != "notified":
        return False
    if by not in ("all", "provider", "country", "month"):
        return False
    if by in ("country", "month") and query.provider is not None:
        return False
    try:
        _period(facts, query)
    except ValueError:
        return False
    return True


def _period(facts: Facts, query: Query) -> tuple[date | None, date | None]:
    """The whole months of a query; raises ValueError where it is none."""
    ended = query.to is None or query.to >= facts.as_of
    return layout.month_start(query.from_), None if ended else layout.month_start(query.to)


def _as_written(
    facts: Facts, query: Query, by: By, hours: tuple[int, ...], without: int | None
) -> tuple[str, str, list[Any]]:
    """As they lie there: the sums by key and provider, and those by age."""
    first, last = _period(facts, query)
    dated = _dated(first, last)
    mine = "TRUE" if query.provider is None else f"provider = {_number(facts, query)}"
    mine += "" if without is None else f" AND provider <> {without}"
    key = {"all": "0", "provider": "provider", "country": "country", "month": "month"}[by]
    name = "places" if by == "country" else "cells"
    whole = first is None and last is None and by != "month"
    source = files([facts.path / f"{name}{'-whole' if whole else ''}.parquet"])
    cells = f"{source} WHERE {'TRUE' if whole else dated} AND {mine}"
    added = sums.alone if whole else sums.regrouped
    fine = added(cells, f"{key} AS key, provider", hours)
    return fine, _aged_parts(facts, query, by, without, dated), []


def _aged_parts(facts: Facts, query: Query, by: By, without: int | None, dated: str) -> str:
    """Sums by age in parts, over the fewest files: they are added up where they are laid out. Those
    of one provider are taken away for `without`."""
    first, last = _period(facts, query)
    folder = facts.path / "ages"
    scope, key = {"provider": (layout.PROVIDER, "key"), "country": (layout.COUNTRY, "key")}.get(
        by, (layout.ALL, "0")
    )
    chosen = f"scope = {scope}"
    if query.provider is not None:
        chosen = f"scope = {layout.PROVIDER} AND key = {_number(facts, query)}"
        key = "key" if by == "provider" else "0"
    names = ", ".join(sums.AGES)
    if by == "month":
        months = [folder / "open.parquet", *sorted(folder.glob(layout.MONTHS))]
        return f"SELECT month AS key, bin, {names} FROM {files(months)} WHERE {chosen} AND {dated}"
    opened, *closed = layout.ages(facts.path, first, last)
    parts = [(opened, dated), *((path, "TRUE") for path in closed)]
    if first is None and last is None:
        parts = [(folder / "whole.parquet", "TRUE")]
    return " UNION ALL ".join(
        f"SELECT {key} AS key, bin, {_signed(sign)} FROM {files([path])}"
        f" WHERE {narrowed} AND {when}"
        for sign, narrowed in _narrowings(chosen, without)
        for path, when in parts
    )


def _signed(sign: str) -> str:
    return ", ".join(f"{sign}{name} AS {name}" for name in sums.AGES)


def _narrowings(chosen: str, without: int | None) -> list[tuple[str, str]]:
    if without is None:
        return [("", chosen)]
    return [("", chosen), ("-", f"scope = {layout.PROVIDER} AND key = {without}")]


def _now(
    facts: Facts, query: Query, by: By, hours: tuple[int, ...], without: int | None
) -> tuple[str, str, list[Any]]:
    """Added up from the episodes: by key and provider, and by age."""
    cutoff = query.cutoff or facts.as_of
    source = _episodes(facts, query)
    if without is not None:
        source = f"(SELECT * FROM {source} WHERE provider <> {without})"
    rows, given = cases(source, query, cutoff, facts.home)
    home = "NULL" if facts.home is None else f"'{facts.home}'"
    key = {
        "all": "0",
        "where": f"CASE WHEN country = {home} THEN 'home' ELSE 'abroad' END",
    }.get(by, f'"{by}"')
    added = sums.of_cases(f"(SELECT *, {key} AS key FROM {rows})", "key, provider", hours)
    aged = COUNTRY_KEY if by == "country" else key
    fine = sums.regrouped(f"({added})", "key, provider", hours)
    return fine, sums.by_age(f"(SELECT *, {aged} AS key FROM {rows})", "key"), given


def _final(fine: str, hours: tuple[int, ...], wide: bool) -> str:
    """Sums by key of sums by key and provider; where clusters are providers, squared anew."""
    if not wide:
        return (
            "SELECT * EXCLUDE (provider), cluster_n AS notice_n, cluster_n2 AS notice_n2"
            f" FROM ({fine})"
        )
    return f"""WITH fine AS MATERIALIZED ({fine}),
        p AS ({sums.by_group("fine", "key", hours)}),
        t AS (SELECT key, sum(clusters) AS clusters, sum(cluster_n) AS notice_n,
            sum(cluster_n2) AS notice_n2 FROM fine GROUP BY key)
        SELECT p.* EXCLUDE (clusters), t.clusters, t.notice_n, t.notice_n2, p.clusters AS providers
        FROM p JOIN t ON p.key IS NOT DISTINCT FROM t.key"""


def _number(facts: Facts, query: Query) -> int:
    found = None if query.provider is None else facts.number_of(query.provider)
    return -1 if found is None else found


def empty() -> Groups:
    """One group without a case."""
    names = (
        *(*sums.columns(), "clusters", "cluster_n", "cluster_n2", "notice_n", "notice_n2"),
        *(f"{name}_{hour}" for hour in grid.HOURS for name in sums.SQUARES),
        *("providers", "oldest"),
    )
    wide = grid.bin_of(grid.HOURS[-1] * 60) + 2
    nothing = {name: np.zeros((1, wide)) for name in sums.AGES}
    return Groups([0], {name: np.zeros(1) for name in names}, nothing, grid.HOURS)


def counts(facts: Facts, query: Query) -> dict[str, int]:
    """How many providers and countries the cases of a query lie at."""
    if ready(facts, query, "country"):
        first, last = _period(facts, query)
        rows = f"{files([facts.path / 'places.parquet'])} WHERE {_dated(first, last)}"
        given: list[Any] = []
    else:
        rows, given = cases(_episodes(facts, query), query, query.cutoff or facts.as_of, facts.home)
    found = facts.cursor().execute(
        f"SELECT count(DISTINCT provider), count(DISTINCT country) FROM {rows}", given
    )
    row = found.fetchone() or (0, 0)
    return {"providers": row[0], "countries": row[1]}


def _dated(first: date | None, last: date | None) -> str:
    within = [f"month >= DATE '{first}'"] if first else []
    within += [f"month < DATE '{last}'"] if last else []
    return f"({' AND '.join(within) or 'TRUE'} OR month IS NULL)"


def _episodes(facts: Facts, query: Query) -> str:
    source = files([facts.path / "open.parquet", *layout.closed(facts.path)])
    if query.provider is None:
        return source
    return f"(SELECT * FROM {source} WHERE provider = {_number(facts, query)})"
