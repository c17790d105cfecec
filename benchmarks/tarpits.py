"""A hundred hosts that never answer among ten thousand: what they cost the others."""

import threading
from time import monotonic, sleep
from typing import Final

from benchmarks.hosts import world
from benchmarks.house import fill, house, others_checked
from config.settings import load
from takedown import wiring
from takedown.flow.check import check

HOSTS: Final = 10_000
TARPITS: Final = 100


def main() -> str:
    """Run it and tell: the seconds until the last other host's verdict is committed."""
    without, _ = _measure(0)
    beside, whole = _measure(TARPITS)
    return "\n".join(
        [
            f"tarpits: {HOSTS:,} hosts with one Url each, seconds until all others are written",
            f"  {'none among them':34}{without:>12.1f}",
            f"  {f'{TARPITS} tarpits among them':34}{beside:>12.1f}   x {beside / without:.2f}",
            f"  {'the pass, their deadline included':34}{whole:>12.1f}",
            "",
        ]
    )


def _measure(tarpits: int) -> tuple[float, float]:
    with world(HOSTS, tarpits) as here, house(here.dns):
        ports = wiring.build_ports(load())
        fill(ports, here, HOSTS)
        passing = threading.Thread(target=check, args=(ports,))
        began = monotonic()
        passing.start()
        while passing.is_alive() and others_checked(ports) < HOSTS - tarpits:
            sleep(0.05)
        others = monotonic() - began
        passing.join()
        return others, monotonic() - began
