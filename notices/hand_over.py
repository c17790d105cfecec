"""A hand-over for machines: every exact location with its codes, beside the sheet for people."""

import json
from datetime import datetime
from typing import Any, Final

from notices.facts import Facts, PartnerCodes, UrlFact

#: The kinds that hand a Url over to somebody who acts in the provider's stead.
HAND_OVERS: Final = frozenset({"hotline", "police", "regulator"})
FORMAT: Final = "takedown-hand-over/1"


def document(facts: Facts) -> bytes:
    """The hand-over as JSON, UTF-8: times ISO 8601 in UTC, `null` where nothing is known.

    `codes` are the partner's own; `without_code` names what we know and they have no code for.
    """
    partner = next((url.partner for url in facts.urls if url.partner), PartnerCodes())
    shape = {
        "format": FORMAT,
        "number": facts.number,
        "kind": facts.kind,
        "date": _time(facts.date),
        "from": {
            "name": facts.hotline.name,
            "country": facts.hotline.country,
            "contact": facts.hotline.email,
        },
        "occasion": facts.occasion,
        "codes_of": partner.system,
        "urls": [as_document(url) for url in facts.urls],
    }
    return json.dumps(shape, ensure_ascii=False, indent=1).encode() + b"\n"


def as_document(url: UrlFact) -> dict[str, Any]:
    """One Url of it."""
    codes = url.partner or PartnerCodes()
    return {
        "number": url.number,
        "reference": url.reference,
        "location": url.location,
        "remove": url.remove,
        "embeds": list(url.embeds),
        "media_type": url.media_type,
        "classification": url.classification,
        "scheme": url.scheme,
        "victim_at_risk": url.victim_at_risk,
        "last_confirmed_up": _time(url.last_confirmed_up),
        "confirmed_by": url.confirmed_by,
        "hosting": {
            "host": url.host,
            "address": url.address,
            "asn": url.asn,
            "country": url.country,
            "provider": url.hosting_provider,
            "registrar": url.registrar,
        },
        "codes": {
            "site_type": codes.site_type,
            "action": codes.action,
            "classification": codes.classification,
        },
        "without_code": list(codes.without_code),
    }


def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
