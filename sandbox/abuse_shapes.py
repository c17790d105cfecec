"""Three ways in which providers take reports by machine: what each reads, and how it answers."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.letters import in_json
from sandbox.little_http import Request, Response

#: A report's reference and what became of it: QUEUED, PROCESSING, or how it ended.
Tell = Callable[[str, str], Response]

_CHOICES = ("send", "send-anon")
_MOST = 250


class Refused(Exception):
    """A report that the provider can't take; the answer says why."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True)
class Shape:
    """`path` begins the addresses; `read` gives locations and the reporter's own key, if any."""

    path: str
    read: Callable[[Request], tuple[list[str], str | None]]
    taken: Callable[[str, str | None], Response]
    tell: Tell


def _table(request: Request) -> dict[str, Any]:
    document = request.json()
    return document if isinstance(document, dict) else {}


def _xarf(request: Request) -> tuple[list[str], str | None]:
    """`{"clientToken": ..., "report": {"xarf": report or its text}}`."""
    document = _table(request)
    token, report = document.get("clientToken"), document.get("report")
    if isinstance(report, dict) and isinstance(report.get("xarf"), str):
        found = in_json(report["xarf"])
    else:
        found = in_json(json.dumps(report))
    if not isinstance(token, str) or not token or not found:
        message = "clientToken and report.xarf with a url are needed"
        raise Refused(Response(422, {"message": message}))
    return found, token


def _xarf_tell(reference: str, outcome: str) -> Response:
    reasons = {
        "actioned": "ACTIONED",
        "gone": "CONTENT_DOWN_OR_INACCESSIBLE",
        "not_ours": "NOT_RESOLVABLE",
    }
    reason = reasons.get(outcome)
    status = "COMPLETED" if reason else outcome.upper()
    return Response(200, {"reportId": reference, "status": status, "reasonCode": reason})


def _lines(request: Request) -> tuple[list[str], str | None]:
    """`urls` joined by line ends, of one host, and whom to notify."""
    document = _table(request)
    urls = str(document.get("urls", "")).split("\n")
    good = (
        document.get("act") == "abuse_children"
        and 0 < len(urls) <= _MOST
        and len({urlsplit(url).hostname for url in urls} - {None}) == 1
        and document.get("host_notification") in _CHOICES
        and document.get("ncmec_notification") in _CHOICES
        and document.get("owner_notification", "none") in (*_CHOICES, "none")
        and all(document.get(name) for name in ("name", "email", "email2", "justification"))
        and len(str(document["justification"])) <= 5000
    )
    if not good:
        errors = [{"code": 6003, "message": "Invalid or missing parameters"}]
        raise Refused(Response(400, {"success": False, "errors": errors, "result": None}))
    return urls, None


def _lines_tell(reference: str, outcome: str) -> Response:
    word = "in_review" if outcome in ("queued", "processing") else outcome
    result = {"id": reference, "status": word, "mitigation_summary": {"accepted_url_count": 1}}
    return Response(200, {"success": True, "errors": [], "result": result})


def _form(request: Request) -> tuple[list[str], str | None]:
    """Fields `ip` and `urls`, as a browser's form sends them."""
    fields = parse_qs(request.body.decode("utf-8", "replace"))
    urls = fields.get("urls", [""])[0].split()
    plain = request.fields.get("content-type", "").startswith("application/x-www-form-urlencoded")
    missing = [name for name in ("ip", "urls") if not fields.get(name)]
    if missing or not plain or not urls:
        errors = {name: ["The field is required."] for name in missing or ["urls"]}
        raise Refused(Response(422, {"message": "The given data was invalid.", "errors": errors}))
    return urls, None


SHAPES = (
    Shape(
        "/v1/abuse",
        _xarf,
        lambda reference, token: Response(202, {"reportId": reference, "clientToken": token}),
        _xarf_tell,
    ),
    Shape(
        "/accounts/abuse-reports",
        _lines,
        lambda reference, token: _lines_tell(reference, "queued"),
        _lines_tell,
    ),
    Shape(
        "/forms/abuse",
        _form,
        lambda reference, token: Response(200, {"data": {"id": reference}}),
        lambda reference, outcome: Response(200, {"data": {"id": reference, "state": outcome}}),
    ),
)
