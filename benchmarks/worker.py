"""One contender in a process of its own, so that its memory is its own: says what it did as JSON.

It makes ready, says so, waits for a line on standard input, and works.
"""

import gc
import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any, Final

from benchmarks import lines, mailing, postfix, rivals
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
    said = {"done": done, "seconds": seconds, "megabytes": _most_memory()}
    print(json.dumps(said), flush=True)


def _most_memory() -> int:
    """The largest resident set of this program; ru_maxrss remembers who started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (peak,) = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(peak) // 1024


def _check(given: dict[str, Any]) -> Callable[[], int]:
    ports = wiring.build_ports(load())
    gc.freeze()
    return lambda: check(ports).claimed


def _rival(
    rival: Callable[[World, int], Callable[[], int]],
) -> Callable[[dict[str, Any]], Callable[[], int]]:
    def contender(given: dict[str, Any]) -> Callable[[], int]:
        return rival(World(**given["world"]), given["count"])

    return contender


def _register(given: dict[str, Any]) -> Callable[[], int]:
    ports = wiring.build_ports(load())
    return lambda: lines.by_us(ports, Path(given["file"]))


def _register_by_orm(given: dict[str, Any]) -> Callable[[], int]:
    ports = wiring.build_ports(load())
    return lambda: lines.by_orm(ports, Path(given["file"]))


def _send(given: dict[str, Any]) -> Callable[[], int]:
    return mailing.by_us(wiring.build_ports(load()), given["count"])


def _channel(given: dict[str, Any]) -> Callable[[], int]:
    return mailing.by_channel(wiring.build_ports(load()), given["size"], given["count"])


def _source(keep: bool) -> Callable[[dict[str, Any]], Callable[[], int]]:
    def contender(given: dict[str, Any]) -> Callable[[], int]:
        return postfix.by_smtp_source(given["port"], given["count"], given["size"], keep=keep)

    return contender


CONTENDERS: Final[dict[str, Callable[[dict[str, Any]], Callable[[], int]]]] = {
    "check": _check,
    "requests": _rival(rivals.by_requests),
    "curl": _rival(rivals.by_curl),
    "register": _register,
    "orm": _register_by_orm,
    "send": _send,
    "channel": _channel,
    "smtp-source": _source(keep=False),
    "smtp-source -d": _source(keep=True),
}

if __name__ == "__main__":
    main()
