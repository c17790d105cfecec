"""The book taken out and brought in: as one table, with a dry run that shows every difference."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.hosts.book import Desk, claims, contacts, editing, sheet
from takedown.hosts.book.editing import Change
from takedown.hosts.book.fields import CONTACT, NEW_CONTACT, NEW_PROVIDER, PROVIDER, Values
from takedown.hosts.book.problems import BookError
from takedown.hosts.book.reading import contact_values, contacts_by_provider, provider_values
from takedown.hosts.book.sheet import Refused, Row
from takedown.hosts.models import Provider
from takedown.vault import Vault

_CHUNK: Final = 500
#: Words of the format that people who typed a table leave out.
_SPARE: Final = ("source", "evidence")


@dataclass(frozen=True, slots=True)
class Difference:
    """What one row does: to its provider, and to its contact. Both empty: nothing."""

    line: int
    provider_id: uuid.UUID
    name: str = field(repr=False)
    new: bool  # the provider
    new_contact: bool
    provider: tuple[Change, ...] = field(repr=False)
    contact: tuple[Change, ...] = field(repr=False)

    @property
    def nothing(self) -> bool:
        """Whether the book says so already."""
        return not (self.new or self.new_contact or self.provider or self.contact)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import does, or in a dry run would do."""

    differences: list[Difference]
    refused: list[Refused]

    @property
    def changed(self) -> list[Difference]:
        """The rows that do something."""
        return [one for one in self.differences if not one.nothing]


def export(session: Session, vault: Vault) -> str:
    """The whole book in clear, by name: retired contacts and merged providers are left out."""
    wanted = select(Provider).where(Provider.merged_into_id.is_(None)).order_by(Provider.id)
    rows: list[tuple[Values, Values]] = []
    for chunk in session.scalars(wanted).partitions(_CHUNK):
        values = provider_values(session, vault, chunk)
        found = contacts_by_provider(session, values)
        for provider_id, one in values.items():
            ways = [contact_values(vault, contact) for contact in found.get(provider_id, ())]
            rows += [(one, way) for way in ways] or [(one, {})]
    rows.sort(key=_place)
    return sheet.write(rows)


def bring_in(
    desk: Desk,
    text: str,
    *,
    dry_run: bool,
    why: str = "",
    tick: Callable[[int], object] = lambda _line: None,
) -> Outcome:
    """Take a table over, row by row: a row that does not fit is named and the rest goes on.

    A provider is met by its name or an alias, a contact by its medium and address; what is not in
    the table stays as it is. An empty cell empties its field. New contacts, and those whose
    address is another one, wait for somebody else than `desk.by`. A dry run does the very same and
    takes it back. `why` stands with each change of a standing.
    """
    outcome = Outcome([], [])
    claims.lock(desk)
    nested = desk.session.begin_nested()
    seen: dict[uuid.UUID, Values] = {}
    for row in sheet.read(text):
        tick(row.line)
        if isinstance(row, Refused):
            outcome.refused.append(row)
            continue
        savepoint = desk.session.begin_nested()
        try:
            outcome.differences.append(_row(desk, row, seen, why))
            savepoint.commit()
        except BookError as wrong:
            savepoint.rollback()
            outcome.refused.extend(Refused(row.line, *one) for one in wrong.problems.items())
    if dry_run:
        nested.rollback()
        desk.session.expire_all()
    else:
        nested.commit()
    return outcome


def _row(desk: Desk, row: Row, seen: dict[uuid.UUID, Values], why: str) -> Difference:
    name = row.provider.get("name", "").strip()
    provider = claims.named(desk, name) if name else None
    new = provider is None
    if provider is None:
        before = {**NEW_PROVIDER}
        provider = editing.add(desk, row.provider, why=why)
        after = provider_values(desk.session, desk.vault, [provider])[provider.id]
        changes = [Change(n, before[n], after[n]) for n in PROVIDER if before[n] != after[n]]
    elif provider.id in seen:
        changes = _agrees(row.provider, seen[provider.id])
    else:
        changes = editing.change(desk, provider, _by_name(desk, provider, row.provider), why=why)
    seen.setdefault(provider.id, row.provider)
    contact, changed = _contact(desk, provider, row.contact)
    return Difference(row.line, provider.id, name, new, contact, tuple(changes), tuple(changed))


def _by_name(desk: Desk, provider: Provider, given: Values) -> Values:
    """Met by an alias, a provider keeps its name."""
    own = desk.vault.open("providers.name", provider.id, provider.name)
    if given["name"].strip().casefold() == own.casefold():
        return given
    return {name: text for name, text in given.items() if name not in ("name", "aliases")}


def _agrees(given: Values, first: Values) -> list[Change]:
    """A provider's later rows say of it what its first one does, or nothing."""
    wrong = {
        name: "differs from this provider's first row"
        for name, text in given.items()
        if text.strip() and name != "name" and text != first.get(name, "")
    }
    if wrong:
        raise BookError(wrong)
    return []


def _contact(desk: Desk, provider: Provider, given: Values) -> tuple[bool, list[Change]]:
    if not given.get("address", "").strip():
        loose = [name for name, text in given.items() if text.strip() and name not in _SPARE]
        if loose:
            raise BookError({"contact_address": "empty"})
        return False, []
    try:
        return _kept(desk, provider, given)
    except BookError as wrong:
        problems = {f"contact_{name}": reason for name, reason in wrong.problems.items()}
        raise BookError(problems) from None


def _kept(desk: Desk, provider: Provider, given: Values) -> tuple[bool, list[Change]]:
    wanted = {**given, "medium": given.get("medium", "").strip() or NEW_CONTACT["medium"]}
    standing = contacts.found(desk, provider.id, wanted["medium"], wanted["address"])
    if standing is not None:
        filled = {name: text for name, text in wanted.items() if text.strip() or _may_empty(name)}
        return False, contacts.change(desk, standing, filled)[1]
    filled = {name: text for name, text in wanted.items() if text.strip()}
    added = contact_values(desk.vault, contacts.add(desk, provider, filled))
    changes = [
        Change(name, NEW_CONTACT[name], added[name])
        for name in CONTACT
        if added[name] != NEW_CONTACT[name]
    ]
    return True, changes


def _may_empty(name: str) -> bool:
    return not NEW_CONTACT[name]


def _place(row: tuple[Values, Values]) -> tuple[str, ...]:
    provider, contact = row
    ways = (contact.get("medium", ""), contact.get("address", "").lower())
    return (provider["name"].casefold(), provider["name"], *ways)
