"""Facts to write letters from, in documentation names and addresses."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from notices.facts import Deadline, Facts, Hotline, Previous, Recipient, UrlFact

NOW = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
LAW = "art. 000-1 of the Example Code"


def url(index: int = 1, **changes: Any) -> UrlFact:
    """A media link on a documentation host."""
    fields: dict[str, Any] = {
        "number": f"2026-{index:06}",
        "location": f"https://media.example.test/a/{index}.jpg",
        "remove": "file",
        "media_type": "image",
        "classification": "Baseline",
        "scheme": "Example scheme 2",
        "last_confirmed_up": NOW,
        "confirmed_by": "check",
        "host": "media.example.test",
        "address": "192.0.2.10",
        "asn": 64500,
        "country": "NL",
        "hosting_provider": "Exemplary",
        "xarf_classification": "baseline",
        "reference": "P-77",
    }
    return UrlFact(**{**fields, **changes})


def facts(**changes: Any) -> Facts:
    """A full set: law, deadline, ticket, three Urls of which one is a page."""
    page = url(2, remove="page", media_type=None, embeds=("https://cdn.example.test/x.jpg",))
    fields: dict[str, Any] = {
        "hotline": Hotline(
            name="Alerte Exemple",
            country="FR",
            signature="Cellule 7",
            email="cellule@alerte.example",
            domain="alerte.example",
            phone="+33 1 99 00 00 00",
        ),
        "recipient": Recipient(
            name="Exemplary", address="abuse@host.example", language="en", role="host"
        ),
        "number": "NTD-2026-000123",
        "kind": "first",
        "date": NOW,
        "urls": (url(1), page, url(3, confirmed_by="person")),
        "provider_ticket": "[AbuseID:77]",
        "deadline": Deadline(hours=24, binding=False),
        "law": LAW,
        "preservation": "art. 000-9",
    }
    given = {**fields, **changes}
    if given["kind"] == "reminder" and "previous" not in given:
        given["previous"] = Previous(
            number="NTD-2026-000100", sent_at=datetime(2026, 11, 1, 9, tzinfo=UTC), count=2
        )
    return Facts(**given)


def minimal(**changes: Any) -> Facts:
    """The least that can be known: no law, no deadline, no ticket, no trace."""
    bare = url(
        1, address=None, asn=None, country=None, hosting_provider=None, reference=None,
        media_type=None, xarf_classification=None,
    )  # fmt: skip
    known = facts(**changes)
    return replace(
        known,
        hotline=replace(known.hotline, phone=None),
        urls=(bare,),
        provider_ticket=None,
        deadline=None,
        law=None,
        preservation=None,
    )


def hostile(**changes: Any) -> Facts:
    """What strangers write: bidi marks, 2,000-character paths, markup, formulas, 500 Urls."""
    long = "https://media.example.test/" + "a" * 2000
    odd = (
        url(1, location=long),
        url(2, location="https://media.example.test/\u202egpj.exe?u=http://inner.example.test/"),
        url(3, location="https://user:pw@media.example.test:8443/{{ 7*7 }}/<b>?a=b#c"),
        url(4, classification="=HYPERLINK(1)", reference="@cmd", scheme="{% raw %}"),
        url(
            5,
            hosting_provider="Evil\r\nBcc: x@y.example\0\u202e",
            registrar="a\nb",
            reference="\tx\ny",
        ),
    )
    known = facts(**changes)
    return replace(
        known,
        recipient=replace(known.recipient, name="Evil\u202e\u2066 {{ law }}"),
        urls=odd + tuple(url(index) for index in range(6, 501)),
    )
