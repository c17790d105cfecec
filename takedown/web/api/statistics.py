"""The figures for programs: those of the pages, from the same facts, under the same names."""

from collections.abc import Callable
from typing import Any

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


@routes.get(api, "/overview", Scope.READ, query=schemas.StatisticsQuery)
def overview(query: dict[str, str]) -> Response:
    """All measures over all providers."""
    return _answered(figures.overview, query)


@routes.get(api, "/providers", Scope.READ, query=schemas.StatisticsQuery)
def providers(query: dict[str, str]) -> Response:
    """The league of providers; those whose name nobody has reviewed are "other"."""
    return _answered(figures.league, query)


@routes.get(api, "/countries", Scope.READ, query=schemas.StatisticsQuery)
def countries(query: dict[str, str]) -> Response:
    """The same by hosting country."""
    return _answered(figures.countries, query)


@routes.get(api, "/months", Scope.READ, query=schemas.StatisticsQuery)
def months(query: dict[str, str]) -> Response:
    """The same by month: the trend."""
    return _answered(figures.months, query)


@routes.get(api, "/survival", Scope.READ, query=schemas.SurvivalQuery)
def survival(query: dict[str, Any]) -> Response:
    """One provider: its figures and its curve beside those of all others."""
    chosen = query.pop("provider")
    return _answered(lambda known, asked: figures.provider(known, asked, chosen), query)


@routes.get(api, "/comparison", Scope.READ, query=schemas.StatisticsQuery)
def comparison(query: dict[str, str]) -> Response:
    """This period against the one before: differences, and whether they are more than chance."""
    return _answered(figures.compare, query)


@routes.get(api, "/trends", Scope.READ, query=schemas.StatisticsQuery)
def trends(query: dict[str, str]) -> Response:
    """Each provider against itself in the period before, and whether that is more than chance."""
    return _answered(figures.trends, query)


@routes.get(api, "/answers", Scope.READ, query=schemas.StatisticsQuery)
def answers(query: dict[str, str]) -> Response:
    """What providers say: bounces, acknowledgements, claims beside what was found, decisions."""
    return _answered(figures.answers, query)


@routes.get(api, "/deadlines", Scope.READ, query=schemas.StatisticsQuery)
def deadlines(query: dict[str, str]) -> Response:
    """How many deadlines that bind were met, by month of the notice and in all."""
    return _answered(figures.deadlines, query)


@routes.get(api, "/contacts", Scope.READ, query=schemas.StatisticsQuery)
def contacts(query: dict[str, str]) -> Response:
    """Whether letters arrive: bounces and answers of contacts, and what came of letters by
    medium."""
    return _answered(figures.reaching, query)


@routes.get(api, "/returns", Scope.READ, query=schemas.StatisticsQuery)
def returns(query: dict[str, str]) -> Response:
    """What came back, how soon, and for how long it was up."""
    return _answered(figures.returns, query)


@routes.get(api, "/funnel", Scope.READ, query=schemas.StatisticsQuery)
def funnel(query: dict[str, str]) -> Response:
    """How many addresses came how far."""
    return _answered(figures.funnel, query)


@routes.get(api, "/workload", Scope.READ, query=schemas.StatisticsQuery)
def workload(query: dict[str, str]) -> Response:
    """What there was to do, by week, and never by whom."""
    return _answered(figures.workload, query)


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


def _answered(measure: Callable[[Facts, Query], Figures], query: dict[str, str]) -> Response:
    try:
        asked = parse(query)
    except BadQuery as wrong:
        abort(422, message=str(wrong), messages={wrong.field: [wrong.why]})
    return jsonify(measure(facts(), asked))
