"""Homes for embedded servers, and processes that share them."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
from roomy import new_folder

from takedown import embedded
from takedown.embedded import Embedded

ROOT = Path(__file__).parents[2]
HOLD = """
import sys
from pathlib import Path
from takedown import embedded
embedded.start(Path(sys.argv[1]))
print("up", flush=True)
sys.stdin.read()
"""


class Holders:
    """Processes that hold a share until they are told to leave, or are killed."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.running: list[subprocess.Popen[str]] = []

    def begin(self, script: str = HOLD, **env: str) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, "-c", script, str(self.home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        )
        self.running.append(child)
        return child

    def end(self) -> None:
        for child in self.running:
            child.kill()
            child.communicate()


def said(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def leaves(child: subprocess.Popen[str]) -> None:
    """Tell a holder to leave, and wait until it has."""
    child.communicate(timeout=20)
    assert child.returncode == 0


@contextmanager
def new_home() -> Iterator[Path]:
    """A new home with a path short enough for a socket; nothing runs in it afterwards."""
    folder = new_folder()
    folder.chmod(0o711)
    try:
        yield folder / "home"
    finally:
        for place in ("home", "home/one", "home/other"):
            embedded.leave(folder / place)
            for pid in postgres_in(folder / place):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(folder)


@contextmanager
def crowd(home: Path) -> Iterator[Holders]:
    """Holders of that home's server, none of which lives on."""
    holders = Holders(home)
    try:
        yield holders
    finally:
        holders.end()


def postmaster(home: Path) -> int | None:
    """The live process that the pid file names, by its working directory."""
    with suppress(OSError, ValueError):
        pid = int((home / "postgres/postmaster.pid").read_text().split("\n")[0])
        if Path(f"/proc/{pid}/cwd").samefile(home / "postgres"):
            return pid
    return None


def postgres_in(home: Path) -> dict[int, int]:
    """Postmasters and backends that live in the data directory, each with its parent.

    A process may end between any two looks at it: then it is none of them.
    """
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            name = (entry / "cmdline").read_bytes().split(b"\0")[0]
            ours = name.endswith(b"/postgres") or name.startswith(b"postgres:")
            if ours and (entry / "cwd").samefile(home / "postgres"):
                found[int(entry.name)] = int(
                    (entry / "stat").read_text().rsplit(")", 1)[1].split()[1]
                )
    return found


def postmasters(home: Path) -> list[int]:
    """The servers that live in the data directory: one or none, if all is well.

    Told by the parent: a backend just forked still bears the server's name.
    """
    found = postgres_in(home)
    return [pid for pid, parent in found.items() if parent not in found]


def connect(server: Embedded, user: str = "takedown_owner") -> closing[psycopg.Connection]:
    return closing(
        psycopg.connect(host=str(server.data), user=user, dbname="takedown", autocommit=True)
    )


def not_root() -> tuple[int, int]:
    """Whom an ordinary user is played by."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        return nobody.pw_uid, nobody.pw_gid
    return os.geteuid(), os.getegid()
