"""Waiting for what another process or thread does, and how long something may take."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def eventually(true: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until something has come true."""
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit, "it did not come true in time"
        time.sleep(0.02)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What stands in it takes less than so many seconds.

    Not counted is what our threads wait for a core that others hold: it tells how busy the machine
    is. Where nobody else works, these are the seconds of the wall.
    """
    began, waited = time.monotonic(), _waited_for_a_core()
    yield
    took, stood = time.monotonic() - began, _waited_for_a_core() - waited
    assert took - stood < seconds, f"{took:.1f} s, {stood:.1f} of them without a core"


def _waited_for_a_core() -> float:
    """Seconds that the threads of this process were ready and had to wait (proc(5), schedstat)."""
    delays = 0
    for thread in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # it has ended
            delays += int((thread / "schedstat").read_text().split()[1])
    return delays / 1e9
