"""Entries chained by SHA-256, so that none can be changed, left out or put in unseen. Pure.

Who receives a file recomputes it with nothing but SHA-256 and JSON: an entry's `digest` is that of
the entry without `digest` and `content`, as JSON with sorted keys, no blanks and ASCII alone; its
`previous` is the digest of the entry before, the first one's that of the file's `about`; `content`
is the base64 of bytes whose SHA-256 stands in `sha256`.
"""

import hashlib
import json
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

FORM: Final = "takedown-evidence/1"
#: Goes with the file, so that it can be checked without this software.
RULE: Final = (
    "digest = SHA-256, in hex, of the entry without its digest and content, written as JSON with "
    "sorted keys, without blanks and in ASCII; previous = the digest of the entry before, of the "
    "first entry that of 'about' written the same way; seal = the last digest; sha256 = SHA-256 of "
    "the bytes, which stand in content as base64."
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened to a notice; `content` the exact bytes that it is about."""

    at: datetime
    notice: str  # its number
    what: str
    detail: Mapping[str, Any] = field(repr=False)
    sha256: bytes | None = None
    content: bytes | None = field(default=None, repr=False)


def document(about: Mapping[str, Any], facts: Iterable[Fact], made_at: datetime) -> dict[str, Any]:
    """The file: what it is about, the facts in order of time, and the digest that seals them.

    The same facts have the same seal whenever the file is made, on paper too.
    """
    head = {"form": FORM, "rule": RULE, **about}
    previous, entries = _digest(head), []
    for number, fact in enumerate(sorted(facts, key=lambda one: one.at), 1):
        sha256 = hashlib.sha256(fact.content).digest() if fact.content is not None else fact.sha256
        entry: dict[str, Any] = {
            "n": number,
            "at": instant(fact.at),
            "notice": fact.notice,
            "what": fact.what,
            "detail": dict(fact.detail),
            "sha256": sha256.hex() if sha256 is not None else None,
            "previous": previous,
        }
        entry["digest"] = previous = _digest(entry)
        if fact.content is not None:
            entry["content"] = b64encode(fact.content).decode()
        entries.append(entry)
    return {"about": head, "entries": entries, "seal": previous, "made_at": instant(made_at)}


def broken(given: Mapping[str, Any]) -> int | None:
    """The number of the first entry that doesn't hold; 0: the file's head or seal; None: it holds.

    Never raises on a file of another shape: that doesn't hold.
    """
    try:
        previous = _digest(given["about"])
        for number, entry in enumerate(given["entries"], 1):
            bare = {name: entry[name] for name in entry if name not in ("digest", "content")}
            fits = bare["n"] == number and bare["previous"] == previous
            if not (fits and entry["digest"] == _digest(bare) and _contains(entry)):
                return number
            previous = entry["digest"]
        return None if given["seal"] == previous else 0
    except (KeyError, TypeError, AttributeError):
        return 0


def instant(at: datetime) -> str:
    """A time in UTC, ISO 8601."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _contains(entry: Mapping[str, Any]) -> bool:
    if "content" not in entry:
        return True
    try:
        content = b64decode(entry["content"], validate=True)
    except (NotBase64, ValueError, TypeError):
        return False
    return bool(hashlib.sha256(content).hexdigest() == entry["sha256"])


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
