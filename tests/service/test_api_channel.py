"""Provider interfaces over real sockets: three shapes, and what a broken or hostile one does."""

import ipaddress
import json
import socket
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from connectors import form_shape, lines_shape, xarf_shape
from hostile_host import Conversation, host
from patience import within
from sandbox_player import HOUR, START, Player, parts
from smtp_servers import certificate

from notices.channels.base import Ambiguous, Receipt, SendError
from notices.channels.connector import Connector
from notices.channels.http_api import HttpApi
from notices.channels.payload import payload
from notices.compose import compose
from notices.facts import Facts, Hotline, Recipient, UrlFact
from sandbox import Running

SECRET = "sandbox-apiport"
SHAPES = {"xarf": xarf_shape, "lines": lines_shape, "form": form_shape}
NOW = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)


def facts(*locations: str) -> Facts:
    return Facts(
        hotline=Hotline(
            name="Alerte Exemple",
            country="FR",
            signature="Cellule 7",
            email="cellule@alerte.example",
            domain="alerte.example",
        ),
        recipient=Recipient(name="Apiport", address="apiport", language="en", role="host"),
        number="NTD-2026-000123",
        kind="first",
        date=NOW,
        urls=tuple(
            UrlFact(
                number=f"2026-{index:06}",
                location=location,
                remove="file",
                classification="Baseline",
                scheme="Example scheme",
                last_confirmed_up=NOW,
                confirmed_by="check",
                host=parts(location)[0] if location.startswith("http://") else "media.example.test",
                address="127.20.23.1",
                xarf_classification="baseline",
            )
            for index, location in enumerate(locations, 1)
        ),
    )


def loopback(address: str) -> bool:
    return ipaddress.ip_address(address).is_loopback


@dataclass
class Desk:
    """Somebody who hands notices over by interfaces, and counts how often a hand-over was armed."""

    table: Mapping[str, Connector]
    secrets: Mapping[str, str] = field(default_factory=lambda: {"provider": SECRET})
    allowed: Callable[[str], bool] = loopback
    authorities: str | None = None
    armed: int = 0
    lease: bool = True

    def __post_init__(self) -> None:
        self.channel = HttpApi(
            self.table.__getitem__,
            self.secrets.__getitem__,
            allowed=self.allowed,
            authorities=self.authorities,
        )

    def arm(self) -> bool:
        self.armed += 1
        return self.lease

    def send(self, name: str, body: bytes, key: str, deadline_s: float = 5) -> Receipt:
        return self.channel.send(body, "", name, arm=self.arm, deadline_s=deadline_s, envid=key)


def desk(document: dict[str, Any], **more: Any) -> Desk:
    connector = Connector.load(document)
    return Desk({connector.name: connector}, **more)


@pytest.fixture
def player(town: Running, request: pytest.FixtureRequest) -> Player:
    someone = Player(town, seed=zlib.crc32(request.node.name.encode()))
    someone.at(START)
    town.script({"provider": "apiport", "api": "accept"})
    return someone


def prepared(player: Player, shape: str) -> tuple[Desk, str, bytes, str]:
    """A desk, its connector's name, a frozen body about one Url, and that Url."""
    document = SHAPES[shape](player.town.endpoints["api"])
    someone = desk(document)
    name = document["name"]
    location = player.one("apiport")
    about = facts(location)
    body = payload(
        someone.table[name], about, compose(about, "first", "en"), f"{shape}-{player.seed}"
    )
    return someone, name, body, location


def received(player: Player, location: str) -> list[dict[str, Any]]:
    return [entry for entry in player.town.ledger() if location in entry["urls"]]


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_delivers_once_whatever_is_repeated(player: Player, shape: str) -> None:
    someone, name, body, location = prepared(player, shape)
    key = f"{shape}-{player.seed}"
    first = someone.send(name, body, key)
    again = someone.send(name, body, key)
    assert first.accepted_by == "api" and first.reference == again.reference
    assert first.queue_id == first.reference
    assert [entry["copy"] for entry in received(player, location)] == [0, 1]
    assert someone.armed == 2


@pytest.mark.parametrize("shape", ["xarf", "lines"])
def test_what_became_of_a_report_is_asked_and_put_into_our_words(
    player: Player, shape: str
) -> None:
    someone, name, body, location = prepared(player, shape)
    reference = someone.send(name, body, f"{shape}-{player.seed}").reference
    assert reference is not None

    def state() -> str | None:
        return someone.channel.poll(name, reference, deadline_s=5).state

    assert state() == {"xarf": "received", "lines": "in_process"}[shape]
    player.at(START + timedelta(minutes=11))
    assert state() == "in_process"
    player.at(START + HOUR)
    assert state() == "actioned"
    assert player.head(location).status == 404


@pytest.mark.parametrize("shape", SHAPES)
def test_a_busy_provider_is_come_back_to_when_it_says(player: Player, shape: str) -> None:
    someone, name, body, location = prepared(player, shape)
    player.town.script({"provider": "apiport", "api": "busy"})
    with pytest.raises(SendError) as busy:
        someone.send(name, body, f"busy-{player.seed}")
    assert (busy.value.code, busy.value.retry_after_s) == (429, 3.0)
    assert not busy.value.permanent and not isinstance(busy.value, Ambiguous)
    assert received(player, location) == []
    assert someone.send(name, body, f"busy-{player.seed}").reference


@pytest.mark.parametrize("shape", SHAPES)
def test_a_failure_after_acceptance_is_in_doubt_and_its_repeat_is_one_report(
    player: Player, shape: str
) -> None:
    someone, name, body, location = prepared(player, shape)
    player.town.script({"provider": "apiport", "api": "fails_after"})
    with pytest.raises(Ambiguous) as doubt:
        someone.send(name, body, f"after-{player.seed}")
    assert doubt.value.code == 500
    assert len(received(player, location)) == 1
    someone.send(name, body, f"after-{player.seed}")
    assert [entry["copy"] for entry in received(player, location)] == [0, 1]


def test_a_conflict_is_in_doubt(player: Player) -> None:
    someone, name, body, _ = prepared(player, "xarf")
    player.town.script({"provider": "apiport", "api": "conflict"})
    someone.send(name, body, "x")
    with pytest.raises(Ambiguous):
        someone.send(name, body, "x")


def test_a_redirect_is_never_followed(player: Player) -> None:
    someone, name, body, location = prepared(player, "xarf")
    player.town.script({"provider": "apiport", "api": "redirect"})
    with pytest.raises(SendError) as refused:
        someone.send(name, body, "x")
    assert (refused.value.phase, refused.value.permanent) == ("redirect", True)
    assert received(player, location) == []


def test_a_stranger_s_token_says_nothing_of_the_message(player: Player) -> None:
    someone, name, body, _ = prepared(player, "xarf")
    someone = Desk(someone.table, secrets={"provider": "wrong"})
    with pytest.raises(SendError) as refused:
        someone.send(name, body, "x")
    assert (refused.value.phase, refused.value.permanent) == ("login", False)


def test_a_refusal_is_kept_without_the_secret_and_without_the_location_in_its_text(
    player: Player,
) -> None:
    someone, name, _, location = prepared(player, "lines")
    with pytest.raises(SendError) as refused:
        someone.send(name, json.dumps({"urls": location}).encode(), "x")
    assert refused.value.permanent and refused.value.response == "Invalid or missing parameters"
    assert refused.value.exchange is not None
    assert SECRET.encode() not in refused.value.exchange
    assert location not in str(refused.value) and location not in repr(refused.value)


def test_a_private_address_is_refused_before_anything_is_sent(player: Player) -> None:
    someone, name, body, location = prepared(player, "xarf")
    guarded = Desk(someone.table, allowed=lambda address: False)
    with pytest.raises(SendError) as refused:
        guarded.send(name, body, "x")
    assert (refused.value.phase, refused.value.permanent) == ("address", True)
    assert guarded.armed == 0 and received(player, location) == []


def test_a_lost_lease_sends_nothing(player: Player) -> None:
    someone, name, body, location = prepared(player, "form")
    late = Desk(someone.table, lease=False)
    with pytest.raises(SendError) as refused:
        late.send(name, body, "x")
    assert refused.value.phase == "arm" and not isinstance(refused.value, Ambiguous)
    assert received(player, location) == []


def test_an_unknown_connector_or_secret_is_said(player: Player) -> None:
    someone, name, body, _ = prepared(player, "xarf")
    with pytest.raises(SendError) as unknown:
        someone.send("nobody", body, "x")
    assert unknown.value.phase == "connector"
    with pytest.raises(SendError) as unnamed:
        Desk(someone.table, secrets={}).send(name, body, "x")
    assert unnamed.value.phase == "secret"


def test_no_report_of_that_name_stays_unknown(player: Player) -> None:
    someone, name, _, _ = prepared(player, "xarf")
    with pytest.raises(SendError) as unknown:
        someone.channel.poll(name, "../../secret?x=1", deadline_s=5)
    assert (unknown.value.code, unknown.value.permanent) == (404, True)


# Hosts that misbehave below what the small internet does.


def after_the_body(answer: Callable[[socket.socket], None]) -> Conversation:
    """Read the whole request before answering."""

    def talk(connection: socket.socket, request: bytes) -> None:
        head, _, body = request.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        missing = int(fields.get(b"content-length", b"0")) - len(body)
        while missing > 0 and (more := connection.recv(65_536)):
            missing -= len(more)
        answer(connection)

    return talk


def says(raw: bytes) -> Conversation:
    return after_the_body(lambda connection: connection.sendall(raw))


def json_answer(status: str, document: object, *more: str) -> bytes:
    body = json.dumps(document).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *more]
    return "\r\n".join([*lines, "", ""]).encode() + body


def at(port: int, **changes: Any) -> Desk:
    return desk(xarf_shape(f"http://127.0.0.1:{port}", **changes))


def drips(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 202 Accepted\r\n")
    while True:
        connection.sendall(b"X: y\r\n")
        time.sleep(0.05)


def continues(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.01)


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(lambda connection, _: None, id="closes"),
        pytest.param(says(b""), id="closes after reading"),
        pytest.param(says(b"HTTP/1.1 202 Acc"), id="breaks off"),
        pytest.param(says(b"HTTP/1.1 202 OK\r\nContent-Length: 99\r\n\r\n{"), id="half a body"),
        pytest.param(says(b"\0\0\0\r\n\r\n"), id="speaks no HTTP"),
        pytest.param(after_the_body(drips), id="drips"),
        pytest.param(after_the_body(continues), id="continues for ever"),
        pytest.param(after_the_body(lambda connection: time.sleep(2)), id="says nothing"),
    ],
)
def test_no_whole_answer_leaves_it_in_doubt_and_holds_nobody(talk: Conversation) -> None:
    with host(talk) as there:
        someone = at(there.port)
        with within(3), pytest.raises(Ambiguous):
            someone.send("xarf-shape", b"{}", "k", deadline_s=0.7)
    assert someone.armed == 1 and there.connections == 1


def test_a_flood_of_an_answer_is_cut() -> None:
    flood = b"HTTP/1.1 202 OK\r\nContent-Length: 50000000\r\n\r\n" + b"x" * 5_000_000
    with host(says(flood)) as there:
        found = at(there.port).send("xarf-shape", b"{}", "k")
    assert found.reference is None and found.exchange is not None
    assert len(found.exchange) < 50_000


def test_a_refused_connection_is_not_asked_again_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    someone = at(port)
    with pytest.raises(SendError) as refused:
        someone.send("xarf-shape", b"{}", "k")
    assert (refused.value.phase, refused.value.permanent) == ("connect", False)
    with host(says(json_answer("202 OK", {})), port=port), pytest.raises(SendError) as spared:
        someone.send("xarf-shape", b"{}", "k")
    assert spared.value.retry_after_s is not None and 0 < spared.value.retry_after_s <= 60
    assert someone.armed == 0


def test_the_rate_is_kept() -> None:
    with host(says(json_answer("202 OK", {"reportId": "1"}))) as there:
        someone = at(there.port, per_minute=2)
        someone.send("xarf-shape", b"{}", "k")
        with pytest.raises(SendError) as early:
            someone.send("xarf-shape", b"{}", "k2")
    assert early.value.phase == "rate"
    assert early.value.retry_after_s == pytest.approx(30, abs=5)


@pytest.mark.parametrize(
    ("auth", "line"),
    [
        ({"kind": "bearer", "secret": "provider"}, b"authorization: bearer s3cret"),
        ({"kind": "basic", "secret": "provider", "user": "us"}, b"authorization: basic dxm6czncm"),
        ({"kind": "header", "secret": "provider", "header": "X-Key"}, b"x-key: s3cret"),
    ],
)
def test_who_we_are_is_shown_and_never_kept(auth: dict[str, str], line: bytes) -> None:
    echo = json_answer("202 OK", {"reportId": "1", "you": "s3cret", "b": "dXM6czNjcmV0"})
    with host(says(echo)) as there:
        someone = desk(
            xarf_shape(f"http://127.0.0.1:{there.port}", auth=auth), secrets={"provider": "s3cret"}
        )
        found = someone.send("xarf-shape", b'{"a": 1}', "key-7")
    request = there.requests[0].lower()
    assert line[:-2] in request and b"idempotency-key: key-7" in request
    assert b"cookie" not in request and b"referer" not in request
    assert found.exchange is not None
    assert b"s3cret" not in found.exchange and b"dXM6czNjcmV0" not in found.exchange
    assert json.loads(found.exchange)["answer"]["status"] == 202


def test_a_secret_that_could_start_a_header_is_refused() -> None:
    with host(says(json_answer("202 OK", {}))) as there:
        someone = desk(
            xarf_shape(f"http://127.0.0.1:{there.port}"), secrets={"provider": "a\r\nX: y"}
        )
        with pytest.raises(SendError) as refused:
            someone.send("xarf-shape", b"{}", "k")
    assert refused.value.phase == "secret" and there.connections == 0


def test_a_certificate_is_asked_for_and_shown(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path, datetime.now(UTC))
    both = tmp_path / "both.pem"
    both.write_bytes(cert.read_bytes() + key.read_bytes())
    answer = says(json_answer("202 OK", {"reportId": "1"}))
    auth = {"kind": "certificate", "secret": "ours"}
    with host(answer, certificate=both) as there:
        document = xarf_shape(f"https://127.0.0.1:{there.port}", auth=auth)
        secrets = {"ours": str(both)}
        assert desk(document, secrets=secrets, authorities=str(cert)).send("xarf-shape", b"{}", "k")
        stranger = desk(document, secrets=secrets)
        with pytest.raises(SendError) as refused:
            stranger.send("xarf-shape", b"{}", "k")
    assert refused.value.phase == "tls" and stranger.armed == 0


def test_an_origin_that_the_answer_tells_is_read() -> None:
    told = {"result": {"status": "odd", "mitigation_summary": {"origin": ["203.0.113.5", "x.y"]}}}
    with host(says(json_answer("200 OK", told))) as there:
        someone = desk(lines_shape(f"http://127.0.0.1:{there.port}"))
        found = someone.channel.poll("lines-shape", "R 1/2", deadline_s=5)
    assert (found.state, found.word, found.origin) == (None, "odd", ("203.0.113.5",))
    assert b"/accounts/abuse-reports/R%201%2F2 " in there.requests[0]


def test_nothing_of_the_environment_takes_part(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with host(says(json_answer("202 OK", {"reportId": "1"}))) as there:
        assert at(there.port).send("xarf-shape", b"{}", "k").queue_id == "1"
    assert threading.active_count() < 20
