"""The rows by which a provider is met: names, domains, networks, marks. Each has one holder."""

import uuid
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, select, text

from takedown.db import Base, new_id
from takedown.hosts.book import Desk
from takedown.hosts.book.fields import LISTS, Values
from takedown.hosts.models import (
    Provider,
    ProviderAlias,
    ProviderDomain,
    ProviderMark,
    ProviderNumber,
    ProviderRange,
)
from takedown.hosts.providers import survivor
from takedown.vault import STANDING

TAKEN: Final = {
    "name": "another provider has this name: merge the two",
    "aliases": "another provider has this name: merge the two",
    "domains": "another provider has this domain",
    "asns": "another provider has this network",
    "ranges": "another provider has this network",
    "marks": "another provider has this mark",
}
_TABLES: Final[dict[str, Any]] = {
    "aliases": ProviderAlias,
    "domains": ProviderDomain,
    "asns": ProviderNumber,
    "ranges": ProviderRange,
    "marks": ProviderMark,
}
# Held until commit by whoever makes providers or contacts: the same one as `locate` takes.
_LOCK: Final = 0x7A6B_0002


def lock(desk: Desk) -> None:
    """Wait for whoever else writes in the book: what is free now stays free until the commit."""
    desk.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def name_index(desk: Desk, name: str) -> bytes:
    """The blind index of a provider's name, whatever its case."""
    return desk.vault.blind("provider", name.casefold())


def named(desk: Desk, name: str) -> Provider | None:
    """The provider of this name or alias; one that was merged leads to where it went."""
    index = name_index(desk, name)
    own = select(Provider).where(Provider.name_index == index)
    alias = select(ProviderAlias.provider_id).where(ProviderAlias.name_index == index)
    found = desk.session.scalars(own).first()
    if found is None and (holder := desk.session.scalar(alias)) is not None:
        found = desk.session.get_one(Provider, holder)
    return None if found is None else survivor(desk.session, found)


def taken(desk: Desk, own: uuid.UUID | None, values: Values) -> dict[str, str]:
    """What of these values another provider than `own` holds: field -> reason."""
    wrong: dict[str, str] = {}
    for name in ("name", *LISTS):
        lines = values.get(name, "").splitlines()
        for place, line in enumerate(lines, 1):
            if _held_by_another(desk, own, name, line):
                where = f"line {place}: " if name in LISTS else ""
                wrong[name] = where + TAKEN[name]
                break
    return wrong


def write(desk: Desk, provider: Provider, name: str, before: str, after: str) -> None:
    """Make the rows of one list say what `after` says."""
    old, new = set(before.splitlines()), set(after.splitlines())
    for line in sorted(old - new):
        table = _TABLES[name]
        where = [table.provider_id == provider.id, _is(desk, name, line)]
        desk.session.execute(delete(table).where(*where))
    desk.session.add_all(_made(desk, provider.id, name, sorted(new - old)))
    desk.session.flush()


def _held_by_another(desk: Desk, own: uuid.UUID | None, name: str, line: str) -> bool:
    if name in ("name", "aliases"):
        holder = named(desk, line)
        return holder is not None and holder.id != own
    holder_id = desk.session.scalar(select(_TABLES[name].provider_id).where(_is(desk, name, line)))
    return holder_id is not None and holder_id != own


def _is(desk: Desk, name: str, line: str) -> ColumnElement[bool]:
    if name == "aliases":
        return ProviderAlias.name_index == name_index(desk, line)
    if name == "asns":
        return ProviderNumber.asn == int(line.removeprefix("AS"))
    if name == "ranges":
        return ProviderRange.network == line
    if name == "marks":
        kind, _, value = line.partition(":")
        return (ProviderMark.kind == kind) & (ProviderMark.value == value)
    domain, path = parts(line)
    index = desk.vault.blind("domain", domain)
    return (ProviderDomain.domain_index == index) & (ProviderDomain.path == path)


def parts(line: str) -> tuple[str, str]:
    """A domain and the beginning of a path, from how the book writes them."""
    domain, slash, path = line.partition("/")
    return domain, slash + path


def _made(desk: Desk, provider_id: uuid.UUID, name: str, lines: Iterable[str]) -> list[Base]:
    return [_row(desk, provider_id, name, line) for line in lines]


def _row(desk: Desk, provider_id: uuid.UUID, name: str, line: str) -> Base:
    made, vault = new_id(), desk.vault
    if name == "aliases":
        sealed = vault.seal("provider_aliases.name", made, STANDING, line)
        index = name_index(desk, line)
        return ProviderAlias(id=made, provider_id=provider_id, name=sealed, name_index=index)
    if name == "asns":
        return ProviderNumber(asn=int(line.removeprefix("AS")), provider_id=provider_id)
    if name == "ranges":
        return ProviderRange(id=made, provider_id=provider_id, network=line)
    if name == "marks":
        kind, _, value = line.partition(":")
        return ProviderMark(id=made, provider_id=provider_id, kind=kind, value=value)
    domain, path = parts(line)
    return ProviderDomain(
        id=made,
        provider_id=provider_id,
        domain=vault.seal("provider_domains.domain", made, STANDING, domain),
        domain_index=vault.blind("domain", domain),
        path=path,
    )
