"""A map of the world: the darker a country, the more there; the outlines are those of the pages."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

from takedown.stats.exports import svg
from takedown.stats.exports.document import Chart, Table
from takedown.stats.exports.wording import DASH, Wording

_OUTLINES: Final = Path(__file__).parents[2] / "web" / "static" / "vendor" / "world.json"
_WEST, _NORTH, _WIDE, _HIGH = -985, 485, 1970, 870
"""What is drawn of the projected plane; y grows to the north."""
_SHADES: Final = ("#cfe3e3", "#8fbfc0", "#4b8f92", "#0a5c60")
_EMPTY: Final = "#eceff0"


def drawn(table: Table, chart: Chart, wording: Wording) -> Markup:
    """Each row at its place; what is unknown, withheld or small on the map stands in the table."""
    place = table.column(chart.series[0])
    values = dict[str, int]()
    for code, row in zip(chart.places, table.lines, strict=True):
        value = row[place]
        if isinstance(value, int):
            values[code] = value
    steps = _steps(list(values.values()))
    shade = {code: sum(value >= step for step in steps) - 1 for code, value in values.items()}
    scale = svg.WIDTH / _WIDE
    parts = [Markup('<g transform="scale(%.4f)">') % scale, _shape(_others(shade), _EMPTY)]
    parts += [_shape(_outlines().get(code, ""), _SHADES[one]) for code, one in shade.items()]
    parts.append(Markup("</g>"))
    height = _HIGH * scale + 8
    parts.append(
        _key(steps, max((int(str(one)) for one in values.values()), default=0), height, wording)
    )
    return svg.picture(chart.title, wording, Markup("").join(parts), height + 22, 1, table.key)


def _steps(values: Sequence[int]) -> list[int]:
    """Where a darker shade begins: at most four, each with about as many countries."""
    ranked = sorted(values)
    return (
        sorted({ranked[len(ranked) * n // len(_SHADES)] for n in range(len(_SHADES))})
        if ranked
        else []
    )


def _key(steps: Sequence[int], most: int, y: float, wording: Wording) -> Markup:
    parts, x = [], 0.0
    for number, first in enumerate(steps):
        last = steps[number + 1] - 1 if number + 1 < len(steps) else most
        said = wording.number(first)
        said += f"{DASH}{wording.number(last)}" if last > first else ""
        square = Markup('<rect x="%.1f" y="%.1f" width="12" height="12" fill="%s"/>')
        parts.append(square % (x, y, _SHADES[number]) + svg.text(x + 17, y + 10, said))
        x += 45 + 6.3 * len(said)
    return Markup("").join(parts)


def _shape(way: str, colour: str) -> Markup:
    shape = Markup('<path d="%s" fill="%s" stroke="#ffffff" stroke-width="1.5"/>')
    return shape % (way, colour)


def _others(named: Mapping[str, int]) -> str:
    return "".join(way for code, way in _outlines().items() if code not in named)


@cache
def _outlines() -> Mapping[str, str]:
    """The way around each country, by its code."""
    found: dict[str, str] = {}
    for feature in json.loads(_OUTLINES.read_text("utf-8"))["features"]:
        rings = [ring for shape in feature["geometry"]["coordinates"] for ring in shape]
        found[feature["properties"]["name"]] = "".join(_ring(ring) for ring in rings)
    return found


def _ring(points: Sequence[Any]) -> str:
    return "M" + "L".join(f"{x - _WEST} {_NORTH - y}" for x, y in points) + "Z"
