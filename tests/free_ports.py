"""Ports for servers that have to be told theirs before they start."""

import os
import socket
from itertools import count
from typing import Final

_FIRST: Final = 20_000
_MANY: Final = 10_000
_asked = count(os.getpid() * 101)


def free_port(address: str = "127.0.0.1") -> int:
    """A port that is free now and stays so: the kernel gives it to nobody by itself.

    It hands out 32768 and above (Linux, net.ipv4.ip_local_port_range); another call, or another
    test process, begins elsewhere.
    """
    for _ in range(_MANY):
        port = _FIRST + next(_asked) % _MANY
        with socket.socket() as door:
            try:
                door.bind((address, port))
            except OSError:
                continue
            return port
    raise OSError("no port is free")
