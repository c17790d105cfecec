"""What every test may ask for: a real PostgreSQL, a vault, a clock that stands still."""

import gc
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from databases import Doors, database_like
from hypothesis import HealthCheck
from hypothesis import settings as examples
from roomy import new_folder
from sqlalchemy import Engine, create_engine

from takedown import db, embedded, migrations
from takedown.embedded import server as starting
from takedown.embedded import settings
from takedown.people import service
from takedown.vault import Vault

for name in [name for name in os.environ if name.startswith(("TAKEDOWN_", "PG"))]:
    del os.environ[name]

# How long an example takes on the wall says how busy the machine is.
examples.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
examples.load_profile("ours")

HASTY = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "file_copy_method": "clone",
}
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """A Monday morning; every stage is told the time."""
    return NOW


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """Hashes that cost next to nothing: most tests of a page begin by signing in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "HASHER", PasswordHasher(1, 8, 1))
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[embedded.Embedded]:
    """One embedded PostgreSQL for the whole run, with a migrated template database.

    It need not outlive a power cut, so it waits for no disk.
    """
    home = new_folder()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(starting, "settings", lambda: {**settings.settings(), **HASTY})
        started = embedded.start(home)
    owner = create_engine(started.owner_url)
    migrations.upgrade(owner, "takedown_app")
    owner.dispose()
    yield started
    embedded.leave()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def database(server: embedded.Embedded) -> Iterator[tuple[str, str]]:
    """URLs (owner, application) of a database of this test alone, tables made."""
    with database_like(server) as urls:
        yield urls


@pytest.fixture(scope="session")
def doors(server: embedded.Embedded) -> Doors:
    """The engine that tests share, one after the other."""
    return Doors(server)


@pytest.fixture
def engine(database: tuple[str, str], doors: Doors) -> Iterator[Engine]:
    """An engine of the application's role on the test's own database."""
    with doors.to(database[1]) as made:
        yield made


@pytest.fixture
def sessions(engine: Engine) -> db.Sessions:
    """The session maker of the test's own database."""
    return db.sessions(engine)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """A vault with keys of its own."""
    made = Vault(bytes(range(32)), tmp_path / "keys" / "months.json")
    made.begin()
    return made


def pytest_collection_finish() -> None:
    """What is imported by now stays: it is not searched for rubbish during each test."""
    gc.freeze()


def pytest_sessionfinish() -> None:
    """At the end all of it goes, in the order in which its libraries expect it."""
    gc.unfreeze()
