"""Bearer tokens of programs (RFC 6750)."""

from typing import NoReturn

from flask import abort, request
from werkzeug.datastructures import WWWAuthenticate

from takedown.db import committing
from takedown.people.models import ApiToken, Scope
from takedown.people.service import verify_token
from takedown.web.ports import now, ports


def token_or_abort(scope: Scope) -> ApiToken:
    """The token of this request if it lives and carries `scope`; 401 or 403 otherwise."""
    given = request.authorization
    if given is None or given.type != "bearer" or not given.token:
        _unauthorised()
    with committing(ports().sessions) as session:
        token = verify_token(session, given.token, now())
    if token is None:
        _unauthorised()
    if scope not in token.scopes:
        abort(403)
    return token


def _unauthorised() -> NoReturn:
    abort(401, www_authenticate=WWWAuthenticate("bearer", {"realm": "takedown"}))
