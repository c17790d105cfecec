"""The people in a registry's answer: entities with roles, nested as deep as they come, and their
vCards (jCard, RFC 7095), read as far as they can be read."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from babel import Locale

_DEPTH = 6
_LONGEST = 1_000
_NO_COUNTRIES = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}  # which Babel names as well
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")


@dataclass(frozen=True, slots=True)
class AbuseMail:
    """A mail address for complaints, lower-cased, and where in the answer it stood."""

    address: str = field(repr=False)
    evidence: str


@dataclass(frozen=True, slots=True)
class Entity:
    """One organisation or desk of an answer; `within` are the roles of those around it."""

    roles: frozenset[str]
    within: frozenset[str]
    depth: int
    name: str | None = field(repr=False)
    mails: tuple[str, ...] = field(repr=False)
    country: str | None


def entities(raw: Any, problems: list[str]) -> list[Entity]:
    """All entities of an answer, outer ones first; what cannot be read is named in `problems`."""
    return sorted(_walk(raw, frozenset(), 0, problems), key=lambda entity: entity.depth)


def abuse_mails(found: list[Entity], where: str) -> list[AbuseMail]:
    """Addresses of the role `abuse`, outer before nested, names with "abuse" in them first.

    Never those of other roles: a registrant or a technician could be the site's owner.
    """
    mails = [
        AbuseMail(mail, f"abuse role of the {where}" + (", nested" if entity.depth else ""))
        for entity in found
        if "abuse" in entity.roles
        for mail in sorted(entity.mails, key=lambda mail: "abuse" not in mail)
    ]
    return list({mail.address: mail for mail in reversed(mails)}.values())[::-1]


def mails_in(text: str) -> list[str]:
    """Mail addresses in running text, lower-cased."""
    return [match.lower().rstrip(".") for match in _MAIL.findall(text)]


def mail_at(mail: str, domains: Collection[str]) -> bool:
    """Whether a mail address is at one of these domains or below: whoever is reported reads it."""
    host = mail.lower().rpartition("@")[2]
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


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


def _walk(raw: Any, within: frozenset[str], depth: int, problems: list[str]) -> Iterator[Entity]:
    if raw is None:
        return
    if not isinstance(raw, list) or depth > _DEPTH:
        _note(problems, "entities could not be read")
        return
    for one in raw:
        if not isinstance(one, dict):
            _note(problems, "an entity could not be read")
            continue
        roles = _roles(one.get("roles"), problems)
        name, mails, country = _card(one.get("vcardArray"), problems)
        yield Entity(roles, within, depth, name, mails, country)
        yield from _walk(one.get("entities"), within | roles, depth + 1, problems)


def _roles(raw: Any, problems: list[str]) -> frozenset[str]:
    if raw is not None and not isinstance(raw, list | str):
        _note(problems, "the roles of an entity could not be read")
        return frozenset()
    words = [raw] if isinstance(raw, str) else raw or []
    return frozenset(word.strip().lower() for word in words if isinstance(word, str))


def _card(raw: Any, problems: list[str]) -> tuple[str | None, tuple[str, ...], str | None]:
    """Name, mail addresses (preferred ones first) and country of a vCard."""
    if raw is None:
        return None, (), None
    lines = raw[1] if isinstance(raw, list) and len(raw) > 1 else None
    if not isinstance(lines, list):
        _note(problems, "a card could not be read")
        return None, (), None
    names: dict[str, str] = {}
    mails: list[tuple[bool, str]] = []
    country = None
    for line in lines:
        if not isinstance(line, list) or len(line) < 4 or not isinstance(line[0], str):
            _note(problems, "a line of a card could not be read")
            continue
        more = line[1] if isinstance(line[1], dict) else {}
        kind, value = line[0].lower(), line[3]
        if kind in ("org", "fn"):
            names.setdefault(kind, " ".join(_texts(value)).strip())
        elif kind == "email":
            mails += [("pref" not in more, mail) for mail in mails_in(" ".join(_texts(value)))]
        elif kind == "adr":
            country = country or _address_country(more, value)
    ordered = [mail for _, mail in sorted(mails, key=lambda pair: pair[0])]
    name = names.get("org") or names.get("fn") or None
    return name, tuple(dict.fromkeys(ordered)), country


def _address_country(more: dict[str, Any], value: Any) -> str | None:
    """By the parameter `cc` (RFC 8605), the address's last part, or the label's last line."""
    label = " \n".join(_texts(more.get("label"))).replace("\\n", "\n").strip()
    last = _texts(value[-1:] if isinstance(value, list) else None)
    for text in (*_texts(more.get("cc")), *last, label.rpartition("\n")[2]):
        if text.strip() and (code := iso_country(text)):
            return code
    return None


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [plain(value)]
    if isinstance(value, list):
        return [part for item in value for part in _texts(item)]
    return []


def _note(problems: list[str], what: str) -> None:
    if what not in problems:
        problems.append(what)
