"""A notice in a provider's own shape: the frozen bytes of one request."""

import json
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from notices.channels import placeholders
from notices.channels.connector import Connector
from notices.channels.placeholders import PLACEHOLDERS, Value
from notices.compose import Letter
from notices.errors import BadConnector, BadFacts
from notices.facts import Facts

MEDIA_TYPES: Final[Mapping[str, str]] = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "xml": "application/xml; charset=utf-8",
}


def payload(connector: Connector, facts: Facts, letter: Letter, key: str) -> bytes:
    """The body of the one request that hands a notice over; the same input, the same bytes.

    `key` is the delivery's: a provider that keeps it takes a repeated request once. Raises
    `BadFacts` for what doesn't fit into one request: too many Urls, of more than one host, or one
    without what the body needs.
    """
    _fits(connector, facts)
    template = connector.body
    values = _values(template, connector, facts, letter, key)
    if connector.content_type == "xml":
        return placeholders.text(template, values, _xml).encode()
    document = placeholders.filled(template, values)
    if connector.content_type == "json":
        return json.dumps(document, ensure_ascii=False, sort_keys=True).encode()
    flat = {name: _field(value) for name, value in document.items()}
    repeats = {name for name, value in template.items() if isinstance(value, list | tuple)}
    pairs = [
        (name, one)
        for name, value in flat.items()
        for one in (value if name in repeats else ["\n".join(value)])
    ]
    return urlencode(pairs).encode()


def in_test(connector: Connector) -> Connector:
    """The same interface in its test mode: nothing is acted upon. Raises `BadConnector`."""
    if connector.test is None:
        raise BadConnector("test", "is not described: this interface can't be tried")
    body = {**connector.body, **connector.test.body} if connector.test.body else connector.body
    return replace(connector, url=connector.test.url or connector.url, body=body)


def _fits(connector: Connector, facts: Facts) -> None:
    if len(facts.urls) > connector.max_urls:
        raise BadFacts("urls", f"are more than the {connector.max_urls} of one request")
    if connector.grouping == "single" and len(facts.urls) > 1:
        raise BadFacts("urls", "are more than one")
    if connector.grouping == "same_host":
        hosts = {urlsplit(url.location).hostname for url in facts.urls}
        if len(hosts) > 1:
            raise BadFacts("urls", "are of more than one host")


def _values(
    template: Any, connector: Connector, facts: Facts, letter: Letter, key: str
) -> dict[str, Value]:
    """Only what the template asks for: a value that can't be had refuses no other template."""
    own: dict[str, Value] = {
        "to_host": connector.words[connector.to_host],
        "to_owner": connector.words[connector.to_owner],
    }
    used = set(placeholders.names(template))
    return own | {name: PLACEHOLDERS[name](facts, letter, key) for name in used - set(own)}


def _field(value: Any) -> list[str]:
    """A form's value as its lines."""
    if isinstance(value, list):
        return [one for inner in value for one in _field(inner)]
    if isinstance(value, Mapping):
        return [json.dumps(value, ensure_ascii=False, sort_keys=True)]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return ["" if value is None else str(value)]


def _xml(text: str) -> str:
    """Text between tags or in an attribute; what XML can't hold is left out."""
    kept = "".join(one for one in text if one in "\t\n" or ord(one) >= 32)
    return escape(kept)
