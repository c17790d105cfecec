"""One's own account: name, language, password, second factor."""

from typing import cast

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import update

from takedown.db import committing
from takedown.people.models import User
from takedown.web import language
from takedown.web.guard import Open, needs
from takedown.web.ports import house, ports, second_factor_required

pages = Blueprint("account", __name__)


@pages.get("/account")
@needs(Open.SIGNED_IN)
def index() -> ResponseReturnValue:
    """What this account is, and what can be changed."""
    return render_template("account.html", required=second_factor_required(house()))


@pages.post("/language")
@needs(Open.ANYBODY)
def choose_language() -> ResponseReturnValue:
    """Switch between English and French, for this browser and for the account."""
    wanted = request.form.get("language", "")
    answer = cast("Response", redirect(_back(request.form.get("back", "")), 303))
    if wanted in language.LANGUAGES:
        answer.set_cookie(
            language.COOKIE,
            wanted,
            max_age=31_536_000,
            secure=house().config.secure,
            httponly=True,
            samesite="Lax",
        )
        if current_user.is_authenticated:
            with committing(ports().sessions) as session:
                session.execute(
                    update(User).where(User.id == current_user.id).values(language=wanted)
                )
    return answer


def _back(path: str) -> str:
    """A path of our own, never somebody else's site."""
    ours = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if ours and path.isprintable() else url_for("home.index")
