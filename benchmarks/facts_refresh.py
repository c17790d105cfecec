"""A refresh of the facts after so many changes, by the stage itself, over a ledger in PostgreSQL.

The facts are as large as the benchmark of figures has made them. The ledger holds all that is open
in them and the newest of what is closed, a quarter of all, at most `LEDGER`: a refresh reads what
changed, though it looks through all of them for it.
"""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from time import monotonic, process_time
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, text

from benchmarks import facts_ledger as made_up
from benchmarks.house import house
from config.settings import load
from takedown import wiring
from takedown.flow.facts import facts
from takedown.flow.ports import Ports
from takedown.stats.facts import sources
from takedown.stats.facts.duck import connect
from takedown.stats.facts.layout import quoted
from takedown.stats.facts.writing import point
from takedown.vault import cohort_of

LEDGER: Final = int(os.environ.get("LEDGER", "1000000"))
CHANGED: Final = 10_000  # of eleven million; of fewer, one in a thousand
NOW: Final = made_up.AS_OF + timedelta(minutes=5)

_STAGED: Final = """
CREATE UNLOGGED TABLE staged (id uuid, n bigint, notice bigint, provider integer, country text,
    host bigint, notified_at timestamptz, last_up_at timestamptz, first_down_at timestamptz,
    outcome text)
"""
_UUID: Final = "('00000000-0000-7000-8000-' || lpad(to_hex({}), 12, '0'))::uuid"
_TABLES: Final = {
    "providers": ("generate_series(1, {providers}) p", {
        "id": _UUID.format("p"), "name": "''", "name_index": "int4send(p)", "kind": "'provider'",
        "standing": "'unknown'", "proxy": "false", "signatory": "false", "closure": "false",
        "first_seen_at": "'{now}'", "public_name": "'Provider ' || p",
    }),
    "contacts": ("generate_series(1, {providers}) p", {
        "id": _UUID.format("p"), "provider_id": _UUID.format("p"), "medium": "'email'",
        "address": "''", "address_index": "int4send(p)", "source": "'curated'",
        "plain_locations": "false", "max_urls": "50", "aggregation_minutes": "60",
        "batch": "'one'", "feedback_report": "false", "bounces": "0", "answers": "0",
        "first_seen_at": "'{now}'", "approved_at": "'{now}'",
    }),
    "traces": ("(SELECT DISTINCT ON (host) * FROM staged ORDER BY host) s", {
        "id": _UUID.format("host"), "host_id": _UUID.format("host"), "at": "notified_at",
        "dns": "'ok'", "domain_status": "'{{}}'", "proxy": "false", "sources": "'{{}}'",
        "problems": "'{{}}'", "provider_id": _UUID.format("provider"), "country": "country",
    }),
    "urls": ("staged", {
        "id": "id", "serial": "n", "cohort": "{cohort}", "location": "''",
        "location_index": "int8send(n)", "host_id": _UUID.format("host"),
        "status": "CASE outcome WHEN 'open' THEN 'notified' ELSE 'removed' END",
        "scheme": "'baseline/1'", "classification": "'baseline'", "priority": "false",
        "victim_at_risk": "false", "not_checkable": "false",
        "received_at": "notified_at - interval '5 hours'",
        "registered_at": "notified_at - interval '4 hours'",
    }),
    "reports": ("staged", {
        "id": "id", "url_id": "id", "source": "'public'", "registered_by": "'cli:benchmark'",
        "received_at": "notified_at - interval '5 hours'", "scheme": "'baseline/1'",
        "registered_at": "notified_at - interval '4 hours'", "classification": "'baseline'",
    }),
    "url_routes": ("staged", {
        "id": "id", "url_id": "id", "trace_id": _UUID.format("host"), "decided_at": "notified_at",
        "kind": "'direct'", "status": "'verified'", "binding": "false", "languages": "'{{}}'",
        "why": "''",
    }),
    "notices": ("(SELECT DISTINCT ON (notice) * FROM staged ORDER BY notice) s", {
        "id": _UUID.format("notice"), "serial": "notice", "number": "notice::text",
        "kind": "'first'", "step": "0", "status": "'sent'", "cohort": "{cohort}",
        "provider_id": _UUID.format("provider"), "contact_id": _UUID.format("provider"),
        "route_status": "'verified'", "language": "'en'", "template": "'first'",
        "template_version": "'1'", "reviewed_text": "true", "mode": "'live'",
        "capacity": "'hotline'", "message_id": "notice::text", "subject": "''", "body": "''",
        "composed_at": "notified_at", "two_people": "false", "accepted_at": "notified_at",
    }),
    "episodes": ("staged", {
        "id": "id", "url_id": "id", "provider_id": _UUID.format("provider"),
        "trace_id": _UUID.format("host"), "role": "'host'", '"primary"': "true", "ordinal": "1",
        "deadline_binding": "false", "opened_at": "notified_at - interval '1 hour'",
        "outcome": "outcome", "notice_id": _UUID.format("notice"), "notified_at": "notified_at",
        "country": "country", "accepted_by": "'recipient'", "last_up_at": "last_up_at",
        "first_down_at": "first_down_at", "confirmed_at": "first_down_at",
        "closed_at": "first_down_at",
    }),
    "notice_urls": ("staged", {
        "notice_id": _UUID.format("notice"), "url_id": "id", "episode_id": "id",
        "kind": "'first'", "step": "0", "last_confirmed_at": "notified_at",
        "last_confirmed_by": "'check'", "decision": "'{{}}'",
    }),
    "deliveries": ("(SELECT DISTINCT ON (notice) * FROM staged ORDER BY notice) s", {
        "id": _UUID.format("notice"), "notice_id": _UUID.format("notice"),
        "contact_id": _UUID.format("provider"), "medium": "'email'", "status": "'sent'",
        "due_at": "notified_at", "created_at": "notified_at", "attempts": "1", "lost_leases": "0",
        "answers": "'[]'", "possible_duplicate": "false", "digest": "''", "poll_failures": "0",
    }),
    "check_state": ("staged WHERE outcome = 'open'", {
        "url_id": "id", "lane": "''", "rank": "0", "clock_at": "notified_at", "calibration": "1",
        "tries": "0", "spell_checks": "1", "last_up_manual": "false", "run_fails": "0",
        "run_vantages": "0", "run_downs": "0", "run_down_vantages": "0",
        "last_up_at": "last_up_at",
    }),
}  # fmt: skip
"""What each table of the ledger is filled with: its rows, and its columns."""

_ENDED: Final = """
UPDATE episodes SET outcome = 'removed', closed_at = :now, confirmed_at = :now,
    first_down_at = CAST(:now AS timestamptz) - interval '20 minutes'
WHERE id IN (SELECT id FROM episodes WHERE outcome = 'open' ORDER BY notified_at DESC
    LIMIT :count)
"""


def measure(folder: Path, episodes: int) -> list[str]:
    """Lines for the report; version 1 of the facts holds so many episodes, and goes afterwards."""
    os.environ["TAKEDOWN_STATS__FACTS_DIR"] = str(folder)
    with house():
        began = monotonic()
        count = _fill(folder, min(LEDGER, episodes // 4))
        filled = monotonic() - began
        changed = _change(min(CHANGED, episodes // 1000))
        said = _elsewhere()
    return [
        f"  refresh after the {changed:,} newest open cases ended: {said['seconds']:.1f} s"
        f" (limit 20; CPU of ours {said['cpu']:.1f} s), {said['read']:,} cases read,"
        f" peak {said['megabytes']} MB (limit 1,024)",
        f"    over a ledger of {count:,} cases in PostgreSQL, filled in {filled:.0f} s",
    ]


def _fill(folder: Path, most: int) -> int:
    ports = wiring.build_ports(load())
    owner, app, _ = wiring.open_database(load())
    with owner.begin() as connection:
        connection.execute(text("SET LOCAL TimeZone = 'UTC'"))
        connection.execute(text(_STAGED))
        _stage(connection, folder, most)
        _hosts(connection, ports)
        named = {"providers": made_up.PROVIDERS, "now": NOW.isoformat(), "cohort": cohort_of(NOW)}
        for table, (rows, columns) in _TABLES.items():
            filled = f"SELECT {', '.join(columns.values())} FROM {rows}".format(**named)
            connection.exec_driver_sql(
                f"INSERT INTO {table} ({', '.join(columns)}) OVERRIDING SYSTEM VALUE {filled}",
            )
        count = connection.scalar(text("SELECT count(*) FROM staged"))
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    with ports.sessions() as session:
        at = sources.mark(session)
    point(folder, "1", made_up.AS_OF, home="FR", mark=asdict(at))
    owner.dispose()
    app.dispose()
    return int(count or 0)


def _stage(connection: Connection, folder: Path, most: int) -> None:
    """All that is open, and the newest of the rest."""
    file = folder / "ledger.csv"
    with connect(folder) as work:
        work.execute(
            f"""COPY (SELECT id, url, notice, provider, country, host, notified_at, last_up_at,
                first_down_at, outcome FROM {made_up.all_rows(folder / "1")}
            ORDER BY outcome <> 'open', notified_at DESC LIMIT {most})
            TO {quoted(file)} (HEADER FALSE)"""
        )
    with file.open("rb") as rows:
        _copy(
            connection, "COPY staged FROM STDIN (FORMAT csv)", iter(lambda: rows.read(1 << 20), b"")
        )
    file.unlink()


def _hosts(connection: Connection, ports: Ports) -> None:
    """Hosts with names and numbers as the application seals them."""
    cohort, vault = cohort_of(NOW), ports.vault
    numbers = connection.scalars(text("SELECT DISTINCT host FROM staged")).all()

    def rows() -> Iterator[bytes]:
        for number in numbers:
            host = uuid.UUID(f"00000000-0000-7000-8000-{number:012x}")
            told = {"host": number, "domain": number, "label": None, "tld": "example"}
            name = vault.seal("hosts.name", host, cohort, f"h{number}.example")
            kept = vault.seal("hosts.numbers", host, cohort, json.dumps(told))
            index = number.to_bytes(32, "big").hex()
            yield (
                f"{host},{cohort},\\x{name.hex()},\\x{index},\\x{index},name,{NOW},0,0,"
                f"\\x{kept.hex()}\n"
            ).encode()

    columns = (
        "id, cohort, name, name_index, domain_index, kind, first_seen_at, locate_attempts,"
        " locate_lost, numbers"
    )
    _copy(connection, f"COPY hosts ({columns}) FROM STDIN (FORMAT csv)", rows())


def _copy(connection: Connection, command: str, blocks: Iterable[bytes]) -> None:
    wire = connection.connection.driver_connection
    assert isinstance(wire, psycopg.Connection)
    with wire.cursor() as cursor, cursor.copy(command.encode()) as out:
        for block in blocks:
            out.write(block)


def _change(most: int) -> int:
    owner, app, _ = wiring.open_database(load())
    with owner.begin() as connection:
        found = connection.execute(text(_ENDED), {"now": NOW, "count": most}).rowcount
    owner.dispose()
    app.dispose()
    return found


def _elsewhere() -> dict[str, Any]:
    """The stage in a process of its own: its time, what it read, its memory."""
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks.facts_refresh"],
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
    return found


def refresh() -> None:
    """The stage `facts`, five minutes after the facts that were made up."""
    ports = replace(wiring.build_ports(load()), clock=lambda: NOW)
    began, worked = monotonic(), process_time()
    done = facts(ports).done
    seconds, cpu = monotonic() - began, process_time() - worked
    status = Path("/proc/self/status").read_text().splitlines()
    (peak,) = [line.split()[1] for line in status if line.startswith("VmHWM:")]
    print(
        json.dumps({"seconds": seconds, "cpu": cpu, "read": done, "megabytes": int(peak) // 1024})
    )


if __name__ == "__main__":
    refresh()
