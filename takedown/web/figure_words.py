"""The words of figures: clocks, units, what a filter is called and why one was refused."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from takedown.stats.registry import MEASURES, Measure
from takedown.web import show

CLOCKS: Final = {
    "notified": _l("notice accepted"),
    "received": _l("report received"),
    "registered": _l("registered"),
    "police_informed": _l("police informed"),
    "police_cleared": _l("cleared by the police"),
}
UNITS: Final = {
    "url": _l("by address"),
    "notice": _l("by notice"),
    "host": _l("by host name"),
}
WHERE: Final = {"home": _l("hosted at home"), "abroad": _l("hosted abroad")}
FIELDS: Final = {
    "from": _l("From"),
    "to": _l("to"),
    "clock": _l("Clock"),
    "cutoff": _l("Cut-off"),
    "unit": _l("Counted"),
    "where": _l("Home or abroad"),
    "country": _l("Hosting country"),
    "provider": _l("Provider"),
    "role": _l("Role"),
    "class": _l("Class"),
    "site_type": _l("Site type"),
    "source": _l("Source"),
    "route": _l("Route"),
}
_WHY: Final = {
    "lies before the beginning": _l("lies before the beginning"),
    "an ISO 3166-1 code of two letters": _l("an ISO 3166-1 code of two letters is expected"),
    "an id": _l("an id is expected: choose one from the list"),
    "a date such as 2026-03-01": _l("a date such as 2026-03-01 is expected"),
}


def refused(why: str) -> str:
    """Why a filter was not understood."""
    head, _one, words = why.partition("one of ")
    if words and not head:
        return _("one of these is expected: %(names)s", names=words)
    return str(_WHY.get(why, _("not understood")))


def label(measure: Measure | str) -> str:
    """What a measure is called."""
    found = MEASURES[measure] if isinstance(measure, str) else measure
    return _(found.label_en)


def definition(measure: Measure | str) -> str:
    """How a measure is defined."""
    found = MEASURES[measure] if isinstance(measure, str) else measure
    return str(_(found.definition_en)).replace("`", "")


def meanings(names: Iterable[str]) -> list[tuple[str, str]]:
    """Definitions with all that they define, each said once."""
    told: dict[str, list[str]] = {}
    for name in names:
        told.setdefault(definition(name), []).append(label(name))
    return [(", ".join(labels), words) for words, labels in told.items()]


def note(result: Mapping[str, Any], n: int | None = None, notices: int | None = None) -> str:
    """What a figure rests on, in one line: n, clock, period, cut-off, method, unit."""
    parts = []
    if n is not None and notices is not None:
        parts.append(_("n = %(n)s in %(m)s notices", n=show.number(n), m=show.number(notices)))
    elif n is not None:
        parts.append(_("n = %(n)s", n=show.number(n)))
    parts.append(clock_line(result["clock"]))
    parts.append(period(result))
    parts.append(_("cut-off %(at)s", at=_moment(result["cutoff"])))
    parts.append(_("method %(n)s", n=result["method"]))
    if result.get("unit", "url") != "url":
        parts.append(str(UNITS[result["unit"]]))
    return " · ".join(parts)


def clock_line(clock: str) -> str:
    """The clock in words."""
    return _("clock: %(start)s → first seen gone", start=CLOCKS[clock])


def period(result: Mapping[str, Any]) -> str:
    """The period of an answer, first and last day; ends are as a link says them."""
    return " – ".join(
        "…" if end is None else show.day(instant(end).date())
        for end in (result.get("from"), result.get("to"))
    )


def month(text: str) -> str:
    """A month as people here write it: "Mar 2026"."""
    return show.month(datetime.fromisoformat(f"{text}-01").date())


def instant(text: str) -> datetime:
    """A moment of an answer, or a day's beginning."""
    return datetime.fromisoformat(text)


def _moment(text: str | None) -> str:
    return "–" if text is None else show.utc(instant(text))
