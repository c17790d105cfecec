"""Where one registry's answer points to another, and what the two say together."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from takedown.hosts.cards import mail_at
from takedown.hosts.registration import Kind, Registration

_RELATIONS: Final = frozenset({"related", "registration"})  # RFC 8288 words that registries use
_MOST_LINKS: Final = 50


def best(kind: Kind, what: str, url: str, said: Registration) -> str | None:
    """The RDAP address of an answer that may know the contact that is missing here.

    Of the abuse desk itself where it was named without its card, else of the registry that a
    link names. None where the contact is known, or nothing points to it. Never a server of the
    domain that is asked about: its owner would learn of it.
    """
    if any(not mail.last_resort for mail in said.abuse) or said.raw is None:
        return None
    desks = [_target(link, "entity", {"self"}) for link in _desks(said.raw.get("entities"))]
    related = [_target(link, kind, _RELATIONS) for link in _links(said.raw)]
    for target in (*desks, *related):
        if target and target.rstrip("/") != url.rstrip("/"):
            host = urlsplit(target).hostname or ""
            if kind != "domain" or not mail_at(f"@{host}", {what}):
                return target
    return None


def is_entity(url: str) -> bool:
    """Whether an RDAP address is that of an organisation or a desk (RFC 9082, 3.1.5)."""
    return "/entity/" in urlsplit(url).path.lower()


def joined(before: Registration, after: Registration) -> Registration:
    """What a registry said, completed by the one that it sent us to, which knows more closely."""
    if after.raw is None:
        return before.noted(after.problems)
    missing = ("no abuse contact", "no registrar")
    problems = [p for p in before.problems if not p.startswith(missing)]
    return replace(
        after,
        network=after.network or before.network,
        ranges=after.ranges or before.ranges,
        country=after.country or before.country,
        organisation=after.organisation or before.organisation,
        organisation_country=after.organisation_country or before.organisation_country,
        asn=after.asn or before.asn,
        abuse=tuple(dict.fromkeys((*after.abuse, *before.abuse))),
        registrar=after.registrar or before.registrar,
        registrar_country=after.registrar_country or before.registrar_country,
        registry=before.registry or after.registry,
        registry_country=before.registry_country or after.registry_country,
        registry_abuse=before.registry_abuse or after.registry_abuse,
        status=tuple(dict.fromkeys((*before.status, *after.status))),
        nameservers=before.nameservers or after.nameservers,
        earlier=(*before.earlier, *((before.raw,) if before.raw else ())),
        problems=tuple(dict.fromkeys((*problems, *after.problems))),
    )


def _desks(entities: Any) -> Iterator[Any]:
    """The links of outermost entities with the role `abuse` and no card."""
    for entity in entities if isinstance(entities, list) else ():
        if isinstance(entity, dict) and not entity.get("vcardArray"):
            roles = entity.get("roles")
            if isinstance(roles, list) and "abuse" in roles:
                yield from _links(entity)


def _links(raw: dict[str, Any]) -> list[Any]:
    links = raw.get("links")
    return links[:_MOST_LINKS] if isinstance(links, list) else []


def _target(link: Any, kind: str, relations: frozenset[str] | set[str]) -> str | None:
    if not isinstance(link, dict):
        return None
    rel, href, media = (link.get(name) for name in ("rel", "href", "type"))
    if not isinstance(rel, str) or not isinstance(href, str):
        return None
    try:
        parts = urlsplit(href)
    except ValueError:
        return None
    spoken = media in (None, "application/rdap+json") and parts.scheme in ("http", "https")
    about = f"/{kind}/" in parts.path.lower()
    return href if rel.lower() in relations and spoken and about and parts.hostname else None
