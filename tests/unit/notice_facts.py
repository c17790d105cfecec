"""Facts to write letters from, in documentation names and addresses."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from notices.compose import Letter, compose
from notices.facts import (
    Asked,
    Collateral,
    Deadline,
    Facts,
    Hotline,
    PartnerCodes,
    Previous,
    Recipient,
    UrlFact,
)

NOW = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
SENT = datetime(2026, 11, 1, 9, tzinfo=UTC)
BREAKS = ("\r", "\n", "\0", "\r\nBcc: x@y.example", "\x85", "\u2028")
LAW = "art. 000-1 of the Example Code"
PROVIDERS = ("platform", "host", "proxy", "upstream", "registrar", "registry")
ROLES = {"police": ("police",), "hotline": ("hotline",), "regulator": ("regulator",)}


def roles(kind: str) -> tuple[str, ...]:
    """Who a letter of this kind is written to."""
    return ROLES.get(kind, PROVIDERS)


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
    """A full set: law, deadline, ticket, three Urls of which one is a page, and what came before.

    `role` is the recipient's; left out, it is one that the kind is written to.
    """
    kind = changes.get("kind", "first")
    role = changes.pop("role", "host" if "host" in roles(kind) else roles(kind)[0])
    more: dict[str, Any] = {"removal_confirmed_at": NOW} if kind == "closure" else {}
    if kind == "hotline":
        more["partner"] = PartnerCodes(site_type="WEB-7", action="ACT-3", classification="CLS-9")
    page = url(
        2, remove="page", media_type=None, embeds=("https://cdn.example.test/x.jpg",), **more
    )
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
            name="Exemplary", address="abuse@host.example", language="en", role=role
        ),
        "number": "NTD-2026-000123",
        "kind": "first",
        "date": NOW,
        "urls": (url(1, **more), page, url(3, confirmed_by="person", **more)),
        "provider_ticket": "[AbuseID:77]",
        "deadline": Deadline(hours=24, binding=False),
        "law": LAW,
        "preservation": "art. 000-9",
        "receipt_wanted": True,
        "clearance_wanted": True,
        "occasion": "abroad",
        "mistake": "classification",
    }
    if kind != "first":
        fields["previous"] = Previous(
            number="NTD-2026-000100", sent_at=SENT, count=2 if kind == "reminder" else 0
        )
        fields["history"] = (asked(), asked(number="NTD-2026-000110", answer="claimed_removed"))
        fields["collateral"] = Collateral(
            domain="example.test", other_urls=4, other_content="2 small shops"
        )
    return Facts(**{**fields, **changes})


def asked(**changes: Any) -> Asked:
    """An earlier notice, to the host."""
    fields: dict[str, Any] = {
        "number": "NTD-2026-000100",
        "kind": "first",
        "recipient": "Exemplary",
        "role": "host",
        "sent_at": SENT,
    }
    return Asked(**{**fields, **changes})


def minimal(**changes: Any) -> Facts:
    """The least that can be known: no law, no deadline, no ticket, no trace."""
    bare = url(
        1, address=None, asn=None, country=None, hosting_provider=None, reference=None,
        media_type=None, xarf_classification=None,
        removal_confirmed_at=NOW if changes.get("kind") == "closure" else None,
    )  # fmt: skip
    known = facts(**changes)
    needed = known.kind == "escalation"
    return replace(
        known,
        hotline=replace(known.hotline, phone=None),
        urls=(bare,),
        provider_ticket=None,
        deadline=None,
        law=None,
        preservation=None,
        history=known.history[:1] if needed else (),
        collateral=Collateral(domain="example.test", other_urls=0) if needed else None,
        receipt_wanted=False,
        clearance_wanted=False,
        occasion=None,
        mistake=None,
    )


def hostile(**changes: Any) -> Facts:
    """What strangers write: bidi marks, 2,000-character paths, markup, formulas, 500 Urls."""
    long = "https://media.example.test/" + "a" * 2000
    gone: dict[str, Any] = {}
    if changes.get("kind") == "closure":
        gone["removal_confirmed_at"] = NOW
    odd = (
        url(1, location=long, victim_at_risk=True),
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
    name = "Evil\r\nBcc: x@y.example\u202e\u2066 {law} {{ law }}"
    return replace(
        known,
        recipient=replace(known.recipient, name=name),
        provider_ticket="{law} =?utf-8?q?=0D=0ABcc?= \u202e " + "x" * 500,
        history=tuple(asked(recipient=name) for _ in range(40)) if known.history else (),
        collateral=known.collateral
        and Collateral(domain="{law}.example", other_urls=10**6, other_content=name),
        urls=tuple(replace(one, **gone) for one in odd)
        + tuple(url(index, **gone) for index in range(6, 501)),
    )


@cache
def written(make: Callable[..., Facts], kind: str, lang: str) -> Letter:
    """The built-in letter of these facts; 500 Urls are not written anew for each test."""
    return compose(make(kind=kind), kind, lang)
