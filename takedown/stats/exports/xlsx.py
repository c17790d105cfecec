"""A report as a workbook: real numbers, native charts, a sheet of definitions; nothing that runs.

XlsxWriter is told never to make formulas or links of texts, and texts that look like formulas are
marked (see `flat.harmless`).
"""

import io
import math
from datetime import date, datetime
from typing import Any, Final

import xlsxwriter

from takedown.stats.exports import flat
from takedown.stats.exports.document import Chart, Column, Document, Kind, Mark, Sheet, Table
from takedown.stats.exports.wording import Wording

_FORMATS: Final = {
    Kind.COUNT: "#,##0",
    Kind.SHARE: "0.0%",
    Kind.HOURS: "#,##0.0",
    Kind.NUMBER: "#,##0.0",
    Kind.DAY: "yyyy-mm-dd",
    Kind.MIXED: "#,##0",
}
_TEAL, _COLOURS = "#0A5C60", ("#0A5C60", "#8FBFC0", "#E2B65C", "#7D4F00", "#8D9AA0", "#DD8F87")
_PATTERNS: Final = (
    None,
    "light_upward_diagonal",
    "light_horizontal",
    "light_downward_diagonal",
    "light_vertical",
    "percent_10",
)
_HEAD: Final = {
    "bold": True,
    "bg_color": "#E0EEEE",
    "bottom": 1,
    "text_wrap": True,
    "valign": "bottom",
}
_WIDEST, _MERGED = 44, 7


def write(document: Document) -> bytes:
    """The workbook's bytes; the same document gives the same bytes (its own date is `made_at`)."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, {**options, "strings_to_numbers": False}) as book:
        properties: dict[str, Any] = {"title": document.title, "comments": document.digest}
        if document.made_at is not None:
            properties["created"] = document.made_at.replace(tzinfo=None)
        book.set_properties(properties)
        writer = _Book(book, document)
        writer.front()
        for sheet in document.sheets:
            writer.sheet(sheet)
        writer.definitions()
    return out.getvalue()


class _Book:
    """One workbook in the making."""

    def __init__(self, book: Any, document: Document) -> None:
        self.book, self.document = book, document
        self.words = document.words
        self.wording = Wording(document.lang, dict(document.words))
        self.names: set[str] = set()
        make = book.add_format
        self.title = make({"bold": True, "font_size": 16, "font_color": _TEAL})
        self.heading = make({"bold": True, "font_size": 12})
        self.head = make(_HEAD)
        self.right_head = make(_HEAD | {"align": "right"})
        self.text = make({"valign": "top"})
        self.right = make({"valign": "top", "align": "right"})
        self.wrapped = make({"text_wrap": True, "valign": "top"})
        self.quiet = make({"font_color": "#47545B", "text_wrap": True, "valign": "top"})
        self.mark = make({"align": "right", "font_color": "#47545B"})
        self.figures = {kind: make({"num_format": form}) for kind, form in _FORMATS.items()}

    def front(self) -> None:
        """What it is, from when to when, on which clock, and the digest."""
        page = self._add(self.words["front"])
        page.set_column(0, 0, 30)
        page.set_column(1, 1, 90)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        self._say(page, 0, 0, self.document.title, self.title)
        self._say(page, 1, 0, self.document.subtitle, self.heading)
        for row, (label, value) in enumerate(self.document.about, 3):
            self._say(page, row, 0, label, self.text)
            self._say(page, row, 1, value, self.wrapped)
        row = len(self.document.about) + 4
        for number, sheet in enumerate(self.document.sheets):
            self._say(page, row + number, 0, sheet.title, self.text)
            tables = ", ".join(table.title for table in sheet.tables)
            self._say(page, row + number, 1, tables, self.quiet)
            page.set_row(row + number, _high(tables, 90))

    def sheet(self, sheet: Sheet) -> None:
        """A sheet: its tables one under the other, the charts at their right."""
        page = self._add(sheet.title)
        page.hide_gridlines(2)
        self._say(page, 0, 0, sheet.title, self.title)
        widths = dict[int, int]() if sheet.tables else dict.fromkeys(range(_MERGED), 14)
        said = dict(enumerate(sheet.paragraphs, 2))
        row = 2 + len(said) + bool(said)
        for table in sheet.tables:
            row = self._table(page, row, table, widths, said) + 2
        wide = {column: min(_WIDEST, max(9, width + 2)) for column, width in widths.items()}
        for column, width in wide.items():
            page.set_column(column, column, width)
        for row, text in said.items():
            page.merge_range(row, 0, row, _MERGED - 1, "", self.wrapped)
            self._say(page, row, 0, text, self.wrapped)
            page.set_row(row, _high(text, sum(wide.get(one, 8) for one in range(_MERGED))))
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)

    def definitions(self) -> None:
        """The last sheet: what each column means."""
        page = self._add(self.words["definitions"])
        page.set_column(0, 1, 32)
        page.set_column(2, 2, 14)
        page.set_column(3, 3, 110)
        self._say(page, 0, 0, self.words["definitions"], self.title)
        for column, word in enumerate(("column", "figure", "unit", "definition")):
            self._say(page, 2, column, self.words[word], self.head)
        for row, line in enumerate(self.document.definitions(), 3):
            for column, text in enumerate(line):
                self._say(page, row, column, text, self.wrapped)
            page.set_row(row, max(_high(line[1], 32), _high(line[3], 110)))
        page.freeze_panes(3, 0)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)

    def _table(
        self, page: Any, row: int, table: Table, widths: dict[int, int], said: dict[int, str]
    ) -> int:
        """Write a table at this row; the row after it (its chart's too). Its notes go to `said`."""
        self._say(page, row, 0, table.title, self.heading)
        heads, lines = flat.heads(table), flat.lines(table)
        first = row + 1
        page.set_row(first, max(_high(self._head(column, part), 18) for _, column, part in heads))
        for place, (_, column, part) in enumerate(heads):
            text = self._head(column, part)
            words = column.kind is Kind.TEXT
            self._say(page, first, place, text, self.head if words else self.right_head)
            widths[place] = max(widths.get(place, 0), min(18, len(text)))
        for number, line in enumerate(lines, first + 1):
            for place, (value, (_, column, _part)) in enumerate(zip(line, heads, strict=True)):
                self._cell(page, number, place, value, column)
                if isinstance(value, str):
                    widths[place] = max(widths.get(place, 0), len(value))
        last = first + len(lines)
        end = last + 1
        for note in table.notes:
            said[end] = note
            end += 1
        if table.chart is not None and lines:
            shown = min(len(lines), table.chart.most)
            page.insert_chart(end + 1, 0, self._chart(page, table, table.chart, first, shown))
            end += 20
        return end

    def _head(self, column: Column, part: str) -> str:
        return f"{column.title}, {self.words[part]}" if part else column.title

    def _cell(self, page: Any, row: int, place: int, value: Any, column: Column) -> None:
        if isinstance(value, Mark):
            page.write_string(row, place, self.words["withheld_mark"], self.mark)
        elif value is None:
            page.write_blank(row, place, None, self.text)
        elif isinstance(value, str):
            words = column.kind is Kind.TEXT
            self._say(page, row, place, value, self.text if words else self.right)
        elif isinstance(value, datetime):
            page.write_datetime(row, place, value.replace(tzinfo=None), self.figures[Kind.DAY])
        elif isinstance(value, date):
            page.write_datetime(row, place, value, self.figures[Kind.DAY])
        else:
            page.write_number(row, place, value, self.figures.get(column.kind, self.text))

    def _say(self, page: Any, row: int, place: int, text: str, form: Any) -> None:
        page.write_string(row, place, flat.harmless(text)[:32_000], form)

    def _add(self, title: str) -> Any:
        """A sheet whose name Excel takes: 31 characters, none of its own marks, each once."""
        plain = "".join(" " if mark in "[]:*?/\\'" else mark for mark in title)[:31].strip()
        name, number = plain, 2
        while name.casefold() in self.names:
            name = f"{plain[:28]} {number}"
            number += 1
        self.names.add(name.casefold())
        return self.book.add_worksheet(name)

    def _chart(self, page: Any, table: Table, chart: Chart, first: int, shown: int) -> Any:
        """A native chart over the table's own cells."""
        kinds = {"line": {"type": "line"}, "curve": {"type": "scatter", "subtype": "straight"}}
        stacked = {"type": "bar", "subtype": "stacked"}
        form = kinds.get(chart.kind, stacked if chart.kind == "stacked" else {"type": "bar"})
        made = self.book.add_chart(form)
        places = {name: i for i, (name, _, _) in enumerate(flat.heads(table))}
        label = places[chart.label]
        drawn = [one for key in chart.series for one in _plain_keys(table, key)]
        for number, key in enumerate(drawn):
            place = places[key]
            colour = _COLOURS[number % len(_COLOURS)]
            series: dict[str, Any] = {
                "name": [page.get_name(), first, place],
                "categories": [page.get_name(), first + 1, label, first + shown, label],
                "values": [page.get_name(), first + 1, place, first + shown, place],
            }
            if form["type"] == "bar":
                series |= {"fill": {"color": colour}, "border": {"color": "#182227", "width": 0.25}}
                pattern = _PATTERNS[number % len(_PATTERNS)]
                if pattern:
                    series["pattern"] = {
                        "pattern": pattern,
                        "fg_color": "#47545B",
                        "bg_color": colour,
                    }
            else:
                dash = ("solid", "dash", "round_dot", "dash_dot")[number % 4]
                series["line"] = {"color": colour, "width": 2, "dash_type": dash}
            made.add_series(series)
        made.set_title({"name": chart.title, "name_font": {"size": 11}})
        made.set_legend({"position": "bottom"} if len(drawn) > 1 else {"none": True})
        if form["type"] == "line":
            made.set_y_axis({"min": 0})
        if form["type"] == "bar":
            made.set_y_axis({"reverse": True})
        if form["type"] == "scatter":
            heads = table.columns
            made.set_x_axis({"name": f"{heads[0].title} ({heads[0].unit})", "min": 0})
            made.set_y_axis({"min": 0, "max": 1, "num_format": "0%"})
        made.set_size({"width": 860, "height": 380})
        return made


def _plain_keys(table: Table, key: str) -> list[str]:
    column = table.columns[table.column(key)]
    return [f"{key}_low", f"{key}_high"] if column.estimated else [key]


def _high(text: str, letters: int) -> int:
    """The height in points of a row whose text is wrapped, in a cell about so many letters wide."""
    return 15 * max(1, math.ceil(len(text) * 1.1 / letters))
