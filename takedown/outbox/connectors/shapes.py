"""The three usual shapes of providers' interfaces, described from a few fields. Pure.

What they make is the JSON that a person looks over, refines and saves like any other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person says of an interface, as typed; empty: the shape's own."""

    name: str
    url: str
    poll_url: str = ""  # holds {reference}; empty: it is not asked what became of a report
    login: str = "bearer"  # none | bearer | basic | header
    user: str = ""  # of basic
    header: str = ""  # of header
    max_urls: str = ""
    discloses_reporter: bool = False
    tells_customer: bool = False


def describe(shape: str, asked: Asked) -> dict[str, Any]:
    """The settings of a connector of this shape, as `Connector.load` reads them.

    Raises KeyError for a shape that is none of `SHAPES`; what is typed wrongly is found by `load`.
    """
    made = SHAPES[shape]()
    poll = made.pop("poll")
    places = [asked.url, *([asked.poll_url] if asked.poll_url else [])]
    return {
        "name": asked.name,
        "url": asked.url,
        "hosts": list(dict.fromkeys(_host(one) for one in places)),
        "auth": _login(asked),
        **made,
        **({"max_urls": int(asked.max_urls)} if asked.max_urls.isdecimal() else {}),
        **({"poll": {"url": asked.poll_url, **poll}} if asked.poll_url else {}),
        "discloses_reporter": asked.discloses_reporter,
        "tells_customer": asked.tells_customer,
    }


def _login(asked: Asked) -> dict[str, Any]:
    if asked.login == "none":
        return {"kind": "none"}
    more = {"basic": {"user": asked.user}, "header": {"header": asked.header}}
    # The name under which the secret is kept, not the secret.
    return {"kind": asked.login, "secret": "its-own", **more.get(asked.login, {})}  # nosec B105


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _xarf() -> dict[str, Any]:
    """A JSON POST of one XARF report, answered with an id."""
    return {
        "body": {"clientToken": "{key}", "correlationId": "{number}", "report": {"xarf": "{xarf}"}},
        "max_urls": 1,
        "reference": {"pointer": "/reportId"},
        "error": {"pointer": "/message"},
        "poll": {
            "state": [{"pointer": "/status"}, {"pointer": "/reasonCode"}],
            "states": {
                "QUEUED": "received",
                "PROCESSING": "in_process",
                "COMPLETED/ACTIONED": "actioned",
                "COMPLETED/NOT_RESOLVABLE": "not_ours",
                "COMPLETED/REVIEWED_NO_ACTION": "no_action",
                "COMPLETED/CONTENT_DOWN_OR_INACCESSIBLE": "gone",
                "COMPLETED/NEED_MORE_INFORMATION": "need_info",
            },
        },
        "test": {"body": {"tags": ["lifecycle:test"]}},
    }


def _lines() -> dict[str, Any]:
    """A JSON POST of the Urls of one host, a line each, and whom the provider shall notify."""
    return {
        "body": {
            "act": "abuse_children",
            "name": "{organisation}",
            "email": "{email}",
            "email2": "{email}",
            "justification": "{text:5000}",
            "urls": "{url_lines}",
            "host_notification": "{to_host}",
            "owner_notification": "{to_owner}",
        },
        "max_urls": 250,
        "grouping": "same_host",
        "success": {"at": {"pointer": "/success"}},
        "reference": {"pointer": "/result/id"},
        "error": {"pointer": "/errors/0/message"},
        "poll": {
            "state": {"pointer": "/result/status"},
            "states": {"in_review": "in_process", "actioned": "actioned", "gone": "gone"},
        },
    }


def _form() -> dict[str, Any]:
    """A form POST of addresses and Urls."""
    return {
        "content_type": "form",
        "body": {"ip": "{ip}", "urls": "{urls}"},
        "max_urls": 50,
        "reference": {"pointer": "/data/id"},
        "error": {"pointer": "/message"},
        "poll": {
            "state": {"pointer": "/data/status"},
            "states": {"open": "in_process", "closed": "actioned"},
        },
    }


SHAPES: Final[Mapping[str, Callable[[], dict[str, Any]]]] = {
    "xarf": _xarf,
    "lines": _lines,
    "form": _form,
}
