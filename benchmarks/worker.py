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

from benchmarks import lines, mailing, postfix, rivals
from benchmarks.hosts import NET, World
from config.settings import load
from takedown import wiring
from takedown.checks.guard import networks
from takedown.checks.probe import Target, probe
from takedown.flow.check import check


def main() -> None:
    """Arguments: the contender and what it is given, as JSON."""
    name, given = sys.argv[1], json.loads(sys.argv[2])
    work = CONTENDERS[name](given)
    print("ready", flush=True)
    sys.stdin.readline()
    began, cpu = monotonic(), _cpu()
    done = work()
    seconds = monotonic() - began
    said = {"done": done, "seconds": seconds, "megabytes": _most_memory(), "cpu": _cpu() - cpu}
    print(json.dumps(said), flush=True)


def _cpu() -> float:
    """Seconds that this process and programs that it ran to their end have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _most_memory() -> int:
    """The largest resident set of this program; ru_maxrss remembers who started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (peak,) = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(peak) // 1024


def _check(given: dict[str, Any]) -> Callable[[], int]:
    ports = wiring.build_ports(load())
    gc.freeze()
    return lambda: check(ports).claimed


def _probe(given: dict[str, Any]) -> Callable[[], int]:
    world, count = World(**given["world"]), int(given["count"])
    hosts = list(zip(world.addresses, world.names, strict=True))
    targets = [
        Target(n, location, *hosts[n % len(hosts)], world.port)
        for n, location in enumerate(world.locations(count))
    ]

    def work() -> int:
        seen = probe(
            targets,
            open_networks=networks([f"127.{NET}.0.0/16"]),
            ports=("reported",),
            ca_file=world.authority,
        )
        found = [(finding.status, finding.tls_ok) for _, finding in seen]
        assert {tls_ok for _, tls_ok in found} == {True if world.authority else None}
        assert sum(status in (200, 404) for status, _ in found) == count
        return count

    return work


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
    "probe": _probe,
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
