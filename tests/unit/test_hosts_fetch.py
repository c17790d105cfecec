"""Asking a registry that misbehaves: the deadline holds, the size holds, nothing leads astray."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from patience import within

from takedown.hosts.fetch import MAX_BYTES, Fetched, fetch

Talk = Callable[[socket.socket, int], None]


@contextmanager
def registry(talk: Talk) -> Iterator[str]:
    """A server that reads a request and says what `talk` wants, given the number of requests."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        asked = 0
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            asked += 1
            with connection:
                try:
                    connection.recv(65_536)
                    talk(connection, asked)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def answer(status: str, body: bytes = b"", *fields: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *fields]
    return "\r\n".join([*head, "", ""]).encode() + body


def asked(base: str, deadline: float = 2.0) -> Fetched:
    return fetch(
        f"{base}/ip/192.0.2.1",
        deadline=deadline,
        allowed=lambda _: False,
        trusted=lambda url: url.startswith(base),
    )


def drip(connection: socket.socket, _: int) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X: y\r\n")
        time.sleep(0.05)


def drip_body(connection: socket.socket, _: int) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{")
    while True:
        connection.sendall(b" ")
        time.sleep(0.05)


def silence(connection: socket.socket, _: int) -> None:
    connection.recv(1)


@pytest.mark.parametrize("talk", [drip, drip_body, silence])
def test_one_deadline_holds_over_everything(talk: Talk) -> None:
    with registry(talk) as base, within(1.5):
        assert asked(base, 0.5) == Fetched(None, "no answer in time")


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (answer("404 Not Found"), "not found"),
        (answer("500 Internal Server Error"), "answers 500"),
        (answer("200 OK", b"<html>"), "not JSON"),
        (answer("200 OK", b"[1]"), "not JSON"),
        (answer("200 OK", b"[" * 100_000), "not JSON"),
        (answer("200 OK", b"\xff\xfe{"), "not JSON"),
        (answer("200 OK", b"x" * (MAX_BYTES + 1)), "too large"),
        (answer("302 Found", b"", "Location: http://192.0.2.1/"), "forbidden redirect"),
        (answer("302 Found", b"", "Location: https://127.0.0.1:9/"), "forbidden redirect"),
        (answer("302 Found", b"", "Location: https://[::1]/"), "forbidden redirect"),
        (answer("302 Found", b"", "Location: ftp://192.0.2.1/"), "forbidden redirect"),
        (answer("302 Found", b"", "Location: /again"), "too many redirects"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n", "not reachable"),
        (b"not http at all\r\n\r\n", "not reachable"),
        (b"", "not reachable"),
    ],
)
def test_an_answer_that_is_none_is_named_in_a_neutral_word(said: bytes, problem: str) -> None:
    with registry(lambda connection, _: connection.sendall(said)) as base:
        got = asked(base)
    assert got == Fetched(None, problem)
    assert got.down == (problem not in ("not found", "too large"))


def test_a_redirect_within_the_configured_registry_is_followed() -> None:
    moved = answer("301 Moved Permanently", b"", "Location: /rdap/ip/192.0.2.1")
    found = answer("200 OK", b'{"handle": "NET"}')
    with registry(lambda c, times: c.sendall(moved if times == 1 else found)) as base:
        assert asked(base) == Fetched({"handle": "NET"})


@pytest.mark.parametrize(
    ("fields", "wait"),
    [
        (("Retry-After: 30",), 30.0),
        ((), None),
        (("Retry-After: soon",), None),
        (
            ("Date: Mon, 02 Mar 2026 09:00:00 GMT", "Retry-After: Mon, 02 Mar 2026 09:02:00 GMT"),
            120.0,
        ),
        (("Retry-After: Mon, 02 Mar 2026 09:02:00 GMT",), None),
    ],
)
def test_a_busy_registry_says_when_it_wants_to_be_asked_again(
    fields: tuple[str, ...], wait: float | None
) -> None:
    statuses = ("429 Too Many Requests", "503 Service Unavailable")
    said = [answer(status, b"", *fields) for status in statuses]
    with registry(lambda connection, times: connection.sendall(said[times - 1])) as base:
        assert [asked(base), asked(base)] == [Fetched(None, "busy", wait)] * 2


@pytest.mark.parametrize(
    "said",
    [
        answer("200 OK", b'{"handle": "NET", "entities": [{"roles": ["ab'),
        b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"handle": "NET", "entities": [{"ro',
    ],
)
def test_of_an_answer_that_breaks_off_what_came_is_kept(said: bytes) -> None:
    with registry(lambda connection, _: connection.sendall(said)) as base:
        got = asked(base)
    assert got.document is not None and got.document["handle"] == "NET"
    assert got.problem == "cut short" and got.down and not got.silent


def test_a_registry_that_is_not_there_is_not_reachable() -> None:
    assert asked("http://127.0.0.1:1") == Fetched(None, "not reachable")


def test_what_the_operator_did_not_configure_is_asked_over_tls_at_allowed_addresses_only() -> None:
    with registry(lambda c, _: c.sendall(answer("200 OK", b"{}"))) as base:
        plain = fetch(base, deadline=1, allowed=lambda _: True)
        guarded = fetch(base.replace("http:", "https:"), deadline=1, allowed=lambda _: False)
    assert plain == guarded == Fetched(None, "forbidden redirect")


def test_a_name_is_not_asked_if_one_of_its_addresses_must_not_be_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 9))
        for address in ("192.0.2.1", "127.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: both)
    seen = fetch("https://two.example", deadline=1, allowed=lambda one: one == "192.0.2.1")
    assert seen == Fetched(None, "forbidden redirect")
