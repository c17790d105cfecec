"""What a web server runs: the application on the settings of this process."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from config.settings import load
from takedown import wiring
from takedown.app import create_app
from takedown.web.ports import WebConfig

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def application() -> Flask:
    """The pages and the REST API; `Secure` cookies outside loopback. Raises `NotSetUp`."""
    settings = load()
    web = settings.web
    app = create_app(
        wiring.build_ports(settings, by="web"),
        WebConfig(
            second_factor=web.second_factor,
            secure=web.behind_tls or web.host not in _LOOPBACK,
            language=web.language,
        ),
    )
    if web.behind_tls:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]
    return app
