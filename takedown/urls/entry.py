"""One line of what is registered: its fields, checked; a refusal names the line and the field."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import UTC, datetime, timedelta

from takedown.errors import InvalidUrl
from takedown.urls.normalise import Canonical, canonical

FIELDS = (
    "url",
    "classification",
    "scheme",
    "site_type",
    "media_type",
    "commercial",
    "parent",
    "referrer",
    "source",
    "reference",
    "received_at",
    "priority",
    "victim_at_risk",
    "not_checkable",
    "note",
)
_WORD = re.compile(r"[\w][\w /+-]{0,39}")
_FIELD = re.compile(r"[A-Za-z_ -]{1,40}")
_DOT = re.compile(r"\s?[\[({]\s?(?:\.|dot|point)\s?[\])}]\s?", re.IGNORECASE)
_PARTS = re.compile(r"[/?&=#;]")
_TELLING = 8  # shorter parts of a path are words like "forum" and "images"
_YES = frozenset({"1", "true", "yes", "y", "oui", "o", "x", "high", "urgent", "vrai"})
_NO = frozenset({"", "0", "false", "no", "n", "non", "normal", "low", "faux"})


@dataclass(frozen=True, slots=True)
class Schemes:
    """The classification schemes that this installation knows: name -> codes."""

    default: str
    codes: Mapping[str, frozenset[str]]

    def place(self, scheme: str, code: str) -> tuple[str, str]:
        """The scheme and code that are meant, or `BadField`. A code alone finds its scheme."""
        if not code and not scheme:
            return self.default, min(self.codes[self.default])
        if scheme and scheme not in self.codes:
            raise BadField("scheme", f"not one of {', '.join(self.codes)}")
        for name in [scheme] if scheme else [self.default, *self.codes]:
            for known in self.codes[name]:
                if known.casefold() == code.casefold():
                    return name, known
        names = sorted(set().union(*([self.codes[scheme]] if scheme else self.codes.values())))
        raise BadField("classification", f"not one of {', '.join(names)}")


@dataclass(frozen=True, slots=True)
class Entry:
    """An accepted line."""

    line: int
    canonical: Canonical
    scheme: str
    classification: str
    source: str
    received_at: datetime
    reference: str | None = None
    site_type: str | None = None
    media_type: str | None = None
    commercial: bool | None = None
    parent: Canonical | None = None
    referrer: str | None = attribute(default=None, repr=False)
    priority: bool = False
    victim_at_risk: bool = False
    not_checkable: bool = False
    note: str | None = attribute(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that is handed back. `text` is the line as it came, for its owner's eyes only."""

    line: int
    field: str
    reason: str
    text: str = attribute(default="", repr=False)


class BadField(Exception):
    """A field that does not fit; turned into a Refusal with its line."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.name, self.reason = name, reason


def make_entry(
    line: int, raw: Mapping[str, str], *, now: datetime, schemes: Schemes, source: str
) -> Entry:
    """Check the fields of one line. `now` (UTC) stands in for a missing `received_at`.

    Raises `BadField`. Unknown fields are refused rather than dropped: nothing is lost in silence.
    """
    if len(raw) > 1:
        _known_fields(raw)
    found = _location("url", raw.get("url", ""))
    if len(raw) == 1:
        scheme, code = schemes.place("", "")
        return Entry(line, found, scheme, code, source, now)
    scheme, code = schemes.place(_get(raw, "scheme"), _get(raw, "classification"))
    parent, referrer = _get(raw, "parent"), _get(raw, "referrer")
    flag = _get(raw, "commercial")
    return Entry(
        line,
        found,
        scheme,
        code,
        _word(raw, "source", found) or _unless_told("source", source, found),
        _received(_get(raw, "received_at"), now),
        reference=_reference(_get(raw, "reference"), found),
        site_type=_word(raw, "site_type", found),
        media_type=_word(raw, "media_type", found),
        commercial=_flag("commercial", flag) if flag else None,
        parent=_location("parent", parent) if parent else None,
        referrer=_location("referrer", referrer).exact if referrer else None,
        priority=_flag("priority", _get(raw, "priority")),
        victim_at_risk=_flag("victim_at_risk", _get(raw, "victim_at_risk")),
        not_checkable=_flag("not_checkable", _get(raw, "not_checkable")),
        note=_note(_get(raw, "note")),
    )


def _known_fields(raw: Mapping[str, str]) -> None:
    for name in raw:
        if name not in FIELDS:
            # A table without a head begins with a row, and a row with a location.
            said = name if _FIELD.fullmatch(name) else "?"
            raise BadField(said, f"not a field; known are {', '.join(FIELDS)}")


def _get(raw: Mapping[str, str], name: str) -> str:
    value = raw.get(name)
    return value.strip() if value else ""


def _location(name: str, text: str) -> Canonical:
    try:
        return canonical(text)
    except InvalidUrl as wrong:
        raise BadField(name, wrong.reason) from None


def _word(raw: Mapping[str, str], name: str, found: Canonical) -> str | None:
    text = _get(raw, name)
    if not text:
        return None
    if not _WORD.fullmatch(text):
        raise BadField(name, "a word or two of letters, digits, space, / + -, 40 at most")
    if len(text) < _TELLING and "." in found.host:
        return text.lower()  # too short for a part of the path, and without the host's dots
    return _unless_told(name, text.lower(), found)


def _reference(text: str, found: Canonical) -> str | None:
    if not text:
        return None
    if len(text) > 64 or not text.isprintable():
        raise BadField("reference", "64 printable characters at most")
    return _unless_told("reference", text, found)


def _unless_told(name: str, text: str, found: Canonical) -> str:
    """A text that is kept in the clear, unless it holds the host or a part of the path."""
    plain = _DOT.sub(".", text).casefold()
    path = found.exact.partition("://")[2].partition("/")[2].casefold()
    parts = [found.host, *(part for part in _PARTS.split(path) if len(part) >= _TELLING)]
    if "://" in plain or any(part in plain for part in parts):
        raise BadField(name, "holds a location: put it into the note, which is encrypted")
    return text


def _flag(name: str, text: str) -> bool:
    word = text.lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise BadField(name, "yes or no")


def _received(text: str, now: datetime) -> datetime:
    """ISO 8601; without a zone it is UTC; a day ahead of `now` is allowed for wrong clocks."""
    if not text:
        return now
    try:
        at = datetime.fromisoformat(text)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadField(
            "received_at", "not an ISO 8601 time, for example 2026-03-01T09:00Z"
        ) from None
    if at > now + timedelta(days=1):
        raise BadField("received_at", "lies in the future")
    return at


def _note(text: str) -> str | None:
    if len(text) > 10_000:
        raise BadField("note", "10,000 characters at most")
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise BadField("note", "half a character: not text")
    return text or None
