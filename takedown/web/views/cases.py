"""All cases, narrowed by what is no location; an address is searched for by POST."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from takedown.people.permissions import Permission
from takedown.urls.models import UrlStatus
from takedown.web.guard import needs
from takedown.web.ports import ports
from takedown.web.reads import cases
from takedown.web.reads.asked import uuid_of

pages = Blueprint("cases", __name__, url_prefix="/cases")


@pages.get("")
@needs(Permission.SEE_CASES)
def index() -> ResponseReturnValue:
    """Newest first, fifty a page."""
    return _page()


@pages.post("/search")
@needs(Permission.SEE_CASES)
def search() -> ResponseReturnValue:
    """The case of a pasted address; the address stands in no path and no query."""
    with ports().sessions() as session:
        found = cases.find(session, ports().vault, request.form.get("q", ""))
    if found is not None:
        return redirect(url_for("case.index", url_id=found), 303)
    return _page(sought=request.form.get("q", ""))


def _page(sought: str = "") -> str:
    asked = request.args
    wanted = cases.Filter(
        asked.get("status", ""),
        uuid_of(asked.get("provider", "")),
        asked.get("country", "").upper()[:2],
        asked.get("before", type=int),
        uuid_of(asked.get("hops", "")),
    )
    with ports().sessions() as session:
        page = cases.page(session, ports().vault, wanted)
        countries = cases.countries(session)
        chosen = {wanted.provider} if wanted.provider else set()
        names = cases.names(session, ports().vault, chosen)
    return render_template(
        "cases.html",
        page=page,
        wanted=wanted,
        countries=countries,
        provider=names.get(wanted.provider) if wanted.provider else None,
        statuses=list(UrlStatus),
        sought=sought,
    )
