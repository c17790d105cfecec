"""Waiting for what another process or thread does."""

import time
from collections.abc import Callable


def eventually(true: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until something has come true."""
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit, "it did not come true in time"
        time.sleep(0.02)
