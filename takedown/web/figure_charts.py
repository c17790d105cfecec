"""Which chart shows which figures: trend, league, survival, countries."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from flask_babel import gettext as _

from takedown.stats.registry import MEASURES, N_
from takedown.web import figure_cells, figure_words, show
from takedown.web.charts import Cell, Chart, Spec, ages, axis, labels, mapped, plotted, series

Result = Mapping[str, Any]
Line = Mapping[str, Any]

LEAGUE_CHART: Final = 15
CURVE_DAYS: Final = 28
CURVE_STEPS: Final = 300
STOPS: Final = (1, 6, 12, 24, 48, 72, 120, 168, 240, 336, 504, 672)
_DEADLINES: Final = (("overdue", "passed"), ("asked_for", "soft"))
_DAY: Final = 24 * 60
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
        _rests(result, [line for _word, line in lines]),
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
    return Chart(chart_id, title, spec, head, rows)


def curve(result: Result, name: str) -> Chart:
    """The share still there by age, against all others: bounds, band and number at risk."""
    mine, others = result["curve"], result["curve_others"]
    title = _("Still there, by time since the notice")
    drawn = []
    if mine:
        drawn += [
            series(_("95 %% band: %(who)s", who=name), "band", "main", steps(mine, "band")),
            series(_("%(who)s, at most", who=name), "step", "main", steps(mine, "high")),
            series(
                _("%(who)s, at least", who=name), "step", "main", steps(mine, "low"), dash="dotted"
            ),
        ]
    if others:
        drawn += [
            series(_("all others, at most"), "step", "other", steps(others, "high"), dash="dashed"),
            series(_("all others, at least"), "step", "other", steps(others, "low"), dash="dotted"),
        ]
    stops = [(hours / 24, show.duration(hours)) for hours in STOPS]
    n = mine[0]["at_risk"] if mine else 0
    spec = plotted(
        "survival",
        title,
        figure_words.note(result, n),
        x=ages(_("days since the notice was accepted"), "d", CURVE_DAYS, 4, stops),
        y=axis(_("share still there"), "share", 1),
        drawn=drawn,
    )
    head = [_("Age"), _("still there"), _("95 % band"), _("at risk"), _("all others"), _("at risk")]
    rows = [[Cell(word), *_at(mine, days), *_at(others, days, band=False)] for days, word in stops]
    return Chart("survival", title, spec, head, rows if mine else [])


def steps(curve_: Sequence[Line], part: str) -> list[list[float]]:
    """Points in days; of many, the last of each short stretch, so that no step is invented."""
    keys = ("band_low", "band_high") if part == "band" else (part,)
    start = [0.0, *(1.0 for _key in keys)]
    within = {
        int(point["minute"] / _DAY / CURVE_DAYS * CURVE_STEPS): point
        for point in curve_
        if point["minute"] <= CURVE_DAYS * _DAY and None not in [point[key] for key in keys]
    }
    points = [
        [round(point["minute"] / _DAY, 4), *(round(point[key], 5) for key in keys)]
        for point in within.values()
    ]
    if points and points[0][0] > 0:
        points.insert(0, start)
    if points:
        points.append([CURVE_DAYS, *points[-1][1:]])
    return points


def _at(curve_: Sequence[Line], days: float, *, band: bool = True) -> list[Cell]:
    """The curve at an age: the last step at or before it, and who is still at risk then."""
    before = [point for point in curve_ if point["minute"] <= days * _DAY]
    after = [point for point in curve_ if point["minute"] >= days * _DAY]
    here = before[-1] if before else {"low": 1.0, "high": 1.0, "band_low": None, "band_high": None}
    risk = after[0]["at_risk"] if after else 0
    share = Cell(show.percents(here["low"], here["high"]), here["low"])
    cells = [share, Cell(show.percents(here["band_low"], here["band_high"]))] if band else [share]
    return [*cells, Cell(show.number(risk), risk)]


def deadlines(result: Result) -> Chart:
    """By month of the notice: what is still up past its deadline, binding or asked for."""
    items = result["deadlines"]
    return counted(
        "deadlines",
        _("Still up past the deadline, by month of the notice"),
        result,
        labels(_("Month"), [figure_words.month(item["month"]) for item in items]),
        [
            series(
                figure_words.label(name),
                "bar",
                tone,
                [item[name] for item in items],
                stack="deadline",
            )
            for name, tone in _DEADLINES
        ],
        n=sum(item["episodes"] for item in items),
        unit=figure_words.label("episodes"),
    )


def open_by_age(result: Result) -> Chart:
    """Cases still open, by how old they are at the cut-off."""
    items = result["open_by_age"]
    words = [
        show.span(item["from_hours"], item["to_hours"])
        if item["from_hours"] or item["to_hours"]
        else ""
        for item in items
    ]
    return counted(
        "open-by-age",
        _("Still up, by age"),
        result,
        labels(_("Age"), words),
        [series(_("addresses"), "bar", "main", [item["open"] for item in items])],
        n=sum(item["open"] for item in items),
        unit=_("addresses"),
    )


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
    spec = mapped("countries", title, _rests(result, lines), values=values, pieces=_pieces())
    spec["none"] = _("no share: none, or too few notices")
    head = [_("Country"), figure_words.label("episodes"), figure_words.label(measure)]
    return Chart("countries", title, spec, head, rows, alone=True)


ENDS: Final = (
    ("removed", N_("removed"), "main"),
    ("unavailable", N_("name or host gone"), "soft"),
    ("moved", N_("moved"), "other"),
    ("up", N_("still up"), "pale"),
)


def ends(result: Result, total: Line) -> Chart:
    """What had become of the addresses by each age: the shares of one truth, stacked to 100 %.

    Drawn are the lower bounds; what is left over is what the looks do not tell.
    """
    title = _("What had become of them, by time since the notice")
    hours = [key for key, one in total["ends"].items() if one["up"]["low"] is not None]
    read = {kind: [total["ends"][key][kind] for key in hours] for kind, _word, _tone in ENDS}
    drawn = [
        series(_(word), "bar", tone, [one["low"] for one in read[kind]], stack="ends")
        for kind, word, tone in ENDS
    ]
    left = [1 - sum(one["data"][i] for one in drawn) for i in range(len(hours))]
    drawn.append(
        series(_("not known"), "bar", "blank", [max(0, one) for one in left], stack="ends")
    )
    words = [show.duration(float(key)) for key in hours]
    spec = plotted(
        "ends",
        title,
        _rests(result, [total]),
        x=labels(_("Age"), words),
        y=axis(_("share of addresses"), "share", 1),
        drawn=drawn,
    )
    head = [_("Age"), *(_(word) for _kind, word, _tone in ENDS)]
    rows = [
        [
            Cell(word),
            *(
                Cell(
                    show.percents(read[kind][i]["low"], read[kind][i]["high"]), read[kind][i]["low"]
                )
                for kind, _word, _tone in ENDS
            ),
        ]
        for i, word in enumerate(words)
    ]
    return Chart("ends", title, spec, head, rows)


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
    return Chart(chart_id, title, spec, head, rows, says=says)


def _pieces() -> list[Spec]:
    made = []
    for low, high in pairwise(_PIECES):
        top = high if high < 1 else 1.01
        made.append({"min": low, "max": top, "label": show.percents(low, high)})
    return made


def _rests(result: Result, lines: Sequence[Line]) -> str:
    n = sum(line["episodes"] for line in lines)
    return figure_words.note(result, n, sum(line["notices"] for line in lines))


def _name(provider: str) -> str:
    return _("other") if provider == "other" else provider
