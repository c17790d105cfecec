"""What every fact is checked by when it is made; a refusal names the field, never its value."""

import re
from datetime import datetime, timedelta
from typing import Final, get_args

from notices.defang import header_safe
from notices.errors import BadFacts

NOTICE_NUMBER: Final = re.compile(r"NTD-[0-9]{4}-[0-9]{6,}")
URL_NUMBER: Final = re.compile(r"[0-9]{4}-[0-9]{6,}")
COUNTRY: Final = re.compile(r"[A-Z]{2}")
_ADDRESS: Final = re.compile(r"[^\s<>@,;:\"\\()\[\]]+@[^\s<>@,;:\"\\()]+")


def require(good: object, name: str, reason: str) -> None:
    """Raises `BadFacts(name, reason)` unless it holds."""
    if not good:
        raise BadFacts(name, reason)


def line(name: str, value: str | None, *, optional: bool = False) -> None:
    """One line of text: what may stand in a header."""
    if value is None and optional:
        return
    require(isinstance(value, str) and value.strip(), name, "is missing")
    header_safe(name, value or "")


def text(name: str, value: str | None, *, optional: bool = False) -> None:
    """Others' words that reach no header: a hostile registry must not be able to stop a notice."""
    known = isinstance(value, str) and value.strip()
    require(known or (optional and value is None), name, "is missing")


def one_of(name: str, value: object, kinds: object, *, optional: bool = False) -> None:
    """A value of a `Literal`."""
    allowed = get_args(kinds)
    ok = (optional and value is None) or value in allowed
    require(ok, name, "is none of " + ", ".join(allowed))


def country(name: str, value: str | None, *, optional: bool = False) -> None:
    """An ISO 3166-1 alpha-2 code."""
    known = isinstance(value, str) and COUNTRY.fullmatch(value)
    require(known or (optional and value is None), name, "is not an ISO code")


def notice_number(name: str, value: str) -> None:
    """Like NTD-2026-000123."""
    require(NOTICE_NUMBER.fullmatch(value), name, "is not like NTD-2026-000123")


def mail_address(name: str, value: str) -> None:
    """Refuse (`BadFacts`) what can't stand alone between `<` and `>` of an SMTP command."""
    header_safe(name, value)
    plain = _ADDRESS.fullmatch(value) and "=?" not in value and len(value) <= 254
    require(plain, name, "is not a mail address")


def utc_time(name: str, value: datetime) -> None:
    """Refuse (`BadFacts`) a time that is naive or not in UTC."""
    require(value.tzinfo is not None, name, "has no time zone")
    require(value.utcoffset() == timedelta(0), name, "is not in UTC")
