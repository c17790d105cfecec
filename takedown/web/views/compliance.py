"""Compliance: how long providers take, honestly; ranked only where there is enough to go by."""

from dataclasses import replace
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
from takedown.web.figure_cells import Cell, cells
from takedown.web.guard import needs
from takedown.web.reads.figures import named

pages = Blueprint("compliance", __name__, url_prefix="/compliance")

SUMMARY: Final = (
    "episodes",
    "notices",
    "gone_24",
    "likely_median_hours",
    "open",
    "gone_before_notice",
)
COLUMNS: Final = (
    *("notices", "episodes", "gone_24", "change_24", "gone_48", "gone_168", "median_hours"),
    *("open", "oldest_open_hours", "overdue"),
)
SAID: Final = {"acknowledged": _l("answers"), "bounced": _l("bounces")}
COUNTED: Final = ("notices", "episodes", "removed", "unavailable", "open", "moved")


@pages.get("")
@needs(Permission.SEE_FIGURES)
def index() -> ResponseReturnValue:
    """The league of providers, each row leading to its page."""
    return figure_pages.show("compliance.html", _("Compliance"), _read)


def _read(facts: Facts, query: Query) -> dict[str, Any]:
    result = named(figures.league(facts, query))
    items = result["items"]
    total = figures.overview(facts, query)["total"]
    months = figures.months(facts, query)
    said = {one["provider_id"]: one for one in figures.answers(facts, query)["items"]}
    trends = {one["provider_id"]: one for one in figures.trends(facts, query)["items"]}
    return {
        "result": result,
        "total": cells(total, SUMMARY),
        "columns": list(dict.fromkeys((*SUMMARY, *COLUMNS, *COUNTED))),
        "ranked": _rows(
            [one | trends.get(one["provider_id"], {}) for one in items if _has_shares(one)],
            COLUMNS,
            said,
        ),
        "counted": _rows([one for one in items if not _has_shares(one)], COUNTED, said),
        "charts": [
            *([figure_charts.league(result, items)] if any(one["rank"] for one in items) else []),
            figure_charts.trend(months),
        ],
    }


def _has_shares(line: dict[str, Any]) -> bool:
    return bool(line["standing"] != "counts")


def _rows(
    items: list[dict[str, Any]], names: tuple[str, ...], said: dict[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    return [
        {"item": item, "cells": [*cells(item, names), *_said(said.get(item["provider_id"]))]}
        for item in items
    ]


def _said(found: dict[str, Any] | None) -> list[Cell]:
    """How many of its letters were answered or acknowledged, and how many came back."""
    line = found or dict.fromkeys((*SAID, "letters"))
    told = zip(cells(line, tuple(SAID)), SAID.values(), strict=True)
    return [
        replace(one, label=str(label), text=show.percent(_share(line, one.name)))
        for one, label in told
    ]


def _share(line: dict[str, Any], name: str) -> float | None:
    return line[name] / line["letters"] if line["letters"] else None
