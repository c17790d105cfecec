"""The figures of a query, as plain values for pages, exports, programs and terminals alike.

Each answer carries what it rests on: clock, period, cut-off, method, version of the facts, and how
many. Shares lie in 0..1, times are hours, moments ISO 8601 in UTC. Providers bear their reviewed
name or "other"; `named` gives them others for those who may read them.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import numpy as np

from takedown.stats import grid
from takedown.stats.activity import answers, funnel, open_by_age, returns, workload
from takedown.stats.answer import Figures, about, naming
from takedown.stats.comparing import difference, previous
from takedown.stats.deadlines import deadlines
from takedown.stats.envelope import Floats
from takedown.stats.facts.reading import Facts
from takedown.stats.groups import SHOWN, By, Groups, counts, empty, groups
from takedown.stats.lines import lines
from takedown.stats.query import Query
from takedown.stats.ranking import ranks, shrunk
from takedown.stats.reaching import reaching
from takedown.stats.trend import changed_24

__all__ = [
    "about",
    "answers",
    "by",
    "compare",
    "countries",
    "curve",
    "deadlines",
    "funnel",
    "league",
    "months",
    "named",
    "open_by_age",
    "overview",
    "provider",
    "reaching",
    "returns",
    "trends",
    "whole",
    "workload",
]


def overview(facts: Facts, query: Query) -> Figures:
    """All measures over all providers, under `total`; intervals rest on providers."""
    return about(facts, query) | {"total": _total(facts, query)}


def league(facts: Facts, query: Query) -> Figures:
    """All measures by provider, under `items`; the ranked first, then by name. Intervals rest on
    notices. A version never changes: what was asked of it last is kept."""
    return about(facts, query) | {
        "items": [dict(item) for item in _league(replace(facts, held=None), query)]
    }


@lru_cache(maxsize=8)
def _league(facts: Facts, query: Query) -> tuple[Figures, ...]:
    found = groups(facts, query, "provider", hours=SHOWN)
    items = []
    for key, line in zip(found.keys, lines(found), strict=True):
        items.append({"rank": None, **naming(facts, key), **line})
    _rank(items)
    last = len(items) + 1
    items.sort(key=lambda item: (item["rank"] or last, item["provider"], item["provider_id"]))
    return tuple(items)


def forget() -> None:
    """Let go of what was asked last: memory, and benchmarks that make it anew."""
    _league.cache_clear()


def countries(facts: Facts, query: Query) -> Figures:
    """All measures by hosting country, under `items` (None: unknown), intervals by providers."""
    return by(facts, query, "country")


def by(facts: Facts, query: Query, dimension: By) -> Figures:
    """All measures by any dimension, under `items`, each with its value under the dimension's name:
    tld, class, site_type, source, registrar, where, ... Intervals rest on providers."""
    found = groups(facts, query, dimension, hours=SHOWN)
    items = [{dimension: key, **line} for key, line in zip(found.keys, lines(found), strict=True)]
    items.sort(key=lambda item: (item[dimension] is None, str(item[dimension])))
    return about(facts, query) | {"items": items}


def months(facts: Facts, query: Query) -> Figures:
    """All measures by month of t0 (`month`: 2026-03), under `items`: the trend."""
    found = groups(facts, query, "month", hours=SHOWN)
    items = [
        {"month": f"{key:%Y-%m}", **line}
        for key, line in zip(found.keys, lines(found), strict=True)
        if key is not None
    ]
    items.sort(key=lambda item: str(item["month"]))
    return about(facts, query) | {"items": items}


def provider(facts: Facts, query: Query, provider_id: uuid.UUID) -> Figures:
    """One provider: `figures`, `others` (all others together), `curve` and `curve_others` (see
    `curve`), `months`, `deadlines`, `open_by_age`."""
    number = facts.number_of(provider_id)
    query = replace(query, provider=provider_id)
    mine = groups(facts, query, "provider")
    rest = groups(facts, replace(query, provider=None), "all", without=number or -1)
    items = lines(mine, whole=True)
    others = lines(rest, whole=True)
    return about(facts, query) | {
        **naming(facts, number),
        "provider_id": str(provider_id),
        "figures": items[0] if items else None,
        "others": others[0] if others else None,
        "curve": curve(mine),
        "curve_others": curve(rest),
        "months": months(facts, query)["items"],
        "deadlines": deadlines(facts, query),
        "open_by_age": open_by_age(facts, query),
    }


def whole(facts: Facts, query: Query, hours: Sequence[int]) -> tuple[Figures, list[Figures]]:
    """All cases in one line, and their `curve` at these ages, both from one look at the facts."""
    found = groups(facts, query, "all")
    if not len(found):
        found = empty()
    (line,) = lines(found, whole=True)
    return line | counts(facts, query), curve(found, hours)


def curve(of: Groups, hours: Sequence[int] | None = None) -> list[Figures]:
    """The share still there by age: `low` and `high` bound, 95 % band around both (score intervals
    of the effective number of notices, less what has dropped out of sight), number at risk.

    Two curves that hold the truth between them; only ages at which one of them steps, else those
    that are asked for (points of the grid).
    """
    if not len(of) or not of.n[0]:
        return []
    low, high = 1.0 - of.left.high[0], 1.0 - of.left.low[0]
    k = float(of.effective[0]) * of.sight.lowest[0]
    band_low, band_high = _score(low, k)[0], _score(high, k)[1]
    seen = sum(of.ages[name][0] for name in _SEEN)
    at_risk = np.cumsum(seen[::-1])[::-1]
    if hours is None:
        steps = np.flatnonzero(np.diff(low, prepend=2.0) + np.diff(high, prepend=2.0))
    else:
        steps = np.array([min(grid.bin_of(one * 60), len(low) - 1) for one in hours])
    return [
        {
            "minute": round(float(grid.POINTS[i]), 1),
            "low": float(low[i]),
            "high": float(high[i]),
            "band_low": float(band_low[i]),
            "band_high": float(band_high[i]),
            "at_risk": float(at_risk[i]),
        }
        for i in steps
    ]


_SEEN: Final = ("l_removed", "l_unavailable", "l_moved", "l_doubt", "l_open")


def compare(facts: Facts, query: Query, before: Query | None = None) -> Figures:
    """This period against `before` (the one of equal length that ends where this begins): `now`,
    `then`, and `differences` of shares {measure: {now, then, difference, low, high,
    more_than_chance}}: 95 % by the intervals of both (Newcombe 1998; Zou and Donner 2008)."""
    before = before or previous(query, facts.as_of)
    now, then = overview(facts, query), overview(facts, before)
    found = {}
    for hours in SHOWN:
        a, b = now["total"]["gone"][str(hours)], then["total"]["gone"][str(hours)]
        found[f"gone_{hours}"] = difference(a, b)
    return about(facts, query) | {"now": now, "then": then, "differences": found}


def trends(facts: Facts, query: Query) -> Figures:
    """The share gone within 24 h of each provider against its own in the period before, under
    `items`, as `change_24`; None where either rests on too few notices."""
    before = previous(query, facts.as_of)
    then = {one["provider_id"]: one for one in league(facts, before)["items"]}
    items = []
    for now in league(facts, query)["items"] if query.from_ else ():
        other = then.get(now["provider_id"])
        enough = other and "counts" not in (now["standing"], other["standing"])
        change = changed_24(now, other) if other and enough else None
        items.append({key: now[key] for key in _WHO} | {"change_24": change})
    return about(facts, query) | {"before": before.as_args(), "items": items}


_WHO: Final = ("provider", "country", "provider_id")


def named(result: Any, name: Callable[[str], str | None]) -> Any:
    """The same with other names of providers: `name` is asked with each `provider_id`."""
    if isinstance(result, dict):
        made = {key: named(value, name) for key, value in result.items()}
        if "provider" in made and "provider_id" in made:
            made["provider"] = name(made["provider_id"]) or made["provider"]
        return made
    return [named(one, name) for one in result] if isinstance(result, list) else result


def _total(facts: Facts, query: Query) -> Figures:
    return whole(facts, query, ())[0]


def _rank(items: list[Figures]) -> None:
    """Give the ranked their place by shrunk share gone within 24 h, bounds averaged."""
    ranked = [item for item in items if item["standing"] == "ranked"]
    day = [item["gone"]["24"] for item in ranked]
    shares = [(share["low"] + share["high"]) / 2.0 for share in day]
    scores = shrunk(shares, [item["effective_notices"] for item in ranked])
    for item, place in zip(ranked, ranks(scores), strict=True):
        item["rank"] = place


def _score(share: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Wilson's interval (1927)."""
    square = _Z * _Z / np.maximum(n, 1e-9)
    middle = (share + square / 2.0) / (1.0 + square)
    reach = np.sqrt(square * share * (1.0 - share) + square * square / 4.0) / (1.0 + square)
    return np.maximum(middle - reach, 0.0), np.minimum(middle + reach, 1.0)


_Z: Final = 1.959963984540054
