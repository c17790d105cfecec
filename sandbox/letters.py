"""Reads the locations out of a notice, as an abuse desk would."""

import csv
import io
import json
import re
from collections.abc import Iterator
from email.message import EmailMessage

_LOCATION = re.compile(r"h(?:tt|xx)ps?(?::|\[:\])//[^\s<>\"']+", re.IGNORECASE)
_TRAILING = ".,;:!?)»”"


def refanged(text: str) -> str:
    """`hxxps://host[.]example/x` as a machine writes it."""
    plain = text.replace("[.]", ".").replace("(dot)", ".").replace("[:]", ":")
    return re.sub(r"^hxxp", "http", plain, flags=re.IGNORECASE)


def _within(document: object) -> Iterator[str]:
    """Every `url` of a JSON document, however deep; also lists under `urls`."""
    if isinstance(document, list):
        for part in document:
            yield from _within(part)
    elif isinstance(document, dict):
        for name, value in document.items():
            if name == "url" and isinstance(value, str):
                yield value
            elif name == "urls" and isinstance(value, list):
                yield from (text for text in value if isinstance(text, str))
            else:
                yield from _within(value)


def in_json(text: str) -> list[str]:
    """From one JSON document or from lines of it."""
    try:
        return list(_within(json.loads(text)))
    except ValueError:
        pass
    found: list[str] = []
    for line in text.splitlines():
        try:
            found += _within(json.loads(line))
        except ValueError:
            continue
    return found


def in_csv(text: str) -> list[str]:
    """From the column `url`, else `location`."""
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    return [found for row in rows if (found := row.get("url") or row.get("location"))]


def in_text(text: str) -> list[str]:
    """From running text, defanged or not."""
    return [refanged(found).rstrip(_TRAILING) for found in _LOCATION.findall(text)]


def locations(message: EmailMessage) -> list[str]:
    """From the attachments (JSON, CSV); only where they hold none, from the text."""
    attached: list[str] = []
    written: list[str] = []
    for part in message.walk():
        if part.is_multipart():
            continue
        payload = part.get_payload(decode=True)
        text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
        name, kind = (part.get_filename() or "").lower(), part.get_content_type()
        if name.endswith((".json", ".jsonl", ".ndjson")) or "json" in kind:
            attached += in_json(text)
        elif name.endswith(".csv") or kind == "text/csv":
            attached += in_csv(text)
        elif kind == "text/plain":
            written += in_text(text)
    return list(dict.fromkeys(attached or written))
