"""One data directory and its server: found, made, started, stopped. Locking is the caller's."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from takedown.embedded.errors import EmbeddedError, WrongVersion
from takedown.embedded.locks import open_file, wait
from takedown.embedded.run_as import CLEAN, RunAs
from takedown.embedded.settings import PORT, settings

MAJOR = 18
_LONGEST_START = 120.0
_LONGEST_SILENCE = 15.0
_LONGEST_LOG = 10_000_000
_BOOTSTRAP = """\
CREATE ROLE takedown_owner LOGIN CREATEDB
CREATE ROLE takedown_app LOGIN
CREATE DATABASE takedown OWNER takedown_owner
"""


@dataclass(frozen=True)
class Server:
    """One data directory, its programs, and the user they run as."""

    home: Path
    bin: Path
    run_as: RunAs

    @property
    def data(self) -> Path:
        return self.home / "postgres"

    def postmaster(self) -> int | None:
        """The process that the pid file names, if it is PostgreSQL in this data directory."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return pid if pid > 0 and _is_postgres(pid) and self._lives_here(pid) else None

    def _lives_here(self, pid: int) -> bool:
        """Whether that process has its working directory in the data directory. A zombie has none.

        Root without CAP_SYS_PTRACE (a container) may not look, the server's own user may.
        """
        cwd = f"/proc/{pid}/cwd"
        try:
            return Path(cwd).samefile(self.data)
        except PermissionError:
            return self.run_as.run(["test", cwd, "-ef", str(self.data)]).returncode == 0
        except OSError:
            return False

    def answer(self) -> int:
        """What pg_isready says: 0 accepting, 1 starting or stopping, 2 nobody there."""
        command = [str(self.bin / "pg_isready"), "-q", "-t", "5", "-U", "takedown_app"]
        command += ["-d", "takedown", "-h", str(self.data), "-p", str(PORT)]
        return subprocess.run(command, env=CLEAN, capture_output=True, check=False).returncode

    def ensure(self) -> None:
        """Bring it up, whatever is found; for the holder of the exclusive lock only."""
        if not (self.data / "PG_VERSION").exists():
            self._create()
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != str(MAJOR):
            raise WrongVersion(
                f"{self.data} was written by PostgreSQL {version}, and the server that comes along "
                f"is {MAJOR}: dump it with version {version}, move it away, restore the dump"
            )
        if self.postmaster() is None or not self._settles():
            self._end_leftovers()
            if self.answer() != 2:
                raise EmbeddedError(
                    f"a server that is not on this machine (another container?) serves {self.data}"
                )
            # Nobody lives here any more: these name the dead, or a zombie, or a stranger's process.
            for stale in ("postmaster.pid", f".s.PGSQL.{PORT}.lock", f".s.PGSQL.{PORT}"):
                (self.data / stale).unlink(missing_ok=True)
            self._launch()

    def stop(self) -> None:
        """Fast shutdown, then immediate: a crash recovery is harmless, a hanging exit is not.

        PostgreSQL 18.4 never ends when fast shutdown meets the recovery after a backend's crash:
        that recovery is waited for first.
        """
        if self.postmaster() is not None:
            wait(lambda: self.answer() == 0, 10.0)
        for how, seconds in ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0)):
            pid = self.postmaster()
            if pid is None:
                return
            with suppress(ProcessLookupError):
                os.kill(pid, how)
            self._ends(pid, seconds)

    def _ends(self, pid: int, seconds: float) -> bool:
        return wait(lambda: not self._lives_here(pid), seconds)

    def _settles(self) -> bool:
        """Whether a postmaster that was found comes to accept connections. Recovery takes time."""
        silent_until = time.monotonic() + _LONGEST_SILENCE
        until = time.monotonic() + _LONGEST_START
        while self.postmaster() is not None and time.monotonic() < until:
            answer = self.answer()
            if answer == 0:
                return True
            if answer == 2 and time.monotonic() > silent_until:
                return False
            time.sleep(0.05)
        return False

    def _create(self) -> None:
        """Make the cluster, its roles and its database beside, then rename: there whole or not."""
        for unfinished in self.home.glob("postgres.new.*"):
            shutil.rmtree(unfinished, ignore_errors=True)
        if self.data.exists() and any(self.data.iterdir()):
            raise EmbeddedError(f"{self.data} is not empty and no database: move it away")
        new = Path(tempfile.mkdtemp(prefix="postgres.new.", dir=self.home))
        os.chown(new, self.run_as.uid, self.run_as.gid)
        initdb = [str(self.bin / "initdb"), "-D", str(new), "--username=postgres", "--auth=trust"]
        initdb += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
        initdb += ["--builtin-locale=C.UTF-8", "--no-instructions"]
        single = [str(self.bin / "postgres"), "--single", "-D", str(new)]
        single += ["-c", "exit_on_error=on", "postgres"]
        for command, text in ((initdb, ""), (single, _BOOTSTRAP)):
            made = self.run_as.run(command, text)
            if made.returncode:
                raise EmbeddedError(f"{Path(command[0]).name} failed: {made.stderr.strip()[-400:]}")
        (new / "pg_hba.conf").write_text("local all all trust\n")
        new.rename(self.data)
        _sync(self.home)

    def _launch(self) -> None:
        path = self.home / "postgres.log"
        if path.exists() and path.stat().st_size > _LONGEST_LOG:
            path.replace(path.with_suffix(".log.1"))
        postgres = [str(self.bin / "postgres"), "-D", str(self.data)]
        for name, value in settings().items():
            postgres += ["-c", f"{name}={value}"]
        # The shell leaves at once: the server is nobody's child, and cannot become our zombie.
        log = open_file(self.home, path.name, os.O_APPEND)
        try:
            shell = ["sh", "-c", '"$@" >&2 & echo $!', "sh"]
            launched = self.run_as.run([*shell, *postgres], stderr=log)
        finally:
            os.close(log)
        pid = int(launched.stdout)
        up = wait(
            lambda: (self.answer() == 0 and self.postmaster() is not None) or not _runs(pid),
            _LONGEST_START,
        )
        if not up or self.answer() != 0 or self.postmaster() is None:
            raise EmbeddedError(f"the embedded database did not start: {_last_fatal(path)}")

    def _end_leftovers(self) -> None:
        """End what still lives in the data directory: backends whose postmaster was killed,
        and a postmaster that its pid file does not name. Each is safe to end at any time."""
        for how, seconds in ((0, 1.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            for pid in self._leftovers():
                with suppress(ProcessLookupError):
                    os.kill(pid, how)
            if wait(lambda: not self._leftovers(), seconds):
                return
        raise EmbeddedError(f"processes in {self.data} do not end: {self._leftovers()}")

    def _leftovers(self) -> list[int]:
        uid = self.run_as.uid
        return [pid for pid in _processes(uid) if _is_postgres(pid) and self._lives_here(pid)]


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _processes(uid: int) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and entry.stat().st_uid == uid:
                yield int(entry.name)


def _is_postgres(pid: int) -> bool:
    """Whether it calls itself a postmaster or a backend, as anybody may read."""
    try:
        name = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0", 1)[0]
    except OSError:
        return False
    return name.startswith(b"postgres:") or name.endswith(b"/postgres")


def _last_fatal(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-50:]
    fatal = [line for line in lines if "FATAL" in line or "PANIC" in line]
    return f"{fatal[-1] if fatal else 'no reason given'} (see {log})"


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
