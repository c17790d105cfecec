"""A small MaxMind DB 2.0 file, made by hand: enough of the format for the tests."""

import ipaddress
import struct
from pathlib import Path
from typing import Any

_SHORT = ("binary_format_major_version", "binary_format_minor_version", "ip_version", "record_size")
_MARK = b"\xab\xcd\xefMaxMind.com"


def _head(kind: int, size: int) -> bytes:
    """A field's control bytes: type (extended ones above 7) and size below 285."""
    first, more = (kind << 5, b"") if kind < 8 else (0, bytes([kind - 7]))
    if size < 29:
        return bytes([first | size]) + more
    return bytes([first | 29]) + more + bytes([size - 29])


def _value(value: Any, key: str = "") -> bytes:
    if isinstance(value, str):
        raw = value.encode()
        return _head(2, len(raw)) + raw
    if isinstance(value, int):
        raw = value.to_bytes(8, "big").lstrip(b"\0")
        kind = 5 if key in _SHORT else 9 if key == "build_epoch" else 6
        return _head(kind, len(raw)) + raw
    if isinstance(value, list):
        return _head(11, len(value)) + b"".join(map(_value, value))
    pairs = [_value(key) + _value(one, key) for key, one in value.items()]
    return _head(7, len(pairs)) + b"".join(pairs)


def write(path: Path, records: dict[str, dict[str, Any]], built: int) -> None:
    """Networks and their records as an IPv6 tree with IPv4 at ::/96; `built`: seconds."""
    nodes: list[list[int | bytes | None]] = [[None, None]]
    for cidr, record in records.items():
        network = ipaddress.ip_network(cidr)
        number = int(network[0])
        length = network.prefixlen + (96 if network.version == 4 else 0)
        at = 0
        for bit in range(length):
            side = number >> (127 - bit) & 1
            if bit == length - 1:
                nodes[at][side] = _value(record)
            else:
                below = nodes[at][side]
                if not isinstance(below, int):
                    nodes.append([None, None])
                    below = nodes[at][side] = len(nodes) - 1
                at = below
    data, tree = b"", b""
    for node in nodes:
        for side in node:
            if isinstance(side, bytes):
                tree += struct.pack(">I", len(nodes) + 16 + len(data))
                data += side
            else:
                tree += struct.pack(">I", len(nodes) if side is None else side)
    told = {
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "build_epoch": built,
        "database_type": "Example",
        "description": {"en": "made by hand"},
        "ip_version": 6,
        "languages": ["en"],
        "node_count": len(nodes),
        "record_size": 32,
    }
    path.write_bytes(tree + bytes(16) + data + _MARK + _value(told))
