"""Charts as SVG, drawn here: patterns beside colours, a title and a description in each.

Its table stands beside every chart; what is withheld or unknown is not drawn.
"""

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup, escape

from takedown.stats.exports.document import Chart, Estimate, Kind, Table, Value
from takedown.stats.exports.wording import Wording

WIDTH: Final = 680
_LEFT, _RIGHT, _ROW = 190, 70, 22
COLOURS: Final = ("#0a5c60", "#8fbfc0", "#e2b65c", "#7d4f00", "#8d9aa0", "#dd8f87")
_LINES: Final = (
    "",
    "M0 6L6 0",
    "M0 3H6M3 0V6",
    "M0 0L6 6",
    "M3 0V6",
    "M1 1h1v1h-1zM4 4h1v1h-1z",
)


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
    return _bars(table, chart, rows[: chart.most], wording)


def left_out(table: Table) -> tuple[int, int] | None:
    """(drawn, all) where a chart shows only the largest."""
    if table.chart is None or table.chart.kind == "line" or len(table.lines) <= table.chart.most:
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
    scale = (WIDTH - _LEFT - _RIGHT) / most
    parts, label = [], table.column(chart.label)
    for number, row in enumerate(rows):
        y = number * each
        parts.append(_text(_LEFT - 8, y + each / 2 + 4, _short(str(row[label])), "end"))
        parts.append(
            _stack(row, places, y, scale, table.key)
            if stacked
            else _beside(table, row, places, y, scale, wording)
        )
        if stacked:
            parts.append(
                _text(
                    _LEFT + whole[number] * scale + 6,
                    y + each / 2 + 4,
                    wording.number(round(whole[number])),
                )
            )
    height = len(rows) * each + 4
    legend = (
        _legend([table.columns[p].title for p in places], height, table.key)
        if len(places) > 1
        else Markup("")
    )
    return _svg(
        chart.title,
        wording,
        Markup("").join(parts) + legend,
        height + (26 if legend else 0),
        len(places),
        table.key,
    )


def _stack(
    row: Sequence[Value], places: Sequence[int], y: float, scale: float, name: str
) -> Markup:
    x, parts = float(_LEFT), []
    for number, place in enumerate(places):
        width = _size(row[place]) * scale
        if width:
            parts.append(_rect(x, y + 3, width, _ROW - 7, number, name))
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
        parts.append(_rect(_LEFT, top, low * scale, thick, number, table.key))
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
        parts.append(_text(_LEFT + high * scale + 6, top + thick - 1, wording.value(value, column)))
    return Markup("").join(parts)


def _line(table: Table, chart: Chart, rows: Sequence[Sequence[Value]], wording: Wording) -> Markup:
    """One point a row, joined where neighbours are known; nought is the ground."""
    place, label = table.column(chart.series[0]), table.column(chart.label)
    values = [_size(row[place]) for row in rows]
    most, height = max(values), 180.0
    step = (WIDTH - 90) / max(len(rows) - 1, 1)
    points = [(50 + i * step, 12 + height * (1 - value / most)) for i, value in enumerate(values)]
    way = " ".join(f"{'M' if i == 0 else 'L'}{x:.1f} {y:.1f}" for i, (x, y) in enumerate(points))
    parts = [
        Markup('<path d="M50 %.1fH%s" stroke="#8d9aa0"/>') % (12 + height, WIDTH - 40),
        Markup('<path d="%s" fill="none" stroke="#0a5c60" stroke-width="2"/>') % way,
        _text(44, 16, wording.number(round(most)), "end"),
        _text(44, 16 + height, wording.number(0), "end"),
    ]
    every = max(1, len(rows) // 12)
    for i, (x, y) in enumerate(points):
        parts.append(Markup('<circle cx="%.1f" cy="%.1f" r="3" fill="#0a5c60"/>') % (x, y))
        if i % every == 0:
            parts.append(_text(x, height + 30, str(rows[i][label]), "middle"))
    return _svg(chart.title, wording, Markup("").join(parts), height + 36, 1, table.key)


def _pattern(name: str, number: int) -> str:
    """Each chart on a page has patterns of its own name."""
    return f"{name}-{number % 6}"


def _rect(x: float, y: float, width: float, height: float, number: int, name: str) -> Markup:
    """A bar in the colour of its series, its pattern above."""
    place = (x, y, width, height)
    fill = Markup('<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>') % (
        *place,
        COLOURS[number % 6],
    )
    if not number:
        return fill
    pattern = Markup('<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="url(#%s)"/>')
    return fill + pattern % (*place, _pattern(name, number))


def _legend(titles: Sequence[str], y: float, name: str) -> Markup:
    parts, x = [], 0.0
    for number, title in enumerate(titles):
        parts.append(_rect(x, y + 6, 12, 12, number, name) + _text(x + 17, y + 16, title))
        x += 30 + 6.3 * len(title)
    return Markup("").join(parts)


def _text(x: float, y: float, text: str, anchor: str = "start") -> Markup:
    return Markup('<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>') % (
        x,
        y,
        anchor,
        escape(text),
    )


def _short(text: str) -> str:
    return text if len(text) <= 30 else text[:28] + "…"


def _svg(
    title: str, wording: Wording, inside: Markup, height: float, series: int, name: str
) -> Markup:
    patterns = Markup("").join(
        _PATTERN % (_pattern(name, n), _LINES[n]) for n in range(1, min(series, 6))
    )
    said = wording.words["chart_of"].format(title=title)
    return _PICTURE % (WIDTH, height, WIDTH, height, said, said, patterns, inside)


_PATTERN: Final = Markup(
    '<pattern id="%s" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<path d="%s" stroke="#182227" stroke-width=".7" fill="none"/></pattern>'
)
_PICTURE: Final = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img"'
    ' aria-label="%s" font-size="11" font-family="sans-serif"><title>%s</title>'
    "<defs>%s</defs>%s</svg>"
)
