"""Files of our own, named by what they hold, so that a browser may keep them for ever."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, current_app, url_for


def install(app: Flask) -> None:
    """Give templates `asset('takedown.css')`."""
    app.jinja_env.globals["asset"] = asset


def asset(name: str) -> str:
    """The path of a static file with the beginning of its checksum."""
    folder = Path(str(current_app.static_folder))
    return url_for("static", filename=name, v=_version(folder / name))


@cache
def _version(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
