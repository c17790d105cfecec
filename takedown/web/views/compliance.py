"""Compliance: how long providers take, honestly."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from takedown.hosts.models import Provider
from takedown.people.permissions import Permission
from takedown.stats import measures
from takedown.stats.episode_rows import CLOCKS, Clock, span
from takedown.stats.facts import episode_rows
from takedown.web.guard import may, needs
from takedown.web.ports import now, ports
from takedown.web.reads.contacts import provider_name

pages = Blueprint("compliance", __name__, url_prefix="/compliance")

NAMES = {
    "notified": _l("notice accepted"),
    "received": _l("report received"),
    "registered": _l("registered"),
    "police_informed": _l("police informed"),
    "police_cleared": _l("cleared by the police"),
}


@pages.get("")
@needs(Permission.SEE_FIGURES)
def index() -> ResponseReturnValue:
    """The league of providers, the countries, and the whole; clock and cut-off stand on it."""
    clock, begin, finish = _asked()
    first, last = span(begin, finish)
    with ports().sessions() as session:
        rows = episode_rows(session, clock=clock, from_=first, to=last, name=_name)
    about: dict[str, Any] = {"clock": clock, "cutoff": now(), "from_": begin, "to": finish}
    league = measures.providers(rows, **about)
    return render_template(
        "compliance.html",
        league=league,
        ranked=[item for item in league["items"] if item["standing"] != "counts"],
        counted=[item for item in league["items"] if item["standing"] == "counts"],
        countries=measures.countries(rows, **about)["items"],
        total=measures.overview(rows, **about)["total"],
        clocks=NAMES,
        begin=begin,
        finish=finish,
        cutoff=about["cutoff"],
    )


def _asked() -> tuple[Clock, date, date]:
    asked = request.args
    clock = asked.get("clock", "notified")
    today = now().date()
    begin = _date(asked.get("from", "")) or today - timedelta(days=365)
    finish = _date(asked.get("to", "")) or today
    return clock if clock in CLOCKS else "notified", begin, max(begin, finish)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _name(provider: Provider) -> str:
    """Managers read reviewed names; who works on cases knows the others too."""
    if may(Permission.SEE_CASES):
        return provider_name(ports().vault, provider)
    return provider.public_name or _("a provider under review (%(id)s)", id=provider.id.hex[-6:])
