"""The measures of compliance for programs, in the shape of `takedown stats --json`."""

from collections.abc import Callable
from typing import Any

from flask import Response, jsonify
from flask_smorest import Blueprint

from takedown.flow.case import provider_name
from takedown.people.models import Scope
from takedown.stats import measures
from takedown.stats.episode_rows import span
from takedown.stats.facts import episode_rows
from takedown.web.api import routes, schemas
from takedown.web.ports import now, ports

api = Blueprint("api_statistics", __name__, description="How long providers take")


@routes.get(api, "/providers", Scope.READ, query=schemas.StatisticsQuery)
def providers(query: dict[str, Any]) -> Response:
    """The league of providers."""
    return _measured(measures.providers, query)


@routes.get(api, "/countries", Scope.READ, query=schemas.StatisticsQuery)
def countries(query: dict[str, Any]) -> Response:
    """The same by hosting country."""
    return _measured(measures.countries, query)


@routes.get(api, "/overview", Scope.READ, query=schemas.StatisticsQuery)
def overview(query: dict[str, Any]) -> Response:
    """The same over all."""
    return _measured(measures.overview, query)


def _measured(measure: Callable[..., dict[str, Any]], query: dict[str, Any]) -> Response:
    first, last = span(query["from_"], query["to"])
    vault = ports().vault
    with ports().sessions() as session:
        rows = episode_rows(
            session,
            clock=query["clock"],
            from_=first,
            to=last,
            name=lambda provider: provider_name(vault, provider),
        )
    about = {"clock": query["clock"], "cutoff": now(), "from_": query["from_"], "to": query["to"]}
    return jsonify(measure(rows, **about))
