"""One HTTP request: one deadline over everything, no redirect, no proxy, no cookie, a size limit,
and a guard at the socket, so that no name leads to an address that must not be reached."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Final

import requests
from urllib3.exceptions import HTTPError

from notices.watched import Guard, NotSent, Watch, session

MAX_BYTES: Final = 100_000


class Unanswered(Exception):
    """The request left, in whole or in part, and no whole answer came."""


@dataclass(frozen=True)
class Request:
    """What is asked. `certificate`: a PEM file with our certificate and key."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    certificate: str | None = None


@dataclass(frozen=True)
class Answer:
    """What came: header names in lower case, text of at most 100,000 bytes (else `cut`)."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: str = field(repr=False)
    cut: bool


def ask(
    request: Request,
    *,
    deadline_s: float,
    allowed: Guard,
    arm: Callable[[], bool] | None = None,
    authorities: str | None = None,
) -> Answer:
    """Send it and read the answer within `deadline_s` seconds in all.

    Every address that the name has is asked of `allowed`. `arm` is called once, when the
    connection (TLS included) stands and nothing of the request has left; on False nothing does.
    `authorities`: a PEM file trusted instead of the usual ones. Raises `NotSent`, `Unanswered`.
    """
    with Watch(deadline_s, allowed, arm) as watch, session(watch) as http:
        try:
            with http.request(
                request.method,
                request.url,
                data=request.body,
                headers={"Accept-Encoding": "identity", **request.headers},
                timeout=deadline_s,
                stream=True,
                allow_redirects=False,
                cert=request.certificate,
                verify=authorities or True,
            ) as answer:
                return _read(answer, watch)
        except (requests.RequestException, HTTPError, HTTPException, OSError, ValueError):
            if watch.armed:
                raise Unanswered from None
            raise NotSent(watch.phase) from None


def _read(answer: requests.Response, watch: Watch) -> Answer:
    """The answer; the library takes a head that broke off for a whole one. Raises OSError."""
    if not answer.headers:
        raise OSError("the head broke off")
    body = bytearray()
    while len(body) <= MAX_BYTES and (part := answer.raw.read(65_536, decode_content=False)):
        body += part
    watch.left()
    cut = len(body) > MAX_BYTES
    headers = {name.lower(): value[:1000] for name, value in list(answer.headers.items())[:50]}
    text = bytes(body[:MAX_BYTES]).decode("utf-8", "replace")
    return Answer(answer.status_code, headers, text, cut)
