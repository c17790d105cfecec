"""HTTP connections that are watched: one deadline over everything, and a guard at the socket.

No redirect, proxy or cookie of the environment counts, and no name leads to an address that must
not be reached.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

#: Whether a literal address may be connected to.
Guard = Callable[[str], bool]


class NotSent(Exception):
    """Nothing of the request left: `phase` is name, address, connect, tls or arm."""

    def __init__(self, phase: str) -> None:
        super().__init__(phase)
        self.phase = phase


class Watch:
    """The sockets of one request, cut off when its deadline passes, whatever they are doing.

    Every address that a name has is asked of `allowed`. `arm` is called once, when the connection
    (TLS included) stands and nothing of the request has left; on False nothing does.
    """

    def __init__(
        self, deadline_s: float, allowed: Guard, arm: Callable[[], bool] | None = None
    ) -> None:
        self.phase = "name"
        self.armed = False
        self._ends = time.monotonic() + deadline_s
        self._allowed = allowed
        self._arm = arm
        self._late = False
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(deadline_s, self._cut)
        self._timer.daemon = True

    @property
    def forbidden(self) -> bool:
        """Whether it ended at an address that must not be reached."""
        return self.phase == "address"

    @property
    def late(self) -> bool:
        """Whether the deadline has passed, or is a hundredth of a second away."""
        return self._late or time.monotonic() >= self._ends - 0.01

    def left(self) -> float:
        """Seconds to the deadline. Raises TimeoutError when it has passed."""
        rest = self._ends - time.monotonic()
        if rest <= 0 or self._late:
            raise TimeoutError
        return rest

    def connect(self, host: str, port: int) -> socket.socket:
        """A connection to the first address that takes it. Raises OSError."""
        trouble: OSError = OSError("no address")
        self.phase = "name"
        found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
        self.phase = "address"
        if not all(self._allowed(str(target[0])) for *_, target in found):
            raise OSError("an address that must not be reached")
        self.phase = "connect"
        for family, kind, proto, _, target in found:
            sock = socket.socket(family, kind, proto)
            try:
                sock.settimeout(self.left())
                sock.connect(target)
            except OSError as error:
                sock.close()
                trouble = error
                continue
            self._sockets.append(sock)
            self.phase = "tls"
            return sock
        raise trouble

    def ready(self) -> None:
        """The last moment at which nothing has left."""
        self.left()
        self.phase = "arm"
        if self._arm is not None and not self._arm():
            raise NotSent("arm")
        self.armed = True

    def _cut(self) -> None:
        self._late = True
        for sock in self._sockets:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def __enter__(self) -> "Watch":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


@contextmanager
def session(watch: Watch) -> Iterator[requests.Session]:
    """A session whose connections a `Watch` opens; it knows no proxy and tries nothing again."""
    with requests.Session() as made:
        made.trust_env = False
        adapter = _Adapter(watch)
        made.mount("https://", adapter)
        made.mount("http://", adapter)
        yield made


class _Adapter(HTTPAdapter):
    """Requests through connections that a `Watch` opens."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        super().__init__(max_retries=0)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        watch = self._watch

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return watch.connect(self._dns_host, self.port or 0)

            def connect(self) -> None:
                super().connect()
                watch.ready()

        class Secure(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return watch.connect(self._dns_host, self.port or 0)

            def connect(self) -> None:
                super().connect()
                watch.ready()

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
