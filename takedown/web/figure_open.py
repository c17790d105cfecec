"""Charts of deadlines, and of what is still up."""

from typing import Final

from flask_babel import gettext as _

from takedown.web import figure_words, show
from takedown.web.charts import Cell, Chart, axis, labels, plotted, series
from takedown.web.figure_cells import cells
from takedown.web.figure_charts import Result, counted

_PAST: Final = (("overdue", "passed"), ("asked_for", "soft"))
_KEPT: Final = ("deadlines_due", "deadlines_met", "deadlines_missed", "deadline_met")


def deadlines(result: Result) -> Chart:
    """By month of the notice: how many binding deadlines were met, missed, or neither for sure."""
    items = result["deadlines"]["items"]
    drawn = {
        _("met"): ("main", [item["deadlines_met"] for item in items]),
        _("not known"): ("soft", [_unknown(item) for item in items]),
        _("missed"): ("passed", [item["deadlines_missed"] for item in items]),
    }
    title = _("Binding deadlines met, by month of the notice")
    due = sum(item["deadlines_due"] for item in items)
    months = [figure_words.month(item["month"]) for item in items]
    spec = plotted(
        "deadlines",
        title,
        figure_words.note(result["deadlines"], due, sum(item["notices"] for item in items)),
        x=labels(_("Month"), months),
        y=axis(_("deadlines passed"), "count"),
        drawn=[series(name, "bar", tone, n, stack="met") for name, (tone, n) in drawn.items()],
    )
    head = [_("Month"), _("passed"), _("met"), _("missed"), _("share met"), _("95 % interval")]
    rows = []
    for month, item in zip(months, items, strict=True):
        told = cells(item, _KEPT)
        share = told[-1].values or {}
        reach = show.percents(share.get("interval_low"), share.get("interval_high"))
        rows.append([Cell(month), *(Cell(one.text, one.sort) for one in told), Cell(reach)])
    return Chart("deadlines", title, spec, head, rows)


def _unknown(item: Result) -> float:
    found: float = item["deadlines_due"] - item["deadlines_met"] - item["deadlines_missed"]
    return found


def overdue(result: Result) -> Chart:
    """By month of the notice: what is still up past its deadline, binding or asked for."""
    items = result["months"]
    return counted(
        "overdue",
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
            for name, tone in _PAST
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
