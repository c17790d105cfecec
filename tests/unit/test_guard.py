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
from tests.spellings import FORBIDDEN, UNREADABLE

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


@pytest.mark.parametrize("host", FORBIDDEN)
def test_no_spelling_of_a_forbidden_address_gets_by(host: str) -> None:
    address = canonical(f"http://{host}/").address
    assert address is not None
    assert not allowed(address)


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.0.0.1:80", "fe80::1%eth0", "2001:db9::1%1", "1", "a.b", "::g"]
)
def test_what_is_not_plainly_an_address_is_refused(text: str) -> None:
    assert not allowed(text)


@pytest.mark.parametrize("host", UNREADABLE)
def test_what_is_no_address_for_a_browser_is_none_for_us(host: str) -> None:
    with pytest.raises(InvalidUrl):
        canonical(f"http://{host}/")


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
