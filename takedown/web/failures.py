"""Every error in one place: a page for people, a problem (RFC 9457) for programs, with an id."""

import logging
import secrets
import traceback
from typing import Any

from flask import Flask, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError, NotFound

from takedown.errors import TakedownError
from takedown.people.two_people import OwnWork
from takedown.web.refusal_words import reason

log = logging.getLogger("takedown.web")

API = "/api/"


def install(app: Flask) -> None:
    """Handle what is refused and what fails."""
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(TakedownError, _said_no)
    app.register_error_handler(OperationalError, _no_database)
    app.register_error_handler(Exception, _failed)


def problem(
    status: int, title: str, detail: str = "", headers: Any = None, **more: Any
) -> ResponseReturnValue:
    """Problem details (RFC 9457)."""
    body = {"type": "about:blank", "status": status, "title": title} | more
    if detail:
        body["detail"] = detail
    answer = jsonify(body)
    answer.status_code, answer.mimetype = status, "application/problem+json"
    answer.headers.extend(headers or {})
    return answer


def page(status: int, title: str, text: str, error_id: str = "") -> ResponseReturnValue:
    """An error page; a fragment where HTMX asks."""
    return render_template(
        "error.html", status=status, title=title, text=text, error_id=error_id
    ), status


def _refused(error: HTTPException) -> ResponseReturnValue:
    if isinstance(error, InternalServerError) and error.original_exception is not None:
        return _fail(error.original_exception, 500)
    status = error.code or 500
    if error.response is not None and 300 <= error.response.status_code < 400:
        return error
    if request.path.startswith(API):
        data = getattr(error, "data", None) or {}
        more = {"errors": data["messages"]} if "messages" in data else {}
        headers = [pair for pair in error.get_headers() if pair[0] == "WWW-Authenticate"]
        return problem(status, error.name, _detail(error), headers, **more)
    if isinstance(error, CSRFError):
        return page(
            400,
            _("This form has grown too old"),
            _("Go back, load the page again and send it once more. Nothing was changed."),
        )
    title, text = _texts().get(status, (error.name, ""))
    return page(status, title, text)


def _detail(error: HTTPException) -> str:
    if isinstance(error, NotFound):
        return "no such thing, or not yours to see"
    data = getattr(error, "data", None) or {}
    return str(data.get("message") or error.description or "")


def _said_no(error: TakedownError) -> ResponseReturnValue:
    status = 422 if isinstance(error, OwnWork) else 409
    if request.path.startswith(API):
        return problem(status, "Refused", str(error))
    return page(status, _("That is not possible now"), reason(str(error)))


def _no_database(error: OperationalError) -> ResponseReturnValue:
    return _fail(error, 503)


def _failed(error: Exception) -> ResponseReturnValue:
    if current_app.config.get("PROPAGATE_FAILURES"):
        raise error
    return _fail(error, 500)


def _fail(error: BaseException, status: int) -> ResponseReturnValue:
    """Say an id and nothing else; log the kind of error and where, never its text."""
    error_id = secrets.token_hex(4)
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    where = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    log.error("error %s: %s in %s: %s", error_id, type(error).__name__, request.endpoint, where)
    if request.path.startswith(API):
        return problem(status, "Failed", f"error {error_id}")
    return page(
        status,
        _("Something went wrong here"),
        _("Nothing was changed. Say this number to whoever runs the system."),
        error_id,
    )


def _texts() -> dict[int, tuple[str, str]]:
    return {
        400: (_("This was not understood"), _("Go back and try again.")),
        401: (_("Please sign in again"), _("Your session has ended. What you typed was not kept.")),
        403: (_("Not for your role"), _("Somebody with another role can do this.")),
        404: (_("Not here"), _("There is no such page, or it is not yours to see.")),
        405: (_("Not this way"), _("Go back and use the button on the page.")),
        413: (_("Too much at once"), _("Hand it in in smaller parts, or by the command line.")),
        429: (_("Too many in a short time"), _("Wait a moment, then try again.")),
    }
