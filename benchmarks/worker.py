"""One contender in a process of its own, so that its memory is its own: says what it did as JSON.

It makes ready, says so, waits for a line on standard input, and works.
"""

import gc
import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any, Final

from benchmarks import lines, rivals
from benchmarks.hosts import World
from config.settings import load
from takedown import wiring
from takedown.flow.check import check


def main() -> None:
    """Arguments: the contender and what it is given, as JSON."""
    name, given = sys.argv[1], json.loads(sys.argv[2])
    work = CONTENDERS[name](given)
    print("ready", flush=True)
    sys.stdin.readline()
    began = monotonic()
    done = work()
    seconds = monotonic() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    said = {"done": done, "seconds": seconds, "megabytes": max(memory, children)}
    print(json.dumps(said), flush=True)


def _check(given: dict[str, Any]) -> Callable[[], int]:
    ports = wiring.build_ports(load())
    gc.freeze()
    return lambda: check(ports).claimed


def _rival(rival: Callable[[World, int], int]) -> Callable[[dict[str, Any]], Callable[[], int]]:
    def contender(given: dict[str, Any]) -> Callable[[], int]:
        world = World(**{**given["world"], "dns": ""})
        return lambda: rival(world, given["count"])

    return contender


def _register(given: dict[str, Any]) -> Callable[[], int]:
    ports = wiring.build_ports(load())
    return lambda: lines.by_us(ports, Path(given["file"]))


def _register_by_orm(given: dict[str, Any]) -> Callable[[], int]:
    ports = wiring.build_ports(load())
    return lambda: lines.by_orm(ports, Path(given["file"]))


CONTENDERS: Final[dict[str, Callable[[dict[str, Any]], Callable[[], int]]]] = {
    "check": _check,
    "requests": _rival(rivals.by_requests),
    "curl": _rival(rivals.by_curl),
    "register": _register,
    "orm": _register_by_orm,
}

if __name__ == "__main__":
    main()
