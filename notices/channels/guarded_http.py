"""One HTTP request: one deadline over everything, no redirect, no proxy, no cookie, a size limit,
and a guard at the socket, so that no name leads to an address that must not be reached."""

import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

MAX_BYTES: Final = 100_000

#: Whether a literal address may be connected to.
Guard = Callable[[str], bool]


class NotSent(Exception):
    """Nothing of the request left: `phase` is name, address, connect, tls or arm."""

    def __init__(self, phase: str) -> None:
        super().__init__(phase)
        self.phase = phase


class Unanswered(Exception):
    """The request left, in whole or in part, and no whole answer came."""


@dataclass(frozen=True)
class Request:
    """What is asked. `certificate`: a PEM file with our certificate and key."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    certificate: str | None = None


@dataclass(frozen=True)
class Answer:
    """What came: header names in lower case, text of at most 100,000 bytes (else `cut`)."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: str = field(repr=False)
    cut: bool


def ask(
    request: Request,
    *,
    deadline_s: float,
    allowed: Guard,
    arm: Callable[[], bool] | None = None,
    authorities: str | None = None,
) -> Answer:
    """Send it and read the answer within `deadline_s` seconds in all.

    Every address that the name has is asked of `allowed`. `arm` is called once, when the
    connection (TLS included) stands and nothing of the request has left; on False nothing does.
    `authorities`: a PEM file trusted instead of the usual ones. Raises `NotSent`, `Unanswered`.
    """
    with _Watch(deadline_s, allowed, arm) as watch, requests.Session() as session:
        session.trust_env = False
        adapter = _Adapter(watch)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        try:
            with session.request(
                request.method,
                request.url,
                data=request.body,
                headers={"Accept-Encoding": "identity", **request.headers},
                timeout=deadline_s,
                stream=True,
                allow_redirects=False,
                cert=request.certificate,
                verify=authorities or True,
            ) as answer:
                return _read(answer, watch)
        except (requests.RequestException, HTTPError, HTTPException, OSError, ValueError):
            if watch.armed:
                raise Unanswered from None
            raise NotSent(watch.phase) from None


def _read(answer: requests.Response, watch: "_Watch") -> Answer:
    """The answer; the library takes a head that broke off for a whole one. Raises OSError."""
    if not answer.headers:
        raise OSError("the head broke off")
    body = bytearray()
    while len(body) <= MAX_BYTES and (part := answer.raw.read(65_536, decode_content=False)):
        body += part
    watch.left()
    cut = len(body) > MAX_BYTES
    headers = {name.lower(): value[:1000] for name, value in list(answer.headers.items())[:50]}
    text = bytes(body[:MAX_BYTES]).decode("utf-8", "replace")
    return Answer(answer.status_code, headers, text, cut)


class _Watch:
    """The socket of one request, cut off when its deadline passes, whatever it is doing."""

    def __init__(self, deadline_s: float, allowed: Guard, arm: Callable[[], bool] | None) -> None:
        self.phase = "name"
        self.armed = False
        self._ends = time.monotonic() + deadline_s
        self._allowed = allowed
        self._arm = arm
        self._late = False
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(deadline_s, self._cut)
        self._timer.daemon = True

    def left(self) -> float:
        """Seconds to the deadline. Raises TimeoutError when it has passed."""
        rest = self._ends - time.monotonic()
        if rest <= 0 or self._late:
            raise TimeoutError
        return rest

    def connect(self, host: str, port: int) -> socket.socket:
        """A connection to the first address that takes it; every address is asked of the guard."""
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

    def __enter__(self) -> "_Watch":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


class _Adapter(HTTPAdapter):
    """Requests through connections that a `_Watch` opens."""

    def __init__(self, watch: _Watch) -> None:
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
