"""What the small internet answers to those who look up, write, or play with it."""

import json
import signal
import smtplib
import subprocess
import sys
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import requests
from dnslib import RCODE, DNSRecord
from sandbox_player import DAY, HOUR, START, Player, parts

from sandbox import Running

ROOT = Path(__file__).parents[2]


def test_names_that_give_trouble(player: Player) -> None:
    assert player.dig("servfail.trouble.test").header.rcode == RCODE.SERVFAIL
    assert player.dig("none.trouble.test").header.rcode == RCODE.NXDOMAIN
    nothing = player.dig("nodata.trouble.test", tcp=True)
    assert nothing.header.rcode == RCODE.NOERROR and not nothing.rr
    assert player.dig(parts(player.one("northhost"))[0], "AAAA").header.rcode == RCODE.NOERROR
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
    host = parts(player.one("northhost"))[0]
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
    assert next(a for a in answers if a.status_code == 429).headers["Retry-After"] == "1"
    nested = requests.get(f"{rdap}/ip/127.20.30.10", timeout=5).json()
    assert _abuse_mailboxes(nested) == ["abuse@deepcard.example"]
    assert requests.get(f"{rdap}/ip/127.20.31.10", timeout=5).elapsed >= timedelta(seconds=0.5)


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
            someone.at(START)
            host, _, target = parts(url)
            someone.write(
                "abuse@southrack.example",
                f"http://{host}:{town.endpoints['web_port']}{target}",
            )
            times.append(someone.removal(url))
        assert times[0] == times[1] != times[2]


@pytest.mark.parametrize("how", ["by signal", "with the one that started it"])
def test_it_stops_cleanly(tmp_path: Path, how: str) -> None:
    command = [sys.executable, "-m", "sandbox", "--state", str(tmp_path), "--stop-with-stdin"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=ROOT) as process:
        assert process.stdin is not None and process.stdout is not None
        endpoints = json.loads(process.stdout.readline())
        assert json.loads((tmp_path / "endpoints.json").read_text("utf-8")) == endpoints
        if how == "by signal":
            process.send_signal(signal.SIGTERM)
        else:
            process.stdin.close()
        assert process.wait(10) == 0
        assert process.stderr is not None and process.stderr.read() == b""
    assert not (tmp_path / "endpoints.json").exists()


def test_a_port_that_is_taken_is_an_error_that_says_so(tmp_path: Path, town: Running) -> None:
    taken = town.endpoints["dns"].rpartition(":")[2]
    command = [sys.executable, "-m", "sandbox", "--state", str(tmp_path), "--ports", taken]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode == 1
    assert "in use" in ended.stderr and "Traceback" not in ended.stderr
