"""Asking a registry over HTTP: one deadline over everything, a size limit, and a guard at the
socket, so that no redirect or name leads to an address that must not be reached."""

import ipaddress
import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from takedown.hosts.cut_short import salvage

MAX_BYTES = 1_000_000
_REDIRECTS = 3
_HEADERS = {"Accept": "application/rdap+json, application/json", "User-Agent": "takedown"}

Guard = Callable[[str], bool]


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def within(configured: str | None, allowed: Guard) -> Guard:
    """The guard for what a configured endpoint names: one on this machine leads nowhere else."""
    return _nowhere if configured and is_loopback(configured) else allowed


def _nowhere(_: str) -> bool:
    return False


class _Forbidden(OSError):
    """The address is one that must not be reached."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A JSON object, or in a neutral word why there is none: `not found`, `no answer in time`,
    `not reachable`, `busy`, `too large`, `not JSON`, `forbidden redirect`, `answers <status>`.

    `cut short` stands beside what could be read of an answer that broke off. `wait`: after how
    many seconds a busy registry wants to be asked again, None where it did not say.
    """

    document: dict[str, Any] | None
    problem: str | None = None
    wait: float | None = None

    @property
    def down(self) -> bool:
        """Whether the registry did not answer the question: asking again later may help."""
        return self.problem is not None and self.problem not in ("not found", "too large")

    @property
    def silent(self) -> bool:
        """Whether nothing came at all: another question may have no better luck."""
        return self.problem in ("no answer in time", "not reachable")


class _Watch:
    """The sockets of one request, cut off when its deadline passes, whatever they are doing."""

    def __init__(self, deadline: float, allowed: Guard | None) -> None:
        self.ends = time.monotonic() + deadline
        self.allowed = allowed  # None: the endpoint that the operator configured
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(deadline, self._cut)
        self._timer.daemon = True

    def left(self) -> float:
        """Seconds to the deadline. Raises TimeoutError when it has passed."""
        rest = self.ends - time.monotonic()
        if rest <= 0:
            raise TimeoutError
        return rest

    def connect(self, host: str, port: int) -> socket.socket:
        """A connection to the first address that takes it; every address is asked of the guard."""
        trouble: OSError = OSError("no address")
        for family, kind, proto, _, target in socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM):
            if self.allowed is not None and not self.allowed(str(target[0])):
                raise _Forbidden("an address that must not be reached")
            sock = socket.socket(family, kind, proto)
            try:
                sock.settimeout(self.left())
                sock.connect(target)
            except OSError as error:
                sock.close()
                trouble = error
                continue
            self._sockets.append(sock)
            return sock
        raise trouble

    def _cut(self) -> None:
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


def fetch(url: str, *, deadline: float, allowed: Guard, trusted: Guard | None = None) -> Fetched:
    """GET a JSON object within `deadline` seconds, resolving and redirects included.

    `trusted`: which URLs the operator configured; there http will do and the guard is not asked.
    Everything else, redirects included, is https at addresses that `allowed` lets through.
    """
    ends = time.monotonic() + deadline
    for _ in range(_REDIRECTS + 1):
        inside = trusted is not None and trusted(url)
        if not inside and urlsplit(url).scheme != "https":
            return Fetched(None, "forbidden redirect")
        left = ends - time.monotonic()
        try:
            with _Watch(max(left, 0.01), None if inside else allowed) as watch:
                answer = _once(url, watch)
        except (TimeoutError, requests.Timeout):
            return Fetched(None, "no answer in time")
        except (requests.RequestException, OSError, ValueError) as error:
            if time.monotonic() >= ends - 0.01:
                return Fetched(None, "no answer in time")
            forbidden = "must not be reached" in str(error)
            return Fetched(None, "forbidden redirect" if forbidden else "not reachable")
        if isinstance(answer, Fetched):
            return answer
        url = urljoin(url, answer)
    return Fetched(None, "too many redirects")


def _once(url: str, watch: _Watch) -> Fetched | str:
    """One request: what it gave, or where it points to."""
    with requests.Session() as session:
        session.trust_env = False
        adapter = _Adapter(watch)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        answer = session.get(
            url, headers=_HEADERS, timeout=watch.left(), stream=True, allow_redirects=False
        )
        status = answer.status_code
        if status in (301, 302, 303, 307, 308) and answer.headers.get("Location"):
            return answer.headers["Location"]
        if status in (429, 503):
            return Fetched(None, "busy", _pause(answer.headers))
        if status == 404:
            return Fetched(None, "not found")
        if status != 200:
            return Fetched(None, f"answers {status}")
        return _document(answer, watch)


def _document(answer: requests.Response, watch: _Watch) -> Fetched:
    body = bytearray()
    whole = True
    try:
        while part := answer.raw.read1(65_536, decode_content=True):
            body += part
            if len(body) > MAX_BYTES:
                return Fetched(None, "too large")
    except HTTPError as error:
        if not body:
            raise OSError(type(error).__name__) from None
        whole = False
    watch.left()
    return _read(bytes(body).decode("utf-8", "replace"), whole)


def _read(text: str, whole: bool) -> Fetched:
    try:
        document = json.loads(text)
    except RecursionError:
        return Fetched(None, "not JSON")
    except ValueError:
        saved = salvage(text)
        return Fetched(saved, "cut short") if saved else Fetched(None, "not JSON")
    if not isinstance(document, dict):
        return Fetched(None, "not JSON")
    return Fetched(document, None if whole else "cut short")


def _pause(headers: Mapping[str, str]) -> float | None:
    """Seconds of Retry-After (RFC 9110, 10.2.3), a date counted from the answer's own."""
    told = headers.get("Retry-After", "")
    if told.strip().isdigit():
        return float(told)
    try:
        until = parsedate_to_datetime(told)
        since = parsedate_to_datetime(headers.get("Date", ""))
        return max(0.0, (until - since).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


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

        def opened(connection: HTTPConnection) -> socket.socket:
            try:
                return watch.connect(connection._dns_host, connection.port or 0)
            except TimeoutError as error:
                raise ConnectTimeoutError(connection, "timed out") from error
            except OSError as error:
                raise NewConnectionError(connection, str(error)) from error

        class Plain(HTTPConnection):
            _new_conn = opened

        class Secure(HTTPSConnection):
            _new_conn = opened

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
