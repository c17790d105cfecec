"""A provider's figures on paper, to be sent to it before they are published."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Response, abort, render_template
from flask.typing import ResponseReturnValue

from takedown.outbox.evidence.paper import pdf
from takedown.stats.facts import NoFacts
from takedown.stats.query import BadQuery, parse
from takedown.web.figure_ages import CURVE_DAYS, steps
from takedown.web.figure_pages import Read
from takedown.web.reads import figures as reads

_LEFT, _TOP, _WIDE, _HIGH = 34.0, 8.0, 502.0, 116.0
PAPER: Final = (
    *("notices", "episodes", "gone_24", "gone_48", "gone_168"),
    *("median_hours", "likely_median_hours"),
    *("open", "oldest_open_hours", "overdue", "removed", "moved", "reappeared"),
)
"""What a provider is shown of itself, in this order."""


def sheet(read: Read) -> ResponseReturnValue:
    """A PDF of what `read` gives; nothing is fetched for it. 404 where there is nothing to show,
    422 on a filter that cannot be read. Raises `NoPaper`."""
    try:
        query = parse(reads.given())
        shown = read(reads.facts(), query)
    except NoFacts:
        abort(404)
    except BadQuery:
        abort(422)
    if shown["mine"] is None:
        abort(404)
    order = {name: place for place, name in enumerate(PAPER)}
    rows = [(one, other) for one, other in shown["rows"] if one.name in order]
    shown["rows"] = sorted(rows, key=lambda pair: order[pair[0].name])
    html = render_template("provider_paper.html", **shown, lines=_lines(shown["result"]))
    name = f"takedown-figures-{shown['provider_id'].hex[-8:]}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(pdf(html), mimetype="application/pdf", headers=headers)


def _lines(result: Mapping[str, Any]) -> dict[str, Any] | None:
    mine, others = result["curve"], result["curve_others"]
    if not mine:
        return None
    bounds = [[(x, y) for x, y in steps(mine, part)] for part in ("low", "high")]
    band = steps(mine, "band")
    floor, ceiling = [(p[0], p[1]) for p in band], [(p[0], p[2]) for p in band]
    back = _corners(ceiling)[::-1]
    return {
        "own": [_path(_corners(one)) for one in bounds],
        "others": [_path(_corners(steps(others, part))) for part in ("low", "high")],
        "band": _path([*_corners(floor), *back]) + "Z" if band else "",
    }


def _corners(points: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    """The corners of a step function, in the units of the drawing."""
    found: list[tuple[float, float]] = []
    for x, y in points:
        at = (_LEFT + x / CURVE_DAYS * _WIDE, _TOP + (1.0 - y) * _HIGH)
        if found:
            found.append((at[0], found[-1][1]))
        found.append(at)
    return found


def _path(corners: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) if corners else ""
