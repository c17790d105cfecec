"""Charts of shares and counts: the trend, the league, countries on a map, anything counted."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from flask_babel import gettext as _

from takedown.stats.registry import MEASURES
from takedown.web import figure_cells, figure_words, show
from takedown.web.charts import Cell, Chart, Spec, axis, labels, mapped, plotted, series

Result = Mapping[str, Any]
Line = Mapping[str, Any]

LEAGUE_CHART: Final = 15
_PIECES: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def trend(result: Result, measure: str = "gone_24") -> Chart:
    """A share by month, with its bounds and interval."""
    items = result["items"]
    title = _("By month: %(what)s", what=figure_words.label(measure))
    return _bounded(
        "trend",
        title,
        result,
        measure,
        [(figure_words.month(item["month"]), item) for item in items],
        _("Month"),
    )


def league(result: Result, lines: Sequence[Line], measure: str = "gone_24") -> Chart:
    """A share by provider: those with a rank, best first."""
    ranked = [line for line in lines if line["rank"]][:LEAGUE_CHART]
    return _bounded(
        "league",
        _("Ranked providers: %(what)s", what=figure_words.label(measure)),
        result,
        measure,
        [(_name(line["provider"]), line) for line in ranked],
        _("Provider"),
        horizontal=True,
    )


def _bounded(
    chart_id: str,
    title: str,
    result: Result,
    measure: str,
    lines: Sequence[tuple[str, Line]],
    first: str,
    *,
    horizontal: bool = False,
) -> Chart:
    known = MEASURES[measure]
    read = [{} if figure_cells.hidden(line, known) else known.read(line) for _word, line in lines]
    low = [one.get("low") for one in read]
    between = [None if one.get("low") is None else one["high"] - one["low"] for one in read]
    reach = [
        None if one.get("interval_low") is None else [one["interval_low"], one["interval_high"]]
        for one in read
    ]
    spec = plotted(
        chart_id,
        title,
        rests(result, [line for _word, line in lines]),
        x=labels(first, [word for word, _line in lines]),
        y=axis(figure_words.label(known), "share", 1),
        drawn=[
            series(_("gone for certain"), "bar", "main", low, stack="share"),
            series(_("between the bounds"), "bar", "soft", between, stack="share"),
            series(_("95 % interval"), "range", "main", reach),
        ],
        horizontal=horizontal,
    )
    names = ["notices", "episodes", measure]
    head = [first, *(figure_words.label(name) for name in names), _("95 % interval")]
    rows = [
        [
            Cell(word),
            *(Cell(one.text, one.sort) for one in figure_cells.cells(line, names)),
            Cell(show.percents(*(ends or (None, None)))),
        ]
        for (word, line), ends in zip(lines, reach, strict=True)
    ]
    if not any(one is not None for one in low):
        few = _("No share is shown: each rests on fewer than 5 effective notices.")
        return Chart(chart_id, title, spec, head, [], empty=few if rows else "")
    return Chart(chart_id, title, spec, head, rows)


def world(result: Result, measure: str = "gone_24") -> Chart:
    """A share by hosting country on a map; those with too few notices stay blank."""
    known, title = (
        MEASURES[measure],
        _("Hosting countries: %(what)s", what=figure_words.label(measure)),
    )
    lines = [item for item in result["items"] if item["country"]]
    values, rows = [], []
    for line in lines:
        share, count = (figure_cells.cell(line, MEASURES[name]) for name in (measure, "episodes"))
        read = None if share.values is None else known.read(line)
        middle = None if not read or read["low"] is None else (read["low"] + read["high"]) / 2
        said = _("%(share)s of %(n)s addresses", share=share.text, n=count.text)
        few = _("%(n)s addresses: counts only", n=count.text)
        values.append(
            {
                "code": line["country"],
                "name": show.country(line["country"]),
                "value": middle,
                "text": said if middle is not None else few,
            }
        )
        rows.append(
            [
                Cell(show.country(line["country"])),
                Cell(count.text, count.sort),
                Cell(share.text, share.sort),
            ]
        )
    spec = mapped("countries", title, rests(result, lines), values=values, pieces=_pieces())
    spec["none"] = _("no share: none, or too few notices")
    head = [_("Country"), figure_words.label("episodes"), figure_words.label(measure)]
    return Chart("countries", title, spec, head, rows, alone=True)


def counted(
    chart_id: str,
    title: str,
    result: Result,
    x: Spec,
    drawn: Sequence[Spec],
    *,
    n: int | None = None,
    unit: str,
    horizontal: bool = False,
    says: str = "",
    alone: bool = False,
) -> Chart:
    """Counts by category; the table has a column for each series."""
    note = figure_words.note(result, n)
    spec = plotted(
        chart_id, title, note, x=x, y=axis(unit, "count"), drawn=drawn, horizontal=horizontal
    )
    head = [x["name"], *(one["name"] for one in drawn)]
    rows = [
        [Cell(word), *(Cell(show.number(one["data"][i]), one["data"][i]) for one in drawn)]
        for i, word in enumerate(x["labels"])
    ]
    drawable = any(value for one in drawn for value in one["data"])
    return Chart(chart_id, title, spec, head, rows if drawable else [], says=says, alone=alone)


def _pieces() -> list[Spec]:
    made = []
    for low, high in pairwise(_PIECES):
        top = high if high < 1 else 1.01
        made.append({"min": low, "max": top, "label": show.percents(low, high)})
    return made


def rests(result: Result, lines: Sequence[Line]) -> str:
    """What a chart rests on, of the cases and notices of its lines."""
    n = sum(line["episodes"] for line in lines)
    return figure_words.note(result, n, sum(line["notices"] for line in lines))


def _name(provider: str) -> str:
    return _("other") if provider == "other" else provider
