"""Probes by way of a proxy: the address is still ours to choose, and the guard still asks."""

import socket
import struct
import threading
from typing import Any

from takedown.checks.finding import Fault, Finding
from takedown.checks.guard import networks
from takedown.checks.probe import Target, probe
from tests.service.hostile_host import OK, Host, answer, host

LOOPBACK = networks(["127.0.0.0/8"])
NAME = "media.example.test"


def look(at: Host, proxy: str, **how: Any) -> Finding:
    settings = {"deadline_s": 5.0, "open_networks": LOOPBACK, "vantages": {"abroad": proxy}} | how
    target = Target(1, at.url(), at.address, NAME, at.port, vantage="abroad")
    return dict(probe([target], **settings))[1]


def _connect_proxy(reply: bytes) -> Any:
    def talk(connection: socket.socket, request: bytes) -> None:
        connection.sendall(reply)
        if b" 200 " in reply:
            connection.recv(65_536)
            connection.sendall(OK)

    return talk


def test_an_http_proxy_is_told_the_pinned_address_and_not_the_name() -> None:
    established = b"HTTP/1.1 200 Connection established\r\nETag: proxy\r\n\r\n"
    with host(answer(OK)) as at, host(_connect_proxy(established), "127.0.0.2") as proxy:
        seen = look(at, f"http://127.0.0.2:{proxy.port}")
    assert proxy.requests[0].startswith(f"CONNECT 127.0.0.1:{at.port} ".encode())
    assert NAME.encode() not in proxy.requests[0]
    assert (seen.status, seen.etag, seen.vantage) == (200, None, "abroad")
    assert seen.address == "127.0.0.1" and seen.bytes_read == len(OK)


def test_the_guard_asks_before_a_proxy_does() -> None:
    with host(answer(OK)) as at, host(_connect_proxy(b"")) as proxy:
        seen = look(at, f"http://127.0.0.1:{proxy.port}", open_networks=())
    assert seen.error is Fault.FORBIDDEN_ADDRESS
    assert proxy.connections == 0


def test_a_proxy_that_refuses_says_nothing_of_the_host() -> None:
    for reply in (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", b"HTTP/1.1 407 Who?\r\n\r\n", b""):
        with host(answer(OK)) as at, host(_connect_proxy(reply)) as proxy:
            seen = look(at, f"http://127.0.0.1:{proxy.port}")
        assert (seen.error, seen.status) == (Fault.PROXY, None)


def test_a_proxy_that_is_away_says_nothing_of_the_host() -> None:
    with host(answer(OK)) as at, host(answer(b"")) as proxy:
        pass
    assert look(at, f"http://127.0.0.1:{proxy.port}").error is Fault.PROXY
    assert look(at, f"socks5://127.0.0.1:{proxy.port}").error is Fault.PROXY


class Socks:
    """One SOCKS5 conversation (RFC 1928): what was asked for, and a reply code."""

    def __init__(self, code: int = 0) -> None:
        self.code = code
        self.asked: list[tuple[int, bytes]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def serve(self) -> None:
        connection, _ = self._listener.accept()
        self._listener.close()
        connection.settimeout(10)
        with connection:
            connection.recv(1 + 1 + connection.recv(2, socket.MSG_PEEK)[1])
            connection.sendall(b"\x05\x00")
            kind = connection.recv(4)[3]
            size = connection.recv(1)[0] if kind == 3 else 4
            self.asked.append((kind, connection.recv(size)))
            connection.recv(2)
            connection.sendall(struct.pack("!BBBBIH", 5, self.code, 0, 1, 0, 0))
            if self.code == 0:
                connection.recv(65_536)
                connection.sendall(OK)


def _by_socks(socks: Socks, scheme: str, target: Target[int]) -> Finding:
    serving = threading.Thread(target=socks.serve)
    serving.start()
    proxy = f"{scheme}://127.0.0.1:{socks.port}"
    seen = dict(
        probe([target], deadline_s=5.0, open_networks=LOOPBACK, vantages={"direct": proxy})
    )[1]
    serving.join(10)
    return seen


HERE = Target(1, f"http://{NAME}/a", "127.0.0.9", NAME, 80)
ONION = Target(1, "http://abcdefghijklmnop.onion/a", "", "abcdefghijklmnop.onion", 80)


def test_a_socks_proxy_is_told_the_pinned_address() -> None:
    socks = Socks()
    seen = _by_socks(socks, "socks5", HERE)
    assert socks.asked == [(1, bytes([127, 0, 0, 9]))]
    assert seen.status == 200


def test_an_onion_name_travels_to_the_proxy_that_knows_it() -> None:
    socks = Socks()
    seen = _by_socks(socks, "socks5h", ONION)
    assert socks.asked == [(3, b"abcdefghijklmnop.onion")]
    assert (seen.status, seen.address) == (200, None)


def test_an_onion_name_goes_nowhere_else() -> None:
    for proxy in (None, "socks5://127.0.0.1:9", "http://127.0.0.1:9"):
        seen = dict(probe([ONION], open_networks=LOOPBACK, vantages={"direct": proxy}))[1]
        assert seen.error is Fault.PROXY


def test_no_other_name_travels() -> None:
    nameless = Target(1, f"http://{NAME}/a", "", NAME, 80)
    by_tor = {"direct": "socks5h://127.0.0.1:9"}
    seen = dict(probe([nameless], open_networks=LOOPBACK, vantages=by_tor))[1]
    assert seen.error is Fault.PROXY


def test_a_socks_proxy_that_finds_the_port_closed_speaks_of_the_host() -> None:
    assert _by_socks(Socks(code=5), "socks5", HERE).error is Fault.REFUSED
    assert _by_socks(Socks(code=4), "socks5", HERE).error is Fault.TIMEOUT
    assert _by_socks(Socks(code=1), "socks5", HERE).error is Fault.PROXY


def test_each_vantage_point_leaves_by_its_own_way() -> None:
    near, far = Socks(), Socks(code=5)
    threads = [threading.Thread(target=one.serve) for one in (near, far)]
    for thread in threads:
        thread.start()
    ways = {name: f"socks5://127.0.0.1:{s.port}" for name, s in (("near", near), ("far", far))}
    targets = [
        Target(n, f"http://{NAME}/a", "127.0.0.9", NAME, 80, vantage=name)
        for n, name in enumerate(ways)
    ]
    seen = dict(
        probe(targets, concurrency=1, deadline_s=5.0, open_networks=LOOPBACK, vantages=ways)
    )
    for thread in threads:
        thread.join(10)
    assert [len(one.asked) for one in (near, far)] == [1, 1]
    assert (seen[0].status, seen[0].vantage) == (200, "near")
    assert (seen[1].error, seen[1].vantage) == (Fault.REFUSED, "far")
