"""What went on beside: the funnel, the work, what providers say, what came back."""

from dataclasses import replace
from typing import Final

from takedown.stats import answering, returning
from takedown.stats.answer import Figures, about, cutoff, episodes, letters, naming, unrouted
from takedown.stats.facts.cases import cases, naive
from takedown.stats.facts.reading import Facts
from takedown.stats.query import Query

AGES: Final = (24, 48, 168, 720, 2160)
"""Upper ends in hours of the classes of age of open cases; the last one is open."""


def funnel(facts: Facts, query: Query) -> Figures:
    """How many Urls came how far, of those whose report was received in the period: registered,
    notified, acknowledged, removed. A Url counts once, at whatever provider; one that is not routed
    yet counts wherever nothing is asked of its provider."""
    asked = replace(query, clock="received")
    rows, given = cases(episodes(facts, asked), asked, cutoff(facts, asked), facts.home)
    told = letters(facts)
    found = facts.cursor().execute(
        f"""SELECT count(DISTINCT url), count(DISTINCT url) FILTER (registered_at IS NOT NULL),
            count(DISTINCT url) FILTER (notified_at <= cut OR handed_over_at <= cut),
            count(DISTINCT url) FILTER (notice IN (SELECT notice FROM {told}
                WHERE acknowledged_at IS NOT NULL)),
            count(DISTINCT url) FILTER (over AND outcome IN ('removed', 'unavailable'))
        FROM {rows} WHERE t0 IS NOT NULL AND aside IS DISTINCT FROM 'rescinded'""",
        given,
    )
    routed = found.fetchone() or (0, 0, 0, 0, 0)
    counts = [n + more for n, more in zip(routed, _unrouted(facts, asked), strict=True)]
    steps = ("received", "registered", "notified", "acknowledged", "removed")
    return about(facts, query) | {
        "clock": "received",
        "steps": [{"step": step, "urls": n} for step, n in zip(steps, counts, strict=True)],
    }


def _unrouted(facts: Facts, asked: Query) -> tuple[int, ...]:
    """The same counts of Urls that no provider is responsible for yet."""
    if any((asked.provider, asked.country, asked.role, asked.route, asked.where)):
        return (0, 0, 0, 0, 0)
    begin, finish = naive(asked.from_), naive(asked.to)
    found = facts.cursor().execute(
        f"""SELECT count(*) FROM {unrouted(facts)} WHERE received_at <= $cut
            AND received_at >= coalesce($begin, received_at)
            AND ($finish IS NULL OR received_at < $finish)
            AND class = coalesce($class, class)
            AND ($site_type IS NULL OR site_type = $site_type)
            AND ($source IS NULL OR source = $source)""",
        {
            "cut": naive(cutoff(facts, asked)),
            "begin": begin,
            "finish": finish,
            "class": asked.class_,
            "site_type": asked.site_type,
            "source": asked.source,
        },
    )
    (waiting,) = found.fetchone() or (0,)
    return (waiting, waiting, 0, 0, 0)


def workload(facts: Facts, query: Query) -> Figures:
    """What there was to do by week (`week`: its Monday), and never by whom: Urls registered,
    letters composed, approved and accepted, mails that people answered."""
    begin, finish = naive(query.from_), naive(query.to or facts.as_of)
    parts = [
        f"SELECT registered_at AS moment, 'registered' AS what FROM {episodes(facts, query)}"
        ' WHERE "primary" AND nth = 1',
        *(
            f"SELECT {column} AS moment, '{what}' AS what FROM {letters(facts)}"
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
    """What providers say, by provider under `items`: the measures of `answering`, and `decisions`
    by their words. The period is that of the letter's acceptance, whatever the clock."""
    begin, finish = naive(query.from_), naive(query.to or facts.as_of)
    mine = (
        "" if query.provider is None else f" AND provider = {facts.number_of(query.provider) or -1}"
    )
    said = ", ".join(f"{sql()} AS {name}" for name, sql in answering.MEASURES.items())
    found = facts.cursor().execute(
        f"""WITH l AS (SELECT * FROM {letters(facts)}
            WHERE accepted_at < ? AND accepted_at >= coalesce(?, accepted_at){mine}
            AND kind IN ('first', 'reminder', 'escalation') AND mode <> 'rehearsal'),
        e AS (SELECT notice, count(*) FILTER (outcome IN ('removed', 'unavailable')) AS gone,
            count(*) FILTER (outcome = 'open') AS up FROM {episodes(facts, query)}
            WHERE notice IS NOT NULL GROUP BY notice)
        SELECT provider, {said}, histogram(decision) AS decisions
        FROM l LEFT JOIN e USING (notice) GROUP BY provider""",
        [finish, begin],
    )
    assert found.description is not None
    names = [column[0] for column in found.description][1:]
    items = [
        {**naming(facts, row[0]), **dict(zip(names, row[1:], strict=True))}
        for row in found.fetchall()
    ]
    for item in items:
        item["decisions"] = dict(sorted((item["decisions"] or {}).items()))
    items.sort(key=lambda item: (item["provider"], item["provider_id"]))
    return about(facts, query) | {"items": items}


def returns(facts: Facts, query: Query) -> Figures:
    """What came back, under `back`: by days, {low, high, of}; `still_gone`: share not seen back
    within 30 days; hours up, low and high; distinct hosts and domains."""
    rows, given = cases(episodes(facts, query), query, cutoff(facts, query), facts.home)
    chosen = [sql() for sql in returning.SIMPLE.values()]
    for days in returning.DAYS:
        chosen += returning.back_within(days)
    found = facts.cursor().execute(f"SELECT {', '.join(chosen)} FROM {rows}", given).fetchone()
    values = [value or 0 for value in found or [0] * len(chosen)]
    told: Figures = dict(zip(returning.SIMPLE, values, strict=False))
    back = {}
    for place, days in enumerate(returning.DAYS):
        low, high, of = values[len(returning.SIMPLE) + 3 * place :][:3]
        known = (
            {"low": low / of, "high": min(high / of, 1.0)} if of else {"low": None, "high": None}
        )
        back[str(days)] = known | {"of": of}
    month = back["30"]
    told["back"] = back
    told["still_gone"] = {
        "low": None if month["high"] is None else 1.0 - month["high"],
        "high": None if month["low"] is None else 1.0 - month["low"],
        "of": month["of"],
    }
    return about(facts, query) | {"figures": told}


def open_by_age(facts: Facts, query: Query) -> list[Figures]:
    """How many cases are open, by their age at the cut-off."""
    rows, given = cases(episodes(facts, query), query, cutoff(facts, query), facts.home)
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
