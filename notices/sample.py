"""Facts for a look at a letter where no real notice is at hand: documentation names throughout."""

from datetime import UTC, datetime, timedelta
from typing import Final, cast

from notices.facts import (
    Asked,
    Collateral,
    Deadline,
    Facts,
    Hotline,
    Kind,
    PartnerCodes,
    Previous,
    Recipient,
    Role,
    UrlFact,
)

_DAY: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_ROLES: Final = {"police": "police", "hotline": "hotline", "regulator": "regulator"}


def sample(kind: str, lang: str, hotline: Hotline) -> Facts:
    """A full set of facts for a letter of this kind: two Urls, a law, a deadline, what came before.

    Escalations go to a registrar, so that what else a measure reaches is seen too.
    """
    role = "registrar" if kind == "escalation" else _ROLES.get(kind, "host")
    follows = kind in ("reminder", "escalation", "retraction", "closure", "regulator")
    return Facts(
        hotline=hotline,
        recipient=Recipient(
            name="Example Hosting",
            address="abuse@provider.example",
            language=lang,
            role=cast("Role", role),
        ),
        number="NTD-2026-000000",
        kind=cast("Kind", kind),
        date=_DAY,
        urls=(_url(1, kind), _url(2, kind)),
        provider_ticket="TICKET-77" if follows else None,
        deadline=Deadline(hours=24, binding=True, basis="art. 00 of the Example Code"),
        law="art. 00 of the Example Code",
        preservation="art. 01 of the Example Code",
        previous=_previous(kind) if follows else None,
        history=(_asked(),) if follows else (),
        collateral=Collateral(domain="media.example", other_urls=3)
        if role == "registrar"
        else None,
        receipt_wanted=kind in _ROLES,
        clearance_wanted=kind == "police",
        occasion="victim_at_risk" if kind == "police" else None,
        mistake="classification" if kind == "retraction" else None,
    )


def _url(index: int, kind: str) -> UrlFact:
    page = index == 2
    return UrlFact(
        number=f"2026-{index:06}",
        location=f"https://media.example/{'page' if page else 'a.jpg'}",
        remove="page" if page else "file",
        media_type=None if page else "image",
        classification="baseline",
        scheme="baseline",
        last_confirmed_up=_DAY - timedelta(minutes=20),
        confirmed_by="check",
        host="media.example",
        address="192.0.2.10",
        asn=64500,
        country="NL",
        hosting_provider="Example Hosting",
        registrar="Example Registrar",
        embeds=("https://media.example/b.jpg",) if page else (),
        removal_confirmed_at=_DAY if kind == "closure" else None,
        one_vantage=kind == "closure",
        partner=PartnerCodes(site_type="site type", action="action", classification="code")
        if kind == "hotline"
        else None,
    )


def _previous(kind: str) -> Previous:
    return Previous(
        number="NTD-2025-000000",
        sent_at=_DAY - timedelta(days=1),
        count=1 if kind == "reminder" else 0,
    )


def _asked() -> Asked:
    return Asked(
        number="NTD-2025-000000",
        kind="first",
        recipient="Example Hosting",
        role="host",
        sent_at=_DAY - timedelta(days=3),
    )
