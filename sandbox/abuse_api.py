"""Providers' abuse APIs in three shapes: reports taken once, their status moving with the clock."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.abuse_shapes import SHAPES, Refused, Shape
from sandbox.ledger import Ledger
from sandbox.little_http import Request, Response
from sandbox.providers import PROVIDERS
from sandbox.scene import Scene
from sandbox.world import key_of

# followed by the provider's key; no secret
TOKEN = "sandbox-"  # nosec B105
PROCESSING_AFTER = timedelta(minutes=10)
RETRY_AFTER = "3"
ELSEWHERE = "http://127.0.0.1:9/elsewhere"


@dataclass(frozen=True)
class _Report:
    provider: str
    received: datetime
    keys: list[str]
    already_gone: bool


class AbuseApi:
    """`POST` to a shape's path -> a reference; `GET` of path and reference -> what became of it.

    The bearer token `sandbox-KEY` says which provider is meant; its manner (`/script`, `api`):
    accept; busy (429 to the first request of each key); fails_after (takes it, then 500, once a
    key); conflict (409 to a key that was there before); redirect (307 elsewhere). A key is the
    report's own, or the `Idempotency-Key`; the same key is one report.
    """

    def __init__(self, scene: Scene, ledger: Ledger) -> None:
        self.scene = scene
        self.ledger = ledger
        self._reports: dict[str, _Report] = {}
        self._asked: Counter[str] = Counter()

    async def handle(self, request: Request) -> Response:
        scheme, _, token = request.fields.get("authorization", "").partition(" ")
        provider = token.removeprefix(TOKEN)
        if scheme.lower() != "bearer" or not token.startswith(TOKEN) or provider not in PROVIDERS:
            return Response(401, {"message": "Unauthorized"}, {"WWW-Authenticate": "Bearer"})
        for shape in SHAPES:
            if request.method == "POST" and request.path == shape.path:
                try:
                    return self._manner(provider, shape, request)
                except Refused as refused:
                    return refused.answer
            if request.method == "GET" and request.path.startswith(f"{shape.path}/"):
                return self._status(provider, shape, request.path.rpartition("/")[2])
        return Response(404, {"message": "Not Found"})

    def _manner(self, provider: str, shape: Shape, request: Request) -> Response:
        found, token = shape.read(request)
        digest = hashlib.sha256(request.body).hexdigest()
        key = token or request.fields.get("idempotency-key") or digest
        reference = hashlib.sha256(f"{provider}\n{key}".encode()).hexdigest()[:16]
        before = self._asked[reference]
        self._asked[reference] += 1
        manner = self.scene.apis.get(provider, "accept")
        if manner == "redirect":
            return Response(307, None, {"Location": ELSEWHERE})
        if manner == "busy" and not before:
            message = "Too Many Requests"
            return Response(429, {"message": message}, {"Retry-After": RETRY_AFTER})
        if manner == "conflict" and reference in self._reports:
            return Response(409, {"message": "Conflict", "reportId": reference})
        self._take(provider, request, reference, key, found)
        if manner == "fails_after" and not before:
            return Response(500, {"message": "Internal Server Error"})
        return shape.taken(reference, token)

    def _take(
        self, provider: str, request: Request, reference: str, key: str, found: list[str]
    ) -> None:
        now = self.scene.clock.now()
        entry = self.ledger.enter(
            message_id=key,
            recipient=f"api:{provider}",
            organisation=provider,
            medium="api",
            now=now,
            raw=request.body,
            subject="",
            urls=found,
        )
        if not entry.copy:
            keys = [key_of(url) for url in found]
            told = [story for one in keys if (story := self.scene.story(one)) is not None]
            already = bool(told) and not any(story.is_up(now) for story in told)
            self._reports[reference] = _Report(provider, now, keys, already)
            self.scene.receive(provider, keys, key)

    def _status(self, provider: str, shape: Shape, reference: str) -> Response:
        report = self._reports.get(reference)
        if report is None or report.provider != provider:
            return Response(404, {"message": "Not Found"})
        return shape.tell(reference, self._outcome(report))

    def _outcome(self, report: _Report) -> str:
        now = self.scene.clock.now()
        if now - report.received < PROCESSING_AFTER:
            return "queued"
        told = [self.scene.story(key) for key in report.keys]
        if report.already_gone:
            return "gone"
        if not any(told):
            return "not_ours"
        up = any(story.is_up(now) for story in told if story is not None)
        return "processing" if up else "actioned"
