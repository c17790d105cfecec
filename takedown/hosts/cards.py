"""The people in a registry's answer: entities with roles, nested as deep as they come, and their
vCards (jCard, RFC 7095), read as far as they can be read."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from babel import Locale

_DEPTH = 6
_LONGEST = 1_000
_NO_COUNTRIES = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}  # which Babel names as well
_ABUSE = re.compile(r"abuse|spam", re.I)
# The registries of RFC 7020's third level under APNIC, by the handles of their response teams.
_NATIONAL = frozenset(
    f"IRT-{name}"
    for name in ("CNNIC-CN", "IDNIC-ID", "IRINN-IN", "JPNIC-JP", "KRNIC-KR", "TWNIC-AP", "VNNIC-AP")
)
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")


@dataclass(frozen=True, slots=True)
class AbuseMail:
    """A mail address for complaints, lower-cased, and where in the answer it stood."""

    address: str = field(repr=False)
    evidence: str
    last_resort: bool = False  # a national registry's own desk: it hosts nothing itself


@dataclass(frozen=True, slots=True)
class Entity:
    """One organisation or desk of an answer; `within` are the roles of those around it."""

    roles: frozenset[str]
    within: frozenset[str]
    depth: int
    name: str | None = field(repr=False)
    mails: tuple[str, ...] = field(repr=False)
    country: str | None
    handle: str = field(default="", repr=False)
    kind: str = ""  # of a vCard: individual, group, org
    remarks: tuple[str, ...] = field(default=(), repr=False)


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
        if "abuse" in entity.roles and not _national(entity)
        for mail in sorted(entity.mails, key=lambda mail: "abuse" not in mail)
    ]
    return _once(mails)


def remarked_mails(found: list[Entity], where: str) -> list[AbuseMail]:
    """Addresses that a desk's own remarks give for abuse or spam; never a registrant's."""
    return _once(
        AbuseMail(mail, f"remark of the {where}")
        for entity in found
        if "registrant" not in entity.roles | entity.within
        for line in entity.remarks
        if speaks_of_abuse(line)
        for mail in mails_in(line)
    )


def national_mails(found: list[Entity], where: str) -> list[AbuseMail]:
    """Addresses of a national registry's response team, which stands in for its members'."""
    return _once(
        AbuseMail(mail, f"national registry of the {where}", last_resort=True)
        for entity in found
        if "abuse" in entity.roles and _national(entity)
        for mail in entity.mails
    )


def speaks_of_abuse(line: str) -> bool:
    """Whether a line of remarks is about complaints."""
    return _ABUSE.search(line) is not None


def is_national(handle: str) -> bool:
    """Whether a handle is a national registry's team at APNIC, set on all that it gave out."""
    return handle.upper() in _NATIONAL


def _national(entity: Entity) -> bool:
    return is_national(entity.handle) or is_national(entity.name or "")


def _once(mails: Iterable[AbuseMail]) -> list[AbuseMail]:
    kept: dict[str, AbuseMail] = {}
    for mail in mails:
        kept.setdefault(mail.address, mail)
    return list(kept.values())


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
        card = _card(one.get("vcardArray"), problems)
        handle = one.get("handle")
        yield Entity(
            roles,
            within,
            depth,
            card.name,
            card.mails,
            card.country,
            plain(handle) if isinstance(handle, str) else "",
            card.kind,
            tuple(remark_lines(one)),
        )
        yield from _walk(one.get("entities"), within | roles, depth + 1, problems)


def _roles(raw: Any, problems: list[str]) -> frozenset[str]:
    if raw is not None and not isinstance(raw, list | str):
        _note(problems, "the roles of an entity could not be read")
        return frozenset()
    words = [raw] if isinstance(raw, str) else raw or []
    return frozenset(word.strip().lower() for word in words if isinstance(word, str))


def remark_lines(raw: dict[str, Any], title: str | None = None) -> Iterator[str]:
    """The lines of an object's remarks; only of those with a title, where one is given."""
    remarks = raw.get("remarks")
    for remark in remarks if isinstance(remarks, list) else ():
        if isinstance(remark, dict) and title in (None, remark.get("title")):
            for text in _texts(remark.get("description")):
                yield from text.split("\n")


@dataclass(frozen=True, slots=True)
class _Card:
    name: str | None = None
    mails: tuple[str, ...] = ()
    country: str | None = None
    kind: str = ""


def _card(raw: Any, problems: list[str]) -> _Card:
    """Name, mail addresses (preferred ones first), country and kind of a vCard."""
    if raw is None:
        return _Card()
    lines = raw[1] if isinstance(raw, list) and len(raw) > 1 else None
    if not isinstance(lines, list):
        _note(problems, "a card could not be read")
        return _Card()
    texts: dict[str, str] = {}
    mails: list[tuple[bool, str]] = []
    country = None
    for line in lines:
        if not isinstance(line, list) or len(line) < 4 or not isinstance(line[0], str):
            _note(problems, "a line of a card could not be read")
            continue
        more = line[1] if isinstance(line[1], dict) else {}
        kind, value = line[0].lower(), line[3]
        if kind in ("org", "fn", "kind"):
            texts.setdefault(kind, " ".join(_texts(value)).strip())
        elif kind == "email":
            mails += [("pref" not in more, mail) for mail in mails_in(" ".join(_texts(value)))]
        elif kind == "adr":
            country = country or _address_country(more, value)
    ordered = [mail for _, mail in sorted(mails, key=lambda pair: pair[0])]
    name = texts.get("org") or texts.get("fn") or None
    return _Card(name, tuple(dict.fromkeys(ordered)), country, texts.get("kind", "").lower())


def _address_country(more: dict[str, Any], value: Any) -> str | None:
    """By the parameter `cc` (RFC 8605), the address's last part, or the label's last line.

    A code counts as the country's own part only: a line that ends in CA may be in California.
    """
    label = " \n".join(_texts(more.get("label"))).replace("\\n", "\n").strip()
    parts = [part for part in _texts(value) if part.strip()] if isinstance(value, list) else []
    own = [*_texts(more.get("cc")), *_texts(value[-1:] if isinstance(value, list) else None)]
    last = [label.rpartition("\n")[2], *parts[-1:]]
    named = [one.rpartition(",")[2] for one in last]
    for text in (*own, *last, *(one for one in named if len(one.strip()) > 2)):
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
