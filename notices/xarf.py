"""The machine-readable part: XARF 4.2, category `content`, type `csam` (https://xarf.org)."""

import hashlib
import re
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from notices.defang import uri, visible
from notices.errors import Unmapped
from notices.facts import Facts, UrlFact

VERSION: Final = "4.2.0"
_DOMAIN: Final = re.compile(r"([a-z0-9]+(-[a-z0-9]+)*\.)+[a-z]{2,}")


def report(facts: Facts, index: int = 0) -> dict[str, Any]:
    """The XARF report of `facts.urls[index]`; no evidence, no person, no hash.

    The same facts give the same report, `report_id` included. `url` is a URI, as the scheme asks:
    what can't stand in one is percent-encoded. Raises `Unmapped` where the Url's
    classification has no XARF code.
    """
    url = facts.urls[index]
    if url.xarf_classification is None:
        raise Unmapped(url.number)
    organisation = {
        "org": facts.hotline.name[:200],
        "contact": facts.hotline.email,
        "domain": facts.hotline.domain,
    }
    known_up = _iso(url.last_confirmed_up)
    return {
        "xarf_version": VERSION,
        "report_id": str(_report_id(facts, url)),
        "timestamp": known_up,
        "reporter": organisation,
        "sender": dict(organisation),
        "source_identifier": url.address or url.host,
        "category": "content",
        "type": "csam",
        "url": uri(url.location),
        "classification": url.xarf_classification,
        "detection_method": url.detection_method,
        "verified_at": known_up,
        "description": f"Notice {facts.number}, reference {url.number}",
        **_where_known(url),
    }


def reports(facts: Facts) -> list[tuple[str, dict[str, Any]]]:
    """(Url number, report) for every Url whose classification maps."""
    return [
        (url.number, report(facts, index))
        for index, url in enumerate(facts.urls)
        if url.xarf_classification is not None
    ]


def is_domain(host: str) -> bool:
    """Whether the scheme takes it for one: lower case, and no address."""
    return _DOMAIN.fullmatch(host) is not None


def _where_known(url: UrlFact) -> dict[str, Any]:
    """Worth sending, left out where unknown; `domain` can't be an address nor upper case."""
    known = {
        "domain": url.host if is_domain(url.host) else None,
        "asn": url.asn,
        "country_code": url.country,
        "hosting_provider": url.hosting_provider,
        "registrar": url.registrar,
        "media_type": url.media_type,
    }
    return {
        name: visible(value) if isinstance(value, str) else value
        for name, value in known.items()
        if value is not None
    }


def _report_id(facts: Facts, url: UrlFact) -> UUID:
    """A UUID of version 4's shape, drawn from the numbers alone so that it can be made again."""
    seed = f"{facts.hotline.domain}\n{facts.number}\n{url.number}".encode()
    return UUID(bytes=hashlib.sha256(seed).digest()[:16], version=4)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
