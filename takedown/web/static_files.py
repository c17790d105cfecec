"""Files of our own, named by what they hold, so that a browser may keep them for ever."""

import gzip
import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, current_app, request, url_for

_TEXT = {".css", ".js", ".json", ".svg"}


def install(app: Flask) -> None:
    """Give templates `asset('takedown.css')`, and send text packed to whoever can unpack it."""
    app.jinja_env.globals["asset"] = asset
    app.after_request(_packed)


def asset(name: str) -> str:
    """The path of a static file with the beginning of its checksum."""
    folder = Path(str(current_app.static_folder))
    return url_for("static", filename=name, v=_version(folder / name))


@cache
def _version(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _packed(response: Response) -> Response:
    """Files of ours alone: what is secret is never packed beside what others can choose."""
    if request.endpoint != "static" or response.status_code != 200:
        return response
    path = Path(str(current_app.static_folder)) / (request.view_args or {})["filename"]
    response.vary.add("Accept-Encoding")
    if path.suffix in _TEXT and request.accept_encodings.quality("gzip"):
        response.direct_passthrough = False
        response.get_data()  # read to its end, the file is closed
        response.set_data(_gzipped(path))
        response.headers["Content-Encoding"] = "gzip"
        response.headers.pop("ETag", None)
    return response


@cache
def _gzipped(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), mtime=0)
