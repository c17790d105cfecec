"""Countries: where it is hosted, what way leads there, and how long it takes."""

import unicodedata
from dataclasses import replace
from typing import Any, Final

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from takedown.people.permissions import Permission
from takedown.routes.policy import Decision
from takedown.routes.service import rules
from takedown.stats import figures
from takedown.stats.facts import Facts
from takedown.stats.query import Query, Where
from takedown.web import figure_charts, figure_pages, show
from takedown.web.figure_cells import cells
from takedown.web.guard import needs
from takedown.web.ports import now, ports

pages = Blueprint("countries", __name__, url_prefix="/countries")

COLUMNS: Final = (
    *("notices", "episodes", "gone_24", "gone_48", "gone_168", "median_hours"),
    *("open", "oldest_open_hours", "overdue"),
)
SIDES: Final[tuple[Where, ...]] = ("home", "abroad")


@pages.get("")
@needs(Permission.SEE_FIGURES)
def index() -> ResponseReturnValue:
    """A map, a table, and home beside abroad."""
    return figure_pages.show("countries.html", _("Countries"), _read)


def _read(facts: Facts, query: Query) -> dict[str, Any]:
    result = figures.countries(facts, query)
    result["items"].sort(
        key=lambda line: unicodedata.normalize("NFD", show.country(line["country"])).casefold()
    )
    lines = [line for line in result["items"] if line["episodes"] or line["gone_before_notice"]]
    sides = {
        where: figures.overview(facts, replace(query, where=where))["total"] for where in SIDES
    }
    return {
        "result": result,
        "columns": COLUMNS,
        "rows": [{"item": line, "cells": cells(line, COLUMNS)} for line in lines],
        "ways": _ways([line["country"] for line in lines if line["country"]]),
        "sides": [(where, cells(total, COLUMNS)) for where, total in sides.items()],
        "map": figure_charts.world(result),
    }


def _ways(countries: list[str]) -> dict[str, Decision]:
    """How this hotline may act on what is hosted there today, as the routes' table says."""
    with ports().sessions() as session:
        known = rules(session, now())
    hotline = ports().hotline
    return {one: known.decide(hotline, one, signatory=False) for one in countries}
