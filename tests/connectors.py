"""Connectors of the three usual shapes, on documentation names."""

from typing import Any


def xarf_shape(base: str = "https://api.provider.example", **changes: Any) -> dict[str, Any]:
    """A JSON POST that takes one XARF report and answers 202 with an id to poll."""
    return {
        "name": "xarf-shape",
        "url": f"{base}/v1/abuse",
        "hosts": [base.split("/")[2].split(":")[0]],
        "auth": {"kind": "bearer", "secret": "provider"},
        "body": {"clientToken": "{key}", "correlationId": "{number}", "report": {"xarf": "{xarf}"}},
        "reference": {"pointer": "/reportId"},
        "error": {"pointer": "/message"},
        "poll": {
            "url": f"{base}/v1/abuse/{{reference}}",
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
        "per_minute": 6000,
        **changes,
    }


def lines_shape(base: str = "https://api.provider.example", **changes: Any) -> dict[str, Any]:
    """A JSON POST of the Urls of one host, a line each, and whom the provider shall notify."""
    return {
        "name": "lines-shape",
        "url": f"{base}/accounts/abuse-reports",
        "hosts": [base.split("/")[2].split(":")[0]],
        "auth": {"kind": "bearer", "secret": "provider"},
        "body": {
            "act": "abuse_children",
            "name": "{organisation}",
            "email": "{email}",
            "email2": "{email}",
            "justification": "{text:5000}",
            "urls": "{url_lines}",
            "host_notification": "{to_host}",
            "ncmec_notification": "{to_host}",
            "owner_notification": "{to_owner}",
        },
        "max_urls": 250,
        "grouping": "same_host",
        "success": {"at": {"pointer": "/success"}},
        "reference": {"pointer": "/result/id"},
        "error": {"pointer": "/errors/0/message"},
        "poll": {
            "url": f"{base}/accounts/abuse-reports/{{reference}}",
            "state": {"pointer": "/result/status"},
            "states": {"in_review": "in_process", "actioned": "actioned", "gone": "gone"},
            "origin": {"pointer": "/result/mitigation_summary/origin"},
        },
        "discloses_reporter": True,
        "per_minute": 6000,
        **changes,
    }


def form_shape(base: str = "https://api.provider.example", **changes: Any) -> dict[str, Any]:
    """A form POST of `ip` and `urls` with a bearer token."""
    return {
        "name": "form-shape",
        "url": f"{base}/forms/abuse",
        "hosts": [base.split("/")[2].split(":")[0]],
        "auth": {"kind": "bearer", "secret": "provider"},
        "content_type": "form",
        "body": {"ip": "{ip}", "urls": "{urls}"},
        "max_urls": 50,
        "reference": {"pointer": "/data/id"},
        "error": {"pointer": "/message"},
        "per_minute": 6000,
        **changes,
    }
