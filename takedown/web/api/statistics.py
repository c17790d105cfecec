"""The figures for programs: those of the pages, from the same facts, under the same names."""

from collections.abc import Callable
from typing import Any, Final

from flask import Response, jsonify
from flask_smorest import Blueprint, abort

from takedown.people.models import Scope
from takedown.stats import figures
from takedown.stats.facts import Facts
from takedown.stats.query import BadQuery, Query, parse
from takedown.stats.registry import MEASURES
from takedown.web.api import routes
from takedown.web.api.schemas import statistics as schemas
from takedown.web.reads.figures import facts

api = Blueprint("api_statistics", __name__, description="How long providers take")

Figures = dict[str, Any]
Measure = Callable[[Facts, Query], Figures]


VIEWS: Final[dict[str, tuple[Measure, str]]] = {
    "overview": (figures.overview, "All measures over all providers."),
    "providers": (
        figures.league,
        'The league of providers; those whose name nobody has reviewed are "other".',
    ),
    "countries": (figures.countries, "The same by hosting country."),
    "months": (figures.months, "The same by month: the trend."),
    "comparison": (
        figures.compare,
        "This period against the one before: differences, and whether they are more than chance.",
    ),
    "trends": (
        figures.trends,
        "Each provider against itself in the period before, and whether that is more than chance.",
    ),
    "answers": (
        figures.answers,
        "What providers say: bounces, acknowledgements, claims beside what was found, decisions.",
    ),
    "deadlines": (
        figures.deadlines,
        "How many deadlines that bind were met, by month of the notice and in all.",
    ),
    "contacts": (
        figures.reaching,
        "Whether letters arrive: bounces and answers of contacts, and what came of them by medium.",
    ),
    "returns": (figures.returns, "What came back, how soon, and for how long it was up."),
    "funnel": (figures.funnel, "How many addresses came how far."),
    "workload": (figures.workload, "What there was to do, by week, and never by whom."),
}
"""What is asked with the filters alone: the figures behind each path, and what they are."""


def _declare(name: str, measure: Measure, told: str) -> None:
    def view(query: dict[str, str]) -> Response:
        return _answered(measure, query)

    view.__name__, view.__doc__ = name, told
    routes.get(api, f"/{name}", Scope.READ, query=schemas.StatisticsQuery)(view)


@routes.get(api, "/survival", Scope.READ, query=schemas.SurvivalQuery)
def survival(query: dict[str, Any]) -> Response:
    """One provider: its figures and its curve beside those of all others."""
    chosen = query.pop("provider")
    return _answered(lambda known, asked: figures.provider(known, asked, chosen), query)


@routes.get(api, "/measures", Scope.READ, schemas.Measures)
def measures() -> Figures:
    """What each measure is called, its unit, how it is defined, and where it stands in a line."""
    return {
        "items": [
            {
                "name": one.name,
                "unit": one.unit,
                "label": one.label_en,
                "definition": one.definition_en,
                "path": list(one.path),
                "parts": list(one.parts),
            }
            for one in MEASURES.values()
        ]
    }


def _answered(measure: Measure, query: dict[str, str]) -> Response:
    try:
        asked = parse(query)
    except BadQuery as wrong:
        abort(422, message=str(wrong), messages={wrong.field: [wrong.why]})
    return jsonify(measure(facts(), asked))


for _name, (_measure, _told) in VIEWS.items():
    _declare(_name, _measure, _told)
