"""A house on an embedded database that ends with the benchmark, filled with Urls to look at."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import text

from benchmarks.hosts import NET, World
from config.settings import load
from takedown import embedded, wiring
from takedown.checks.calibrating import Kept, Step
from takedown.checks.calibration import Calibration
from takedown.checks.service import Opening, open_checks
from takedown.db import committing
from takedown.flow.ports import Ports
from takedown.urls.reading import read
from takedown.urls.service import register
from takedown.vault import cohort_of, make_master_key

AS_SERVED: Final = Kept(
    calibration=Calibration("image/jpeg", 48211, "Mon, 02 Mar 2026 08:00:00 GMT")
)
_CALIBRATED: Final = """
UPDATE check_state SET calibration = %s, validators = %s, verdict = 'up', note = 'present',
    spell_first_at = %s, spell_last_at = %s, spell_checks = 3, last_up_at = %s
WHERE url_id = %s
"""


@contextmanager
def house(dns: str = "127.0.0.1:9", smtp: str = "smtp://127.0.0.1:9") -> Iterator[Path]:
    """A home with an embedded database, set up by the environment; gone afterwards."""
    with TemporaryDirectory(prefix="bench-") as home:
        given = {
            "HOME": home,
            "SECRETS__MASTER_KEY": make_master_key(),
            "HOTLINE__COUNTRY": "CA",
            "HOTLINE__PRESET": "global",
            "HOTLINE__NAME": "Benchmark",
            "MAIL__FROM": "notices@hotline.example",
            "MAIL__SMTP_URL": smtp,
            "LOOKUP__DNS_SERVERS": dns,
            "LOOKUP__RDAP_URL": "http://127.0.0.1:9/",
            "CHECKS__OPEN_NETWORKS": f"127.{NET}.0.0/16",
            "CHECKS__HOST_INTERVAL_S": "0",
        }
        os.environ.update({f"TAKEDOWN_{name}": value for name, value in given.items()})
        try:
            wiring.migrate(load())
            yield Path(home)
        finally:
            embedded.leave()


def fill(ports: Ports, world: World, count: int) -> None:
    """Register `count` Urls and make each due for one check: calibrated, and up until now."""
    now = datetime.now(UTC)
    result = register(
        ports.sessions,
        ports.vault,
        read(world.locations(count), now=now, schemes=ports.schemes),
        now=now,
        actor="cli:benchmark",
    )
    assert result.registered == count
    lanes = [ports.vault.blind("address", address) for address in world.addresses]
    clock, last = now - timedelta(days=3), now - timedelta(hours=12)
    for start in range(0, count, 5_000):
        part = result.ids[start : start + 5_000]
        openings = [
            Opening(url_id, lanes[(start + n) % len(lanes)], clock, 24)
            for n, url_id in enumerate(part)
        ]
        with committing(ports.sessions) as session:
            open_checks(session, openings, now=now)
            driver = session.connection().connection.driver_connection
            assert driver is not None
            sealed = [
                ports.vault.seal("check_state.validators", url_id, cohort_of(now), AS_SERVED.dump())
                for url_id in part
            ]
            rows = [
                (int(Step.DONE), kept, clock, last, last, url_id)
                for url_id, kept in zip(part, sealed, strict=True)
            ]
            with driver.cursor() as cursor:
                cursor.executemany(_CALIBRATED, rows)
    settle()


def make_due(ports: Ports) -> None:
    """Make all Urls due for one more check."""
    with committing(ports.sessions) as session:
        now = {"now": datetime.now(UTC)}
        session.execute(text("UPDATE check_state SET next_check_at = :now"), now)
        session.execute(text("UPDATE lanes SET due_at = :now"), now)
    settle()


def checked(ports: Ports) -> tuple[int, dict[str, int]]:
    """How many checks are committed, and their verdicts."""
    with ports.sessions() as session:
        rows = session.execute(text("SELECT verdict, count(*) FROM checks GROUP BY verdict")).all()
    found = {row[0]: row[1] for row in rows}
    return sum(found.values()), found


def others_checked(ports: Ports) -> int:
    """How many hosts that answer have a committed check."""
    with ports.sessions() as session:
        answered = text("SELECT count(*) FROM checks WHERE status IS NOT NULL")
        return int(session.execute(answered).scalar_one())


def settle() -> None:
    """As an installation that has run for a while: the planner has its statistics."""
    owner, app, _ = wiring.open_database(load())
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE urls, hosts, check_state, lanes"))
    owner.dispose()
    app.dispose()
