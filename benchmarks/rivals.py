"""What one would use instead: a pool of requests sessions, and curl; neither records anything."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from unittest.mock import patch

import requests

from benchmarks.hosts import World

THREADS: Final = 64
PARALLEL: Final = 256  # as many connections as our probe has


def by_requests(world: World, count: int) -> Callable[[], int]:
    """Ask by `requests.Session` in 64 threads, each with a session of its own."""
    own = threading.local()
    locations = list(world.locations(count))

    def head(location: str) -> int:
        if not hasattr(own, "session"):
            own.session = requests.Session()
            own.session.trust_env = False
            own.session.verify = world.authority or True
        return int(own.session.head(location, timeout=20, allow_redirects=False).status_code)

    def work() -> int:
        known = dict(zip(world.names, world.addresses, strict=True))
        with patch("socket.getaddrinfo", _looking_up(known)), ThreadPoolExecutor(THREADS) as pool:
            seen = list(pool.map(head, locations))
        assert seen.count(200) + seen.count(404) == count
        return count

    return work


def _looking_up(known: dict[str, str]) -> Any:
    """Names without DNS, which is free for a rival."""
    real = socket.getaddrinfo

    def getaddrinfo(host: str, *given: Any, **named: Any) -> Any:
        return real(known[host], *given, **named)

    return getaddrinfo


def by_curl(world: World, count: int) -> Callable[[], int]:
    """Ask by `curl --parallel --head`; names by --resolve, without DNS."""
    program = shutil.which("curl", path=os.defpath) or shutil.which("curl")
    if program is None:
        raise FileNotFoundError("curl is not installed: apt-get install curl")
    asked = [f'url = "{location}"\noutput = /dev/null' for location in world.locations(count)]
    pairs = zip(world.names, world.addresses, strict=True)
    asked += [f'resolve = "{name}:{world.port}:{address}"' for name, address in pairs]
    command = [
        *(program, "--parallel", "--parallel-max", str(PARALLEL), "--head"),
        *("--silent", "--noproxy", "*", "--config", "-"),
        *(("--cacert", world.authority) if world.authority else ()),
    ]
    told = "\n".join(asked)

    def work() -> int:
        subprocess.run(command, check=True, input=told, stderr=subprocess.DEVNULL, text=True)
        return count

    return work
