"""The first page: the one that this person works on."""

from flask import Blueprint, abort, redirect, url_for
from flask.typing import ResponseReturnValue

from takedown.people.permissions import Permission
from takedown.web.guard import Open, may, needs

pages = Blueprint("home", __name__)

_FIRST = (
    (Permission.SEE_CASES, "today.index"),
    (Permission.SEE_FIGURES, "compliance.index"),
    (Permission.MANAGE_PEOPLE, "people.index"),
    (Permission.SEE_LOG, "log.index"),
)


@pages.get("/")
@needs(Open.SIGNED_IN)
def index() -> ResponseReturnValue:
    """To the first page of this person's roles."""
    first = next((endpoint for permission, endpoint in _FIRST if may(permission)), None)
    return redirect(url_for(first or abort(403)), 303)
