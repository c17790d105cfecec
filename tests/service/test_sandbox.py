"""The small internet on real sockets: one Url's story for each character."""

import http.client
import json
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests
from dnslib import RCODE, DNSRecord

from sandbox import Running

START = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday, when nothing has its outage
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Seen(NamedTuple):
    status: int
    fields: dict[str, str]


class Player:
    """Somebody who looks, writes and turns the clock, all by real sockets."""

    def __init__(self, town: Running) -> None:
        self.town = town
        self.letters = 0
        self.now = START

    def at(self, now: datetime) -> None:
        self.now = now
        self.town.clock(now)

    def one(self, provider: str, front: bool = False) -> str:
        """A Url at a provider, not behind a proxy unless so wished."""
        hosts = {host["name"]: host for host in self.town.world()["hosts"]}
        rows = self.town.urls(80, seed=9, provider=provider)
        return next(
            str(row["url"]) for row in rows if bool(hosts[_parts(row["url"])[0]]["front"]) is front
        )

    def dig(self, name: str, kind: str = "A", tcp: bool = False) -> Any:
        server, _, port = self.town.endpoints["dns"].partition(":")
        packet = DNSRecord.question(name, kind).send(server, int(port), tcp=tcp, timeout=5)
        return DNSRecord.parse(packet)

    def addresses(self, name: str) -> list[str]:
        return [str(record.rdata) for record in self.dig(name).rr if record.rtype == 1]

    def head(self, url: str, address: str | None = None) -> Seen:
        host, port, target = _parts(url)
        there = address or self.addresses(host)[0]
        connection = http.client.HTTPConnection(there, port, timeout=5)
        try:
            connection.request("HEAD", target, headers={"Host": f"{host}:{port}"})
            answer = connection.getresponse()
            return Seen(answer.status, dict(answer.getheaders()))
        finally:
            connection.close()

    def write(self, mailbox: str, *urls: str, message_id: str | None = None) -> None:
        self.letters += 1
        message = EmailMessage()
        message["From"], message["To"] = "desk@hotline.example", mailbox
        message["Message-ID"] = message_id or f"<{self.letters}@hotline.example>"
        message["Subject"] = "[NTD-2026-000001] Please remove"
        message.set_content("Dear colleagues,\nsee the attachment.\n")
        document = json.dumps([{"xarf_version": "4.2.0", "url": url} for url in urls])
        message.add_attachment(document, subtype="json", filename="xarf.json")
        self.send(message)

    def send(self, message: EmailMessage, timeout: float = 5) -> None:
        server, _, port = self.town.endpoints["smtp"].removeprefix("smtp://").partition(":")
        with smtplib.SMTP(server, int(port), timeout=timeout) as door:
            door.send_message(message)


def _parts(url: str) -> tuple[str, int, str]:
    authority, slash, target = url.removeprefix("http://").partition("/")
    host, _, port = authority.partition(":")
    return host, int(port), slash + target


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("town")) as running:
        yield running


@pytest.fixture
def player(town: Running) -> Player:
    someone = Player(town)
    someone.letters = len(town.ledger())
    someone.at(START)
    return someone


def removal(player: Player, url: str) -> datetime:
    return datetime.fromisoformat(player.town.truth(url)["removed_at"])


@pytest.mark.parametrize(
    ("provider", "within", "afterwards"),
    [
        ("northhost", HOUR, 404),
        ("westcloud", DAY, 404),
        ("southrack", 90 * DAY, 404),
        ("clearcut", DAY, 410),
        ("frontdoor", DAY, 302),
        ("deepcard", DAY, 404),
    ],
)
def test_a_provider_that_removes(
    player: Player, provider: str, within: timedelta, afterwards: int
) -> None:
    url = player.one(provider)
    player.at(START + 30 * DAY)
    assert player.head(url).status == 200, "nothing goes by itself"
    player.write(f"abuse@{provider}.example", url)
    gone = removal(player, url)
    assert timedelta() < gone - player.now <= within
    player.at(gone - timedelta(minutes=1))
    assert player.head(url).status == 200
    player.at(gone)
    assert player.head(url).status == afterwards
    assert not player.town.truth(url)["is_up"]


def test_one_act_clears_all_urls_of_a_notice_nearly_together(player: Player) -> None:
    urls = [row["url"] for row in player.town.urls(20, seed=31, provider="westcloud")]
    player.write("abuse@westcloud.example", *urls)
    times = [removal(player, url) for url in urls if player.town.truth(url)["front"] is None]
    assert len(times) > 10
    assert max(times) - min(times) < HOUR


def test_a_provider_that_acts_only_after_a_reminder(player: Player) -> None:
    url = player.one("eastserve")
    player.write("abuse@eastserve.example", url)
    player.at(START + 20 * DAY)
    assert player.head(url).status == 200
    player.write("abuse@eastserve.example", url)
    player.at(player.now + DAY)
    assert player.head(url).status == 404
    assert player.town.truth(url)["reminded"]


def test_a_provider_that_never_acts(player: Player) -> None:
    url = player.one("stonewall")
    for _ in range(5):
        player.write("abuse@stonewall.example", url)
    player.at(START + 200 * DAY)
    assert player.head(url).status == 200
    assert player.town.truth(url)["stays_up"]


def test_a_host_that_moves_is_found_up_at_its_new_provider(player: Player) -> None:
    url = player.one("driftline")
    host = _parts(url)[0]
    (before,) = player.addresses(host)
    player.write("abuse@driftline.example", url)
    player.at(START + 10 * DAY)
    (after,) = player.addresses(host)
    assert before.startswith("127.20.6.") and after.startswith("127.20.2.")
    assert player.head(url).status == 200
    assert player.head(url, address=before).status == 404, "the old address knows it no more"
    told = player.town.truth(url)
    assert [(move["from"], move["to"]) for move in told["moved"]] == [("driftline", "westcloud")]
    player.write("abuse@westcloud.example", url)
    player.at(player.now + DAY)
    assert player.head(url).status == 404, "the new provider's character goes on"


def test_a_provider_that_brings_half_of_it_back(player: Player) -> None:
    rows = player.town.urls(60, seed=13, provider="echobay")
    urls = [row["url"] for row in rows if not player.town.truth(row["url"])["front"]]
    player.write("abuse@echobay.example", *urls)
    player.at(START + DAY)
    assert {player.head(url).status for url in urls} == {404}
    player.at(START + 60 * DAY)
    up = [url for url in urls if player.head(url).status == 200]
    assert len(urls) * 0.25 < len(up) < len(urls) * 0.75
    assert len(player.town.truth(up[0])["up"]) == 2
    player.write("abuse@echobay.example", up[0])
    player.at(player.now + DAY)
    assert player.head(up[0]).status == 404, "a new notice removes it again"


def test_a_name_that_is_withdrawn(player: Player) -> None:
    url = player.one("lostname")
    player.write("abuse@lostname.example", url)
    told = player.town.truth(url)
    player.at(datetime.fromisoformat(told["name_gone_at"]))
    assert player.dig(told["host"]).header.rcode == RCODE.NXDOMAIN
    assert not player.town.truth(url)["is_up"]


def test_a_registrar_that_sets_a_hold(player: Player) -> None:
    player.town.script(
        {"host": "www.heldback.example", "provider": "stonewall", "registrar": "namewell"}
    )
    url = f"http://www.heldback.example:{player.town.endpoints['web_port']}/a.jpg"
    player.town.script({"url": url})
    rdap = f"{player.town.endpoints['rdap']}/domain/heldback.example"
    assert requests.get(rdap, timeout=5).json()["status"] == ["active"]
    player.write("abuse@namewell.example", url)
    player.at(START + 20 * DAY)
    assert "client hold" in requests.get(rdap, timeout=5).json()["status"]
    assert player.dig("www.heldback.example").header.rcode == RCODE.NXDOMAIN


def test_a_proxy_stands_in_front_and_hands_notices_on(player: Player) -> None:
    url = player.one("westcloud,northhost,clearcut", front=True)
    told = player.town.truth(url)
    answer = player.dig(told["host"])
    assert [record.rtype for record in answer.rr] == [5, 1], "a CNAME and its address"
    proxy = next(p for p in player.town.world()["providers"] if p["key"] == told["front"])
    assert str(answer.rr[1].rdata) in proxy["addresses"]
    assert (told["asn"], told["seen_provider"]) == (proxy["asn"], proxy["key"])
    player.write(proxy["abuse"], url)
    player.at(START + 3 * DAY)
    assert player.head(url).status in (404, 410)


@pytest.mark.parametrize(
    ("provider", "status"),
    [
        ("fenceline", 403),
        ("nightowl", 503),
        ("flicker", 502),
        ("mendhouse", 404),
        ("badmonth", 502),
    ],
)
def test_hosts_that_stay_up_and_yet_have_bad_hours(
    player: Player, provider: str, status: int
) -> None:
    url = player.one(provider)
    player.write(f"abuse@{provider}.example", url)
    seen = []
    for hour in range(0, 31 * 24, 1):
        player.at(START + hour * HOUR)
        seen.append(player.head(url).status)
        if len(set(seen)) == 2:
            break
    assert set(seen) == {200, status}
    player.at(player.now + 60 * HOUR)
    told = player.town.truth(url)
    assert told["is_up"] and told["stays_up"]


def test_a_provider_that_refuses_connections_half_a_day_a_week(player: Player) -> None:
    url = player.one("restday")
    address = player.addresses(_parts(url)[0])[0]
    refused = []
    for hour in range(0, 168, 2):
        player.at(START + hour * HOUR)
        try:
            assert player.head(url, address).status == 200
        except ConnectionRefusedError:
            refused.append(hour)
    assert len(refused) == 6


def test_hosts_about_which_headers_tell_nothing(player: Player) -> None:
    forbidden, closed, soft = (player.one(k) for k in ("wallgate", "closedhead", "softground"))
    assert player.head(forbidden).status == 403
    assert player.head(closed).status == 405
    player.write("abuse@softground.example", soft)
    player.at(START + DAY)
    assert player.head(soft).status == 200
    told = player.town.truth(soft)
    assert not told["is_up"] and not told["removal_can_be_seen"]


def test_unknown_paths_are_answered_like_removed_ones(player: Player) -> None:
    for provider, status in (("northhost", 404), ("frontdoor", 302), ("softground", 200)):
        url = player.one(provider)
        sibling = url.rpartition("/")[0] + "/never-was-here.jpg"
        assert player.head(sibling).status == status


def test_a_tarpit_drips_headers_that_never_end(player: Player) -> None:
    host, port, target = _parts(player.one("mudflat"))
    with socket.create_connection((player.addresses(host)[0], port), timeout=5) as line:
        line.sendall(f"HEAD {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        read = b""
        while read.count(b"X-Wait") < 2:
            read += line.recv(1000)
    assert b"\r\n\r\n" not in read


def test_a_head_that_is_answered_with_a_megabyte(player: Player) -> None:
    host, port, target = _parts(player.one("bigparcel"))
    with socket.create_connection((player.addresses(host)[0], port), timeout=5) as line:
        line.sendall(f"HEAD {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        size = 0
        while chunk := line.recv(65536):
            size += len(chunk)
    assert size > 1_000_000


def test_validators_stay_the_same_except_where_pages_are_built_anew(player: Player) -> None:
    steady, fresh = player.one("northhost"), player.one("deepcard")
    assert player.head(steady) == player.head(steady)
    assert {"ETag", "Last-Modified", "Content-Length"} <= player.head(steady).fields.keys()
    lengths = {player.head(fresh).fields["Content-Length"] for _ in range(5)}
    assert len(lengths) > 1


def test_names_that_give_trouble(player: Player) -> None:
    assert player.dig("servfail.trouble.test").header.rcode == RCODE.SERVFAIL
    assert player.dig("none.trouble.test").header.rcode == RCODE.NXDOMAIN
    nothing = player.dig("nodata.trouble.test", tcp=True)
    assert nothing.header.rcode == RCODE.NOERROR and not nothing.rr
    assert player.dig(_parts(player.one("northhost"))[0], "AAAA").header.rcode == RCODE.NOERROR
    server, _, port = player.town.endpoints["dns"].partition(":")
    with pytest.raises(TimeoutError):
        DNSRecord.question("slow.trouble.test").send(server, int(port), timeout=0.5)


def _abuse_mailboxes(document: dict[str, Any]) -> list[str]:
    found = []
    for entity in document.get("entities", []):
        if "abuse" in entity["roles"]:
            found += [line[3] for line in entity["vcardArray"][1] if line[0] == "email"]
        found += _abuse_mailboxes(entity)
    return found


def test_rdap_speaks_of_networks_numbers_and_domains(player: Player) -> None:
    rdap = player.town.endpoints["rdap"]
    answer = requests.get(f"{rdap}/ip/127.20.1.10", timeout=5)
    assert answer.headers["Content-Type"] == "application/rdap+json"
    network = answer.json()
    assert (network["country"], network["startAddress"]) == ("NL", "127.20.1.0")
    assert _abuse_mailboxes(network) == ["abuse@northhost.example"]
    number = requests.get(f"{rdap}/autnum/64496", timeout=5).json()
    assert _abuse_mailboxes(number) == ["abuse@northhost.example"]
    host = _parts(player.one("northhost"))[0]
    entry = next(h for h in player.town.world()["hosts"] if h["name"] == host)
    domain = requests.get(f"{rdap}/domain/{entry['domain']}", timeout=5).json()
    assert _abuse_mailboxes(domain) == [f"abuse@{entry['registrar']}.example"]
    assert domain["ldhName"] == entry["domain"] and len(domain["nameservers"]) == 2
    assert requests.get(f"{rdap}/domain/nowhere.test", timeout=5).json()["errorCode"] == 404


def test_rdap_has_its_bad_habits(player: Player) -> None:
    rdap = player.town.endpoints["rdap"]
    assert _abuse_mailboxes(requests.get(f"{rdap}/ip/127.20.27.10", timeout=5).json()) == []
    assert requests.get(f"{rdap}/ip/127.20.28.10", timeout=5).status_code == 404
    answers = [requests.get(f"{rdap}/ip/127.20.29.10", timeout=5) for _ in range(3)]
    assert sorted(answer.status_code for answer in answers) == [200, 200, 429]
    assert next(a for a in answers if a.status_code == 429).headers["Retry-After"] == "2"
    nested = requests.get(f"{rdap}/ip/127.20.30.10", timeout=5).json()
    assert _abuse_mailboxes(nested) == ["abuse@deepcard.example"]
    assert requests.get(f"{rdap}/ip/127.20.31.10", timeout=5).elapsed >= timedelta(seconds=2)


def test_the_asn_table_leaves_some_ranges_to_rdap(town: Running) -> None:
    rows = [
        line.split("\t")
        for line in Path(town.endpoints["asn_table"]).read_text("utf-8").splitlines()
    ]
    assert ["127.20.1.0", "127.20.1.255", "64496", "NL", "Northhost"] in rows
    listed = {row[2] for row in rows}
    left_out = [p for p in town.world()["providers"] if str(p["asn"]) not in listed]
    assert {p["key"] for p in left_out} == {"nodesk", "busyline", "deepcard"}


def test_mailboxes_have_their_manners(player: Player) -> None:
    url = player.one("northhost")
    with pytest.raises(smtplib.SMTPRecipientsRefused) as bounced:
        player.write("abuse@fullbox.example", url)
    assert bounced.value.recipients["abuse@fullbox.example"][0] == 550
    with pytest.raises(smtplib.SMTPRecipientsRefused) as greylisted:
        player.write("abuse@patience.example", url)
    assert greylisted.value.recipients["abuse@patience.example"][0] == 451
    player.at(START + timedelta(minutes=6))
    player.write("abuse@patience.example", url)
    slow = EmailMessage()
    slow["To"], slow["From"] = "abuse@longpause.example", "desk@hotline.example"
    with pytest.raises(smtplib.SMTPServerDisconnected):
        player.send(slow, timeout=0.5)
    assert [entry["recipient"] for entry in player.town.ledger()][-1] == "abuse@patience.example"


def test_a_second_copy_is_counted_and_is_no_second_notice(player: Player) -> None:
    url = player.one("eastserve")
    for _ in range(2):
        player.write("abuse@eastserve.example", url, message_id="<same@hotline.example>")
    first, second = player.town.ledger()[-2:]
    assert (first["copy"], second["copy"]) == (0, 1)
    assert first["sha256"] != "" and first["urls"] == [url]
    notices = player.town.truth(url)["notices"]
    assert [n["reference"] for n in notices].count("<same@hotline.example>") == 1


def test_locations_are_read_from_csv_and_from_defanged_text(player: Player) -> None:
    rows = player.town.urls(2, seed=77, provider="westcloud")
    plain, tabled = str(rows[0]["url"]), str(rows[1]["url"])
    message = EmailMessage()
    message["To"], message["From"] = "abuse@westcloud.example", "desk@hotline.example"
    message["Message-ID"] = "<text@hotline.example>"
    defanged = plain.replace("http://", "hxxp://").replace(".", "[.]", 2)
    message.set_content(f"Please remove <{defanged}>.\n")
    player.send(message)
    assert player.town.ledger()[-1]["urls"] == [plain]
    message.replace_header("Message-ID", "<csv@hotline.example>")
    message.add_attachment(f"number,url\r\n1,{tabled}\r\n", subtype="csv", filename="urls.csv")
    player.send(message)
    assert player.town.ledger()[-1]["urls"] == [tabled]


def test_the_abuse_api_takes_a_report_and_its_status_moves_with_the_clock(player: Player) -> None:
    url = player.one("apiport")
    api = f"{player.town.endpoints['api']}/v1/abuse"
    report = {"clientToken": "t-1", "report": {"xarf": {"xarf_version": "4.2.0", "url": url}}}
    assert requests.post(api, json=report, timeout=5).status_code == 401
    key = {"Authorization": "Bearer sandbox-apiport"}
    first = requests.post(api, json=report, headers=key, timeout=5)
    again = requests.post(api, json=report, headers=key, timeout=5)
    assert first.status_code == 202 and first.json() == again.json()
    where = f"{api}/{first.json()['reportId']}"

    def state() -> tuple[str, str | None]:
        answer = requests.get(where, headers=key, timeout=5).json()
        return answer["status"], answer["reasonCode"]

    assert state() == ("QUEUED", None)
    player.at(START + timedelta(minutes=11))
    assert state() == ("PROCESSING", None)
    player.at(START + HOUR)
    assert state() == ("COMPLETED", "ACTIONED")
    assert player.head(url).status == 404


def test_a_script_overrides_one_url_or_one_host(player: Player) -> None:
    port = player.town.endpoints["web_port"]
    url = f"http://media.scripted.test:{port}/a.jpg"
    player.town.script(
        {"host": "media.scripted.test", "provider": "stonewall"},
        {
            "url": url,
            "remove_at": (START + 5 * HOUR).isoformat(),
            "return_at": (START + 9 * HOUR).isoformat(),
            "gone": 410,
        },
        {
            "host": "media.scripted.test",
            "outage": [(START + HOUR).isoformat(), (START + 2 * HOUR).isoformat()],
            "status": 503,
        },
    )
    seen = []
    for hour in (0, 1, 2, 5, 9):
        player.at(START + hour * HOUR)
        seen.append(player.head(url).status)
    assert seen == [200, 503, 200, 410, 200]
    player.town.script({"host": "media.scripted.test", "addresses": ["127.20.1.10", "192.0.2.1"]})
    assert player.addresses("media.scripted.test") == ["127.20.1.10", "192.0.2.1"]
    nowhere = {"url": "http://nowhere.test/", "remove_at": START.isoformat()}
    answer = requests.post(f"{player.town.endpoints['control']}/script", json=nowhere, timeout=5)
    assert answer.status_code == 422


def test_every_connection_is_counted(player: Player) -> None:
    before = player.town.connections()
    player.head(player.one("northhost"))
    after = player.town.connections()
    assert (after["dns"] - before["dns"], after["web"] - before["web"]) == (1, 1)
    assert (after["smtp"], after["rdap"]) == (before["smtp"], before["rdap"])


def test_urls_are_the_same_for_the_same_seed_and_spread_over_a_period(town: Running) -> None:
    period = {"from": START.isoformat(), "to": (START + 60 * DAY).isoformat()}
    rows = town.urls(500, seed=4, **period)
    assert rows == town.urls(500, seed=4, **period)
    assert len({row["url"] for row in rows}) == 500
    assert rows[0]["url"] != town.urls(1, seed=5)[0]["url"]
    received = [datetime.fromisoformat(row["received_at"]) for row in rows]
    assert received == sorted(received)
    assert received[0] >= START and received[-1] < START + 60 * DAY
    assert {row["url"] for row in rows} <= town.truth().keys()


def test_two_towns_live_side_by_side_and_fate_depends_on_the_seed_alone(
    tmp_path: Path, player: Player
) -> None:
    with Running(tmp_path / "twin", seed=1) as twin, Running(tmp_path / "other", seed=2) as other:
        url = player.town.urls(1, seed=55, provider="southrack")[0]["url"]
        times = []
        for town in (player.town, twin, other):
            someone = Player(town)
            someone.letters = 9000
            someone.at(START)
            host, _, target = _parts(url)
            someone.write(
                "abuse@southrack.example",
                f"http://{host}:{town.endpoints['web_port']}{target}",
            )
            times.append(removal(someone, url))
        assert times[0] == times[1] != times[2]


def test_it_stops_cleanly_when_told_to(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox", "--state", str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        endpoints = json.loads(process.stdout.readline())
        assert json.loads((tmp_path / "endpoints.json").read_text("utf-8")) == endpoints
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stderr.read() == b""
    assert not (tmp_path / "endpoints.json").exists()
