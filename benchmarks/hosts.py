"""A world to look at: header-only hosts and their DNS server on loopback, in own processes."""

import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

NET: Final = 21  # hosts lie in 127.21.0.0/16
PORT: Final = 8080
TLS_PORT: Final = 8443
_C: Final = Path(__file__).with_name("host.c")


class NoCompiler(Exception):
    """The hosts are a C program, so that they are never what is measured: `cc` is needed."""


@dataclass(frozen=True, slots=True)
class World:
    """`names` of hosts in order; the last `tarpits` of them take connections and never answer.

    `authority`: the file of whoever signed their certificates, where they speak TLS.
    """

    dns: str
    names: tuple[str, ...]
    addresses: tuple[str, ...]
    tarpits: int
    authority: str | None = None

    @property
    def port(self) -> int:
        """Where they listen."""
        return TLS_PORT if self.authority else PORT

    def locations(self, count: int, gone_every: int = 20) -> Iterator[str]:
        """Addresses spread evenly over the hosts; every so many a 404, all else 200."""
        scheme = "https" if self.authority else "http"
        for n in range(count):
            kind = "gone" if n % gone_every == 7 else "view"
            host = self.names[n % len(self.names)]
            yield f"{scheme}://{host}:{self.port}/{kind}/album-{n // 97}/item-{n:06d}.jpg"


@contextmanager
def world(count: int, tarpits: int = 0, away_ms: int = 0) -> Iterator[World]:
    """Start `count` hosts on as many addresses, and the DNS server that knows them.

    `away_ms`: how long each takes to answer.
    """
    names = tuple(f"host-{n}.bench.test" for n in range(count))
    addresses = tuple(f"127.{NET}.{(n + 1) // 256}.{(n + 1) % 256}" for n in range(count))
    told = (PORT, NET, 1, count, tarpits, away_ms)
    with TemporaryDirectory(prefix="bench-") as home, _host(Path(home), told):
        dns = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.dns", str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert dns.stdout is not None
            yield World(dns.stdout.readline().strip(), names, addresses, tarpits)
        finally:
            dns.communicate()


@contextmanager
def _host(home: Path, told: tuple[int, ...]) -> Iterator[None]:
    compiler = shutil.which("cc")
    if compiler is None:
        raise NoCompiler("cc is not installed: apt-get install gcc libc6-dev")
    program = home / "host"
    subprocess.run([compiler, "-O2", "-o", program, _C], check=True)
    hosts = subprocess.Popen(
        [program, *map(str, told)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert hosts.stdout is not None
        if hosts.stdout.readline() != "ready\n":
            raise OSError("the hosts could not be started")
        yield
    finally:
        hosts.communicate()


def answer(query: bytes, count: int) -> bytes | None:
    """One DNS answer (RFC 1035): A for `host-N.bench.test`, no data for other types."""
    if len(query) < 17:
        return None
    length = query[12]
    label = query[13 : 13 + length].lower()
    end = query.index(0, 12) + 5
    kind = int.from_bytes(query[end - 4 : end - 2], "big")
    number = int(label[5:]) if label[:5] == b"host-" and label[5:].isdigit() else count
    known, v4 = number < count, kind == 1
    head = struct.pack(
        ">2sHHHHH", query[:2], 0x8580 if known else 0x8583, 1, int(known and v4), 0, 0
    )
    body = query[12:end]
    if known and v4:
        address = socket.inet_aton(f"127.{NET}.{(number + 1) // 256}.{(number + 1) % 256}")
        body += struct.pack(">HHHIH", 0xC00C, 1, 1, 300, 4) + address
    return head + body
