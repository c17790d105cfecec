"""The figures of a query, as plain values for pages, exports, programs and terminals alike.

Each answer carries what it rests on: clock, period, cut-off, method, version of the facts, and how
many. Shares lie in 0..1, times are hours, moments ISO 8601 in UTC. Providers bear their reviewed
name or "other"; `named` gives them others for those who may read them.
"""

import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np

from takedown.stats import bounds, measures
from takedown.stats.definitions import METHOD
from takedown.stats.episode_rows import OPEN, EpisodeRow, columns
from takedown.stats.facts import Facts
from takedown.stats.facts.rows import episodes
from takedown.stats.query import Query
from takedown.stats.survival import kaplan_meier

Figures = dict[str, Any]

AGES: Final = (24, 48, 168, 720, 2160)
"""Upper ends in hours of the classes of age of open cases; the last one is open."""


def about(facts: Facts, query: Query) -> Figures:
    """What every answer begins with."""
    return {
        "clock": query.clock,
        "from": _iso(query.from_),
        "to": _iso(query.to),
        "cutoff": _iso(_cutoff(facts, query)),
        "method": METHOD,
        "facts_version": facts.version,
        "as_of": _iso(facts.as_of),
        "unit": query.unit,
        "filters": {
            name: value
            for name, value in query.as_args().items()
            if name not in ("clock", "from", "to", "cutoff", "unit")
        },
    }


def overview(facts: Facts, query: Query) -> Figures:
    """All measures over all providers, under `total`; intervals rest on providers."""
    return about(facts, query) | {"total": _total(facts, query, episodes(facts, query))}


def league(facts: Facts, query: Query) -> Figures:
    """All measures by provider, under `items`; the ranked first, then by name."""
    rows = episodes(facts, query)
    return about(facts, query) | {"items": measures.providers(rows, **_span(facts, query))["items"]}


def countries(facts: Facts, query: Query) -> Figures:
    """All measures by hosting country, under `items` (None: unknown), with its usual route and
    deadline; intervals rest on providers."""
    rows = episodes(facts, query)
    return about(facts, query) | {"items": measures.countries(rows, **_span(facts, query))["items"]}


def provider(facts: Facts, query: Query, provider_id: uuid.UUID) -> Figures:
    """One provider: `figures`, `others` (all others together), `curve` and `curve_others`
    (minutes, low and high bound, band and number at risk of the share still there), `deadlines`
    by month, `open_by_age`, `claims` against what was found, `reappearance`."""
    rows = episodes(facts, query)
    mine = [row for row in rows if row.provider_id == provider_id]
    rest = [row for row in rows if row.provider_id != provider_id]
    items = measures.providers(mine, **_span(facts, query))["items"]
    return about(facts, query) | {
        "provider_id": str(provider_id),
        "figures": items[0] if items else None,
        "others": _total(facts, query, rest),
        "curve": _curve(facts, query, mine),
        "curve_others": _curve(facts, query, rest),
        "deadlines": months(facts, query)["items"] if mine else [],
        "open_by_age": _open_by_age(facts, query, mine),
        "claims": {"claimed": 0, "borne_out": 0, "not_borne_out": 0, "open": 0},
        "reappearance": items[0]["reappeared"] if items else 0,
    }


def months(facts: Facts, query: Query) -> Figures:
    """All measures by month of t0 (`month`: 2026-03), under `items`: the trend."""
    by_month: dict[str, list[EpisodeRow]] = {}
    for row in episodes(facts, query):
        if row.started_at is not None:
            by_month.setdefault(f"{row.started_at:%Y-%m}", []).append(row)
    items = [
        {"month": month} | _total(facts, query, rows) for month, rows in sorted(by_month.items())
    ]
    return about(facts, query) | {"items": items}


def funnel(facts: Facts, query: Query) -> Figures:
    """How many Urls came how far: received, registered, notified, acknowledged, removed."""
    rows = episodes(facts, query)
    urls = {row.url_id for row in rows}
    told = {row.url_id for row in rows if row.notice_id is not None}
    gone = {row.url_id for row in rows if row.outcome in ("removed", "unavailable")}
    steps = [
        {"step": "received", "urls": len(urls)},
        {"step": "registered", "urls": len(urls)},
        {"step": "notified", "urls": len(told)},
        {"step": "acknowledged", "urls": 0},
        {"step": "removed", "urls": len(gone)},
    ]
    return about(facts, query) | {"steps": steps}


def workload(facts: Facts, query: Query) -> Figures:
    """What there was to do, by week (`week`: its Monday), and never by whom."""
    found: Counter[str] = Counter()
    notices: dict[str, set[object]] = {}
    for row in episodes(facts, query):
        if row.started_at is not None:
            day = row.started_at.date()
            week = (day - timedelta(days=day.weekday())).isoformat()
            found[week] += 1
            notices.setdefault(week, set()).add(row.notice_id)
    items = [
        {"week": week, "episodes": n, "notices": len(notices[week])}
        for week, n in sorted(found.items())
    ]
    return about(facts, query) | {"items": items}


def compare(facts: Facts, query: Query, before: Query | None = None) -> Figures:
    """This period against `before` (the one of equal length that ends where this begins):
    `now`, `then`, and `differences` {measure: {now, then, difference, low, high, more_than_chance}}
    """
    before = before or previous(query, facts.as_of)
    return about(facts, query) | {
        "now": overview(facts, query),
        "then": overview(facts, before),
        "differences": {},
    }


def previous(query: Query, as_of: datetime) -> Query:
    """The period of equal length before this one."""
    finish = query.to or as_of
    begin = query.from_ or finish - timedelta(days=365)
    return query.over(begin - (finish - begin), begin)


def named(result: Any, name: Callable[[str], str | None]) -> Any:
    """The same with other names of providers: `name` is asked with each `provider_id`."""
    if isinstance(result, dict):
        made = {key: named(value, name) for key, value in result.items()}
        if "provider" in made and "provider_id" in made:
            made["provider"] = name(made["provider_id"]) or made["provider"]
        return made
    return [named(one, name) for one in result] if isinstance(result, list) else result


def _total(facts: Facts, query: Query, rows: list[EpisodeRow]) -> Figures:
    found: Figures = measures.overview(rows, **_span(facts, query))["total"]
    return found


def _curve(facts: Facts, query: Query, rows: list[EpisodeRow]) -> list[Figures]:
    rated = [
        row for row in rows if row.started_at and row.ordinal == 1 and row.outcome not in _OUTSIDE
    ]
    if not rated:
        return []
    cases = columns(rated, _cutoff(facts, query))
    over = bounds.ended(cases)
    early = kaplan_meier(np.where(over, cases.low, cases.low), over)
    late = kaplan_meier(np.where(over, cases.high, cases.low), over)
    ages = np.unique(np.concatenate((early.times, late.times)))
    at_risk = [int((np.where(over, cases.high, cases.low) >= age).sum()) for age in ages]
    low = [early.at(age) for age in ages]
    high = [late.at(age) for age in ages]
    return [
        {"minute": int(age), "low": a, "high": b, "band_low": a, "band_high": b, "at_risk": n}
        for age, a, b, n in zip(ages, low, high, at_risk, strict=True)
    ]


_OUTSIDE: Final = ("rescinded", "gone_before_notice")


def _open_by_age(facts: Facts, query: Query, rows: list[EpisodeRow]) -> list[Figures]:
    cases = columns([row for row in rows if row.started_at], _cutoff(facts, query))
    ages = cases.end[cases.outcome == OPEN] / 60.0
    counts = np.bincount(np.searchsorted(AGES, ages, side="right"), minlength=len(AGES) + 1)
    edges = [0, *AGES, None]
    return [
        {"from_hours": edges[i], "to_hours": edges[i + 1], "open": int(n)}
        for i, n in enumerate(counts)
    ]


def _span(facts: Facts, query: Query) -> dict[str, Any]:
    return {
        "clock": query.clock,
        "cutoff": _cutoff(facts, query),
        "from_": query.from_,
        "to": query.to,
    }


def _cutoff(facts: Facts, query: Query) -> datetime:
    return query.cutoff or facts.as_of


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
