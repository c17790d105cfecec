"""The parts of a message: what is read as text, what came along, what was sent back."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from notices.inbound.html import as_text
from notices.inbound.model import Attachment
from notices.inbound.parsing import Fields, Part, content, fields, readable

_LONGEST: Final = 100_000
_NAME: Final = 200
_DEEPEST: Final = 60
#: Kinds of files that may be kept: words and figures, nothing that shows or runs.
_KEPT: Final = {
    "text/plain": {"", ".txt", ".log", ".eml"},
    "text/csv": {"", ".csv"},
    "application/json": {"", ".json"},
    "application/pgp-signature": {"", ".asc", ".sig"},
    "application/pkcs7-signature": {"", ".p7s"},
    "message/delivery-status": {"", ".txt", ".dat"},
    "message/disposition-notification": {"", ".txt", ".dat"},
    "text/rfc822-headers": {"", ".txt", ".hdr"},
}
_SHOWN: Final = ("text/plain", "text/html")
RETURNED: Final = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"}
)
REPORTS: Final = frozenset(
    {
        "message/delivery-status",
        "message/global-delivery-status",
        "message/disposition-notification",
        "message/global-disposition-notification",
    }
)
_COPY: Final = re.compile(
    r"^[ \t]*-{3,}[^\n]{0,40}?(?:copy of the message|(?:unsent|original|returned|undelivered)"
    r" message)\b[^\n]*$|^[ \t]*original message headers:[ \t]*$",
    re.I | re.M,
)


def leaves(part: Part, depth: int = 0) -> Iterator[Part]:
    """Parts in their order; whole messages and reports count as one and are not entered."""
    inside = part.get_payload()
    if part.get_content_maintype() == "multipart" and isinstance(inside, list):
        if depth < _DEEPEST:
            for one in inside:
                if isinstance(one, Part):
                    yield from leaves(one, depth + 1)
    else:
        yield part


def text(message: Part) -> str:
    """All that can be read: plain text, and HTML as text where it stands alone."""
    return "\n\n".join(filter(None, _texts(message)))[:_LONGEST]


def _texts(part: Part, depth: int = 0) -> Iterator[str]:
    inside = part.get_payload()
    if part.get_content_maintype() == "multipart" and isinstance(inside, list):
        if depth >= _DEEPEST:
            return
        shown = ["\n\n".join(_texts(one, depth + 1)) for one in inside if isinstance(one, Part)]
        if part.get_content_subtype() == "alternative":
            shown = [one for one in shown if one.strip()][:1]
        yield from shown
    elif part.get_content_disposition() != "attachment":
        kind = part.get_content_type()
        if kind == "text/html":
            yield as_text(content(part))
        elif kind == "text/plain" or part.get_content_maintype() == "multipart":  # no delimiter
            yield content(part).strip()


def attachments(message: Part) -> tuple[Attachment, ...]:
    """What came along beside the text, by name, type and size."""
    found = []
    for part in leaves(message):
        kind = part.get_content_type()
        apart = part.get_content_disposition() == "attachment" or bool(_name(part))
        if part.get_content_maintype() != "multipart" and (apart or kind not in _SHOWN):
            name = _name(part)
            good = PurePosixPath(name.lower()).suffix in _KEPT.get(kind, ())
            found.append(Attachment(name, kind[:100], _size(part), refused=not good))
    return tuple(found[:100])


def _name(part: Part) -> str:
    try:
        given = part.get_filename() or ""
    except (ValueError, LookupError, TypeError):
        given = ""
    name = readable(given[:1000]).replace("\\", "/").rpartition("/")[2]
    return "".join(one for one in name if one.isprintable())[:_NAME]


def _size(part: Part) -> int:
    payload = part.get_payload(decode=True)
    if isinstance(payload, bytes):
        return len(payload)
    inside = part.get_payload()
    return sum(map(_size, inside)) if isinstance(inside, list) and len(inside) < 100 else 0


def report(message: Part) -> str | None:
    """The machine-readable part of a delivery or disposition report, as its lines; else None."""
    for part in leaves(message):
        if part.get_content_type() in REPORTS:
            return "\n\n".join(report_lines(part))
    return None


def report_lines(part: Part) -> Iterator[str]:
    """The library reads such a part as a list of messages, each a block of fields."""
    inside = part.get_payload()
    if not isinstance(inside, list):
        yield content(part)
        return
    for block in inside:
        if isinstance(block, Part):
            yield "\n".join(f"{name}: {value}" for name, value in block.raw_items())
            yield from report_lines(block) if block.is_multipart() else (content(block),)


def notification(whole: str) -> str:
    """The text of a bounce up to the copy of our message that it quotes."""
    match = _COPY.search(whole)
    return whole[: match.start()] if match else whole


def returned(message: Part, whole: str) -> Fields:
    """The header of the message that was sent back, from its part or from the text; else {}."""
    for part in leaves(message):
        if part.get_content_type() in RETURNED:
            return header_of(part)
    match = _COPY.search(whole)
    return _fields_of_text(whole[match.end() :]) if match else {}


def header_of(part: Part) -> Fields:
    """The header of the message that a part holds."""
    inside = part.get_payload()
    if isinstance(inside, list):
        return fields(inside[0]) if inside and isinstance(inside[0], Part) else {}
    return _fields_of_text(content(part))


def _fields_of_text(text: str) -> Fields:
    """Header fields at the beginning of a text, up to the first empty line."""
    found: Fields = {}
    last: list[str] | None = None
    for line in text.lstrip("\n\t ")[:_LONGEST].split("\n"):
        if not line.strip():
            break
        name, colon, value = line.partition(":")
        if line[0] in " \t" and last:
            last[-1] = f"{last[-1]} {line.strip()}"[:8192]
        elif colon and " " not in name.strip():
            last = found.setdefault(name.strip().lower(), [])
            last.append(value.strip())
    return found
