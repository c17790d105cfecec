"""The figures of a query, as plain values for pages, exports, programs and terminals alike.

Each answer carries what it rests on: clock, period, cut-off, method, version of the facts, and how
many. Shares lie in 0..1, times are hours, moments ISO 8601 in UTC. Providers bear their reviewed
name or "other"; `named` gives them others for those who may read them.
"""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np

from takedown.stats import grid
from takedown.stats.definitions import METHOD
from takedown.stats.envelope import Floats
from takedown.stats.facts.cases import cases, naive
from takedown.stats.facts.layout import closed, files
from takedown.stats.facts.reading import Facts
from takedown.stats.facts.schema import LETTERS
from takedown.stats.groups import SHOWN, By, Groups, counts, empty, groups
from takedown.stats.lines import counted, lines
from takedown.stats.query import Query
from takedown.stats.ranking import ranks, shrunk

Figures = dict[str, Any]

AGES: Final = (24, 48, 168, 720, 2160)
"""Upper ends in hours of the classes of age of open cases; the last one is open."""
OTHER: Final = "other"
"""What a provider is called whose name no person has reviewed."""


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
    return about(facts, query) | {"total": _total(facts, query)}


def league(facts: Facts, query: Query) -> Figures:
    """All measures by provider, under `items`; the ranked first, then by name. Intervals rest on
    notices."""
    found = groups(facts, query, "provider", hours=SHOWN)
    items = []
    for key, line in zip(found.keys, lines(found), strict=True):
        items.append({"rank": None, **_provider(facts, key), **counted(line)})
    _rank(items)
    last = len(items) + 1
    items.sort(key=lambda item: (item["rank"] or last, item["provider"], item["provider_id"]))
    return about(facts, query) | {"items": items}


def countries(facts: Facts, query: Query) -> Figures:
    """All measures by hosting country, under `items` (None: unknown), intervals by providers."""
    return by(facts, query, "country")


def by(facts: Facts, query: Query, dimension: By) -> Figures:
    """All measures by any dimension, under `items`, each with its value under the dimension's name:
    tld, class, site_type, source, registrar, where, ... Intervals rest on providers."""
    found = groups(facts, query, dimension, hours=SHOWN)
    items = [
        {dimension: key, **counted(line)}
        for key, line in zip(found.keys, lines(found), strict=True)
    ]
    items.sort(key=lambda item: (item[dimension] is None, str(item[dimension])))
    return about(facts, query) | {"items": items}


def months(facts: Facts, query: Query) -> Figures:
    """All measures by month of t0 (`month`: 2026-03), under `items`: the trend."""
    found = groups(facts, query, "month", hours=SHOWN)
    items = [
        {"month": f"{key:%Y-%m}", **counted(line)}
        for key, line in zip(found.keys, lines(found), strict=True)
        if key is not None
    ]
    items.sort(key=lambda item: str(item["month"]))
    return about(facts, query) | {"items": items}


def provider(facts: Facts, query: Query, provider_id: uuid.UUID) -> Figures:
    """One provider: `figures`, `others` (all others together), `curve` and `curve_others` (see
    `curve`), `deadlines` by month, `open_by_age`."""
    number = facts.number_of(provider_id)
    query = replace(query, provider=provider_id)
    mine = groups(facts, query, "provider")
    rest = groups(facts, replace(query, provider=None), "all", without=number or -1)
    items = [counted(line) for line in lines(mine, whole=True)]
    others = [counted(line) for line in lines(rest, whole=True)]
    return about(facts, query) | {
        **_provider(facts, number),
        "provider_id": str(provider_id),
        "figures": items[0] if items else None,
        "others": others[0] if others else None,
        "curve": curve(mine),
        "curve_others": curve(rest),
        "deadlines": months(facts, query)["items"],
        "open_by_age": open_by_age(facts, query),
    }


def curve(of: Groups) -> list[Figures]:
    """The share still there by age: `low` and `high` bound, 95 % band around both (score intervals
    of the effective number of notices, less what has dropped out of sight), number at risk.

    Two curves that hold the truth between them; only ages at which one of them steps.
    """
    if not len(of) or not of.n[0]:
        return []
    low, high = 1.0 - of.left.high[0], 1.0 - of.left.low[0]
    k = float(of.effective[0]) * of.sight.lowest[0]
    band_low, band_high = _score(low, k)[0], _score(high, k)[1]
    seen = sum(of.ages[name][0] for name in _SEEN)
    at_risk = np.cumsum(seen[::-1])[::-1]
    steps = np.flatnonzero(np.diff(low, prepend=2.0) + np.diff(high, prepend=2.0))
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


def open_by_age(facts: Facts, query: Query) -> list[Figures]:
    """How many cases are open, by their age at the cut-off."""
    rows, given = cases(_source(facts, query), query, _cutoff(facts, query), facts.home)
    edges = [0, *AGES, None]
    counts = [
        f"count(*) FILTER (ending >= {edges[i] * 60}"  # type: ignore[operator]
        + (")" if edges[i + 1] is None else f" AND ending < {edges[i + 1] * 60})")  # type: ignore[operator]
        for i in range(len(AGES) + 1)
    ]
    found = facts.cursor().execute(
        f"SELECT {', '.join(counts)} FROM {rows} WHERE NOT over AND aside IS NULL", given
    )
    return [
        {"from_hours": edges[i], "to_hours": edges[i + 1], "open": n}
        for i, n in enumerate(found.fetchone() or ())
    ]


def funnel(facts: Facts, query: Query) -> Figures:
    """How many Urls came how far, of those whose report was received in the period: routed to a
    provider, notified, acknowledged, removed. A Url counts once, at whatever provider."""
    asked = replace(query, clock="received")
    rows, given = cases(_source(facts, asked), asked, _cutoff(facts, asked), facts.home)
    letters = _letters(facts)
    found = facts.cursor().execute(
        f"""SELECT count(DISTINCT url), count(DISTINCT url) FILTER (registered_at IS NOT NULL),
            count(DISTINCT url) FILTER (notified_at <= cut OR handed_over_at <= cut),
            count(DISTINCT url) FILTER (notice IN (SELECT notice FROM {letters}
                WHERE acknowledged_at IS NOT NULL)),
            count(DISTINCT url) FILTER (over AND outcome IN ('removed', 'unavailable'))
        FROM {rows} WHERE t0 IS NOT NULL AND aside IS DISTINCT FROM 'rescinded'""",
        given,
    )
    counts = found.fetchone() or (0, 0, 0, 0, 0)
    steps = ("received", "registered", "notified", "acknowledged", "removed")
    return about(facts, query) | {
        "clock": "received",
        "steps": [{"step": step, "urls": n} for step, n in zip(steps, counts, strict=True)],
    }


def workload(facts: Facts, query: Query) -> Figures:
    """What there was to do by week (`week`: its Monday), and never by whom: Urls registered,
    letters composed, approved and accepted, mails that people answered."""
    begin, finish = naive(query.from_), naive(query.to or facts.as_of)
    parts = [
        f"SELECT registered_at AS moment, 'registered' AS what FROM {_source(facts, query)}"
        ' WHERE "primary" AND nth = 1',
        *(
            f"SELECT {column} AS moment, '{what}' AS what FROM {_letters(facts)}"
            for what, column in _WORK.items()
        ),
    ]
    found = facts.cursor().execute(
        f"""SELECT date_trunc('week', moment)::DATE AS week,
            {", ".join(f"count(*) FILTER (what = '{what}')" for what in ("registered", *_WORK))}
        FROM ({" UNION ALL ".join(parts)})
        WHERE moment < ? AND moment >= coalesce(?, moment) GROUP BY week ORDER BY week""",
        [finish, begin],
    )
    items = [
        dict(zip(("week", "registered", *_WORK), (row[0].isoformat(), *row[1:]), strict=True))
        for row in found.fetchall()
    ]
    return about(facts, query) | {"items": items}


_WORK: Final = {
    "composed": "composed_at",
    "approved": "approved_at",
    "accepted": "accepted_at",
    "answered": "answered_at",
}


def answers(facts: Facts, query: Query) -> Figures:
    """What providers say, by provider under `items`: letters accepted, bounced and undelivered,
    acknowledged, answered, claims of removal and how many of their notices' Urls were found gone by
    then or later (`borne_out`), still up (`not_borne_out`); decisions by their words; hours to
    acknowledge (median of those that did). Period: when the letter was accepted."""
    begin, finish = naive(query.from_), naive(query.to or facts.as_of)
    mine = (
        "" if query.provider is None else f" AND provider = {facts.number_of(query.provider) or -1}"
    )
    found = facts.cursor().execute(
        f"""WITH l AS (SELECT * FROM {_letters(facts)}
            WHERE accepted_at < ? AND accepted_at >= coalesce(?, accepted_at){mine}
            AND kind IN ('first', 'reminder', 'escalation') AND mode <> 'rehearsal'),
        e AS (SELECT notice, count(*) FILTER (outcome IN ('removed', 'unavailable')) AS gone,
            count(*) FILTER (outcome = 'open') AS up FROM {_source(facts, query)}
            WHERE notice IS NOT NULL GROUP BY notice)
        SELECT provider, count(*) AS letters, count(*) FILTER (bounced) AS bounced,
            count(*) FILTER (undelivered) AS undelivered,
            count(acknowledged_at) AS acknowledged, count(answered_at) AS answered,
            count(claimed_at) AS claimed,
            coalesce(sum(gone) FILTER (claimed_at IS NOT NULL), 0)::BIGINT AS borne_out,
            coalesce(sum(up) FILTER (claimed_at IS NOT NULL), 0)::BIGINT AS not_borne_out,
            median((epoch(acknowledged_at) - epoch(accepted_at)) / 3600) AS hours_to_acknowledge,
            histogram(decision) AS decisions
        FROM l LEFT JOIN e USING (notice) GROUP BY provider""",
        [finish, begin],
    )
    assert found.description is not None
    names = [column[0] for column in found.description][1:]
    items = [
        {**_provider(facts, row[0]), **dict(zip(names, row[1:], strict=True))}
        for row in found.fetchall()
    ]
    for item in items:
        item["decisions"] = dict(sorted((item["decisions"] or {}).items()))
    items.sort(key=lambda item: (item["provider"], item["provider_id"]))
    return about(facts, query) | {"items": items}


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


def difference(a: Figures, b: Figures) -> Figures:
    """Share a less share b, each in the middle of its bounds, with a 95 % interval of it."""
    if a["low"] is None or b["low"] is None:
        return dict.fromkeys(("now", "then", "difference", "low", "high", "more_than_chance"))
    p, q = (a["low"] + a["high"]) / 2, (b["low"] + b["high"]) / 2
    (al, ah), (bl, bh) = a["interval"], b["interval"]
    low = p - q - ((p - al) ** 2 + (bh - q) ** 2) ** 0.5
    high = p - q + ((ah - p) ** 2 + (q - bl) ** 2) ** 0.5
    return {
        "now": p,
        "then": q,
        "difference": p - q,
        "low": low,
        "high": high,
        "more_than_chance": low > 0 or high < 0,
    }


def previous(query: Query, as_of: datetime) -> Query:
    """The period of equal length before this one; of whole months, the same months before."""
    finish = query.to or as_of
    begin = query.from_ or finish - timedelta(days=365)
    months = (finish.year - begin.year) * 12 + finish.month - begin.month
    if begin.day == 1 and finish.day == 1 and months > 0:
        index = begin.year * 12 + begin.month - 1 - months
        return query.over(begin.replace(year=index // 12, month=index % 12 + 1), begin)
    return query.over(begin - (finish - begin), begin)


def named(result: Any, name: Callable[[str], str | None]) -> Any:
    """The same with other names of providers: `name` is asked with each `provider_id`."""
    if isinstance(result, dict):
        made = {key: named(value, name) for key, value in result.items()}
        if "provider" in made and "provider_id" in made:
            made["provider"] = name(made["provider_id"]) or made["provider"]
        return made
    return [named(one, name) for one in result] if isinstance(result, list) else result


def _total(facts: Facts, query: Query) -> Figures:
    found = groups(facts, query, "all")
    if not len(found):
        found = empty()
    (line,) = lines(found, whole=True)
    line |= counts(facts, query)
    return counted(line)  # type: ignore[no-any-return]


def _provider(facts: Facts, number: int | None) -> Figures:
    known = None if number is None else facts.providers.get(number)
    return {
        "provider": (known and known.name) or OTHER,
        "country": known and known.country,
        "provider_id": str(known.id) if known else None,
    }


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


def _source(facts: Facts, query: Query) -> str:
    rows = files([facts.path / "open.parquet", *closed(facts.path)])
    if query.provider is None:
        return rows
    return f"(SELECT * FROM {rows} WHERE provider = {facts.number_of(query.provider) or -1})"


def _letters(facts: Facts) -> str:
    parts = sorted((facts.path / "letters").glob("*.parquet"))
    return files(parts) if parts else _NO_LETTERS


_NO_LETTERS: Final = (
    "(SELECT " + ", ".join(f'NULL::{one.type} AS "{one.name}"' for one in LETTERS) + " WHERE FALSE)"
)


def _cutoff(facts: Facts, query: Query) -> datetime:
    return query.cutoff or facts.as_of


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
