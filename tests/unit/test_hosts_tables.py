"""The reference tables: both forms, their dates, and how one takes another's place."""

import gzip
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from mmdb_writer import write

from takedown.hosts import asn_table, geolocation, tables, upstreams
from takedown.hosts.tables import UnfitTable

BUILT = datetime(2026, 2, 1, 12, tzinfo=UTC)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
GOOD = {
    "asn": "192.0.2.0\t192.0.2.255\t64496\tNL\tExample\n",
    "geolocation": "192.0.2.0\t192.0.2.255\tFR\n2001:db8::\t2001:db8::ffff\tbe\n",
    "upstreams": "64496\t64500\n64496\tAS64501\n64497\t64500\n",
}


def put(path: Path, text: str | bytes, at: datetime = BUILT) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


@pytest.fixture
def database(tmp_path: Path) -> Path:
    made = tmp_path / "made.mmdb"
    records = {
        "192.0.2.0/24": {
            "autonomous_system_number": 64496,
            "autonomous_system_organization": "Example One",
            "country": {"iso_code": "NL"},
        },
        "198.51.100.0/25": {"asn": "AS64497", "as_name": "Example Two", "country_code": "FR"},
        "203.0.113.0/24": {"country": "DE"},
        "2001:db8::/32": {"autonomous_system_number": 64498},
    }
    write(made, records, int(BUILT.timestamp()))
    return made


def test_an_mmdb_file_is_asked_as_a_text_table_is(database: Path) -> None:
    numbers, places = asn_table.load(database), geolocation.load(database)
    one = numbers.lookup("192.0.2.9")
    assert one is not None
    assert (one.asn, one.country, one.name) == (64496, "NL", "Example One")
    assert (one.first, one.last) == (bytes([192, 0, 2, 0]), bytes([192, 0, 2, 255]))
    two = numbers.lookup("198.51.100.1")
    assert two is not None and (two.asn, two.country, two.name) == (64497, "FR", "Example Two")
    six = numbers.lookup("2001:db8::1")
    assert six is not None and six.asn == 64498 and six.first[:4] == bytes.fromhex("20010db8")
    for unknown in ("203.0.113.1", "198.51.100.200", "2001:db9::1", "nonsense", ""):
        assert numbers.lookup(unknown) is None
    assert [places.country(f"{net}.1") for net in ("192.0.2", "198.51.100", "203.0.113")] == [
        "NL",
        "FR",
        "DE",
    ]
    assert numbers.dated == places.dated == BUILT and len(numbers) == 4


def test_a_text_tables_date_is_the_one_it_states_else_its_files(tmp_path: Path) -> None:
    stated = put(tmp_path / "stated", "# an export of 2026-01-15\n" + GOOD["asn"])
    silent = put(tmp_path / "silent", GOOD["asn"])
    odd = put(tmp_path / "odd", "# version 2026-19-39\n" + GOOD["asn"])
    assert asn_table.load(stated).dated == datetime(2026, 1, 15, tzinfo=UTC)
    assert asn_table.load(silent).dated == asn_table.load(odd).dated == BUILT


def test_countries_and_carriers_are_found(tmp_path: Path) -> None:
    places = geolocation.load(put(tmp_path / "geo", GOOD["geolocation"]))
    assert (places.country("192.0.2.7"), places.country("2001:db8::1")) == ("FR", "BE")
    assert places.country("192.0.3.1") is None
    carriers = upstreams.load(put(tmp_path / "up", GOOD["upstreams"]))
    assert carriers.of(64496) == (64500, 64501)
    assert carriers.of(64999) == carriers.of(None) == ()


@pytest.mark.parametrize(("days", "old"), [(0, False), (30, False), (31, True)])
def test_a_table_past_thirty_days_is_old(tmp_path: Path, days: int, old: bool) -> None:
    path = put(tmp_path / "asn", GOOD["asn"])
    state = tables.state("asn", path, BUILT + timedelta(days=days))
    assert (state.dated, state.rows, state.age_days, state.old) == (BUILT, 1, days, old)


def test_a_table_that_is_missing_or_unreadable_says_so(tmp_path: Path) -> None:
    missing = tables.state("asn", tmp_path / "none", NOW)
    assert (missing.dated, missing.problem) == (None, None)
    half = tmp_path / "half"
    write(half, {"192.0.2.0/24": {"asn": "AS64496"}}, int(BUILT.timestamp()))
    half.write_bytes(half.read_bytes()[:-20])
    assert tables.state("asn", half, NOW).problem == "cannot be read (ValueError)"
    spoilt = put(tmp_path / "spoilt", GOOD["asn"] + "three words only\n")
    assert tables.state("asn", spoilt, NOW).problem == "1 lines do not fit"


@pytest.mark.parametrize("name", tables.NAMES)
def test_a_good_file_takes_the_place_and_is_met_by_who_had_the_old_one(
    tmp_path: Path, name: str
) -> None:
    target = tmp_path / "home" / name
    packed = put(tmp_path / "new.gz", gzip.compress(GOOD[name].encode()))
    done = tables.replace(name, packed, target)
    assert (done.name, done.dated) == (name, BUILT)
    assert target.read_text() == GOOD[name], "kept unpacked"
    assert tables.state(name, target, NOW).rows == done.rows
    more = put(tmp_path / "more", GOOD[name] * 2, NOW)
    assert tables.replace(name, more, target).dated == NOW
    assert tables.state(name, target, NOW).age_days == 0
    assert [file.name for file in target.parent.iterdir()] == [name]


def test_an_mmdb_file_takes_the_place_of_a_text_table(tmp_path: Path, database: Path) -> None:
    target = put(tmp_path / "asn.tsv", GOOD["asn"])
    before = asn_table.load(target)
    tables.replace("asn", database, target)
    after = asn_table.load(target)
    assert len(before) == 1 and len(after) == 4 and after.dated == BUILT
    with pytest.raises(UnfitTable, match="not a text table"):
        tables.replace("upstreams", database, tmp_path / "up")


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("asn", "192.0.2.0\t192.0.2.255", "line 2, ASN: missing; fields stand between tabs"),
        ("asn", "192.0.2.0 192.0.2.255 64496", "line 2, last address: missing"),
        ("asn", "192.0.2\t192.0.2.255\t64496", "line 2, first address: not an address"),
        ("asn", "192.0.2.9\t192.0.2.1\t64496", "line 2, last address: before the first"),
        ("asn", "192.0.2.9\t2001:db8::\t64496", "line 2, last address: of another family"),
        ("asn", "192.0.2.0\t192.0.2.9\tmany", "line 2, ASN: not an AS number"),
        ("asn", "192.0.2.0\t192.0.2.9\t4294967296", "line 2, ASN: not an AS number"),
        ("asn", "192.0.2.0\t192.0.2.9\t64496\tFRA", "line 2, country: not an ISO 3166-1 code"),
        ("geolocation", "192.0.2.0\t192.0.2.9", "line 2, country: missing"),
        ("geolocation", "192.0.2.0\t192.0.2.9\tFrance", "line 2, country: not an ISO 3166-1"),
        ("upstreams", "64496", "line 2, upstream ASN: missing"),
        ("upstreams", "64496\t64496", "line 2, upstream ASN: a network is not its own upstream"),
        ("upstreams", "x\t64496", "line 2, ASN: not an AS number"),
    ],
)
def test_one_bad_line_is_named_by_row_and_field_and_the_old_table_stays(
    tmp_path: Path, name: str, line: str, said: str
) -> None:
    target = put(tmp_path / name, GOOD[name])
    bad = put(tmp_path / "bad", f"# 2026-02-20\n{line}\n{GOOD[name]}")
    with pytest.raises(UnfitTable) as refused:
        tables.replace(name, bad, target)
    assert str(refused.value).startswith(f"1 lines do not fit\n{said}")
    assert "192.0.2" not in str(refused.value)
    assert target.read_text() == GOOD[name]


def test_many_bad_lines_are_counted_and_the_first_are_shown(tmp_path: Path) -> None:
    bad = put(tmp_path / "bad", "nonsense\n" * 1_000)
    with pytest.raises(UnfitTable, match="and 980 more") as refused:
        tables.replace("asn", bad, tmp_path / "asn")
    assert len(refused.value.bad) == 1_000


@pytest.mark.parametrize("raw", [b"", b"# nothing\n", b"\x1f\x8b\x08\x00broken"])
def test_a_file_with_nothing_in_it_replaces_nothing(tmp_path: Path, raw: bytes) -> None:
    target = put(tmp_path / "asn", GOOD["asn"])
    with pytest.raises(UnfitTable):
        tables.replace("asn", put(tmp_path / "bad", raw), target)
    assert target.read_text() == GOOD["asn"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["asn", "bad"]


def test_a_broken_mmdb_file_replaces_nothing(tmp_path: Path, database: Path) -> None:
    target = put(tmp_path / "asn", GOOD["asn"])
    whole = database.read_bytes()
    for end in range(0, len(whole), 40):
        with pytest.raises(UnfitTable):
            tables.replace("asn", put(tmp_path / "cut", whole[:end]), target)
    assert target.read_text() == GOOD["asn"]
