"""Charts as SVG, drawn here: patterns beside colours, a title and a description in each.

Its table stands beside every chart; what is withheld or unknown is not drawn.
"""

import math
from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from takedown.stats.exports import curves, maps, svg
from takedown.stats.exports.document import Chart, Estimate, Kind, Table, Value
from takedown.stats.exports.wording import Wording

_WHOLE: Final = ("line", "curve", "map")
"""Kinds of charts that show every row."""
_LEFT, _RIGHT, _ROW = 190, 70, 22


def drawn(table: Table, wording: Wording) -> Markup | None:
    """The chart of a table; None where it has none, or nothing in it can be drawn."""
    chart = table.chart
    if chart is None:
        return None
    rows = [
        row for row in table.lines if any(_size(row[table.column(key)]) for key in chart.series)
    ]
    if not rows:
        return None
    if chart.kind == "line":
        return _line(table, chart, rows, wording)
    if chart.kind == "curve":
        return curves.drawn(table, chart, wording)
    if chart.kind == "map":
        return maps.drawn(table, chart, wording)
    return _bars(table, chart, rows[: chart.most], wording)


def left_out(table: Table) -> tuple[int, int] | None:
    """(drawn, all) where a chart shows only the largest."""
    if table.chart is None or table.chart.kind in _WHOLE or len(table.lines) <= table.chart.most:
        return None
    return table.chart.most, len(table.lines)


def _size(value: Value) -> float:
    if isinstance(value, Estimate):
        return value.high or 0.0
    return float(value) if isinstance(value, int | float) else 0.0


def _bars(table: Table, chart: Chart, rows: Sequence[Sequence[Value]], wording: Wording) -> Markup:
    """Horizontal bars; stacked series fill one bar, others stand one under the other."""
    places = [table.column(key) for key in chart.series]
    stacked = chart.kind == "stacked"
    kind = table.columns[places[0]].kind
    whole = [
        sum(_size(row[p]) for p in places) if stacked else max(_size(row[p]) for p in places)
        for row in rows
    ]
    most = 1.0 if kind is Kind.SHARE and not stacked else max(whole)
    each = _ROW if stacked or len(places) == 1 else 12 * len(places) + 8
    scale = (svg.WIDTH - _LEFT - _RIGHT) / most
    parts, label = [], table.column(chart.label)
    for number, row in enumerate(rows):
        y = number * each
        parts.append(svg.text(_LEFT - 8, y + each / 2 + 4, svg.short(str(row[label])), "end"))
        parts.append(
            _stack(row, places, y, scale, table.key)
            if stacked
            else _beside(table, row, places, y, scale, wording)
        )
        if stacked:
            parts.append(
                svg.text(
                    _LEFT + whole[number] * scale + 6,
                    y + each / 2 + 4,
                    wording.number(round(whole[number])),
                )
            )
    height = len(rows) * each + 4
    legend, below = Markup(""), 0.0
    if len(places) > 1:
        legend, below = svg.legend([table.columns[p].title for p in places], height, table.key)
    inside = Markup("").join(parts) + legend
    return svg.picture(chart.title, wording, inside, height + below, len(places), table.key)


def _stack(
    row: Sequence[Value], places: Sequence[int], y: float, scale: float, name: str
) -> Markup:
    x, parts = float(_LEFT), []
    for number, place in enumerate(places):
        width = _size(row[place]) * scale
        if width:
            parts.append(svg.rect(x, y + 3, width, _ROW - 7, number, name))
            x += width
    return Markup("").join(parts)


def _beside(
    table: Table,
    row: Sequence[Value],
    places: Sequence[int],
    y: float,
    scale: float,
    wording: Wording,
) -> Markup:
    """One bar a series: full to the lower bound, light to the upper, a line for the interval."""
    thick = _ROW - 8 if len(places) == 1 else 9
    parts = []
    for number, place in enumerate(places):
        value, top = row[place], y + 3 + number * 12
        if not _size(value):
            continue
        column = table.columns[place]
        low = value.low or 0.0 if isinstance(value, Estimate) else _size(value)
        high = _size(value)
        if high > low:
            parts.append(
                Markup('<rect x="%.1f" y="%.1f" width="%.1f" height="%s" fill="#d5dcde"/>')
                % (_LEFT + low * scale, top, (high - low) * scale, thick)
            )
        parts.append(svg.rect(_LEFT, top, low * scale, thick, number, table.key))
        if (
            isinstance(value, Estimate)
            and value.interval_low is not None
            and value.interval_high is not None
        ):
            middle = top + thick / 2
            parts.append(
                Markup('<path d="M%.1f %.1fH%.1f" stroke="#182227" stroke-width="1.2"/>')
                % (_LEFT + value.interval_low * scale, middle, _LEFT + value.interval_high * scale)
            )
            high = max(high, value.interval_high)
        parts.append(
            svg.text(_LEFT + high * scale + 6, top + thick - 1, wording.value(value, column))
        )
    return Markup("").join(parts)


def _line(table: Table, chart: Chart, rows: Sequence[Sequence[Value]], wording: Wording) -> Markup:
    """One point a row, joined where neighbours are known; nought is the ground."""
    place, label = table.column(chart.series[0]), table.column(chart.label)
    values = [_size(row[place]) for row in rows]
    most, height = max(values), 180.0
    step = (svg.WIDTH - 90) / max(len(rows) - 1, 1)
    points = [(50 + i * step, 12 + height * (1 - value / most)) for i, value in enumerate(values)]
    way = " ".join(f"{'M' if i == 0 else 'L'}{x:.1f} {y:.1f}" for i, (x, y) in enumerate(points))
    parts = [
        Markup('<path d="M50 %.1fH%s" stroke="#8d9aa0"/>') % (12 + height, svg.WIDTH - 40),
        Markup('<path d="%s" fill="none" stroke="#0a5c60" stroke-width="2"/>') % way,
        svg.text(44, 16, wording.number(round(most)), "end"),
        svg.text(44, 16 + height, wording.number(0), "end"),
    ]
    every = max(1, math.ceil(len(rows) / 9))
    for i, (x, y) in enumerate(points):
        parts.append(Markup('<circle cx="%.1f" cy="%.1f" r="3" fill="#0a5c60"/>') % (x, y))
        if i % every == 0:
            parts.append(svg.text(x, height + 30, str(rows[i][label]), "middle"))
    return svg.picture(chart.title, wording, Markup("").join(parts), height + 36, 1, table.key)
