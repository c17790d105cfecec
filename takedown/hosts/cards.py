"""The people in a registry's answer: entities with roles, nested as deep as they come."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from takedown.hosts.vcards import iso_country, mails_in, note, plain, read_card, texts

__all__ = [
    "AbuseMail",
    "Entity",
    "abuse_mails",
    "entities",
    "iso_country",
    "mail_at",
    "mails_in",
    "national_mails",
    "plain",
    "remark_lines",
    "remarked_mails",
]

_DEPTH = 6
_ABUSE = re.compile(r"abuse|spam", re.I)
# The registries of RFC 7020's third level under APNIC, by the handles of their response teams.
_NATIONAL = frozenset(
    f"IRT-{name}"
    for name in ("CNNIC-CN", "IDNIC-ID", "IRINN-IN", "JPNIC-JP", "KRNIC-KR", "TWNIC-AP", "VNNIC-AP")
)


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


def mail_at(mail: str, domains: Collection[str]) -> bool:
    """Whether a mail address is at one of these domains or below: whoever is reported reads it."""
    host = mail.lower().rpartition("@")[2]
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def _walk(raw: Any, within: frozenset[str], depth: int, problems: list[str]) -> Iterator[Entity]:
    if raw is None:
        return
    if not isinstance(raw, list) or depth > _DEPTH:
        note(problems, "entities could not be read")
        return
    for one in raw:
        if not isinstance(one, dict):
            note(problems, "an entity could not be read")
            continue
        roles = _roles(one.get("roles"), problems)
        card = read_card(one.get("vcardArray"), problems)
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
        note(problems, "the roles of an entity could not be read")
        return frozenset()
    words = [raw] if isinstance(raw, str) else raw or []
    return frozenset(word.strip().lower() for word in words if isinstance(word, str))


def remark_lines(raw: dict[str, Any], title: str | None = None) -> Iterator[str]:
    """The lines of an object's remarks; only of those with a title, where one is given."""
    remarks = raw.get("remarks")
    for remark in remarks if isinstance(remarks, list) else ():
        if isinstance(remark, dict) and title in (None, remark.get("title")):
            for text in texts(remark.get("description")):
                yield from text.split("\n")
