"""A new version of the facts: rows leave PostgreSQL as text, lie as Parquet, the pointer moves."""

import json
import os
import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from psycopg import Connection as Wire
from sqlalchemy import text
from sqlalchemy.orm import Session

from takedown.stats.facts import duck
from takedown.stats.facts.schema import EPISODES, EPISODES_FROM, Column

POINTER: Final = "current.json"


@dataclass(frozen=True, slots=True)
class Written:
    """What a refresh did: the version, how many episodes lie in it, how many had changed."""

    version: str
    as_of: datetime
    episodes: int
    changed: int


def refresh(session: Session, folder: Path, now: datetime, *, home: str | None = None) -> Written:
    """Write what has changed since the last version as a new one, and point to it. Reads only.

    `now`: as of when open cases stand; `home`: the hotline's country. Whoever reads the old
    version goes on with it.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    version = f"{now.astimezone(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
    made = folder / version
    made.mkdir(mode=0o700)
    try:
        _providers(session, made / "providers.csv")
        _copy(session, EPISODES, EPISODES_FROM, made / "episodes.csv")
        count = _parquet(folder, made)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    as_of = now.astimezone(UTC).isoformat()
    _point(folder, {"version": version, "as_of": as_of, "home": home})
    return Written(version, now, count, count)


def _parquet(folder: Path, made: Path) -> int:
    salt = secrets.randbits(62)
    types = ", ".join(f"'{one.name}': '{one.type}'" for one in EPISODES)
    with duck.connect(folder) as work:
        work.execute(
            f"""COPY (SELECT * EXCLUDE (host_id), hash(host_id, {salt}) >> 1 AS host
            FROM read_csv('{made}/episodes.csv', header = true, columns = {{{types}}}))
            TO '{made}/episodes.parquet' (FORMAT parquet, COMPRESSION zstd)"""
        )
        work.execute(
            f"""COPY (SELECT * FROM read_csv('{made}/providers.csv', header = true, columns =
            {{'id': 'UUID', 'public_name': 'VARCHAR', 'country': 'VARCHAR', 'kind': 'VARCHAR'}}))
            TO '{made}/providers.parquet' (FORMAT parquet)"""
        )
        found = work.execute(f"SELECT count(*) FROM '{made}/episodes.parquet'").fetchone()
    for file in made.glob("*.csv"):
        file.unlink()
    return int(found[0]) if found else 0


def _providers(session: Session, file: Path) -> None:
    columns = (
        Column("id", "UUID", "", "p.id"),
        Column("public_name", "VARCHAR", "", "p.public_name"),
        Column("country", "VARCHAR", "", "p.country"),
        Column("kind", "VARCHAR", "", "p.kind"),
    )
    _copy(session, columns, "providers p", file)


def _copy(session: Session, columns: tuple[Column, ...], source: str, file: Path) -> None:
    """Rows of a query into a file, streamed: memory stays as it is."""
    chosen = ", ".join(f'{one.sql} AS "{one.name}"' for one in columns)
    session.execute(text("SELECT 1"))  # the transaction begins, if it has not
    wire = session.connection().connection.driver_connection
    assert isinstance(wire, Wire)
    query = f"COPY (SELECT {chosen} FROM {source}) TO STDOUT (FORMAT csv, HEADER)"
    with wire.cursor() as cursor, cursor.copy(query) as rows, file.open("wb") as out:
        for block in rows:
            out.write(block)


def _point(folder: Path, to: dict[str, str | None]) -> None:
    """Readers follow from now on; whole or not at all, and on the disk."""
    new = folder / (POINTER + ".new")
    with new.open("w") as out:
        json.dump(to, out)
        out.flush()
        os.fsync(out.fileno())
    new.replace(folder / POINTER)
