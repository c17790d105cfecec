"""Charts as data: what the browser draws, and the table that stands beside it. Pure.

A chart says its units, its n, its clock, its cut-off and its method; the very numbers that are
drawn stand in its table, written as people here write them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

Figures = Mapping[str, Any]
Spec = dict[str, Any]


class Cell(NamedTuple):
    """What a table says, and the bare number that is saved as CSV."""

    text: str
    value: object = None


@dataclass(frozen=True, slots=True)
class Chart:
    """One figure of a page. `id` names its files: no name of anybody stands in it."""

    id: str
    title: str
    spec: Spec
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    says: str = ""
    empty: str = ""
    alone: bool = False  # the table below the chart, not beside it


def axis(name: str, unit: str, most: float | None = None) -> Spec:
    """The axis of values: unit is `share`, `count` or `hours`; most None fits what is there."""
    return {"name": name, "unit": unit, "max": most}


def labels(name: str, words: Sequence[str]) -> Spec:
    """An axis of words or months."""
    return {"type": "category", "name": name, "labels": list(words)}


def ages(
    name: str, unit: str, most: float, every: float, stops: Sequence[tuple[float, str]]
) -> Spec:
    """An axis of time since t0; the arrow keys halt at the stops."""
    return {
        "type": "value",
        "name": name,
        "unit": unit,
        "max": most,
        "every": every,
        "stops": [list(stop) for stop in stops],
    }


def series(name: str, draw: str, tone: str, data: Sequence[Any], **more: Any) -> Spec:
    """One line, bar, band or range; `tone` gives colour and pattern together."""
    return {"name": name, "draw": draw, "tone": tone, "data": list(data), **more}


def plotted(
    id: str,  # noqa: A002
    title: str,
    note: str,
    *,
    x: Spec,
    y: Spec,
    drawn: Sequence[Spec],
    horizontal: bool = False,
) -> Spec:
    """A chart of two axes."""
    return {
        "id": id,
        "kind": "plot",
        "title": title,
        "note": note,
        "x": x,
        "y": y,
        "series": list(drawn),
        "horizontal": horizontal,
    }


def mapped(
    id: str,  # noqa: A002
    title: str,
    note: str,
    *,
    values: Sequence[Spec],
    pieces: Sequence[Spec],
) -> Spec:
    """A map of countries: `values` of code, name, value and text, `pieces` of min, max, label."""
    return {
        "id": id,
        "kind": "map",
        "title": title,
        "note": note,
        "values": list(values),
        "pieces": list(pieces),
    }
