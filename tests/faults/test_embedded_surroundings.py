"""What the embedded server is, for whom, and in which surroundings it works."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from urllib.parse import unquote

import psycopg
import pytest
import sqlalchemy
from embedded_homes import (
    HOLD,
    ROOT,
    Holders,
    connect,
    crowd,
    leaves,
    new_home,
    not_root,
    postmaster,
    postmasters,
    said,
)
from patience import eventually

from takedown import embedded
from takedown.embedded import Embedded, SocketPathTooLong


@pytest.fixture
def home() -> Iterator[Path]:
    with new_home() as path:
        yield path


@pytest.fixture
def holders(home: Path) -> Iterator[Holders]:
    with crowd(home) as present:
        yield present


@pytest.fixture(scope="module")
def shared() -> Iterator[Embedded]:
    """One server for the tests that only look."""
    with new_home() as path:
        yield embedded.start(path)


def test_both_roles_reach_the_database_by_their_url_and_only_the_owner_makes_tables(
    home: Path,
) -> None:
    server = embedded.start(home)
    seen = []
    for url in (server.owner_url, server.app_url):
        engine = sqlalchemy.create_engine(url)
        with engine.connect() as connection:
            seen.append(connection.exec_driver_sql("SELECT current_user").scalar())
        engine.dispose()
    assert seen == ["takedown_owner", "takedown_app"]
    assert unquote(server.app_url).endswith(f"?host={server.data}")
    with connect(server) as owner, connect(server, "takedown_app") as application:
        owner.execute("CREATE TABLE made (n int)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            application.execute("CREATE TABLE refused (n int)")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("listen_addresses", ""),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("max_connections", "100"),
        ("TimeZone", "UTC"),
        ("jit", "off"),
        ("log_statement", "none"),
        ("log_min_error_statement", "panic"),
        ("log_error_verbosity", "terse"),
        ("log_parameter_max_length_on_error", "0"),
        ("server_encoding", "UTF8"),
    ],
)
def test_the_server_is_set_as_the_operator_guide_says(
    shared: Embedded, name: str, value: str
) -> None:
    with connect(shared) as owner:
        assert owner.execute("SELECT current_setting(%s)", [name]).fetchone() == (value,)


def test_text_is_compared_by_code_point_whatever_the_machine_speaks(shared: Embedded) -> None:
    with connect(shared) as owner:
        sql = "SELECT datlocprovider::text, datlocale FROM pg_database WHERE datname = 'takedown'"
        assert owner.execute(sql).fetchone() == ("b", "C.UTF-8")


def test_nothing_listens_on_the_network_and_the_socket_lies_in_a_closed_folder(
    shared: Embedded,
) -> None:
    pid = postmaster(shared.data.parent)
    sockets = {entry.readlink().name for entry in Path(f"/proc/{pid}/fd").iterdir()}
    listening = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            listening.add(f"socket:[{line.split()[9]}]")
    assert any(name.startswith("socket:") for name in sockets)
    assert not sockets & listening
    assert (shared.data / ".s.PGSQL.5432").is_socket()
    assert shared.data.stat().st_mode & 0o777 == 0o700


def _kill_when_busy(server: Embedded, pid: int) -> None:
    busy = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND wait_event = 'PgSleep'"
    with connect(server) as owner:
        eventually(lambda: owner.execute(busy, [pid]).fetchone() == (1,))
    os.kill(pid, signal.SIGKILL)


def test_what_is_asked_of_the_server_never_reaches_its_log(home: Path) -> None:
    server = embedded.start(home)
    canary = "https://canary.example.test/secret"
    with connect(server) as owner:
        owner.execute("CREATE TABLE kept (place text UNIQUE)")
        owner.execute("INSERT INTO kept VALUES (%s)", [canary])
        for sql in (
            f"SELECT '{canary}'::int",
            f"INSERT INTO kept VALUES ('{canary}')",
            f'SELECT "{canary}"',
            f"DO $$ BEGIN RAISE WARNING '{canary}'; END $$",
        ):
            with suppress(psycopg.Error):
                owner.execute(sql)
        with suppress(psycopg.Error):
            owner.execute("SELECT %s::int", [canary])
    with connect(server) as victim:
        killer = Thread(target=_kill_when_busy, args=(server, victim.info.backend_pid))
        killer.start()
        with pytest.raises(psycopg.OperationalError):
            victim.execute(f"SELECT pg_sleep(20), '{canary}'")
        killer.join()
    log = home / "postgres.log"
    eventually(lambda: "terminated by signal 9" in log.read_text())
    assert "canary" not in log.read_text()


def test_a_home_too_deep_for_a_socket_is_refused_with_its_length(home: Path) -> None:
    with pytest.raises(SocketPathTooLong, match=r"1\d\d bytes long, and at most 100"):
        embedded.start(home / ("d" * 80))
    assert not home.exists()


def test_odd_surroundings_change_nothing(home: Path, holders: Holders) -> None:
    odd = {
        "PGHOST": "db.example.test",
        "PGHOSTADDR": "192.0.2.1",
        "PGPORT": "1",
        "PGDATA": "/nonexistent",
        "PGOPTIONS": "-c no_such=1",
        "PGREQUIREAUTH": "scram-sha-256",
        "PGSERVICE": "no_such",
        "LC_ALL": "xx_YY.UTF-8",
        "LANG": "tlh",
        "TZ": "Mars/Olympus",
        "TMPDIR": "/nonexistent",
    }
    ask = "import os; os.umask(0o077)" + HOLD.replace(
        "embedded.start(", "e = embedded.start("
    ).replace(
        'print("up"',
        """import sqlalchemy
with sqlalchemy.create_engine(e.app_url).connect() as c:
    print(c.exec_driver_sql("SELECT 'asked'").scalar()""",
    )
    assert said(holders.begin(ask, **odd)) == "asked"


def test_the_server_is_never_roots_and_that_is_said(home: Path) -> None:
    said_aloud: list[str] = []
    embedded.start(home, said_aloud.append)
    embedded.start(home, said_aloud.append)
    owner = Path(f"/proc/{postmaster(home)}").stat().st_uid
    assert owner != 0
    if os.geteuid() == 0:
        assert said_aloud == [
            f"started as root: the database runs as system user {pwd.getpwuid(owner).pw_name}"
        ]
    else:
        assert (owner, said_aloud) == (os.geteuid(), [])


def copy_of_the_programs(folder: Path) -> Path:
    """The wheel's programs in another place, to be imported before the installed ones."""
    wheel = embedded._programs().parents[1]
    folder.mkdir()
    for name in (wheel.name, f"{wheel.name}.libs"):
        kept_out = shutil.ignore_patterns("pginstall", "include", "__pycache__")
        shutil.copytree(wheel.parent / name, folder / name, symlinks=True, ignore=kept_out)
    return folder


def test_a_home_and_an_installation_in_a_closed_folder_work(home: Path, holders: Holders) -> None:
    home.mkdir()
    programs = copy_of_the_programs(home / "lib")
    home.chmod(0o700)
    holders.home = home / "home"
    holder = holders.begin(PYTHONPATH=f"{programs}:{ROOT}")
    assert said(holder) == "up"
    pid = postmaster(home / "home")
    assert Path(f"/proc/{pid}/exe").readlink().is_relative_to(programs)
    assert Path(f"/proc/{pid}").stat().st_uid != 0
    leaves(holder)
    assert postmasters(home / "home") == []


def test_an_ordinary_user_needs_nothing_of_root(home: Path, holders: Holders) -> None:
    home.mkdir()
    home.chmod(0o711)
    programs = copy_of_the_programs(home / "lib")
    uid, gid = not_root()
    holders.home = home / "mine"
    holders.home.mkdir(mode=0o700)
    os.chown(holders.home, uid, gid)
    script = HOLD.replace("embedded.start(", f"{become_ordinary(uid, gid)}\nembedded.start(")
    holder = holders.begin(script, PYTHONPATH=f"{programs}:{ROOT}")
    assert said(holder) == "up"
    assert Path(f"/proc/{postmaster(holders.home)}").stat().st_uid == uid
    leaves(holder)
    assert postmasters(holders.home) == []


def test_a_home_that_may_not_be_written_is_refused_by_name(home: Path, holders: Holders) -> None:
    home.mkdir()
    home.chmod(0o555)
    refused = f"""
import sys
from pathlib import Path
from takedown import embedded
{become_ordinary(*not_root())}
try:
    embedded.start(Path(sys.argv[1]))
except embedded.EmbeddedError as error:
    print(error)
"""
    answer = said(holders.begin(refused))
    assert answer.startswith(f"the database in {home} cannot be started:")
    assert "Permission denied" in answer
    assert list(home.iterdir()) == []


def become_ordinary(uid: int, gid: int) -> str:
    """A line of Python that turns root into that user, and leaves an ordinary user as they are."""
    if os.geteuid() != 0:
        return ""
    return f"import os; os.setgroups([]); os.setgid({gid}); os.setuid({uid})"
