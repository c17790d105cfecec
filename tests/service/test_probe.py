"""The probe against real sockets: good hosts, bad ones, and the ways out that must stay shut."""

import socket
import struct
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from patience import within

from takedown.checks.finding import Fault, Finding, Relation
from takedown.checks.guard import networks
from takedown.checks.handle import Egress, Handle
from takedown.checks.probe import Target, probe
from tests.service.hostile_host import OK, Host, answer, host, make_certificate, status

LOOPBACK = networks(["127.0.0.0/8", "::1/128"])
NAME = "media.example.test"


def target(
    at: Host, key: Any = 1, url: str | None = None, lane: bytes | None = None
) -> Target[Any]:
    return Target(key, url or at.url(), at.address, NAME, at.port, lane)


def look(at: Host, url: str | None = None, **how: Any) -> Finding:
    return dict(run([target(at, url=url)], **how))[1]


def run(targets: Iterable[Target[Any]], **how: Any) -> list[tuple[Any, Finding]]:
    settings = {"deadline_s": 5.0, "open_networks": LOOPBACK} | how
    return list(probe(targets, **settings))


def test_a_head_is_asked_for_and_only_what_is_wanted_is_kept() -> None:
    reply = status(
        "200 OK",
        Content_Type="Image/JPEG; Charset=x",
        Content_Length="81234",
        ETag='"a-1"',
        Last_Modified="Sat, 01 Nov 2025 10:00:00 GMT",
        Server="tiny",
        Set_Cookie="id=1",
        X_Secret="kept nowhere",
    )
    with host(reply) as at:
        seen = look(at)
    assert (seen.status, seen.error, seen.hops, seen.tls_ok) == (200, None, 0, None)
    assert (seen.content_type, seen.content_length) == ("image/jpeg;charset=x", 81_234)
    assert (seen.etag, seen.server) == ('"a-1"', "tiny")
    assert seen.last_modified == "Sat, 01 Nov 2025 10:00:00 GMT"
    assert seen.address == "127.0.0.1" and seen.vantage == "direct"
    assert at.requests[0].startswith(b"HEAD /a HTTP/1.1\r\n")
    assert "kept nowhere" not in str(seen) and "id=1" not in str(seen)


def test_nothing_leaves_but_the_name_and_who_asks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("default login someone password word\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with host(status("200 OK", Set_Cookie="id=1; Path=/")) as at:
        run([target(at, key=n, lane=b"x") for n in range(3)])
    names = {line.partition(b":")[0] for line in at.requests[-1].split(b"\r\n")[1:] if line}
    assert names == {b"Host", b"User-Agent", b"Accept"}
    assert len(at.requests) == at.connections == 3


def test_a_url_with_user_info_is_not_probed() -> None:
    with host(answer(OK)) as at:
        seen = look(at, url=f"http://someone:word@{NAME}:{at.port}/a")
    assert seen.error is Fault.OURS and at.connections == 0


def test_a_hundred_megabytes_after_a_head_do_not_come_through() -> None:
    sent: list[int] = []

    def flood(connection: socket.socket, _: bytes) -> None:
        connection.sendall(OK)
        total = 0
        try:
            for _n in range(100):
                connection.sendall(b"x" * 1_000_000)
                total += 1_000_000
        finally:
            sent.append(total)

    with host(flood) as at:
        seen = look(at)
    assert (seen.status, seen.error) == (200, None)
    assert seen.bytes_read == len(OK)
    assert sent[0] < 10_000_000


def _endless(piece: bytes, first: bytes = b"") -> Any:
    def talk(connection: socket.socket, _: bytes) -> None:
        connection.sendall(first)
        while True:
            connection.sendall(piece)

    return talk


@pytest.mark.parametrize(
    ("talk", "fault"),
    [
        (_endless(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), Fault.TOO_LARGE),
        (_endless(b"HTTP/1.1 100 Continue\r\n\r\n"), Fault.TOO_LARGE),
        (_endless(b"X-A: b\r\n", b"HTTP/1.1 200 OK\r\n"), Fault.TOO_LARGE),
        (_endless(b"x" * 1_000, b"HTTP/1.1 200 OK\r\nX-A: "), Fault.TOO_LARGE),
        (answer(b"HTTP/1.1 200 OK\r\nX-A: " + b"x" * 60_000 + b"\r\n\r\n"), Fault.TOO_LARGE),
        (answer(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 7_000 + b"\r\n"), Fault.TOO_LARGE),
        (answer(b"SSH-2.0-OpenSSH_9.9\r\n"), Fault.NONSENSE),
        (answer(b"<html>hello</html>" * 100), Fault.NONSENSE),
        (answer(b"HTTP/9.9 banana\r\n\r\n"), Fault.NONSENSE),
        (answer(bytes(range(256)) * 40), Fault.NONSENSE),
        (answer(b""), Fault.RESET),
    ],
)
def test_a_hostile_answer_is_a_fault_and_soon_over(talk: Any, fault: Fault) -> None:
    with host(talk) as at, within(4):
        seen = look(at)
    assert seen.error is fault
    assert seen.bytes_read < 70_000


def test_a_reset_is_a_reset() -> None:
    def reset(connection: socket.socket, _: bytes) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with host(reset) as at:
        assert look(at).error is Fault.RESET


def test_a_closed_port_is_a_refusal() -> None:
    with host(answer(OK)) as at:
        pass
    seen = look(at)
    assert (seen.error, seen.status) == (Fault.REFUSED, None)


def test_headers_that_drip_end_with_the_deadline() -> None:
    over = threading.Event()

    def drip(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while not over.wait(0.05):
            connection.sendall(b"X")

    with host(drip) as at:
        with within(2):
            seen = look(at, deadline_s=0.6)
        over.set()
    assert seen.error is Fault.TIMEOUT


def test_tarpits_cost_the_others_nothing() -> None:
    over = threading.Event()
    with host(lambda *_: over.wait(8) and None) as pit, host(answer(OK)) as fine:
        pits = [target(pit, key=("pit", n), lane=b"pit%d" % n) for n in range(30)]
        good = [target(fine, key=("fine", n), lane=b"fine%d" % (n % 20)) for n in range(200)]
        order = [key for key, _ in run([*pits, *good], concurrency=40, deadline_s=3)]
        over.set()
    assert order[:200] == [key for key in order if key[0] == "fine"]
    assert len(order) == 230


class Slow:
    """Answers after a while, and knows how many waited for it at a time."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self._lock = threading.Lock()

    def __call__(self, connection: socket.socket, _: bytes) -> None:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.03)
        with self._lock:
            self.now -= 1
        connection.sendall(OK)


def test_a_lane_has_one_connection_at_a_time() -> None:
    slow = Slow()
    with host(slow) as at:
        seen = run([target(at, key=n, lane=b"one") for n in range(12)])
    assert slow.most == 1
    assert [key for key, _ in seen] == list(range(12))


def test_without_a_lane_the_address_is_one() -> None:
    slow = Slow()
    with host(slow) as at:
        run([target(at, key=n) for n in range(6)])
    assert slow.most == 1


def test_lanes_go_side_by_side() -> None:
    slow = Slow()
    with host(slow) as at:
        run([target(at, key=n, lane=b"%d" % n) for n in range(12)])
    assert slow.most > 1


def test_there_are_never_more_connections_than_places() -> None:
    slow = Slow()
    with host(slow) as at:
        seen = run([target(at, key=n, lane=b"%d" % n) for n in range(30)], concurrency=4)
    assert len(seen) == 30
    assert slow.most <= 4


def test_a_long_lane_of_forbidden_targets_is_told_one_by_one() -> None:
    with host(answer(OK)) as at:
        seen = run([target(at, key=n) for n in range(5_000)], open_networks=())
    assert [key for key, _ in seen] == list(range(5_000))
    assert at.connections == 0


def test_targets_are_read_as_places_come_free() -> None:
    read: list[int] = []

    def endless(at: Host) -> Iterable[Target[Any]]:
        for n in range(100_000):
            read.append(n)
            yield target(at, key=n, lane=b"%d" % n)

    with host(answer(OK)) as at:
        findings = probe(endless(at), concurrency=4, open_networks=LOOPBACK)
        first = [next(findings) for _ in range(10)]
        findings.close()  # type: ignore[attr-defined]
    assert all(seen.status == 200 for _, seen in first)
    assert len(read) < 100


# The guard


def test_a_forbidden_address_is_never_connected() -> None:
    with host(answer(OK)) as at:
        seen = look(at, open_networks=())
    assert seen.error is Fault.FORBIDDEN_ADDRESS
    assert at.connections == 0


def test_whatever_the_url_says_only_the_pinned_address_is_connected() -> None:
    with host(answer(OK), "127.0.0.3") as pinned:
        with host(answer(OK), "127.0.0.1", port=pinned.port) as other:
            seen = look(pinned, url=f"http://127.0.0.1:{pinned.port}/a")
        assert (other.connections, pinned.connections) == (0, 1)
    assert seen.status == 200 and seen.address == "127.0.0.3"


def test_the_socket_itself_is_refused_where_libcurl_goes_elsewhere() -> None:
    with host(answer(OK)) as at:
        handle = Handle(Egress(LOOPBACK), 2_000)
        handle.aim(f"http://127.0.0.1:{at.port}/", "", at.port, 2_000, True)
        with pytest.raises(Exception, match="7"):
            handle.curl.perform()
        handle.curl.close()
    assert handle.refused and handle.fault(7) is Fault.FORBIDDEN_ADDRESS
    assert at.connections == 0


@pytest.mark.parametrize("ports", [("80", "443"), ()])
def test_a_port_outside_the_policy_is_not_probed(ports: tuple[str, ...]) -> None:
    with host(answer(OK)) as at:
        assert look(at, ports=ports).error is Fault.FORBIDDEN_PORT
    assert at.connections == 0


def test_an_ipv6_address_is_pinned_too() -> None:
    with host(answer(OK), "::1") as at:
        seen = look(at)
    assert (seen.status, seen.address) == (200, "::1")
    assert f"Host: {NAME}:{at.port}".encode() in at.requests[0]


# Redirects


def _by_path(routes: dict[str, Any]) -> Any:
    def talk(connection: socket.socket, request: bytes) -> None:
        routes[request.split()[1].decode()](connection, request)

    return talk


def test_a_slash_is_followed_on_the_same_host() -> None:
    routes = {"/a": status("301 Moved", Location="/a/"), "/a/": answer(OK)}
    with host(_by_path(routes)) as at:
        seen = look(at)
    assert (seen.status, seen.hops, seen.location) == (200, 1, None)
    assert at.connections == 2


def test_https_on_the_same_host_is_followed(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, NAME)

    def talk(connection: socket.socket, request: bytes) -> None:
        if hasattr(connection, "version"):
            connection.sendall(OK)
        else:
            there = f"https://{NAME}:{connection.getsockname()[1]}/a"
            status("301 Moved", Location=there)(connection, request)

    with host(talk, certificate=certificate) as at:
        seen = look(at, ca_file=str(certificate))
    assert (seen.status, seen.hops, seen.tls_ok) == (200, 1, True)


@pytest.mark.parametrize(
    ("location", "relation"),
    [
        ("/", Relation.ROOT),
        ("/404.html", Relation.NOTFOUND),
        ("/login?next=/a", Relation.LOGIN),
        ("/elsewhere", Relation.SAME_DOMAIN),
        ("http://other.example/a", Relation.OTHER_DOMAIN),
        ("http://169.254.169.254/a", Relation.OTHER_DOMAIN),
        ("gopher://127.0.0.1/", Relation.UNREADABLE),
        ("http://[::1", Relation.UNREADABLE),
    ],
)
def test_any_other_redirect_is_told_and_not_followed(location: str, relation: Relation) -> None:
    with host(status("302 Found", Location=location)) as at:
        seen = look(at)
    assert (seen.status, seen.location, seen.hops) == (302, relation, 0)
    assert at.connections == 1
    assert "other.example" not in str(seen)


def test_a_redirect_to_another_port_is_not_followed() -> None:
    with host(answer(OK)) as other, host(status("302 Found", Location=other.url())) as at:
        seen = look(at)
    assert seen.status == 302 and other.connections == 0


def test_two_spellings_that_redirect_to_each_other_end_after_five() -> None:
    routes = {
        "/a": status("301 Moved", Location="/a/"),
        "/a/": status("301 Moved", Location="/a"),
    }
    with host(_by_path(routes)) as at:
        seen = look(at)
    assert (seen.status, seen.location, seen.hops) == (301, Relation.SLASH, 5)
    assert at.connections == 6


def _to_www(connection: socket.socket, request: bytes) -> None:
    port = connection.getsockname()[1]
    there = f"http://www.{NAME}:{port}/a"
    reply = answer(OK) if b"Host: www." in request else status("301 Moved", Location=there)
    reply(connection, request)


def test_www_is_followed_where_it_resolves() -> None:
    asked: list[str] = []

    def resolve(name: str) -> tuple[str, ...]:
        asked.append(name)
        return ("127.0.0.1",)

    with host(_to_www) as at:
        seen = look(at, resolve=resolve)
    assert asked == [f"www.{NAME}"]
    assert (seen.status, seen.hops) == (200, 1)


@pytest.mark.parametrize("answers", [(), ("127.0.0.1", "10.0.0.1"), ("nonsense",)])
def test_www_is_not_connected_where_one_answer_is_forbidden(answers: tuple[str, ...]) -> None:
    with host(_to_www) as at:
        seen = look(at, resolve=lambda _: answers)
    if answers:
        assert seen.error is Fault.FORBIDDEN_ADDRESS
    else:
        assert seen.location is Relation.WWW
    assert at.connections == 1


def test_a_resolver_that_fails_is_no_verdict_on_the_host() -> None:
    def resolve(name: str) -> tuple[str, ...]:
        raise OSError(name)

    with host(_to_www) as at:
        seen = look(at, resolve=resolve)
    assert (seen.status, seen.location, seen.error) == (301, Relation.WWW, None)


def test_without_a_resolver_www_is_told() -> None:
    with host(_to_www) as at:
        seen = look(at)
    assert (seen.status, seen.location) == (301, Relation.WWW)


# TLS


def test_a_bad_certificate_is_told_and_is_no_removal(tmp_path: Path) -> None:
    with host(answer(OK), certificate=make_certificate(tmp_path, NAME)) as at:
        seen = look(at, url=at.url(scheme="https"))
    assert (seen.status, seen.error, seen.tls_ok) == (200, None, False)
    assert at.connections == 2


def test_a_good_certificate_is_told(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, NAME)
    with host(answer(OK), certificate=certificate) as at:
        seen = look(at, url=at.url(scheme="https"), ca_file=str(certificate))
    assert (seen.status, seen.tls_ok) == (200, True)
    assert at.connections == 1


def test_a_certificate_of_another_name_is_a_bad_one(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, "other.example")
    with host(answer(OK), certificate=certificate) as at:
        seen = look(at, url=at.url(scheme="https"), ca_file=str(certificate))
    assert (seen.status, seen.tls_ok) == (200, False)


def test_a_host_that_speaks_no_tls_is_a_tls_fault() -> None:
    def refuse(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"\x15\x03\x01\x00\x02\x02\x28")

    with host(refuse) as at:
        seen = look(at, url=at.url(scheme="https"), deadline_s=2)
    assert seen.status is None
    assert seen.error in (Fault.TLS, Fault.TIMEOUT)


# Quiet


def test_nothing_is_said_of_a_location_whatever_fails(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with host(answer(b"")) as at:
        run([target(at, key=n, lane=b"%d" % n) for n in range(5)])
        look(at, url=f"http://{NAME}:{at.port}/\x00")
        look(at, open_networks=())
    said = capfd.readouterr()
    assert said.out == said.err == caplog.text == ""
