"""Whatever spells a forbidden address, nothing is connected to it."""

from ipaddress import IPv4Network, IPv6Network

import pytest

from takedown.checks.guard import (
    BROWSER_BLOCKED_PORTS,
    DEFAULT_PORTS,
    all_allowed,
    all_within,
    allowed,
    networks,
    port_allowed,
)
from takedown.errors import InvalidUrl
from takedown.urls.normalise import canonical

SPELLINGS = """
127.0.0.1 127.1 127.0.1 0x7f.1 0x7f000001 2130706433 017700000001 0177.0.0.1 127.255.255.254
127.0.0.1. 0x7F.0x0.0x0.0x1 ①②⑦.⓪.⓪.① 127。0。0。1 %31%32%37.0.0.1 0x7f.0.0.1 127.0x0.1
0 0.0.0.0 0x0 0.0.0.1 10.0.0.1 10.255.255.255 0xa.1 012.0.0.1 167772161 100.64.0.1
100.127.255.254 169.254.169.254 0xa9fea9fe 2852039166 169.254.1 172.16.0.1 172.31.255.255
192.168.0.1 192.168.1 3232235521 192.0.0.8 192.0.0.170 192.0.2.1 198.18.0.1 198.19.255.255
198.51.100.7 203.0.113.9 192.88.99.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
0xffffffff 4294967295 168.63.129.16
[::] [::1] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:808:808] [::127.0.0.1]
[::7f00:1] [64:ff9b::7f00:1] [64:ff9b::808:808] [64:ff9b:1::1] [2002:7f00:1::] [2002:808:808::1]
[2001::1] [2001:0:4136:e378:8000:63bf:3fff:fdd2] [2001:db8::1] [3fff::1] [2001:2::1] [2001:10::1]
[2001:20::1] [fc00::1] [fd12:3456::1] [fe80::1] [febf::1] [fec0::1] [ff02::1] [ff0e::1] [100::1]
[5f00::1] [3ffe::1] [4000::1] [::ffff:0:127.0.0.1] [2620:4f:8000::1]
"""

# Beside each special network lie addresses that anybody may have.
NEIGHBOURS = [
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "198.18.0.0/15",
]


@pytest.mark.parametrize("host", SPELLINGS.split())
def test_no_spelling_of_a_forbidden_address_gets_by(host: str) -> None:
    address = canonical(f"http://{host}/").address
    assert address is not None
    assert not allowed(address)


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.0.0.1:80", "fe80::1%eth0", "2001:db9::1%1", "1", "a.b", "::g"]
)
def test_what_is_not_plainly_an_address_is_refused(text: str) -> None:
    assert not allowed(text)


def test_a_zone_in_a_literal_is_no_address_for_a_browser_either() -> None:
    with pytest.raises(InvalidUrl):
        canonical("http://[fe80::1%25eth0]/")


@pytest.mark.parametrize("special", NEIGHBOURS)
def test_the_address_next_to_a_special_network_is_allowed(special: str) -> None:
    network = IPv4Network(special)
    assert not allowed(str(network.network_address))
    assert not allowed(str(network.broadcast_address))
    assert allowed(str(network.network_address - 1))
    assert allowed(str(network.broadcast_address + 1))


@pytest.mark.parametrize("special", ["2001:db8::/32", "2002::/16", "2001::/23"])
def test_the_global_address_next_to_a_special_network_is_allowed(special: str) -> None:
    network = IPv6Network(special)
    assert not allowed(str(network.broadcast_address))
    assert allowed(str(network.broadcast_address + 1))


def test_the_sandbox_is_let_through_by_name_and_nothing_beside_it() -> None:
    sandbox = networks(["127.0.0.0/8"])
    assert allowed("127.3.2.1", sandbox)
    assert not allowed("10.0.0.1", sandbox)
    assert not allowed("::1", sandbox)
    assert not allowed("::ffff:127.0.0.1", sandbox)


def test_one_forbidden_answer_refuses_all_answers() -> None:
    fine, other = "9.255.255.255", "2001:db9::1"
    assert all_allowed([fine, other])
    assert not all_allowed([fine, "127.0.0.1"])
    assert not all_allowed([])


def test_a_network_that_cannot_be_read_stops_the_start() -> None:
    with pytest.raises(ValueError, match="does not appear"):
        networks(["127.0.0.0/8", "everything"])


def test_ports_are_the_usual_ones_and_the_reported_one() -> None:
    assert port_allowed(80, DEFAULT_PORTS)
    assert port_allowed(443, DEFAULT_PORTS)
    assert port_allowed(8080, DEFAULT_PORTS, reported_port=8080)
    assert not port_allowed(8080, DEFAULT_PORTS)
    assert not port_allowed(8081, DEFAULT_PORTS, reported_port=8080)
    assert not port_allowed(8080, ("80", "443"), reported_port=8080)


@pytest.mark.parametrize("port", sorted(BROWSER_BLOCKED_PORTS | {-1, 65_536}))
def test_a_port_that_browsers_block_is_never_probed(port: int) -> None:
    assert not port_allowed(port, (str(port), "reported"), reported_port=port)


def test_a_closed_world_reaches_its_own_networks_alone() -> None:
    sandbox = networks(["127.20.0.0/16"])
    assert all_within(["127.20.1.10", "127.20.2.10"], sandbox)
    assert not all_within(["127.20.1.10", "192.0.2.1"], sandbox)
    assert not all_within(["2001:db8::1"], sandbox)
