"""What the Register page shows before and after saving: counts, and no more lines than fit."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.urls.entry import Refusal
from takedown.urls.models import Url
from takedown.urls.service import Preview, Registration
from takedown.vault import Vault

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The counts of a preview, and its first lines."""

    new: int
    repeats: int
    refused: int
    lines: list[Preview]

    @property
    def total(self) -> int:
        """How many lines said something."""
        return self.new + self.repeats + self.refused


@dataclass(frozen=True, slots=True)
class Row:
    """One accepted line."""

    line: int
    id: uuid.UUID
    number: str
    new: bool
    location: str = field(repr=False)
    hops: int = 0  # cases of the same name under another suffix


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of it all, and its first lines."""

    registered: int
    repeated: int
    refused: list[Refusal]
    refused_total: int
    rows: list[Row]
    hops: int = 0  # how many new ones bear a name that is known under another suffix


def foreseen(previews: Iterable[Preview]) -> Foreseen:
    """Count a preview; refused lines come first, for they want a person."""
    all_of_it = list(previews)
    kinds = [one.becomes for one in all_of_it]
    shown = sorted(all_of_it, key=lambda one: (one.becomes != "refused", one.line))[:SHOWN]
    return Foreseen(kinds.count("new"), kinds.count("repeat"), kinds.count("refused"), shown)


def saved(session: Session, vault: Vault, made: Registration) -> Saved:
    """The result of a registration, with the first accepted lines."""
    first = made.ids[:SHOWN]
    urls = {url.id: url for url in session.scalars(select(Url).where(Url.id.in_(first)))}
    rows = [
        Row(
            line,
            url_id,
            urls[url_id].number,
            new,
            vault.open("urls.location", url_id, urls[url_id].location),
            made.hops.get(url_id, 0),
        )
        for line, url_id, new in zip(made.lines, first, made.new, strict=False)
    ]
    return Saved(
        made.registered,
        made.repeated,
        made.refused[:SHOWN],
        len(made.refused),
        rows,
        len(made.hops),
    )
