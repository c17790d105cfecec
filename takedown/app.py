"""The door of the pages and of the REST API: `create_app`, and nothing kept beside it."""

from pathlib import Path

from flask import Flask
from flask_babel import gettext
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect

from takedown.flow.ports import Ports
from takedown.web import (
    api,
    browser_sessions,
    connector_words,
    failures,
    figure_pages,
    guard,
    headers,
    language,
    navigation,
    show,
    sign_in,
    static_files,
    text_words,
    views,
    words,
)
from takedown.web.ports import KEY, House, WebConfig, now, ports

_WEB = Path(__file__).parent / "web"


class _Quiet(Flask):
    """Flask without its own log of exceptions: their texts may hold what must not be logged."""

    def log_exception(self, exc_info: object) -> None:
        """Nothing: `failures` logs an id, the kind and the place."""


def create_app(given: Ports, web: WebConfig | None = None) -> Flask:
    """The application on these ports. Raises `UnguardedView` where a view declares no need."""
    house = House(given, web or WebConfig())
    app = _Quiet(
        "takedown", template_folder=str(_WEB / "templates"), static_folder=str(_WEB / "static")
    )
    app.extensions[KEY] = house
    app.config.update(
        TESTING=house.config.testing,
        MAX_CONTENT_LENGTH=house.config.max_body,
        MAX_FORM_MEMORY_SIZE=house.config.max_body,
        PROPAGATE_FAILURES=house.config.testing,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.session_interface = browser_sessions.DatabaseSessions(house)
    language.install(app, house)
    app.before_request(lambda: guard.ask(app))
    csrf = CSRFProtect(app)
    sign_in.install(app, house)
    headers.install(app, secure=house.config.secure)
    failures.install(app)
    show.install(app)
    words.install(app)
    text_words.install(app)
    connector_words.install(app)
    figure_pages.install(app)
    static_files.install(app)
    views.install(app)
    api.install(app, csrf)
    app.context_processor(_context)
    guard.check_routes(app)
    return app


def _context() -> dict[str, object]:
    return {
        "may": guard.may,
        "may_approve": guard.may_approve,
        "me": current_user,
        "leaves": ports().leaves,
        "hotline": ports().hotline,
        "language": language.chosen(),
        "navigation": navigation.entries,
        "now": now(),
        "_": gettext,
    }
