"""Observations into rows by arrays: one COPY and one UPDATE for a whole batch."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from psycopg import Cursor
from sqlalchemy.orm import Session

from takedown.checks.cadence import RANKS
from takedown.checks.finding import Finding
from takedown.checks.fold import Outcome
from takedown.checks.removal import State
from takedown.vault import Vault

if TYPE_CHECKING:
    from takedown.checks.opening import Due

_TYPES: Final = {
    "verdict": "text",
    "spell_checks": "int4",
    "last_up_manual": "bool",
    "run_fails": "int4",
    "run_vantages": "int4",
    "run_downs": "int4",
    "run_down_vantages": "int4",
}
_STATE: Final = [(name, _TYPES.get(name, "timestamptz")) for name in State._fields]
_COLUMNS: Final = [
    ("url_id", "uuid"),
    ("next_check_at", "timestamptz"),
    ("calibration", "int2"),
    ("tries", "int2"),
    ("note", "text"),
    ("next_why", "text"),
    ("rank", "int2"),
    *_STATE,
]
_SET: Final = ", ".join(f"{name} = n.{name}" for name, _ in _COLUMNS[1:])
_TABLE: Final = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS checked ("
    + ", ".join(f"{name} {kind}" for name, kind in _COLUMNS)
    + ") ON COMMIT DELETE ROWS"
)
# Names of columns, none from outside.
_UPDATE: Final = f"UPDATE check_state c SET {_SET} FROM checked n WHERE c.url_id = n.url_id"  # nosec B608
_KEPT: Final = "UPDATE check_state SET validators = %s WHERE url_id = %s"
_CHECKS: Final = [
    ("url_id", "uuid"),
    ("at", "timestamptz"),
    ("verdict", "text"),
    ("note", "text"),
    ("vantage", "text"),
    ("status", "int2"),
    ("dns", "text"),
    ("error", "text"),
    ("tls_ok", "bool"),
    ("address_index", "bytea"),
    ("duration_ms", "int4"),
    ("bytes_read", "int4"),
]
_SPELLS: Final = [
    ("url_id", "uuid"),
    ("verdict", "text"),
    ("note", "text"),
    ("first_at", "timestamptz"),
    ("last_at", "timestamptz"),
    ("checks", "int4"),
]
Seen = tuple["Due", Finding | None, Outcome]


def write(session: Session, vault: Vault, seen: Sequence[Seen], now: datetime) -> None:
    """Write states, single checks and ended spells of a batch; a manual finding has no check."""
    if not seen:
        return
    driver = session.connection().connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor:
        cursor.execute(_TABLE)
        _copy(cursor, "checked", _COLUMNS, (_state(outcome) for _, _, outcome in seen))
        cursor.execute(_UPDATE)
        kept = [
            (
                vault.seal(
                    "check_state.validators",
                    due.row.url_id,
                    due.cohort,
                    outcome.row.kept.dump(),
                ),
                due.row.url_id,
            )
            for due, _, outcome in seen
            if outcome.kept_changed
        ]
        if kept:
            cursor.executemany(_KEPT, kept)
        _copy(cursor, "checks", _CHECKS, _checks(vault, seen, now))
        _copy(cursor, "spells", _SPELLS, _spells(seen))


def _copy(cursor: Cursor, table: str, columns: list[tuple[str, str]], rows: object) -> None:
    names = ", ".join(name for name, _ in columns)
    with cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types([kind for _, kind in columns])
        for row in rows:  # type: ignore[attr-defined]  # an iterable of tuples
            copy.write_row(row)


def _state(outcome: Outcome) -> tuple[object, ...]:
    row, due = outcome.row, outcome.look
    return (
        row.url_id,
        due.at if due is not None else None,
        int(row.step),
        row.tries,
        row.note,
        due.why if due is not None else None,
        due.rank if due is not None else RANKS[-1],
        *row.state,
    )


def _checks(vault: Vault, seen: Sequence[Seen], now: datetime) -> object:
    addresses: dict[str | None, bytes | None] = {None: None}
    for due, finding, outcome in seen:
        if finding is None:
            continue
        if finding.address not in addresses and finding.address:
            addresses[finding.address] = vault.blind("address", finding.address)
        yield (
            due.row.url_id,
            now,
            str(outcome.verdict),
            outcome.note,
            finding.vantage,
            finding.status,
            str(finding.dns),
            str(finding.error) if finding.error else None,
            finding.tls_ok,
            addresses[finding.address],
            finding.duration_ms,
            finding.bytes_read,
        )


def _spells(seen: Sequence[Seen]) -> object:
    for due, _, outcome in seen:
        if (ended := outcome.ended) is not None:
            yield (
                due.row.url_id,
                str(ended.verdict),
                ended.note,
                ended.first_at,
                ended.last_at,
                ended.checks,
            )
