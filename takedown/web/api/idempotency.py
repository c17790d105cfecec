"""Idempotency-Key: the same request again gets the same answer, for a day.

After the draft of the IETF (httpapi-idempotency-key-header): another body under a used key is a
422, a key whose first request still runs a 409.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import Response, current_app, g, make_response, request
from flask_smorest import abort
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from takedown.db import committing, new_id
from takedown.people.models import ApiAnswer
from takedown.web.ports import now, ports

KEPT = timedelta(days=1)
STUCK = timedelta(minutes=5)
_PLACE = "api_answers.body"

View = Callable[..., Any]


def idempotent(view: View) -> View:
    """Answer a repeated POST from what was kept; without the header nothing is kept."""

    @wraps(view)
    def answering(*args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return view(*args, **kwargs)
        if len(key) > 255:
            abort(400, message="an Idempotency-Key has 255 characters at most")
        kept = _begin(hashlib.sha256(key.encode()).digest())
        if isinstance(kept, Response):
            return kept
        try:
            answer = make_response(current_app.ensure_sync(view)(*args, **kwargs))
        except BaseException:
            _forget(kept)
            raise
        _keep(kept, answer)
        return answer

    return answering


def _begin(key_hash: bytes) -> ApiAnswer | Response:
    body = hashlib.sha256(request.path.encode() + b"\0" + request.get_data()).digest()
    at = now()
    with committing(ports().sessions) as session:
        session.execute(delete(ApiAnswer).where(ApiAnswer.at < at - KEPT))
        session.execute(
            delete(ApiAnswer).where(ApiAnswer.status.is_(None), ApiAnswer.at < at - STUCK)
        )
        made = new_id()
        session.execute(
            insert(ApiAnswer)
            .values(id=made, token_id=g.token.id, key_hash=key_hash, request_hash=body, at=at)
            .on_conflict_do_nothing(index_elements=["token_id", "key_hash"])
        )
        kept = session.scalars(
            select(ApiAnswer).where(
                ApiAnswer.token_id == g.token.id, ApiAnswer.key_hash == key_hash
            )
        ).one()
    if kept.id == made:
        return kept
    if kept.request_hash != body:
        abort(422, message="this Idempotency-Key was used for another request")
    if kept.body is None:
        abort(409, message="the first request under this Idempotency-Key still runs")
    text = ports().vault.open(_PLACE, kept.id, kept.body or b"")
    return Response(text, kept.status, {"Idempotent-Replayed": "true"}, "application/json")


def _keep(kept: ApiAnswer, answer: Response) -> None:
    with committing(ports().sessions) as session:
        row = session.get_one(ApiAnswer, kept.id)
        row.status = answer.status_code
        row.body = ports().vault.seal(_PLACE, kept.id, 0, answer.get_data())


def _forget(kept: ApiAnswer) -> None:
    with committing(ports().sessions) as session:
        session.execute(delete(ApiAnswer).where(ApiAnswer.id == kept.id))
