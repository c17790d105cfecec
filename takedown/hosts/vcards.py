"""vCards in a registry's answer (jCard, RFC 7095), read as far as they can be read."""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from babel import Locale

_LONGEST = 1_000
_NO_COUNTRIES = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}  # which Babel names as well
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")


@dataclass(frozen=True, slots=True)
class Card:
    """Who it is, how to write there (preferred addresses first), and where it is."""

    name: str | None = field(default=None, repr=False)
    mails: tuple[str, ...] = field(default=(), repr=False)
    country: str | None = None
    kind: str = ""


def read_card(raw: Any, problems: list[str]) -> Card:
    """Read a vCard; what cannot be read is named in `problems`."""
    if raw is None:
        return Card()
    lines = raw[1] if isinstance(raw, list) and len(raw) > 1 else None
    if not isinstance(lines, list):
        note(problems, "a card could not be read")
        return Card()
    told: dict[str, str] = {}
    mails: list[tuple[bool, str]] = []
    country = None
    for line in lines:
        if not isinstance(line, list) or len(line) < 4 or not isinstance(line[0], str):
            note(problems, "a line of a card could not be read")
            continue
        more = line[1] if isinstance(line[1], dict) else {}
        kind, value = line[0].lower(), line[3]
        if kind in ("org", "fn", "kind"):
            told.setdefault(kind, " ".join(texts(value)).strip())
        elif kind == "email":
            mails += [("pref" not in more, mail) for mail in mails_in(" ".join(texts(value)))]
        elif kind == "adr":
            country = country or _address_country(more, value)
    ordered = [mail for _, mail in sorted(mails, key=lambda pair: pair[0])]
    name = told.get("org") or told.get("fn") or None
    return Card(name, tuple(dict.fromkeys(ordered)), country, told.get("kind", "").lower())


def _address_country(more: dict[str, Any], value: Any) -> str | None:
    """By the parameter `cc` (RFC 8605), the address's last part, or the label's last line.

    A code counts as the country's own part only: a line that ends in CA may be in California.
    """
    label = " \n".join(texts(more.get("label"))).replace("\\n", "\n").strip()
    parts = [part for part in texts(value) if part.strip()] if isinstance(value, list) else []
    own = [*texts(more.get("cc")), *texts(value[-1:] if isinstance(value, list) else None)]
    last = [label.rpartition("\n")[2], *parts[-1:]]
    named = [one.rpartition(",")[2] for one in last]
    for text in (*own, *last, *(one for one in named if len(one.strip()) > 2)):
        if text.strip() and (code := iso_country(text)):
            return code
    return None


def texts(value: Any) -> list[str]:
    """The texts in a value, however deep they stand."""
    if isinstance(value, str):
        return [plain(value)]
    if isinstance(value, list):
        return [part for item in value for part in texts(item)]
    return []


def mails_in(text: str) -> list[str]:
    """Mail addresses in running text, lower-cased."""
    return [match.lower().rstrip(".") for match in _MAIL.findall(text)]


def plain(text: str) -> str:
    """A registry's text without control characters and broken halves of characters."""
    whole = text[:_LONGEST].encode("utf-8", "replace").decode()
    return "".join(char for char in whole if char.isprintable() or char == "\n")


def iso_country(text: str) -> str | None:
    """The ISO 3166-1 code of a country's code or English name; None: not one (as EU and AP)."""
    return _countries().get(text.strip().casefold())


@cache
def _countries() -> dict[str, str]:
    names = {
        code: str(name)
        for code, name in Locale("en").territories.items()
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES
    }
    return {
        **{name.casefold(): code for code, name in names.items()},
        **{code.casefold(): code for code in names},
        "united states of america": "US",
        "usa": "US",
        "uk": "GB",
        "korea": "KR",
    }


def note(problems: list[str], what: str) -> None:
    """Add a problem, once."""
    if what not in problems:
        problems.append(what)
