"""How a process of ours begins: what it loads once is never looked through for rubbish."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def for_good() -> Iterator[None]:
    """What is loaded within stays until the process ends, and the collector leaves it alone.

    Its searches among modules that nobody drops are a third of the CPU time of a short command.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
