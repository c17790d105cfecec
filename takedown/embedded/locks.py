"""Files of the home, and the lock around start and stop."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from takedown.embedded.errors import EmbeddedError

_LONGEST_LOCK = 180.0


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Hold `postgres.lock` exclusively: one process at a time starts or stops."""
    lock = open_file(home, "postgres.lock")
    try:
        if not wait(lambda: _takes(lock), _LONGEST_LOCK):
            raise EmbeddedError(f"another process holds {home / 'postgres.lock'} and does not end")
        yield
    finally:
        # Said explicitly: a child forked meanwhile by another thread must not keep it.
        fcntl.flock(lock, fcntl.LOCK_UN)
        os.close(lock)


def _takes(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def open_file(home: Path, name: str, flags: int = 0) -> int:
    """Open a file of the home, made if missing; root leaves it to whom the home belongs."""
    fd = os.open(home / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | flags, 0o600)
    if os.geteuid() == 0:
        owner = home.stat()
        os.fchown(fd, owner.st_uid, owner.st_gid)
    return fd


def is_still(fd: int, path: Path) -> bool:
    """Whether that path still names the open file."""
    try:
        return os.path.samestat(os.fstat(fd), path.stat())
    except OSError:
        return False


def wait(until: Callable[[], bool], seconds: float) -> bool:
    """Whether that came true within so many seconds."""
    limit = time.monotonic() + seconds
    while not until():
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True
