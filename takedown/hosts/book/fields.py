"""The fields of a provider and of a contact: how each is read, and whether its values are sealed.

A field's value is one text, tidy and the same wherever it stands: in a form, in a CSV, in the
history. A field of many values has one on each line, sorted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from takedown.hosts.book import values
from takedown.hosts.book.problems import BadField, BookError
from takedown.hosts.models import Kind, Medium, Standing

Values = dict[str, str]
SOURCES: Final = ("curated", "reply", "rdap", "whois")
BATCHES: Final = ("any", "same_host", "same_domain")


@dataclass(frozen=True, slots=True)
class Field:
    """How one field is read. `secret`: the history says only that it changed."""

    read: values.Reader
    many: bool = False
    secret: bool = False

    def tidy(self, text: str) -> str:
        """The text as it is kept. Raises `BadField`."""
        if not self.many:
            return self.read(text)
        found = set()
        for place, one in enumerate(text.splitlines(), 1):
            if one.strip():
                try:
                    found.add(self.read(one))
                except BadField as wrong:
                    raise BadField(f"line {place}: {wrong.reason}") from None
        return "\n".join(sorted(found))


def _words(kind: Iterable[str]) -> tuple[str, ...]:
    return tuple(str(one) for one in kind)


PROVIDER: Final[Mapping[str, Field]] = MappingProxyType(
    {
        "name": Field(values.line(needed=True), secret=True),
        "aliases": Field(values.line(needed=True), many=True, secret=True),
        "public_name": Field(values.line()),
        "kind": Field(values.one_of(_words(Kind), needed=True)),
        "country": Field(values.country),
        "standing": Field(values.one_of(_words(Standing), needed=True)),
        "proxy": Field(values.yes_or_no),
        "signatory": Field(values.yes_or_no),
        "endorses_principles": Field(values.one_of(("yes", "no"))),
        "preferred_medium": Field(values.one_of(_words(Medium))),
        "language": Field(values.language),
        "check_interval_s": Field(values.number(1, 86_400)),
        "domains": Field(values.domain, many=True, secret=True),
        "asns": Field(values.asn, many=True),
        "ranges": Field(values.network, many=True, secret=True),
        "marks": Field(values.mark, many=True),
        "notes": Field(values.note, secret=True),
    }
)
LISTS: Final = tuple(name for name, field in PROVIDER.items() if field.many)

CONTACT: Final[Mapping[str, Field]] = MappingProxyType(
    {
        "medium": Field(values.one_of(_words(Medium), needed=True)),
        "address": Field(values.line(300, needed=True), secret=True),
        "language": Field(values.language),
        "source": Field(values.one_of(SOURCES, needed=True)),
        "evidence": Field(values.line()),
        "verified_on": Field(values.day),
        "plain_locations": Field(values.yes_or_no),
        "max_urls": Field(values.number(1, 1000, needed=True)),
        "aggregation_minutes": Field(values.number(0, 10_080, needed=True)),
        "batch": Field(values.one_of(BATCHES, needed=True)),
        "feedback_report": Field(values.yes_or_no),
        "encryption_key": Field(values.certificate, secret=True),
    }
)

NEW_PROVIDER: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(PROVIDER, "")
    | {"kind": "provider", "standing": "unknown", "proxy": "no", "signatory": "no"}
)
NEW_CONTACT: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(CONTACT, "")
    | {
        "medium": "email",
        "source": "curated",
        "plain_locations": "no",
        "feedback_report": "no",
        "max_urls": "100",
        "aggregation_minutes": "0",
        "batch": "any",
    }
)
_YES_NO: Final = {"proxy", "signatory", "plain_locations", "feedback_report"}
_FIGURES: Final = {"check_interval_s", "max_urls", "aggregation_minutes"}


def tidied(fields: Mapping[str, Field], given: Mapping[str, str]) -> Values:
    """The given texts as they are kept. Raises `BookError` naming every field that is wrong."""
    tidy: Values = {}
    problems: dict[str, str] = {}
    for name, text in given.items():
        try:
            tidy[name] = fields[name].tidy(text)
        except BadField as wrong:
            problems[name] = wrong.reason
    medium = tidy.get("medium")
    if fields is CONTACT and medium is not None and "address" in tidy:
        try:
            tidy["address"] = values.address(medium, tidy["address"])
        except BadField as wrong:
            problems["address"] = wrong.reason
    if problems:
        raise BookError(problems)
    return tidy


def to_column(name: str, text: str) -> Any:
    """The value of a plain column that a tidy text stands for."""
    if name in _YES_NO:
        return text == "yes"
    if name == "endorses_principles":
        return None if not text else text == "yes"
    if name in _FIGURES:
        return int(text) if text else None
    if name == "verified_on":
        return date.fromisoformat(text) if text else None
    return text or None


def from_column(value: Any) -> str:
    """The tidy text of a plain column's value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else str(value)
