"""Postfix's test programs, unpacked and not installed: a sink that takes mail, a source of it."""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Final

UNPACKED: Final = Path(".venv/.postfix")
_QUEUE: Final = 100
_PATIENCE_S: Final = 10.0


def _program(name: str) -> str:
    path = os.pathsep.join([str(UNPACKED / "usr/sbin"), "/usr/sbin", os.defpath])
    found = shutil.which(name, path=path)
    if found is None:
        raise FileNotFoundError(f"{name} is not there: tools/unpack postfix {UNPACKED}")
    return found


def _surroundings() -> dict[str, str]:
    return {**os.environ, "LD_LIBRARY_PATH": str(UNPACKED / "usr/lib/postfix")}


@contextmanager
def sink() -> Iterator[int]:
    """smtp-sink on a port of loopback: it says yes to everything and keeps nothing."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = int(door.getsockname()[1])
    as_whom = ["-u", pwd.getpwnam("nobody").pw_name] if os.getuid() == 0 else []
    command = [_program("smtp-sink"), *as_whom, f"127.0.0.1:{port}", str(_QUEUE)]
    with subprocess.Popen(command, env=_surroundings()) as running:
        try:
            _wait(port)
            yield port
        finally:
            running.terminate()


def _wait(port: int) -> None:
    ends = monotonic() + _PATIENCE_S
    while monotonic() < ends:
        with socket.socket() as door:
            if door.connect_ex(("127.0.0.1", port)) == 0:
                return
        sleep(0.05)
    raise TimeoutError("smtp-sink does not answer")


def by_smtp_source(port: int, count: int, size: int, *, keep: bool) -> Callable[[], int]:
    """`count` messages of `size` bytes by smtp-source: one connection for all, or one for each."""
    command = [
        *(_program("smtp-source"), *(["-d"] if keep else []), "-s", "1", "-m", str(count)),
        *("-l", str(size), "-f", "notices@hotline.example", "-t", "abuse@provider.example"),
        f"127.0.0.1:{port}",
    ]

    def work() -> int:
        subprocess.run(command, check=True, env=_surroundings())
        return count

    return work
