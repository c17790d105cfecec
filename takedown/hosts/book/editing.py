"""Providers typed in and changed by people; each change is a line of the history."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from takedown.db import new_id
from takedown.hosts.book import Desk, claims
from takedown.hosts.book.fields import (
    LISTS,
    NEW_PROVIDER,
    PROVIDER,
    Field,
    Values,
    tidied,
    to_column,
)
from takedown.hosts.book.problems import BookError
from takedown.hosts.book.reading import provider_values
from takedown.hosts.models import Provider
from takedown.vault import STANDING

MERGED: Final = "it was merged into another provider: change that one"
_SEALED: Final = ("name", "notes")


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after; both in clear, for whoever may see the book."""

    name: str
    before: str = field(repr=False)
    after: str = field(repr=False)


def note_change(
    desk: Desk,
    subject: tuple[str, uuid.UUID],
    fields: Mapping[str, Field],
    one: Change,
    **detail: object,
) -> None:
    """One line of the history for one field; of a secret one only that it changed."""
    name, key = subject
    secret = fields[one.name].secret
    desk.note(
        name,
        key,
        f"{name}.changed",
        before=None if secret else one.before,
        after="changed" if secret else one.after,
        field=one.name,
        **detail,
    )


def add(desk: Desk, given: Mapping[str, str], *, why: str = "") -> Provider:
    """A provider that nobody has met yet. Raises `BookError`."""
    claims.lock(desk)
    wanted = tidied(PROVIDER, {**NEW_PROVIDER, **given})
    wanted["aliases"] = _other_names(wanted["aliases"].splitlines(), wanted["name"])
    problems = _problems(desk, None, {}, wanted, why)
    if problems:
        raise BookError(problems)
    made = new_id()
    provider = Provider(
        id=made,
        name=desk.vault.seal("providers.name", made, STANDING, wanted["name"]),
        name_index=claims.name_index(desk, wanted["name"]),
        first_seen_at=desk.now,
        standing=NEW_PROVIDER["standing"],
        kind=NEW_PROVIDER["kind"],
        proxy=False,
        signatory=False,
    )
    desk.session.add(provider)
    desk.session.flush()
    desk.note("provider", made, "provider.added")
    _apply(desk, provider, _changes({**NEW_PROVIDER, "name": wanted["name"]}, wanted), why)
    return provider


def change(
    desk: Desk, provider: Provider, given: Mapping[str, str], *, why: str = ""
) -> list[Change]:
    """Change the given fields; what stays as it was is left out of the answer.

    `why` is needed where the standing changes, and is kept with it; it names no host and not the
    provider. Raises `BookError` naming each field that is wrong; then nothing is changed.
    """
    claims.lock(desk)
    if provider.merged_into_id is not None:
        raise BookError({"name": MERGED})
    before = provider_values(desk.session, desk.vault, [provider])[provider.id]
    wanted = before | tidied(PROVIDER, given)
    aliases = [*wanted["aliases"].splitlines(), before["name"]]
    wanted["aliases"] = _other_names(aliases, wanted["name"])
    problems = _problems(desk, provider, before, wanted, why)
    if problems:
        raise BookError(problems)
    found = _changes(before, wanted)
    _apply(desk, provider, found, why)
    return found


def _problems(
    desk: Desk, provider: Provider | None, before: Values, wanted: Values, why: str
) -> dict[str, str]:
    changed = {name: text for name, text in wanted.items() if before.get(name) != text}
    problems = claims.taken(desk, provider.id if provider else None, changed)
    was = before.get("standing", NEW_PROVIDER["standing"])
    if wanted["standing"] != was and not why.strip():
        problems["why"] = "a reason is needed"
    names = [wanted["name"], *wanted["aliases"].splitlines()]
    if any(name.casefold() in why.casefold() for name in names if len(name) > 2):
        problems["why"] = "the reason names the provider: say it without"
    return problems


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    return [
        Change(name, before[name], after[name]) for name in PROVIDER if before[name] != after[name]
    ]


def _apply(desk: Desk, provider: Provider, changes: list[Change], why: str) -> None:
    for one in changes:
        if one.name in LISTS:
            claims.write(desk, provider, one.name, one.before, one.after)
        elif one.name in _SEALED:
            _seal(desk, provider, one)
        else:
            setattr(provider, one.name, to_column(one.name, one.after))
        if one.name == "public_name":
            provider.reviewed_at = desk.now if one.after else None
            provider.reviewed_by = desk.by if one.after else None
        reason = {"why": why.strip()} if one.name == "standing" else {}
        note_change(desk, ("provider", provider.id), PROVIDER, one, **reason)
    desk.session.flush()


def _seal(desk: Desk, provider: Provider, one: Change) -> None:
    place = f"providers.{one.name}"
    sealed = desk.vault.seal(place, provider.id, STANDING, one.after)
    if one.name == "name":
        provider.name, provider.name_index = sealed, claims.name_index(desk, one.after)
    else:
        provider.notes = sealed if one.after else None


def _other_names(aliases: Iterable[str], name: str) -> str:
    """Each name once, whatever its case; a name that was given up stays an alias."""
    found = {one.casefold(): one for one in aliases}
    found.pop(name.casefold(), None)
    return "\n".join(sorted(found.values()))
