"""What is kept of a conversation with a provider's interface: enough for proof, never a secret."""

import base64
import hashlib
import json
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus

from notices.channels.guarded_http import Answer, Request

_KEPT: Final = 20_000
_HEADERS: Final = (
    "date",
    "content-type",
    "location",
    "retry-after",
    "x-request-id",
    "request-id",
    "x-correlation-id",
)
_MASK: Final = "[secret]"


def kept(request: Request, answer: Answer | None, secrets: Iterable[str]) -> bytes:
    """The exchange as JSON, to be sealed: of our headers the names alone, of our body its digest.

    A secret that the other side repeats, in whatever usual spelling, is masked.
    """
    secrets = tuple(secrets)
    document: dict[str, object] = {
        "request": {
            "method": request.method,
            "url": request.url,
            "headers": sorted(request.headers),
            "sha256": hashlib.sha256(request.body or b"").hexdigest(),
        }
    }
    if answer is not None:
        document["answer"] = {
            "status": answer.status,
            "headers": {
                name: masked(answer.headers[name], secrets)
                for name in _HEADERS
                if name in answer.headers
            },
            "body": masked(answer.body, secrets)[:_KEPT],
            "cut": answer.cut or len(answer.body) > _KEPT,
        }
    return json.dumps(document, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text without these secrets, as they are and as JSON, addresses or base64 spell them."""
    for secret in filter(None, secrets):
        spelt = {
            secret,
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
            json.dumps(json.dumps(secret)[1:-1])[1:-1],
            quote(secret, safe=""),
            quote_plus(secret),
            base64.b64encode(secret.encode()).decode(),
        }
        for one in sorted(spelt, key=len, reverse=True):
            text = text.replace(one, _MASK)
    return text
