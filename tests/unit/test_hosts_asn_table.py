"""The IP-to-ASN table: what it finds and what it refuses."""

import gzip
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from takedown.hosts.asn_table import AsnTable, load

DATED = datetime(2026, 3, 1, tzinfo=UTC)
LINES = [
    "# a comment",
    "192.0.2.0\t192.0.2.255\t64496\tNL\tExample One",
    "192.0.2.64\t192.0.2.127\tAS64497\tfr\tA customer inside",
    "198.51.100.0\t198.51.100.255\t0\tNone\tNot routed",
    "2001:db8::\t2001:db8:0:ffff:ffff:ffff:ffff:ffff\t64498\tDE\tExample Six",
    "203.0.113.0\t203.0.113.255\t64499",
]


@pytest.fixture
def table() -> AsnTable:
    return AsnTable(LINES, DATED)


@pytest.mark.parametrize(
    ("address", "asn", "country"),
    [
        ("192.0.2.0", 64496, "NL"),
        ("192.0.2.63", 64496, "NL"),
        ("192.0.2.64", 64497, "FR"),
        ("192.0.2.127", 64497, "FR"),
        ("192.0.2.128", 64496, "NL"),
        ("192.0.2.255", 64496, "NL"),
        ("2001:db8::1", 64498, "DE"),
        ("203.0.113.9", 64499, None),
    ],
)
def test_the_narrowest_range_that_holds_an_address_answers(
    table: AsnTable, address: str, asn: int, country: str | None
) -> None:
    found = table.lookup(address)
    assert found is not None and (found.asn, found.country) == (asn, country)


@pytest.mark.parametrize(
    "address",
    ["192.0.1.255", "192.0.3.0", "198.51.100.7", "2001:db8:1::", "", "nonsense", "::1%lo"],
)
def test_what_no_network_announces_is_not_known(table: AsnTable, address: str) -> None:
    assert table.lookup(address) is None


def test_lines_that_are_no_ranges_are_counted_and_stop_nothing() -> None:
    broken = [
        "192.0.2.9\t192.0.2.1\t64500\tNL\tbackwards",
        "192.0.2.1\t2001:db8::\t64500\tNL\ttwo families",
        "192.0.2.1\t192.0.2.9\tmany\tNL\tno number",
        "three words only",
        "",
    ]
    table = AsnTable([*broken, *LINES], DATED)
    assert table.refused == 4
    assert len(table) == 4
    assert table.dated == DATED


def test_a_file_is_read_once_for_each_version_of_it(tmp_path: Path) -> None:
    plain, packed = tmp_path / "asn.tsv", tmp_path / "asn.tsv.gz"
    plain.write_text("\n".join(LINES))
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    os.utime(plain, (DATED.timestamp(), DATED.timestamp()))
    first = load(plain)
    assert first.dated == DATED and load(plain) is first
    assert len(load(packed)) == len(first)
    plain.write_text(LINES[1])
    assert len(load(plain)) == 1


def test_a_hundred_thousand_addresses_are_each_found_where_they_belong() -> None:
    lines = [
        f"10.{a}.{b}.0\t10.{a}.{b}.255\t{64496 + b % 16}\tNL\tExample"
        for a in range(256)
        for b in range(256)
    ]
    table = AsnTable(lines, DATED)
    for n in range(100_000):
        third = n // 7 % 256
        found = table.lookup(f"10.{n % 256}.{third}.9")
        assert found is not None and found.asn == 64496 + third % 16
