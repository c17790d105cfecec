"""A provider's abuse API: reports by JSON, their status moving with the clock."""

import hashlib
import json
from datetime import datetime, timedelta

from sandbox.fate import END
from sandbox.ledger import Ledger
from sandbox.letters import in_json
from sandbox.little_http import Request, Response
from sandbox.providers import PROVIDERS
from sandbox.scene import Scene
from sandbox.world import key_of

# followed by the provider's key; no secret
TOKEN = "sandbox-"  # nosec B105
PROCESSING_AFTER = timedelta(minutes=10)


class AbuseApi:
    """`POST /v1/abuse` -> 202 `reportId`; `GET /v1/abuse/{id}` -> QUEUED, PROCESSING, COMPLETED.

    The bearer token `sandbox-KEY` says which provider is meant.
    """

    def __init__(self, scene: Scene, ledger: Ledger) -> None:
        self.scene = scene
        self.ledger = ledger
        self._reports: dict[str, tuple[str, datetime, list[str], bool]] = {}

    async def handle(self, request: Request) -> Response:
        scheme, _, token = request.fields.get("authorization", "").partition(" ")
        provider = token.removeprefix(TOKEN)
        if scheme.lower() != "bearer" or not token.startswith(TOKEN) or provider not in PROVIDERS:
            return Response(401, {"message": "Unauthorized"}, {"WWW-Authenticate": "Bearer"})
        if request.method == "POST" and request.path == "/v1/abuse":
            return self._take(provider, request)
        if request.method == "GET" and request.path.startswith("/v1/abuse/"):
            return self._status(provider, request.path.rpartition("/")[2])
        return Response(404, {"message": "Not Found"})

    def _take(self, provider: str, request: Request) -> Response:
        document = request.json()
        token = document.get("clientToken") if isinstance(document, dict) else None
        report = document.get("report") if isinstance(document, dict) else None
        if isinstance(report, dict) and isinstance(report.get("xarf"), str):
            found = in_json(report["xarf"])
        else:
            found = in_json(json.dumps(report))
        if not isinstance(token, str) or not token or not found:
            return Response(422, {"message": "clientToken and report.xarf with a url are needed"})
        reference = hashlib.sha256(f"{provider}\n{token}".encode()).hexdigest()[:16]
        now = self.scene.clock.now()
        entry = self.ledger.enter(
            message_id=token,
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
            told = [story for key in keys if (story := self.scene.story(key)) is not None]
            already = bool(told) and not any(story.is_up(now) for story in told)
            self._reports[reference] = provider, now, keys, already
            self.scene.receive(provider, keys, token)
        return Response(202, {"reportId": reference, "clientToken": token})

    def _status(self, provider: str, reference: str) -> Response:
        owner, received, keys, already = self._reports.get(reference, ("", END, list[str](), False))
        if owner != provider:
            return Response(404, {"message": "Not Found"})
        now = self.scene.clock.now()
        told = [self.scene.story(key) for key in keys]
        reason = None
        if already:
            reason = "CONTENT_DOWN_OR_INACCESSIBLE"
        elif not any(told):
            reason = "NOT_RESOLVABLE"
        elif not any(story.is_up(now) for story in told if story is not None):
            reason = "ACTIONED"
        waited = now - received
        state = "PROCESSING" if waited >= PROCESSING_AFTER else "QUEUED"
        if reason is not None and state == "PROCESSING":
            return Response(
                200, {"reportId": reference, "status": "COMPLETED", "reasonCode": reason}
            )
        return Response(200, {"reportId": reference, "status": state, "reasonCode": None})
