"""What ties a message to a case: Message-IDs, our numbers, the tokens it was addressed to."""

import re
from collections.abc import Iterable
from typing import Final

from notices.inbound.parsing import Fields

_ID: Final = re.compile(r"<[^<>\s]{1,900}>")
_NUMBER: Final = re.compile(r"\bNTD-\d{4}-\d{6,9}(?!\d)", re.I)
_TOKEN: Final = re.compile(r"(?<![a-z0-9])([a-z2-7]{42})(?=@)", re.I)
_FOR: Final = re.compile(r"\bfor\s+<?([^\s<>;]{1,320})>?", re.I)
_ADDRESSED: Final = (
    "to",
    "cc",
    "delivered-to",
    "x-delivered-to",
    "x-original-to",
    "original-recipient",
    "envelope-to",
    "x-envelope-to",
    "apparently-to",
    "x-apparently-to",
    "x-forwarded-to",
    "resent-to",
)
_MOST: Final = 50


def ids(found: Fields, name: str) -> tuple[str, ...]:
    """Message-IDs of a field in their order, in angle brackets; the last fifty."""
    text = " ".join(found.get(name, []))
    return tuple(dict.fromkeys(_ID.findall(text)))[-_MOST:]


def numbers(*texts: str) -> tuple[str, ...]:
    """Our notice numbers in these texts, in the order of their finding."""
    found = (match.upper() for text in texts for match in _NUMBER.findall(text))
    return tuple(dict.fromkeys(found))[:_MOST]


def tokens(found: Fields) -> tuple[str, ...]:
    """What may be a token of ours in the addresses that a message was delivered to."""
    given = [value for name in _ADDRESSED for value in found.get(name, [])]
    given += [match[1] for line in found.get("received", [])[:20] for match in _FOR.finditer(line)]
    return _tokens(given)


def returned_tokens(returned: Fields) -> tuple[str, ...]:
    """The same, in the addresses that the message sent back was sent from."""
    names = ("return-path", "reply-to", "x-envelope-from", "sender")
    return _tokens(value for name in names for value in returned.get(name, []))


def _tokens(values: Iterable[str]) -> tuple[str, ...]:
    found = (match.lower() for value in values for match in _TOKEN.findall(value))
    return tuple(dict.fromkeys(found))[:_MOST]
