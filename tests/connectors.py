"""Connectors of the three usual shapes, on documentation names."""

from typing import Any

from takedown.outbox.connectors.shapes import Asked, describe


def xarf_shape(base: str = "https://api.provider.example", **changes: Any) -> dict[str, Any]:
    """A JSON POST that takes one XARF report and answers 202 with an id to poll."""
    place = f"{base}/v1/abuse"
    made = describe("xarf", Asked("xarf-shape", place, f"{place}/{{reference}}"))
    return _hurried(made, changes)


def lines_shape(base: str = "https://api.provider.example", **changes: Any) -> dict[str, Any]:
    """The shape `lines` as the product describes it, for a provider that is told of twice over and
    names the origin behind it."""
    place = f"{base}/accounts/abuse-reports"
    asked = Asked("lines-shape", place, f"{place}/{{reference}}", discloses_reporter=True)
    made = describe("lines", asked)
    made["body"] |= {"ncmec_notification": "{to_host}"}
    made["poll"] |= {"origin": {"pointer": "/result/mitigation_summary/origin"}}
    return _hurried(made, changes)


def form_shape(base: str = "https://api.provider.example", **changes: Any) -> dict[str, Any]:
    """A form POST of `ip` and `urls` with a bearer token."""
    made = describe("form", Asked("form-shape", f"{base}/forms/abuse"))
    return _hurried(made, changes)


def _hurried(made: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """With the secret that tests keep, and at a rate at which none of them waits."""
    made["auth"] |= {"secret": "provider"}
    return made | {"per_minute": 6000} | changes
