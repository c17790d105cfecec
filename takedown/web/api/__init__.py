# mypy: disallow-subclassing-any=False
"""The REST API: bearer tokens, OpenAPI 3.1 from the code, problems by RFC 9457."""

from flask import Flask
from flask_smorest import Api
from flask_wtf.csrf import CSRFProtect

from takedown.web.api import notices, providers, statistics, urls
from takedown.web.api.schemas.shared import Problem

BLUEPRINTS = (urls.api, notices.api, providers.api, statistics.api)


class _Api(Api):
    """Errors are answered in `failures`, for pages and programs alike."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        """Nothing: one place handles errors."""


def install(app: Flask, csrf: CSRFProtect) -> None:
    """Add the API; a bearer token is no cookie, so no form token is asked for."""
    app.config.update(
        API_TITLE="Takedown",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/v1",
        OPENAPI_JSON_PATH="openapi.json",
    )
    api = _Api(
        app,
        spec_kwargs={
            "info": {"description": "Register confirmed addresses and read what became of them."},
            "security": [{"bearer": []}],
        },
    )
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    for blueprint in BLUEPRINTS:
        csrf.exempt(blueprint)
        api.register_blueprint(blueprint, url_prefix=f"/api/v1/{blueprint.name.partition('_')[2]}")
