"""One decorator for one operation: path, need, what comes in and what goes out."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask_smorest import Blueprint
from marshmallow import Schema

from takedown.people.models import Scope
from takedown.web.api.idempotency import idempotent
from takedown.web.guard import needs

View = TypeVar("View", bound=Callable[..., Any])


def get(
    api: Blueprint,
    rule: str,
    need: Scope,
    answer: type[Schema] | None = None,
    query: type[Schema] | None = None,
) -> Callable[[View], View]:
    """A reading operation; the view takes the parsed query first, if one is declared."""

    def declare(view: View) -> View:
        shaped = api.response(200, answer)(needs(need)(view))
        if query is not None:
            shaped = api.arguments(query, location="query")(shaped)
        api.route(rule, methods=["GET"])(shaped)
        return view

    return declare


def post(
    api: Blueprint,
    rule: str,
    need: Scope,
    answer: type[Schema],
    body: type[Schema] | None = None,
) -> Callable[[View], View]:
    """A writing operation, idempotent by its header; the view takes the parsed body first."""

    def declare(view: View) -> View:
        shaped = api.response(200, answer)(needs(need)(view))
        if body is not None:
            shaped = api.arguments(body)(shaped)
        api.route(rule, methods=["POST"])(idempotent(shaped))
        return view

    return declare
