"""One provider's figures: its curve beside all others', its deadlines, what it said and did."""

import uuid
from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, abort
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
    figure_open,
    figure_pages,
    figure_paper,
)
from takedown.web.figure_cells import Cell, cells
from takedown.web.guard import needs
from takedown.web.reads import figures as reads

pages = Blueprint("provider_figures", __name__, url_prefix="/compliance/providers")

SUMMARY: Final = (
    "episodes",
    "notices",
    "gone_24",
    "likely_median_hours",
    "open",
    "overdue",
    "reappeared",
)

CONTACTS: Final = ("contacts", "contact_bounces", "hours_since_bounce", "hours_since_answer")
BY_MEDIUM: Final = ("letters", "bounced", "letters_undelivered", "given_up")


@pages.get("/<uuid:provider_id>")
@needs(Permission.SEE_FIGURES)
def one(provider_id: uuid.UUID) -> ResponseReturnValue:
    """Its figures beside all others'; one under review does not exist for managers."""
    return figure_pages.show(
        "provider_figures.html",
        _("Provider"),
        lambda facts, query: _read(facts, query, provider_id),
        of_one=True,
    )


@pages.get("/<uuid:provider_id>/page")
@needs(Permission.SEE_FIGURES)
def page(provider_id: uuid.UUID) -> ResponseReturnValue:
    """The same on paper (PDF): what is sent to it before anything is published."""
    return figure_paper.sheet(lambda facts, query: _read(facts, query, provider_id))


def _read(facts: Facts, query: Query, provider_id: uuid.UUID) -> dict[str, Any]:
    name = reads.provider_names(facts).get(str(provider_id)) or abort(404)
    result = figures.provider(facts, query, provider_id)
    mine, names = result["figures"], figure_cells.of("provider")
    asked = replace(query, provider=provider_id)
    told = figures.answers(facts, asked)["items"]
    reached = figures.reaching(facts, asked)["items"]
    kept = result["deadlines"]["total"]
    shown = {
        "result": result,
        "provider_id": provider_id,
        "heading": name,
        "columns": names,
        "mine": mine,
        "said": cells(told[0], figure_cells.of("answers")) if told else [],
        "decisions": told[0]["decisions"] if told else {},
        "kept": cells(kept, figure_cells.of("deadlines")) if kept else [],
        "contacts": cells(reached[0], CONTACTS) if reached else [],
        "media": [(one["medium"], cells(one, BY_MEDIUM)) for one in reached[0]["media"]]
        if reached
        else [],
        "back": cells(figures.returns(facts, asked)["figures"], figure_cells.of("returns")),
    }
    if mine is None:
        return shown
    rows = list(zip(cells(mine, names), cells(result["others"], names), strict=True))
    return shown | {
        "total": cells(mine, SUMMARY),
        "rows": [row for row in rows if not _nought(row)],
        "noughts": [row for row in rows if _nought(row)],
        "charts": [
            figure_ages.curve(result, name),
            figure_ages.ends(result, mine),
            figure_charts.trend(result | {"items": result["months"]}),
            *([figure_open.deadlines(result)] if result["deadlines"]["items"] else []),
            figure_open.overdue(result),
            figure_open.open_by_age(result),
        ],
    }


def _nought(row: tuple[Cell, Cell]) -> bool:
    """Whether there is nothing to count, neither here nor elsewhere."""
    return all(cell.values == {"value": 0} for cell in row)
