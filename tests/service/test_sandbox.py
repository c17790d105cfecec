"""One Url's story for each character of the small internet, on real sockets."""

import socket
from datetime import datetime, timedelta

import pytest
import requests
from dnslib import RCODE
from sandbox_player import DAY, HOUR, START, Player, parts


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
    gone = player.removal(url)
    assert timedelta() < gone - player.now <= within
    player.at(gone - timedelta(minutes=1))
    assert player.head(url).status == 200
    player.at(gone)
    assert player.head(url).status == afterwards
    assert not player.town.truth(url)["is_up"]


def test_one_act_clears_all_urls_of_a_notice_nearly_together(player: Player) -> None:
    urls = [row["url"] for row in player.town.urls(20, seed=31, provider="westcloud")]
    player.write("abuse@westcloud.example", *urls)
    times = [player.removal(url) for url in urls if player.town.truth(url)["front"] is None]
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
    host = parts(url)[0]
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
    address = player.addresses(parts(url)[0])[0]
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
    host, port, target = parts(player.one("mudflat"))
    with socket.create_connection((player.addresses(host)[0], port), timeout=5) as line:
        line.sendall(f"HEAD {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        read = b""
        while read.count(b"X-Wait") < 2:
            read += line.recv(1000)
    assert b"\r\n\r\n" not in read


def test_a_head_that_is_answered_with_a_megabyte(player: Player) -> None:
    host, port, target = parts(player.one("bigparcel"))
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
