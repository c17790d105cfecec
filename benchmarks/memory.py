"""The memory of a pass of `check` against the number of open Urls that are not due."""

import os
from dataclasses import asdict
from typing import Final

from sqlalchemy import Connection, text

from benchmarks import contest
from benchmarks.contest import Result
from benchmarks.hosts import world
from benchmarks.house import fill, house, settle
from config.settings import load
from takedown import wiring
from takedown.flow.ports import Ports

HOSTS: Final = 200
OPEN: Final = tuple(
    int(part) for part in os.environ.get("BENCH_OPEN", "10000,100000,1000000").split(",")
)
DUE: Final = OPEN[0]
# Copies keep their ciphertexts: they are not due, and nobody opens them.
_ANEW: Final = {
    "id": "md5(r.id::text || n)::uuid",
    "url_id": "md5(r.url_id::text || n)::uuid",
    "location_index": "decode(md5(r.id::text || 'index' || n), 'hex')",
    "next_check_at": "CAST(:now AS timestamptz) + interval '1 year'",
}
_FIRST: Final = "(SELECT id FROM urls WHERE serial <= :due)"
_NAMES: Final = """
SELECT column_name FROM information_schema.columns
WHERE table_name = :name AND is_identity = 'NO' AND table_schema = 'public'
"""


def main() -> str:
    """Run it and tell. A few minutes, most of them to fill the database."""
    seen: list[Result] = []
    with world(HOSTS) as here, house(here.dns):
        ports = wiring.build_ports(load())
        fill(ports, here, DUE)
        there = DUE
        for count in OPEN:
            _grow(ports, there, count)
            there = count
            name = f"{count:,} open, {DUE:,} of them due"
            seen.append(contest.run(name, "check", {"world": asdict(here)}))
            assert seen[-1].done == DUE, "not every Url that was due was checked"
    growth = seen[-1].megabytes / seen[0].megabytes - 1
    return contest.table(
        f"memory: one pass of check, {growth:+.0%} from {OPEN[0]:,} to {OPEN[-1]:,} open Urls",
        seen,
        {},
        "goal: under 20 % more",
    )


def _grow(ports: Ports, before: int, count: int) -> None:
    """Copy the first Urls until there are `count`; these alone are due, and now."""
    named = {"now": ports.clock(), "due": DUE, "first": before // DUE, "last": count // DUE - 1}
    owner, app, _ = wiring.open_database(load())
    with owner.begin() as connection:
        _copy(connection, "urls", "id", named)
        _copy(connection, "check_state", "url_id", named)
        again = f"UPDATE check_state SET next_check_at = :now WHERE url_id IN {_FIRST}"
        connection.execute(text(again), named)
        connection.execute(text("UPDATE lanes SET due_at = :now"), named)
    owner.dispose()
    app.dispose()
    settle()


def _copy(connection: Connection, table: str, key: str, named: dict[str, object]) -> None:
    names = connection.scalars(text(_NAMES), {"name": table}).all()
    values = ", ".join(_ANEW.get(name, f"r.{name}") for name in names)
    copied = f"""
        INSERT INTO {table} ({", ".join(names)}) SELECT {values}
        FROM {table} r CROSS JOIN generate_series(CAST(:first AS int), CAST(:last AS int)) n
        WHERE r.{key} IN {_FIRST}
        """
    connection.execute(text(copied), named)
