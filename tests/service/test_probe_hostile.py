"""Hosts that push what nobody asked for, and names that lead home: what of it gets how far.

One process looks at all of them at once, beside hosts that are well. The kernel's own word on each
read and each connection is taken by strace, and the hosts' kernel says what was acknowledged.
"""

import gzip
import json
import socket
import ssl
import struct
import threading
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from takedown.urls.normalise import canonical
from tests.service.hostile_host import OK, Conversation, Host, answer, host, make_certificate
from tests.service.traced import Trace, run
from tests.spellings import FORBIDDEN

NAME: Final = "media.example.test"
INTERNET: Final = "127.9.0.0/16"  # all that the probe may reach
HOME: Final = "127.0.0.66"  # what it may not
DEADLINE_S: Final = 2.0
NEIGHBOURS: Final = 40
HOMEWARD: Final = ("by its address", "at the second question")
READ: Final = 1_024
RECORD: Final = 16_384 + 5 + 256  # TLS: a record at its largest (RFC 8446, 5.2)
HANDSHAKE: Final = 4_000  # the host's part of it, its certificate included
KERNEL: Final = 10_000  # what the clamped receive buffer takes beyond what was read
_ACKED: Final = 120  # tcpi_bytes_acked in struct tcp_info (linux/tcp.h)


def body(tag: int, size: int) -> bytes:
    """Content that can be told from all else, by its host's number."""
    return b"".join(b"body-%02d%08d;" % (tag, n) for n in range(size // 16))


def endless(first: bytes, piece: bytes) -> Conversation:
    def talk(connection: socket.socket, _: bytes) -> None:
        connection.sendall(first)
        while True:
            connection.sendall(piece)

    return talk


def repeated(piece: bytes, times: int) -> Conversation:
    def talk(connection: socket.socket, _: bytes) -> None:
        for _n in range(times):
            connection.sendall(piece)

    return talk


def dripping(first: bytes, drop: bytes, over: threading.Event) -> Conversation:
    def talk(connection: socket.socket, _: bytes) -> None:
        connection.sendall(first)
        while not over.wait(0.02):
            connection.sendall(drop)

    return talk


def redirect(there: str) -> Conversation:
    def talk(connection: socket.socket, _: bytes) -> None:
        port = connection.getsockname()[1]
        head = f"HTTP/1.1 301 Moved\r\nLocation: {there.format(port=port)}\r\n\r\n"
        connection.sendall(head.encode())

    return talk


def in_circles(connection: socket.socket, request: bytes) -> None:
    """To https, and there from one spelling to the other and back."""
    slash = "" if b"/a/ " in request else "/" if isinstance(connection, ssl.SSLSocket) else ""
    redirect(f"https://{NAME}:{{port}}/a{slash}")(connection, request)


def to_and_fro(connection: socket.socket, request: bytes) -> None:
    """To its `www` and back, each time by a name that has to be asked for."""
    prefix = "" if b"Host: www." in request else "www."
    redirect(f"http://{prefix}{NAME}:{{port}}/a")(connection, request)


@dataclass
class Hostile:
    """A host, and how much of what it pushes may be read by the process that looks at it."""

    why: str
    talk: Conversation
    most: int
    tls: bool = False
    waits: bool = False
    fault: str | None = None
    acked: list[int] = field(default_factory=list)

    def converse(self, connection: socket.socket, request: bytes) -> None:
        try:
            self.talk(connection, request)
        finally:
            info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 160)
            self.acked.append(struct.unpack_from("=Q", info, _ACKED)[0])


def clear(over: threading.Event) -> list[Hostile]:
    """Hosts that speak in clear text."""
    plain = b"HTTP/1.1 200 OK\r\n"
    chunked = plain + b"Transfer-Encoding: chunked\r\n\r\n"
    packed = plain + b"Content-Encoding: gzip\r\nContent-Length: 10192\r\n\r\n"
    bomb = gzip.compress(bytes(10_000_000))
    early = b"HTTP/1.1 100 Continue\r\n\r\n"
    caps = READ + 32_768  # of header bytes
    return [
        Hostile("an endless body", endless(OK, body(0, 100_000)), READ),
        Hostile("a body with the head", answer(OK + body(1, 100_000)), READ),
        Hostile("an endless body in chunks", endless(chunked, b"10\r\n" + body(2, 16)), READ),
        Hostile("a compressed bomb", answer(packed + bomb), READ),
        Hostile("a body packed as it is", answer(packed + gzip.compress(body(4, 90_000), 0)), READ),
        Hostile(
            "a body after bare line feeds", endless(b"HTTP/1.1 200 OK\n\n", body(5, 800)), READ
        ),
        Hostile(
            "three million 100s",
            lambda connection, _: (
                [connection.sendall(early * 1_000) for _ in range(3_000)] and None
            ),
            READ,
            fault="too_large",
        ),
        Hostile("an endless head", endless(plain, b"X-A: b\r\n" * 99), caps, fault="too_large"),
        Hostile("a line that never ends", endless(plain + b"X: ", b"x" * 999), 110_000, fault="*"),
        Hostile("60 kB in a line", answer(plain + b"X: " + b"x" * 60_000), 61_500, fault="*"),
        Hostile("60 kB of lines", answer(plain + b"X-A: b\r\n" * 7_500), caps, fault="too_large"),
        Hostile("content for a status", endless(b"", body(11, 800)), READ, fault="nonsense"),
        Hostile("content before it", answer(body(12, 800) + OK), READ, fault="nonsense"),
        Hostile("bytes before it", answer(bytes(range(256)) * 4 + OK), READ, fault="nonsense"),
        Hostile("a head that drips", dripping(plain, b"X", over), READ, waits=True),
        Hostile("not a word", dripping(b"", b"", over), READ, waits=True),
        Hostile("home by its address", redirect(f"http://{HOME}:{{port}}/a"), READ),
        Hostile("home at the second question", to_and_fro, READ, fault="forbidden_address"),
        Hostile("in circles", in_circles, HANDSHAKE, tls=True),
    ]


def encrypted(over: threading.Event) -> list[Hostile]:
    """Hosts that speak TLS, or should."""
    plain = b"HTTP/1.1 200 OK\r\n"
    most, head = HANDSHAKE + RECORD, HANDSHAKE + RECORD + 32_768
    return [
        Hostile("an endless body", endless(OK, body(20, 100_000)), most, True),
        Hostile("a body with the head", answer(OK + body(21, 100_000)), most, True),
        Hostile("an endless head", endless(plain, b"X-A: b\r\n" * 99), head, True, fault="*"),
        Hostile("a head that drips", dripping(plain, b"X", over), most, True, waits=True),
    ]


def unfinished(over: threading.Event) -> list[Hostile]:
    """Hosts asked for TLS whose TLS never comes to be; each is asked twice, see the probe."""
    hello = b"\x16\x03\x03\x00\x50\x02"
    handshake = b"\x16\x03\x03\x40\x00" + b"\x02\xff\xff\xff" + bytes(16_380)
    warning = b"\x15\x03\x03\x00\x02\x01\x5a"
    twice = 2 * RECORD
    return [
        Hostile("a hello that drips", dripping(hello, b"\x00", over), twice, waits=True),
        Hostile("not a byte", dripping(b"", b"", over), twice, waits=True),
        Hostile("a hello without end", endless(b"", handshake), twice, fault="tls"),
        Hostile("warnings without end", endless(b"", warning * 500), twice, fault="tls"),
        Hostile("content instead", endless(OK, body(34, 800)), twice, fault="tls"),
    ]


@dataclass
class Looked:
    """All that is known after one look at everybody."""

    hosts: dict[str, Hostile]
    places: dict[str, Host]
    findings: dict[str, dict[str, Any]]
    told: dict[str, Any]
    trace: Trace | None
    strangers: int  # connections to what no probe may reach

    def reads(self, key: str) -> list[list[int]]:
        """Per connection to this host, the sizes of the reads from it."""
        at = self.places[key]
        return self.trace.connections[at.address, at.port] if self.trace else []


class Crowd:
    """All hostile hosts at once, and one where each may not be reached."""

    def __init__(self, folder: Path) -> None:
        self.certificate = make_certificate(folder, NAME)
        self.over = threading.Event()
        self.hosts: dict[str, Hostile] = {}
        self.places: dict[str, Host] = {}
        self.targets: list[tuple[str, str, str, str, int, str | None]] = []

    def open(self, stack: ExitStack) -> None:
        kinds = (("http", clear), ("https", encrypted), ("tls", unfinished))
        for name, each in [(name, each) for name, made in kinds for each in made(self.over)]:
            key, address = f"{name}: {each.why}", f"127.9.1.{len(self.hosts) + 1}"
            pem = self.certificate if each.tls else None
            at = stack.enter_context(host(each.converse, address, pem))
            url = at.url(NAME, scheme="http" if name == "http" else "https")
            self.hosts[key], self.places[key] = each, at
            self.targets.append((key, url, address, NAME, at.port, None))

    def task(self) -> dict[str, Any]:
        there = self.places["http: home at the second question"].address
        return {
            "targets": self.targets,
            "deadline_s": DEADLINE_S,
            "open": [INTERNET],
            "ca_file": str(self.certificate),
            "answers": {NAME: [[there]], f"www.{NAME}": [[there], [HOME]]},
        }


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Looked:
    folder = tmp_path_factory.mktemp("hostile")
    crowd = Crowd(folder)
    with ExitStack() as stack:
        crowd.open(stack)
        fine = stack.enter_context(host(answer(OK), "127.9.2.1"))
        for n in range(NEIGHBOURS):
            key = f"fine {n}"
            crowd.targets.append((key, fine.url(), fine.address, NAME, fine.port, key))
        ports = [crowd.places[f"http: home {how}"].port for how in HOMEWARD]
        homes = [stack.enter_context(host(answer(OK), HOME, port=port)) for port in ports]
        with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as door:
            port = door.getsockname()[1]
            for text in FORBIDDEN:
                found = canonical(f"http://{text}:{port}/")
                crowd.targets.append((text, found.url, found.address or "", found.host, port, None))
            said, trace = run("tests.service.probing_child", json.dumps(crowd.task()), folder)
            crowd.over.set()
            strangers = callers(door) + sum(home.connections for home in homes)
    told = json.loads(said)
    findings = {one["key"]: one for one in told["findings"]}
    return Looked(crowd.hosts, crowd.places, findings, told, trace, strangers)


def callers(door: socket.socket) -> int:
    """How many connections wait at this listener; the last is our own, to see that it counts."""
    with socket.create_connection(("127.0.0.1", door.getsockname()[1])):
        door.setblocking(False)
        found = 0
        with suppress(BlockingIOError):
            while True:
                door.accept()[0].close()
                found += 1
    assert found
    return found - 1


def test_each_is_told_for_what_it_is(looked: Looked) -> None:
    for key, each in looked.hosts.items():
        error = looked.findings[key]["error"]
        wanted = "timeout" if each.waits else each.fault
        assert error == wanted or (wanted == "*" and error in ("too_large", "nonsense")), key


def test_nothing_of_a_body_reaches_our_code_and_none_is_kept(looked: Looked) -> None:
    assert (looked.told["reached"], looked.told["said"]) == (0, False)
    for tag, size in looked.told["left"].items():
        assert size <= (RECORD if int(tag) >= 20 else READ), tag


def test_no_more_is_read_than_a_buffer_or_a_record(looked: Looked) -> None:
    """By the word of each host's kernel, and of ours where it lets us be traced."""
    for key, each in looked.hosts.items():
        assert each.acked and max(each.acked) <= each.most + KERNEL, key
        assert bool(looked.reads(key)) is (looked.trace is not None), key
        for sizes in looked.reads(key):
            assert sum(sizes) <= each.most, key
            assert each.tls or key.startswith("tls") or max(sizes, default=0) <= READ, key


def test_no_look_lasts_longer_than_its_deadline(looked: Looked) -> None:
    slowest = max(one["ms"] for one in looked.findings.values())
    assert DEADLINE_S * 1_000 - 50 <= slowest <= DEADLINE_S * 1_000 + 500


def test_the_neighbours_notice_nothing(looked: Looked) -> None:
    fine = [one for key, one in looked.findings.items() if key.startswith("fine")]
    assert len(fine) == NEIGHBOURS and {one["status"] for one in fine} == {200}
    order = list(looked.findings)
    waiting = [order.index(key) for key, each in looked.hosts.items() if each.waits]
    assert max(order.index(one["key"]) for one in fine) < min(waiting)


def test_a_circle_ends_after_five(looked: Looked) -> None:
    seen = looked.findings["http: in circles"]
    assert (seen["status"], seen["location"], seen["hops"]) == (301, "slash", 5)


def test_nothing_that_leads_home_is_connected(looked: Looked) -> None:
    assert looked.findings["http: home by its address"]["location"] == "other_domain"
    assert {looked.findings[text]["error"] for text in FORBIDDEN} == {"forbidden_address"}
    assert looked.strangers == 0
    if looked.trace is not None:
        met = {address for address, _ in looked.trace.connections}
        assert met == {at.address for at in looked.places.values()} | {"127.9.2.1"}
