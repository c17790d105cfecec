"""Files of reference tables: read once for each version, replaced whole or not at all."""

import gzip
import os
import threading
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

_Table = TypeVar("_Table")
_kept: dict[tuple[Any, Path], tuple[tuple[int, ...], Any]] = {}
_lock = threading.Lock()


def once(path: Path, parse: Callable[[Path], _Table]) -> _Table:
    """What `parse` makes of a file; made again when the file was changed or replaced.

    Raises OSError where it cannot be read, and what `parse` raises.
    """
    with _lock:
        facts = path.stat()
        version = (facts.st_ino, facts.st_mtime_ns, facts.st_size)
        before = _kept.get((parse, path))
        if before is None or before[0] != version:
            before = version, parse(path)
            _kept[parse, path] = before
        made: _Table = before[1]
        return made


def contents(path: Path) -> tuple[bytes, datetime]:
    """A file's bytes, unpacked where gzip packed them, and its time (UTC). Raises OSError."""
    raw = path.read_bytes()
    if raw[:2] == b"\x1f\x8b":
        try:
            raw = gzip.decompress(raw)
        except (EOFError, zlib.error) as error:
            raise OSError(f"not whole: {type(error).__name__}") from None
    return raw, datetime.fromtimestamp(path.stat().st_mtime, UTC)


def replace(path: Path, raw: bytes, dated: datetime, check: Callable[[Path], _Table]) -> _Table:
    """Put a file in the place of another: whoever reads meets the old one or the new, whole.

    `check` reads what was written before it takes its place; what it raises stops it, and the
    old file stays. `dated` becomes the file's time, for a table without a date of its own.
    Returns what `check` returned; raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with new.open("wb") as out:
            out.write(raw)
            out.flush()
            os.fsync(out.fileno())
        os.utime(new, (dated.timestamp(), dated.timestamp()))
        checked = check(new)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return checked
