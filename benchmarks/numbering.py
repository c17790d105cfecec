"""Who announces an address, addresses a second, against the standard library's own types."""

import ipaddress
from bisect import bisect_right
from datetime import UTC, datetime
from time import process_time
from typing import Final

from benchmarks.contest import Result, table
from takedown.hosts.asn_table import AsnTable

ROWS: Final = 400_000  # about what the internet announces
ADDRESSES: Final = 100_000
_SPAN: Final = 9_000


def main() -> str:
    """Run it and tell."""
    firsts = [16_777_216 + n * _SPAN for n in range(ROWS)]
    lines = (
        f"{ipaddress.IPv4Address(first)}\t{ipaddress.IPv4Address(first + _SPAN - 1)}\t{n}\tNL\tN{n}"
        for n, first in enumerate(firsts, 1)
    )
    ours = AsnTable(lines, datetime(2026, 3, 1, tzinfo=UTC))
    asked = [
        str(ipaddress.IPv4Address(firsts[n * 7_919 % ROWS] + n % _SPAN)) for n in range(ADDRESSES)
    ]
    begun = process_time()
    found = sum(ours.lookup(address) is not None for address in asked)
    local = Result("takedown's table", found, process_time() - begun, 0)
    starts = [ipaddress.IPv4Address(first) for first in firsts]
    begun = process_time()
    for address in asked:
        bisect_right(starts, ipaddress.IPv4Address(address))
    plain = Result("ipaddress and bisect", ADDRESSES, process_time() - begun, 0)
    return table(
        f"numbers: {ADDRESSES:,} addresses among {ROWS:,} ranges, {local.seconds:.2f} s",
        [local, plain],
        {"ipaddress": plain},
        "goal: 100,000 in under a second",
    )
