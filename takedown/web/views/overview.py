"""Overview: how far things come, this period against the one before, and what changed."""

from dataclasses import replace
from typing import Any, Final

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from takedown.people.permissions import Permission
from takedown.stats import figures
from takedown.stats.facts import Facts
from takedown.stats.query import Query
from takedown.web import (
    figure_ages,
    figure_cells,
    figure_charts,
    figure_pages,
    figure_words,
    show,
)
from takedown.web.charts import Chart, labels, series
from takedown.web.figure_cells import Cell, cells
from takedown.web.guard import needs

pages = Blueprint("overview", __name__, url_prefix="/overview")

_NO_PERIOD: Final = ("without_notice",)
"""What has not begun on the clock lies in every period: it can't be compared."""
SUMMARY: Final = ("episodes", "notices", "gone_24", "likely_median_hours", "open", "overdue")


@pages.get("")
@needs(Permission.SEE_FIGURES)
def index() -> ResponseReturnValue:
    """The funnel, all measures now and then, and the trend."""
    return figure_pages.show("overview.html", _("Overview"), _read)


def _read(facts: Facts, query: Query) -> dict[str, Any]:
    result = figures.compare(facts, query)
    now, then = result["now"], result["then"]
    names = figure_cells.of("overview")
    pairs = zip(cells(now["total"], names), cells(then["total"], names), strict=True)
    return {
        "result": result,
        "columns": names,
        "total": cells(now["total"], SUMMARY),
        "then": figure_words.period(then),
        "now_": figure_words.period(now),
        "rows": [
            {"now": one, "then": _before(other), "change": _change(result, one, other)}
            for one, other in pairs
        ],
        "funnel": _funnel(figures.funnel(facts, query)),
        "charts": [
            *([figure_ages.ends(now, now["total"])] if now["total"].get("ends") else []),
            figure_charts.trend(figures.months(facts, query)),
        ],
    }


def _before(cell: Cell) -> Cell:
    return replace(cell, values=None, text="–") if cell.name in _NO_PERIOD else cell


def _change(result: dict[str, Any], now: Cell, then: Cell) -> dict[str, Any] | None:
    """A difference in words; None where there is nothing to compare, or too little to show."""
    found = result["differences"].get(now.name)
    if found is None or found["difference"] is None or None in (now.values, then.values):
        return None
    reach = _(
        "95 %%: %(low)s to %(high)s", low=show.points(found["low"]), high=show.points(found["high"])
    )
    return {**found, "text": show.points(found["difference"]), "also": reach}


def _funnel(result: dict[str, Any]) -> Chart:
    words = {
        "received": _("received"),
        "registered": _("registered"),
        "notified": _("notified"),
        "acknowledged": _("acknowledged"),
        "removed": _("gone"),
    }
    steps = result["steps"]
    return figure_charts.counted(
        "funnel",
        _("From report to removal"),
        result,
        labels(_("Step"), [words.get(one["step"], one["step"]) for one in steps]),
        [series(_("addresses"), "bar", "main", [one["urls"] for one in steps])],
        n=steps[0]["urls"] if steps else 0,
        unit=_("addresses"),
        horizontal=True,
    )
