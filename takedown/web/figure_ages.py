"""Charts by time since the notice: what is still there, and what had become of the rest."""

from collections.abc import Sequence
from typing import Final

from flask_babel import gettext as _

from takedown.stats.registry import N_
from takedown.web import figure_words, show
from takedown.web.charts import Cell, Chart, ages, axis, labels, plotted, series
from takedown.web.figure_charts import Line, Result, rests

CURVE_DAYS: Final = 28
CURVE_STEPS: Final = 300
STOPS: Final = (1, 6, 12, 24, 48, 72, 120, 168, 240, 336, 504, 672)
_DAY: Final = 24 * 60
ENDS: Final = (
    ("removed", N_("removed"), "main"),
    ("unavailable", N_("name or host gone"), "soft"),
    ("moved", N_("moved"), "other"),
    ("up", N_("still up"), "pale"),
)


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
        rests(result, [total]),
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
