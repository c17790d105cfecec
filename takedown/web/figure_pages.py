"""What all pages of figures share: filters, a clear word on a wrong one, their neighbours."""

from collections.abc import Callable
from typing import Any, Final

from babel.core import Locale
from flask import Flask, abort, render_template
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l

from takedown.stats.facts import Facts, NoFacts
from takedown.stats.query import ROLES, ROUTES, BadQuery, Query, parse
from takedown.stats.registry import MEASURES
from takedown.web import figure_words, words
from takedown.web.reads import figures as reads

SIBLINGS: Final = (
    ("overview.index", _l("Overview")),
    ("compliance.index", _l("Compliance")),
    ("countries.index", _l("Countries")),
    ("workload.index", _l("Workload")),
)
_PERIOD: Final = {"from", "to", "clock", "unit", "cutoff"}

Read = Callable[[Facts, Query], dict[str, Any]]


def show(template: str, title: str, read: Read, *, of_one: bool = False) -> ResponseReturnValue:
    """The page: `read` gives its context, `result` among it, from the facts and the query.

    A filter that cannot be read is named, with 422; nothing that was chosen is lost. Before there
    are facts the page is empty, and one thing's page (`of_one`) not there.
    """
    given = reads.given()
    context: dict[str, Any] = {
        "title": title,
        "given": given,
        "of_one": of_one,
        "siblings": SIBLINGS,
        "link": {},
        "clocks": figure_words.CLOCKS,
        "units": figure_words.UNITS,
        "wheres": figure_words.WHERE,
        "roles": [(code, words.word("role", code)) for code in ROLES],
        "routes": [(code, words.word("route", code)) for code in ROUTES],
        "narrowed": sum(name in figure_words.FIELDS for name in set(given) - _PERIOD),
    }
    try:
        known = reads.facts()
        context["choices"] = reads.choices(known)
        query = parse(given)
        context["link"] = query.as_args()
        context |= read(known, query)
    except NoFacts:
        if of_one:
            abort(404)
    except BadQuery as problem:
        return render_template(template, **context, problem=problem), 422
    return render_template(template, **context)


def install(app: Flask) -> None:
    """Give the templates the words of figures."""
    app.jinja_env.globals.update(
        definition=lambda name: figure_words.definition(name) if name in MEASURES else "",
        meanings=figure_words.meanings,
        filter_name=lambda name: figure_words.FIELDS.get(name, name),
        refused=figure_words.refused,
        rests_on=figure_words.note,
    )
    app.jinja_env.filters.update(
        country_names=_countries,
        pairs=lambda codes: [(code, code) for code in codes],
        words_of=lambda codes, table: [(code, words.word(table, code)) for code in codes],
    )


def _countries(codes: list[str]) -> list[tuple[str, str]]:
    names = (get_locale() or Locale("en")).territories
    return sorted(((code, names.get(code, code)) for code in codes), key=lambda pair: pair[1])
