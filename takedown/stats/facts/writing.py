"""A new version of the facts: what changed leaves PostgreSQL, the rest is linked from the last."""

import json
import os
import secrets
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
from sqlalchemy.orm import Session

from takedown.stats.facts import adding, duck, holding, layout, numbers, sources
from takedown.stats.facts.layout import files, quoted
from takedown.stats.facts.schema import EPISODES, LETTERS, PROVIDERS, UNROUTED, Column
from takedown.vault import Vault

POINTER: Final = "current.json"
FORM: Final = 5
"""Raised when the files change their form: all of them are written anew then."""


@dataclass(frozen=True, slots=True)
class Written:
    """A version that lies there whole: how many episodes are in it, how many were read anew.
    Readers do not follow before `point`; `pointer` is what they will read."""

    folder: Path
    version: str
    as_of: datetime
    episodes: int
    changed: int
    pointer: Mapping[str, Any]

    def point(self) -> None:
        """Readers follow from now on, and what nobody reads any more goes. After the door's commit
        alone: the numbers of hosts that the files hold must be those that the ledger keeps."""
        _point(self.folder, self.pointer)
        holding.forget(self.folder, self.version)


@contextmanager
def refresh(
    session: Session, folder: Path, now: datetime, *, vault: Vault, home: str | None = None
) -> Iterator[Written]:
    """Write what has changed since the last version as a new one, which stays if the block points
    to it.

    `now`: as of when open cases stand; `home`: the hotline's country. Hosts that come for the first
    time get their numbers (flushed): the door commits within the block, then points. Whoever reads
    the old version goes on with it. One writer at a time: a second one waits for the first.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with holding.alone(folder):
        now_at = sources.mark(session)
        old, last_at = _last(folder, now_at.server)
        version = f"{now.astimezone(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
        made = folder / version
        try:
            with duck.connect(folder) as work:
                made.mkdir(mode=0o700)
                sources.choose(session, now_at, last_at)
                changed = _read(session, vault, work, old, made)
                total = arrange(work, old, made, now)
            holding.open_to_readers(made)
            told = _told(version, now, home=home, mark=asdict(now_at))
            yield Written(folder, version, now, total, changed, told)
        finally:
            if (_pointer(folder) or {}).get("version") != version:
                shutil.rmtree(made, ignore_errors=True)


def arrange(work: duckdb.DuckDBPyConnection, old: Path | None, made: Path, as_of: datetime) -> int:
    """Lay the rows of the tables `fresh` and `fresh_letters` out by month, beside what `old` has;
    how many episodes there are then."""
    for name in ("closed", "clusters", "ages", "letters"):
        (made / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    changed = _months(
        work, old, made / "closed", "fresh", "id", "outcome <> 'open'", _EPISODE_MONTH
    )
    _months(work, old, made / "letters", "fresh_letters", "notice", "TRUE", _LETTER_MONTH)
    opened = "SELECT * EXCLUDE (file) FROM fresh WHERE outcome = 'open'"
    if old is not None:
        before = files([old / "open.parquet"])
        opened += f" UNION ALL SELECT * FROM {before} ANTI JOIN fresh USING (id)"
    work.execute(
        f"COPY (SELECT * FROM ({opened}) ORDER BY provider) TO {quoted(made / 'open.parquet')}"
        " (FORMAT parquet)"
    )
    adding.add_up(work, old, made, changed, as_of)
    found = work.execute(
        f"SELECT count(*) FROM {files([made / 'open.parquet', *layout.closed(made)])}"
    ).fetchone()
    return int(found[0]) if found else 0


_EPISODE_MONTH: Final = "date_trunc('month', coalesce(notified_at, opened_at))::DATE"
_LETTER_MONTH: Final = "date_trunc('month', composed_at)::DATE"


def _read(
    session: Session, vault: Vault, work: duckdb.DuckDBPyConnection, old: Path | None, made: Path
) -> int:
    """What was chosen, as the tables `fresh` and `fresh_letters`, and the files of providers and of
    unrouted Urls."""
    sources.providers(session, made / "providers.csv")
    sources.episodes(session, made / "episodes.csv")
    sources.letters(session, made / "letters.csv")
    sources.unrouted(session, made / "unrouted.csv")
    ids = (("provider_id", "UUID"), ("registrar_id", "UUID"), ("host_id", "UUID"))
    work.execute(f"CREATE TEMP TABLE raw AS {_csv(made / 'episodes.csv', EPISODES, ids)}")
    work.execute(f"CREATE TEMP TABLE raw_letters AS {_csv(made / 'letters.csv', LETTERS, ids[:1])}")
    _providers(work, old, made)
    work.execute(
        f"COPY ({_csv(made / 'unrouted.csv', UNROUTED, ())}) TO"
        f" {quoted(made / 'unrouted.parquet')} (FORMAT parquet)"
    )
    hosts = [row[0] for row in work.execute("SELECT DISTINCT host_id FROM raw").fetchall()]
    _hosts(work, numbers.of_hosts(session, vault, hosts))
    for name, raw, columns in (
        ("fresh", "raw", EPISODES),
        ("fresh_letters", "raw_letters", LETTERS),
    ):
        work.execute(
            f"CREATE TEMP TABLE {name} AS SELECT {_chosen(columns)},"
            f" {_EPISODE_MONTH if name == 'fresh' else _LETTER_MONTH} AS file FROM {raw} r"
            f" LEFT JOIN known p ON p.id = r.provider_id"
            + (
                " LEFT JOIN known g ON g.id = r.registrar_id"
                " LEFT JOIN host_numbers h ON h.host_id = r.host_id"
                if name == "fresh"
                else ""
            )
        )
    for file in made.glob("*.csv"):
        file.unlink()
    found = work.execute("SELECT count(*) FROM fresh").fetchone()
    return int(found[0]) if found else 0


def _chosen(columns: Iterable[Column]) -> str:
    made = {
        "provider": "p.number",
        "registrar": "g.number",
        "host": "h.host",
        "domain": "h.domain",
        "label": "h.label",
        "tld": "h.tld",
    }
    return ", ".join(
        f'{made[one.name]} AS "{one.name}"' if not one.sql else f'r."{one.name}"' for one in columns
    )


def _csv(file: Path, columns: Iterable[Column], extra: Iterable[tuple[str, str]]) -> str:
    known = [(one.name, one.type) for one in columns if one.sql]
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in (*known, *extra))
    return f"SELECT * FROM read_csv({quoted(file)}, header = true, columns = {{{types}}})"


def _providers(work: duckdb.DuckDBPyConnection, old: Path | None, made: Path) -> None:
    """Providers keep their numbers from version to version; new ones come last."""
    columns = ", ".join(f"r.{one.name}" for one in PROVIDERS if one.sql)
    before = "SELECT NULL::INTEGER AS number, NULL::UUID AS id WHERE FALSE"
    if old is not None:
        before = f"SELECT number, id FROM {files([old / 'providers.parquet'])}"
    work.execute(
        f"""CREATE TEMP TABLE known AS WITH b AS ({before}),
        r AS ({_csv(made / "providers.csv", PROVIDERS, ())})
        SELECT coalesce(b.number, (SELECT coalesce(max(number), 0) FROM b)
            + row_number() OVER (PARTITION BY b.number IS NULL ORDER BY r.id))::INTEGER AS number,
            {columns} FROM r LEFT JOIN b ON b.id = r.id"""
    )
    work.execute(
        f"COPY (SELECT * FROM known ORDER BY number) TO {quoted(made / 'providers.parquet')}"
        " (FORMAT parquet)"
    )


def _hosts(work: duckdb.DuckDBPyConnection, found: dict[uuid.UUID, numbers.Numbers]) -> None:
    rows = list(found.values())
    columns: dict[str, Any] = {
        "id": np.array([one.hex for one in found], dtype=object),
        "host": np.array([one.host for one in rows], dtype=np.int64),
        "domain": np.array([one.domain for one in rows], dtype=np.int64),
        "label": np.array([-1 if one.label is None else one.label for one in rows], dtype=np.int64),
        "tld": np.array([one.tld for one in rows], dtype=object),
    }
    work.register("numbers_found", columns)
    work.execute(
        "CREATE TEMP TABLE host_numbers AS SELECT id::UUID AS host_id, host, domain,"
        " nullif(label, -1) AS label, tld::VARCHAR AS tld FROM numbers_found"
    )
    work.unregister("numbers_found")


def _months(
    work: duckdb.DuckDBPyConnection,
    old: Path | None,
    folder: Path,
    fresh: str,
    key: str,
    closed: str,
    month: str,
) -> set[date]:
    """Write the months of a folder that changed, link the others; which changed."""
    before = (
        {}
        if old is None
        else {layout.month_of(path): path for path in sorted((old / folder.name).glob("*.parquet"))}
    )
    changed = {
        row[0]
        for row in work.execute(f"SELECT DISTINCT file FROM {fresh} WHERE {closed}").fetchall()
    }
    if before:
        touched = work.execute(
            f"SELECT DISTINCT {month} FROM {files(before.values())} SEMI JOIN {fresh} USING ({key})"
        ).fetchall()
        changed |= {row[0] for row in touched}
    for begin in sorted(changed):
        rows = f"SELECT * EXCLUDE (file) FROM {fresh} WHERE {closed} AND file = DATE '{begin}'"
        if begin in before:
            rows += (
                f" UNION ALL SELECT * FROM {files([before[begin]])} ANTI JOIN {fresh} USING ({key})"
            )
        work.execute(
            f"COPY (SELECT * FROM ({rows}) ORDER BY provider) TO"
            f" {quoted(folder / f'{begin:%Y-%m}.parquet')}"
            " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480)"
        )
    for begin, path in before.items():
        if begin not in changed:
            os.link(path, folder / path.name)
    return changed


def point(folder: Path, version: str, as_of: datetime, **more: Any) -> None:
    """Readers follow from now on."""
    _point(folder, _told(version, as_of, **more))


def _told(version: str, as_of: datetime, **more: Any) -> dict[str, Any]:
    return {"version": version, "as_of": as_of.astimezone(UTC).isoformat(), "form": FORM, **more}


def _point(folder: Path, told: Mapping[str, Any]) -> None:
    """Whole or not at all, and on the disk."""
    new = folder / (POINTER + ".new")
    with new.open("w") as out:
        json.dump(told, out)
        out.flush()
        os.fsync(out.fileno())
    new.replace(folder / POINTER)


def _last(folder: Path, server: str) -> tuple[Path | None, sources.Mark | None]:
    """The last version and where the ledger stood then; None where all is to be written anew."""
    last = _pointer(folder)
    if last is None or last["form"] != FORM:
        return None, None
    at = sources.Mark(**last["mark"])
    return (folder / last["version"], at) if at.server == server else (None, None)


def _pointer(folder: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads((folder / POINTER).read_text())
    except FileNotFoundError:
        return None
    return found
