"""The facts as readers see them: one version, whole, however long they read."""

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Final

import duckdb

from takedown.errors import TakedownError
from takedown.stats.facts import duck
from takedown.stats.facts.holding import Held
from takedown.stats.facts.layout import files
from takedown.stats.facts.writing import POINTER

_LOCK: Final = Lock()
_CONNECTIONS: Final[dict[Path, duckdb.DuckDBPyConnection]] = {}
_TRIES: Final = 5


class NoFacts(TakedownError):
    """There are no facts yet: the stage `facts` has not run."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """A provider in the facts. `name`: the one that a person has reviewed, or None."""

    number: int
    id: uuid.UUID
    name: str | None
    country: str | None
    kind: str


@dataclass(frozen=True)
class Facts:
    """One version of the facts. `as_of`: when open cases stood as they stand in it (UTC);
    `home`: the hotline's own country. The version stays as long as this object lives."""

    folder: Path
    version: str
    as_of: datetime
    home: str | None = None
    held: Held | None = field(default=None, repr=False, compare=False)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor of its own for each thread and question."""
        with _LOCK:
            shared = _CONNECTIONS.get(self.folder)
            if shared is None:
                shared = _CONNECTIONS[self.folder] = duck.connect(self.folder)
            return shared.cursor()

    @property
    def path(self) -> Path:
        """Where the files of this version lie; see `layout`."""
        return self.folder / self.version

    @property
    def providers(self) -> dict[int, Recipient]:
        """The providers by their numbers."""
        return _providers(self.folder, self.version)

    def number_of(self, provider_id: uuid.UUID) -> int | None:
        """The number of a provider; None where the facts don't know it."""
        return next((one.number for one in self.providers.values() if one.id == provider_id), None)


@lru_cache(maxsize=4)
def _providers(folder: Path, version: str) -> dict[int, Recipient]:
    cursor = Facts(folder, version, datetime.min.replace(tzinfo=UTC)).cursor()
    rows = cursor.execute(
        f"SELECT number, id, public_name, country, kind FROM"
        f" {files([folder / version / 'providers.parquet'])}"
    ).fetchall()
    return {row[0]: Recipient(*row) for row in rows}


def open_facts(folder: Path) -> Facts:
    """The version that the pointer names now, held for the reader. Raises `NoFacts`."""
    for _ in range(_TRIES):
        try:
            found = json.loads((folder / POINTER).read_text())
        except FileNotFoundError:
            break
        try:
            held = Held(folder / found["version"])
        except FileNotFoundError:
            continue  # a newer one is pointed to by now
        as_of = datetime.fromisoformat(found["as_of"])
        return Facts(folder, found["version"], as_of, found.get("home"), held)
    raise NoFacts("no facts yet: run `takedown stage facts`")
