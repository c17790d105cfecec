"""Curves of what is still there: two bounds with their band, and the number at risk below."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from markupsafe import Markup

from takedown.stats.exports import svg
from takedown.stats.exports.document import Chart, Estimate, Kind, Table
from takedown.stats.exports.wording import Wording

_LEFT, _TOP, _HEIGHT, _ROW = 140.0, 12.0, 220.0, 15
_WIDE: Final = svg.WIDTH - _LEFT - 20
_TICKS: Final = (6, 24, 72, 168, 336, 672)
"""Ages that are named below; the axis goes by their square root: most happens early."""
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Bounds:
    """At an age: what is still there, at least and at most."""

    hours: float
    low: float
    high: float


def drawn(table: Table, chart: Chart, wording: Wording) -> Markup:
    """The curves of the table's series over its ages."""
    label = table.column(chart.label)
    most = max(float(str(row[label])) for row in table.lines)
    parts = [_frame(most, wording)]
    for number, key in enumerate(chart.series):
        colour = (svg.COLOURS[0], svg.COLOURS[3])[number % 2]
        parts.append(_area(_bounds(table, key, band=True), most, colour, "0.1"))
        parts.append(_area(_bounds(table, key, band=False), most, colour, "0.45"))
    below = _TOP + _HEIGHT + 34
    if len(chart.series) > 1:
        titles = [table.columns[table.column(key)].title for key in chart.series]
        parts.append(_key(titles, below - 8))
        below += 22
    risks = [key.replace("still_there", "at_risk") for key in chart.series]
    shown = [key for key in risks if any(one.key == key for one in table.columns)]
    for number, key in enumerate(shown):
        parts.append(_at_risk(table, key, label, most, below + number * _ROW, wording))
    height = below + len(shown) * _ROW
    return svg.picture(chart.title, wording, Markup("").join(parts), height, 1, table.key)


def _bounds(table: Table, key: str, *, band: bool) -> list[_Bounds]:
    place, found = table.column(key), [_Bounds(0.0, 1.0, 1.0)]
    for row in table.lines:
        value = row[place]
        if not isinstance(value, Estimate) or value.low is None or value.high is None:
            continue
        low, high = value.low, value.high
        if band:
            low = low if value.interval_low is None else value.interval_low
            high = high if value.interval_high is None else value.interval_high
        found.append(_Bounds(float(str(row[0])), low, high))
    return found


def _area(bounds: Sequence[_Bounds], most: float, colour: str, opacity: str) -> Markup:
    """Between two ages it lies below the earlier point's upper bound and above the later's lower.

    So the upper edge falls at each point, the lower one right after the point before.
    """
    upper, lower = list[Point](), list[Point]()
    for before, after in pairwise(bounds):
        upper += [_at(before.hours, before.high, most), _at(after.hours, before.high, most)]
        lower += [_at(before.hours, after.low, most), _at(after.hours, after.low, most)]
    if not upper:
        return Markup("")
    way = " ".join(_moves([*upper, *reversed(lower)]))
    shape = Markup('<path d="%s" fill="%s" fill-opacity="%s" stroke="%s" stroke-width=".6"/>')
    return shape % (way, colour, opacity, colour)


def _moves(points: Sequence[Point]) -> Iterator[str]:
    for number, (x, y) in enumerate(points):
        yield f"{'L' if number else 'M'}{x:.1f} {y:.1f}"
    yield "Z"


def _at(hours: float, share: float, most: float) -> Point:
    return _LEFT + _WIDE * math.sqrt(hours / most), _TOP + _HEIGHT * (1 - share)


def _frame(most: float, wording: Wording) -> Markup:
    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = _at(0, share, most)
        line = Markup('<path d="M%.1f %.1fH%.1f" stroke="#d5dcde"/>')
        parts.append(line % (x, y, _LEFT + _WIDE))
        parts.append(svg.text(x - 6, y + 4, wording.figure(share, Kind.SHARE), "end"))
    for hours in (one for one in _TICKS if one <= most):
        x, y = _at(hours, 0.0, most)
        parts.append(Markup('<path d="M%.1f %.1fv5" stroke="#8d9aa0"/>') % (x, y))
        parts.append(svg.text(x, y + 18, wording.figure(hours, Kind.HOURS), "middle"))
    return Markup("").join(parts)


def _key(titles: Sequence[str], y: float) -> Markup:
    parts, x = [], _LEFT
    for number, title in enumerate(titles):
        colour = (svg.COLOURS[0], svg.COLOURS[3])[number % 2]
        square = Markup('<rect x="%.1f" y="%.1f" width="12" height="12" fill="%s"/>')
        parts.append(square % (x, y, colour) + svg.text(x + 17, y + 10, title))
        x += 40 + 6.3 * len(title)
    return Markup("").join(parts)


def _at_risk(table: Table, key: str, label: int, most: float, y: float, wording: Wording) -> Markup:
    place = table.column(key)
    parts = [svg.text(0, y, table.columns[place].title)]
    for row in table.lines:
        count = row[place]
        if row[label] in _TICKS and isinstance(count, int):
            x, _ = _at(float(str(row[label])), 0.0, most)
            parts.append(svg.text(x, y, wording.number(count), "middle"))
    return Markup("").join(parts)
