"""Who writes and who reads: one writer at a time, and no version goes while somebody reads it."""

import fcntl
import os
import shutil
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_READERS: Final = "readers"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """As the only writer of the facts in this folder."""
    with (folder / "writer.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


class Held:
    """A version that stays as long as this object lives. Raises FileNotFoundError where it went."""

    def __init__(self, version: Path) -> None:
        handle = os.open(version / _READERS, os.O_RDONLY)
        self._release = weakref.finalize(self, os.close, handle)
        fcntl.flock(handle, fcntl.LOCK_SH)
        (version / _READERS).stat()


def open_to_readers(version: Path) -> None:
    """Let a version be held: before it is pointed to."""
    (version / _READERS).touch(mode=0o600)


def forget(folder: Path, current: str) -> None:
    """Remove what nobody reads any more, and what a kill left half-written."""
    for one in folder.iterdir():
        if one.is_dir() and one.name[:1].isdigit() and one.name != current:
            with suppress(BlockingIOError):
                _remove(one)


def _remove(version: Path) -> None:
    try:
        handle = os.open(version / _READERS, os.O_RDONLY)
    except FileNotFoundError:
        shutil.rmtree(version, ignore_errors=True)
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        (version / _READERS).unlink()
        shutil.rmtree(version, ignore_errors=True)
    finally:
        os.close(handle)
