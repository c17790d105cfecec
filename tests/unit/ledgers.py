"""Facts from rows that a test writes down: what the stage would have read from the database."""

import tempfile
import uuid
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from takedown.stats import figures
from takedown.stats.facts import Facts, open_facts
from takedown.stats.facts.duck import connect
from takedown.stats.facts.holding import open_to_readers
from takedown.stats.facts.layout import quoted
from takedown.stats.facts.schema import EPISODES, LETTERS, PROVIDERS
from takedown.stats.facts.writing import arrange, point
from takedown.stats.query import Query

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeRow:
    """One episode; `started_at` is t0 on the clock of the test."""

    url_id: Hashable
    provider_id: Hashable = 1
    provider_name: str = "Northhost"
    country: str | None = "NL"
    notice_id: Hashable | None = None
    host_number: int = 0
    started_at: datetime | None = None
    last_up_at: datetime | None = None
    first_down_at: datetime | None = None
    confirmed_at: datetime | None = None
    outcome: str = "open"
    ordinal: int = 1
    inconclusive_after_last_up: bool = False
    reappeared: bool = False
    deadline_hours: int | None = None
    deadline_binding: bool = False


def facts_of(
    rows: Iterable[EpisodeRow], cutoff: datetime, *, added: bool = False, **more: Any
) -> Facts:
    """The facts of these rows, on every clock alike, in a folder of their own.

    Without `added` no sums are written: only queries with a cut-off of their own can be asked.
    """
    folder = Path(tempfile.mkdtemp(prefix="facts-"))
    made = folder / "1"
    made.mkdir()
    known = list(rows)
    with connect(folder) as work:
        work.execute(f"CREATE TEMP TABLE fresh ({_typed(EPISODES)}, file DATE)")
        work.execute(f"CREATE TEMP TABLE fresh_letters ({_typed(LETTERS)}, file DATE)")
        _insert(work, known, cutoff)
        work.execute(f"CREATE TEMP TABLE known ({_typed(PROVIDERS)})")
        firms = {one.provider_id: one for one in known}
        for number, firm in enumerate(firms.values(), start=1):
            work.execute(
                "INSERT INTO known (number, id, public_name, country, kind) VALUES (?, ?, ?, ?, ?)",
                [number, uuid.UUID(int=number), firm.provider_name, firm.country, "provider"],
            )
        work.execute(f"COPY known TO {quoted(made / 'providers.parquet')} (FORMAT parquet)")
        if added:
            arrange(work, None, made, cutoff)
        else:
            work.execute(f"COPY fresh TO {quoted(made / 'open.parquet')} (FORMAT parquet)")
    open_to_readers(made)
    point(folder, "1", cutoff, **more)
    return open_facts(folder)


def _typed(columns: Iterable[Any]) -> str:
    return ", ".join(f'"{one.name}" {one.type}' for one in columns)


def _insert(work: Any, rows: list[EpisodeRow], cutoff: datetime) -> None:
    numbers: dict[Hashable, int] = {}
    who: dict[Hashable, int] = {}
    notices: dict[Hashable, int] = {}
    columns: dict[str, list[Any]] = {
        "id": [uuid.UUID(int=i + 1).hex for i in range(len(rows))],
        "url": [numbers.setdefault(row.url_id, len(numbers)) for row in rows],
        "notice": [
            -1 if row.notice_id is None else notices.setdefault(row.notice_id, len(notices))
            for row in rows
        ],
        "provider": [who.setdefault(row.provider_id, len(who) + 1) for row in rows],
        "country": [row.country or "" for row in rows],
        "host": [row.host_number for row in rows],
        "start": [_us(row.started_at) for row in rows],
        "up": [_us(row.last_up_at) for row in rows],
        "down": [_us(row.first_down_at) for row in rows],
        "outcome": [row.outcome for row in rows],
        "nth": [row.ordinal for row in rows],
        "inconclusive": [row.inconclusive_after_last_up for row in rows],
        "back": [row.reappeared for row in rows],
        "hours": [-1 if row.deadline_hours is None else row.deadline_hours for row in rows],
        "binding": [row.deadline_binding for row in rows],
    }
    if not rows:
        return
    arrays = {
        name: np.array(values, dtype=object if isinstance(values[0], str) else None)
        for name, values in columns.items()
    }
    work.register("given", arrays)
    moment = {name: f"make_timestamp(nullif({name}, {_NONE}))" for name in ("start", "up", "down")}
    work.execute(
        f"""INSERT INTO fresh BY NAME SELECT id::UUID AS id, url, nullif(notice, -1) AS notice,
        provider, 'host' AS role, nullif(country, '') AS country, host, host AS domain,
        FALSE AS police_first, FALSE AS undelivered, FALSE AS not_checkable, FALSE AS held,
        TRUE AS forwardable, TRUE AS "primary", 'baseline' AS class, 'test' AS tld,
        {", ".join(f"{moment['start']} AS {clock}_at" for clock in _CLOCKS)},
        coalesce({moment["start"]}, TIMESTAMP '2026-01-01') AS opened_at,
        {moment["up"]} AS last_up_at, {moment["down"]} AS first_down_at, outcome, nth,
        inconclusive, CASE WHEN back THEN make_timestamp({_us(cutoff)}) END AS reappeared_at,
        nullif(hours, -1) AS deadline_hours, binding AS deadline_binding,
        date_trunc('month', coalesce({moment["start"]}, TIMESTAMP '2026-01-01'))::DATE AS file
        FROM given"""
    )


_NONE = -(2**60)
_CLOCKS = ("notified", "received", "registered", "police_informed", "police_cleared")


def _us(at: datetime | None) -> int:
    if at is None:
        return _NONE
    whole = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (whole.days * 86_400 + whole.seconds) * 1_000_000 + whole.microseconds


def providers(rows: Iterable[EpisodeRow], **asked: Any) -> dict[str, Any]:
    """The league of these rows; `asked`: clock, cutoff, from_, to."""
    return figures.league(*_asked(rows, **asked))


def countries(rows: Iterable[EpisodeRow], **asked: Any) -> dict[str, Any]:
    """The same by country."""
    return figures.countries(*_asked(rows, **asked))


def overview(rows: Iterable[EpisodeRow], **asked: Any) -> dict[str, Any]:
    """The same over all."""
    return figures.overview(*_asked(rows, **asked))


def _asked(
    rows: Iterable[EpisodeRow],
    *,
    cutoff: datetime,
    clock: Any = "notified",
    from_: datetime | None = None,
    to: datetime | None = None,
) -> tuple[Facts, Query]:
    return facts_of(rows, cutoff), Query(clock=clock, from_=from_, to=to, cutoff=cutoff)
