"""What travels with a letter: the exact locations, for machines (XARF) or for a sheet (CSV)."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from notices import xarf
from notices.defang import uri, visible
from notices.facts import TO_PROVIDERS, Facts, PartnerCodes, UrlFact
from notices.hand_over import HAND_OVERS, document

#: One XARF file per Url up to here; above it one CSV.
XARF_CAP: Final = 20
_COLUMNS: Final = (
    "number",
    "location",
    "remove",
    "embedded_in",
    "media_type",
    "classification",
    "scheme",
    "last_confirmed_up",
    "confirmed_by",
    "address",
    "asn",
    "country",
    "reference",
)
_PARTNER_COLUMNS: Final = ("site_type", "action", "partner_classification", "hosting_provider")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Attachment:
    """A file beside the text; `media_type` like "application/json"."""

    name: str
    media_type: str
    content: bytes


def of(facts: Facts) -> tuple[Attachment, ...]:
    """XARF files, the CSV, or both: together they always hold every exact location.

    The CSV comes above the cap, and wherever XARF alone would leave a location out: a Url whose
    classification maps to nothing, a page with what it embeds, a location that is no URI. Whoever
    isn't asked to remove gets the CSV (a machine would read XARF as a new complaint), of a
    hand-over with a JSON file beside it; and a closure nothing: what is gone need not travel again.
    """
    if facts.kind == "closure":
        return ()
    machines = facts.kind in TO_PROVIDERS and len(facts.urls) <= XARF_CAP
    reports = xarf.reports(facts) if machines else []
    files = [
        Attachment(
            "xarf.json" if len(facts.urls) == 1 else f"xarf-{number}.json",
            "application/json",
            json.dumps(report, ensure_ascii=True, indent=2).encode() + b"\n",
        )
        for number, report in reports
    ]
    whole = [not url.embeds and uri(url.location) == url.location for url in facts.urls]
    if len(files) < len(facts.urls) or not all(whole):
        files.append(Attachment("urls.csv", "text/csv", sheet(facts)))
    if facts.kind in HAND_OVERS:
        files.append(Attachment("urls.json", "application/json", document(facts)))
    return tuple(files)


def summary(attached: tuple[Attachment, ...]) -> str:
    """The files' names, as a letter tells them."""
    single = [file.name for file in attached if not file.name.startswith("xarf-")]
    several = len(attached) - len(single)
    if several == 1:
        return ", ".join(file.name for file in attached)
    return ", ".join((["xarf-*.json"] if several else []) + single)


def sheet(facts: Facts) -> bytes:
    """All exact locations as CSV: UTF-8, CRLF, a heading; times ISO 8601 in UTC.

    Cells that a spreadsheet would read as a formula are neutralised (OWASP ASVS 1.2.10); a
    location begins with http and stays as it is. A partner hotline's has its codes beside.
    """
    return sheet_of(facts.urls, partner=facts.kind == "hotline")


def sheet_of(urls: Sequence[UrlFact], *, partner: bool) -> bytes:
    """The same of Urls outside a letter; `partner`: with the codes of a partner hotline."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_COLUMNS + (_PARTNER_COLUMNS if partner else ()))
    for url in urls:
        codes = _codes(url) if partner else ()
        rows = [_row(url, url.location, url.remove, None)]
        rows += [_row(url, embed, "file", url.number) for embed in url.embeds]
        writer.writerows([_cell(value) for value in (*row, *codes)] for row in rows)
    return text.getvalue().encode("utf-8")


def _codes(url: UrlFact) -> tuple[object, ...]:
    partner = url.partner or PartnerCodes()
    return (
        partner.site_type,
        partner.action,
        partner.classification,
        visible(url.hosting_provider or ""),
    )


def _row(url: UrlFact, location: str, remove: str, parent: str | None) -> tuple[object, ...]:
    return (
        url.number,
        location,
        remove,
        parent,
        url.media_type if parent is None else None,
        url.classification,
        url.scheme,
        url.last_confirmed_up.isoformat().replace("+00:00", "Z"),
        url.confirmed_by,
        url.address if parent is None else None,
        url.asn if parent is None else None,
        url.country if parent is None else None,
        url.reference,
    )


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(_FORMULA) else text
