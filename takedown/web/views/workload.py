"""Workload: what there was to do, week by week, and never by whom."""

from typing import Any, Final

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from takedown.people.permissions import Permission
from takedown.stats import figures
from takedown.stats.facts import Facts
from takedown.stats.query import Query
from takedown.web import figure_charts, figure_pages, show
from takedown.web.charts import Chart, labels, series
from takedown.web.guard import needs

pages = Blueprint("workload", __name__, url_prefix="/workload")

WORDS: Final = {
    "episodes": _l("addresses"),
    "notices": _l("notices"),
    "registered": _l("addresses registered"),
    "composed": _l("letters composed"),
    "approved": _l("letters approved"),
    "accepted": _l("letters accepted"),
    "answered": _l("letters answered"),
}
_LINES: Final = (
    ("main", "solid"),
    ("other", "dashed"),
    ("main", "dotted"),
    ("ink", "solid"),
    ("other", "dotted"),
)


@pages.get("")
@needs(Permission.SEE_FIGURES)
def index() -> ResponseReturnValue:
    """Addresses and notices by week; there are no people in it."""
    return figure_pages.show("workload.html", _("Workload"), _read)


def _read(facts: Facts, query: Query) -> dict[str, Any]:
    result = figures.workload(facts, query)
    return {"result": result, "charts": [_weeks(result)]}


def _weeks(result: dict[str, Any]) -> Chart:
    items = result["items"]
    names = [name for name in (items[0] if items else {}) if name in WORDS]
    return figure_charts.counted(
        "workload",
        _("By week"),
        result,
        labels(_("Week from"), [show.day_of(one["week"]) for one in items]),
        [
            series(str(WORDS[name]), "line", tone, [one[name] for one in items], dash=dash)
            for name, (tone, dash) in zip(names, _LINES, strict=False)
        ],
        unit=_("how many"),
        alone=True,
    )
