"""The measures by provider, by country and over all: rows of episodes in, figures as JSON out."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import blake2b
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from takedown.stats.episode_rows import (
    CLOCKS,
    GONE_BEFORE_NOTICE,
    Clock,
    EpisodeRow,
    Episodes,
    columns,
    within,
)
from takedown.stats.old_definitions import METHOD, Figures, figures
from takedown.stats.ranking import ranks, shrunk, standing

When = date | datetime | None
Clusters = Literal["notice", "provider"]


@dataclass(slots=True)
class _Group:
    """One line in the making: its rated episodes by place, and what stays outside, counted."""

    places: list[int] = field(default_factory=list[int])
    gone_before_notice: int = 0
    without_notice: int = 0
    rescinded: int = 0
    later: int = 0
    later_open: int = 0


def providers(
    rows: Iterable[EpisodeRow], *, clock: Clock, cutoff: datetime, from_: When, to: When
) -> Figures:
    """The league of providers: measures of each, in the shape of `stats providers --json`.

    `clock` names what `started_at` of the rows means; `cutoff` is UTC-aware; the period [from, to)
    is that of t0, a plain date meaning the whole day. Ranked ones first (`rank` from 1, by the
    share gone within 24 h), then by name. Shares are 0..1, times in hours. Intervals rest on
    notices. Raises ValueError for an unknown clock or a time without zone.
    """
    kept = within(rows, from_, to, cutoff)
    names = {row.provider_id: row for row in kept}
    items = []
    for key, item in _by(kept, clock, cutoff, lambda row: row.provider_id, "notice").items():
        of = names[key]
        head = {"rank": None, "provider": of.provider_name, "country": of.country}
        items.append(head | {"provider_id": str(key)} | item)
    _rank(items)
    last = len(items) + 1
    items.sort(key=lambda item: (item["rank"] or last, item["provider"], item["provider_id"]))
    return _about(clock, cutoff, from_, to) | {"items": items}


def countries(
    rows: Iterable[EpisodeRow], *, clock: Clock, cutoff: datetime, from_: When, to: When
) -> Figures:
    """The same measures by hosting country, None where unknown; intervals rest on providers."""
    kept = within(rows, from_, to, cutoff)
    found = _by(kept, clock, cutoff, lambda row: row.country, "provider")
    ordered = sorted(found, key=lambda country: (country is None, str(country)))
    items = [{"country": country} | found[country] for country in ordered]
    return _about(clock, cutoff, from_, to) | {"items": items}


def overview(
    rows: Iterable[EpisodeRow], *, clock: Clock, cutoff: datetime, from_: When, to: When
) -> Figures:
    """The same measures over all rows, under `total`; intervals rest on providers."""
    kept = within(rows, from_, to, cutoff)
    found = _by(kept, clock, cutoff, lambda row: None, "provider")
    total = found.get(None) or _line(_Group(), columns([], cutoff), clock, "provider", 0)
    total |= {
        "providers": len({row.provider_id for row in kept}),
        "countries": len({row.country for row in kept if row.country}),
        "hosts": len({row.host_number for row in kept}),
    }
    return _about(clock, cutoff, from_, to) | {"total": total}


def _about(clock: Clock, cutoff: datetime, from_: When, to: When) -> Figures:
    return {
        "clock": clock,
        "from": _iso(from_),
        "to": _iso(to),
        "cutoff": _iso(cutoff),
        "method": METHOD,
    }


def _by(
    rows: list[EpisodeRow],
    clock: Clock,
    cutoff: datetime,
    key: Callable[[EpisodeRow], Hashable],
    clusters: Clusters,
) -> dict[Hashable, Figures]:
    """One line of figures per key; all columns are made once and sliced."""
    if clock not in CLOCKS:
        raise ValueError(f"no such clock: {clock!r} (one of {', '.join(CLOCKS)})")
    groups: dict[Hashable, _Group] = {}
    rated: list[EpisodeRow] = []
    for row in rows:
        group = groups.setdefault(key(row), _Group())
        if not _aside(row, group, clock):
            group.places.append(len(rated))
            rated.append(row)
    table = columns(rated, cutoff)
    order = _order(table)
    table, place = table.take(order), np.argsort(order)
    seed = _seed(table)
    return {
        name: _line(group, table.take(np.sort(place[group.places])), clock, clusters, seed)
        for name, group in groups.items()
    }


def _aside(row: EpisodeRow, group: _Group, clock: Clock) -> bool:
    """Count what doesn't enter rates; False for what does."""
    if row.outcome == "rescinded":
        group.rescinded += 1
    elif row.ordinal > 1:
        group.later += 1
        group.later_open += row.outcome == "open"
    elif row.outcome == "gone_before_notice" and clock == "notified":
        group.gone_before_notice += 1
    elif row.started_at is None:
        group.without_notice += 1
    else:
        return False
    return True


def _line(group: _Group, cases: Episodes, clock: Clock, clusters: Clusters, seed: int) -> Figures:
    before = cases.outcome == GONE_BEFORE_NOTICE
    if clock == "notified":
        cases = cases.take(~before)
    numbers = cases.notice if clusters == "notice" else cases.provider
    line = figures(cases, clusters=np.unique(numbers, return_inverse=True)[1], seed=seed)
    line |= {
        "gone_before_notice": group.gone_before_notice + int(before.sum()),
        "without_notice": group.without_notice,
        "rescinded": group.rescinded,
        "later_episodes": group.later,
        "later_open": group.later_open,
    }
    shown = standing(line["effective_notices"], line["episodes"], line["inconclusive"])
    return line | {"standing": shown}


def _rank(items: list[Figures]) -> None:
    """Give the ranked their place by shrunk share gone within 24 h, bounds averaged."""
    ranked = [item for item in items if item["standing"] == "ranked"]
    day = [item["gone"]["24"] for item in ranked]
    shares = [(share["low"] + share["high"]) / 2.0 for share in day]
    scores = shrunk(shares, [item["effective_notices"] for item in ranked])
    for item, place in zip(ranked, ranks(scores), strict=True):
        item["rank"] = place


def _order(table: Episodes) -> NDArray[np.intp]:
    """An order that the facts alone give, so that rows may come in any: sums round alike."""
    return np.lexsort((table.outcome, table.end, table.high, table.low))


def _seed(table: Episodes) -> int:
    """A seed from the facts alone (in their own order)."""
    facts = np.stack((table.low, table.high, table.end, table.outcome))
    return int.from_bytes(blake2b(facts.tobytes(), digest_size=8).digest(), "big")


def _iso(when: When) -> str | None:
    if isinstance(when, datetime):
        return when.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return None if when is None else when.isoformat()
