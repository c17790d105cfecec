"""What a probe may reach: own lists, since `ipaddress.is_global` lets too much by."""

import ipaddress
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# IANA special-purpose registries (RFC 6890 and its updates), and what embeds an IPv4 address:
# whatever is translated or tunnelled could come out anywhere.
_DENIED: Final = (
    "0.0.0.0/8",  # this network
    "10.0.0.0/8",
    "100.64.0.0/10",  # carrier-grade NAT
    "127.0.0.0/8",
    "169.254.0.0/16",  # link-local, cloud metadata
    "172.16.0.0/12",
    "192.0.0.0/24",  # IETF protocol assignments
    "192.0.2.0/24",  # documentation
    "192.31.196.0/24",  # AS112
    "192.52.193.0/24",  # AMT
    "192.88.99.0/24",  # 6to4 relay
    "192.168.0.0/16",
    "192.175.48.0/24",  # AS112
    "198.18.0.0/15",  # benchmarks
    "198.51.100.0/24",  # documentation
    "203.0.113.0/24",  # documentation
    "224.0.0.0/4",  # multicast
    "240.0.0.0/4",  # reserved, broadcast
    "168.63.129.16/32",  # a cloud's host agent, on a global address
)

# IPv6 the other way round: only global unicast as IANA gave it out, less what is special in it.
_GLOBAL_V6: Final = ipaddress.IPv6Network("2000::/3")
_DENIED_V6: Final = (
    "2001::/23",  # IETF assignments: Teredo, ORCHID, benchmarks, AMT
    "2001:db8::/32",  # documentation
    "2002::/16",  # 6to4
    "2620:4f:8000::/48",  # AS112
    "3ffe::/16",  # 6bone, returned
    "3fff::/20",  # documentation
)

_NETS4: Final = tuple(IPv4Network(n) for n in _DENIED)
_NETS6: Final = tuple(IPv6Network(n) for n in _DENIED_V6)

# Ports that browsers refuse for http (WHATWG Fetch, "bad port"): no site is there, other
# protocols are, and bytes of ours could speak them.
# fmt: off
BROWSER_BLOCKED_PORTS: Final = frozenset(
    {
        0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79,
        87, 95, 101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139,
        143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548,
        554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659,
        4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697,
        10080,
    }
)
# fmt: on

DEFAULT_PORTS: Final = ("80", "443", "reported")


def networks(names: Iterable[str]) -> tuple[Network, ...]:
    """Networks from their names, as settings give them. Raises ValueError."""
    return tuple(ipaddress.ip_network(name.strip()) for name in names if name.strip())


def allowed(address: str, open_networks: tuple[Network, ...] = ()) -> bool:
    """Whether a connection to this literal address may be made; anything unreadable may not.

    `open_networks` are let through by name: the sandbox's range, nothing else.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address) and ip.scope_id is not None:
        return False
    if any(ip.version == net.version and ip in net for net in open_networks):
        return True
    if isinstance(ip, IPv4Address):
        return not any(ip in net for net in _NETS4)
    return ip in _GLOBAL_V6 and not any(ip in net for net in _NETS6)


def all_allowed(addresses: Iterable[str], open_networks: tuple[Network, ...] = ()) -> bool:
    """Whether every answer for a name may be reached: one forbidden answer refuses them all."""
    answers = tuple(addresses)
    return bool(answers) and all(allowed(a, open_networks) for a in answers)


def all_within(addresses: Iterable[str], networks: tuple[Network, ...]) -> bool:
    """Whether every address lies in one of the networks: all that a closed world may reach."""
    return all(
        any(ipaddress.ip_address(address) in network for network in networks)
        for address in addresses
    )


def port_allowed(port: int, policy: Iterable[str], reported_port: int | None = None) -> bool:
    """Whether a port may be probed. `policy` holds numbers and `reported` (the port that the
    registered address names); never a port that browsers block, whatever the policy says.
    """
    if not 0 < port < 65_536 or port in BROWSER_BLOCKED_PORTS:
        return False
    names = {str(name).strip() for name in policy}
    return str(port) in names or ("reported" in names and port == reported_port)
