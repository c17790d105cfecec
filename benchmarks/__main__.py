"""`python -m benchmarks [SECTION ...]`: all sections, or those named."""

import os
import sys
from collections.abc import Callable
from typing import Final

from benchmarks import (
    checking,
    facts,
    mailing,
    memory,
    numbering,
    registering,
    secure,
    simulate_internet,
    tarpits,
)

SECTIONS: Final[dict[str, Callable[[], str]]] = {
    "register": registering.main,
    "numbers": numbering.main,
    "check": checking.main,
    "tls": secure.main,
    "memory": memory.main,
    "tarpits": tarpits.main,
    "send": mailing.main,
    "internet": simulate_internet.main,
    "figures": facts.main,
}


def main(names: list[str]) -> int:
    """Run the named sections, or all; 2 where a name is unknown."""
    unknown = [name for name in names if name not in SECTIONS]
    if unknown:
        print(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}", file=sys.stderr)
        return 2
    for name in names or SECTIONS:
        before = os.getloadavg()[0]  # ours is not in it yet: what runs beside
        print(
            SECTIONS[name](), f" beside: load {before:.1f} on {os.cpu_count()} cores\n", flush=True
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
