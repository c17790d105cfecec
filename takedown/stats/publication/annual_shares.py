"""The tables of the annual report about time: shares, curves, and the same by provider."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from takedown.stats.exports.document import Estimate, Kind, Table, Value
from takedown.stats.publication.tables import Maker, estimate, printed

Figures = Mapping[str, Any]


def removal(make: Maker, rates: Figures) -> list[Table]:
    groups = [
        (make.word(name), rates[place])
        for name, place in (("all", "overview"), ("home", "home"), ("abroad", "abroad"))
    ]
    countries = [(make.country(one["country"]), one) for one in _shown(make, rates["countries"])]
    return [
        make.shares("shares_where", groups, "key", ranked=True),
        *_curves(make, rates.get("survival")),
        make.shares("shares_country", countries, "country"),
    ]


def provider_shares(make: Maker, rates: Figures) -> Table:
    named = [one for one in _shown(make, rates["providers"]) if one["provider_id"] in make.names]
    lines = [(make.provider(one["provider_id"]), one) for one in named]
    note = make.tongue["notes.alphabetical"] if make.public else ""
    return make.shares("shares_provider", lines, "provider", note=note)


def _shown(make: Maker, lines: Sequence[Figures]) -> list[Figures]:
    return [one for one in lines if not one.get("withheld")]


def _curves(make: Maker, curves: Figures | None) -> list[Table]:
    """Since method 3."""
    sides = {"survival": ("all",), "survival_where": ("home", "abroad")}
    return [_survival(make, curves, name, of) for name, of in sides.items()] if curves else []


def _survival(make: Maker, curves: Figures, table: str, sides: Sequence[str]) -> Table:
    """The share still there by age, one column a side; to the house also how many were at risk."""
    column = make.tongue.column
    heads = [column("age", Kind.HOURS)]
    for side in sides:
        heads.append(replace(column(_named("still_there", side), Kind.SHARE), estimated=True))
        heads += [] if make.public else [column(_named("at_risk", side))]
    told = {side: {one["hours"]: one for one in curves[side]} for side in sides}
    ages = sorted({hours for points in told.values() for hours in points})
    rows = [
        (hours, *(value for side in sides for value in _point(make, told[side].get(hours))))
        for hours in ages
    ]
    shown = tuple(row for row in rows if any(isinstance(one, Estimate) for one in row))
    series = tuple(_named("still_there", side) for side in sides)
    chart = make.chart("curve", table, "age", series) if shown else None
    notes = (make.tongue["notes.curve"],)
    return Table(table, make.tongue[f"tables.{table}"], tuple(heads), shown, notes, chart)


def _named(name: str, side: str) -> str:
    return name if side == "all" else f"{name}_{side}"


def _point(make: Maker, point: Figures | None) -> tuple[Value, ...]:
    if make.public:
        return (printed(point) if point else None,)
    return (estimate(point), point["at_risk"]) if point else (None, None)
