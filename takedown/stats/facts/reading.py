"""The facts as readers see them: one version, whole, however long they read."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Final

import duckdb

from takedown.errors import TakedownError
from takedown.stats.facts import duck
from takedown.stats.facts.writing import POINTER

_LOCK: Final = Lock()
_CONNECTIONS: Final[dict[Path, duckdb.DuckDBPyConnection]] = {}


class NoFacts(TakedownError):
    """There are no facts yet: the stage `facts` has not run."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One version of the facts. `as_of`: when open cases stood as they stand in it (UTC);
    `home`: the hotline's own country."""

    folder: Path
    version: str
    as_of: datetime
    home: str | None = None

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor of its own for each thread and question."""
        with _LOCK:
            shared = _CONNECTIONS.get(self.folder)
            if shared is None:
                shared = _CONNECTIONS[self.folder] = duck.connect(self.folder)
            return shared.cursor()

    def path(self, name: str) -> str:
        """A file of this version, as DuckDB is told it."""
        return str(self.folder / self.version / name).replace("'", "''")


def open_facts(folder: Path) -> Facts:
    """The version that the pointer names now. Raises `NoFacts`."""
    try:
        found = json.loads((folder / POINTER).read_text())
    except FileNotFoundError:
        raise NoFacts("no facts yet: run `takedown stage facts`") from None
    as_of = datetime.fromisoformat(found["as_of"])
    return Facts(folder, found["version"], as_of, found.get("home"))
