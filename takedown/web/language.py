"""English and French: which one, and in whose time."""

from pathlib import Path

from flask import Flask, Response, g, request
from flask_babel import Babel
from flask_login import current_user

from takedown.web.ports import House, house

LANGUAGES = ("en", "fr")
COOKIE = "language"
TRANSLATIONS = Path(__file__).parent / "translations"


def chosen() -> str:
    """The language of this request: the account's, the switch's, the browser's, the house's."""
    if "language" not in g:
        g.language = _choose()
    return str(g.language)


def install(app: Flask, given: House) -> None:
    """Join Flask-Babel to the application."""
    babel = Babel()  # type: ignore[no-untyped-call]
    babel.init_app(  # type: ignore[no-untyped-call]
        app,
        default_locale="en",
        default_timezone=given.config.time_zone,
        default_translation_directories=str(TRANSLATIONS),
        locale_selector=chosen,
    )

    def say(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.headers["Content-Language"] = chosen()
            response.vary.update(("Accept-Language", "Cookie"))
        return response

    app.after_request(say)


def _choose() -> str:
    asked = request.cookies.get(COOKIE)
    if asked in LANGUAGES:
        return asked
    if current_user and current_user.is_authenticated and current_user.language in LANGUAGES:
        return str(current_user.language)
    best = request.accept_languages.best_match(LANGUAGES)
    return best or house().config.language
