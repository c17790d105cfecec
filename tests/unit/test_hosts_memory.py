"""Registry answers that still hold, and whom to ask: by range, by day, by IANA's lists."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from takedown.hosts.bootstrap import Bootstrap
from takedown.hosts.memory import ADDRESS_HOLDS, DOMAIN_HOLDS, NOTHING_HOLDS, Memory
from takedown.hosts.registration import Registration
from takedown.hosts.registry import Question, Registry

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WIDE = Registration(network="wide", ranges=("192.0.2.0/24", "2001:db8::/32"), raw={"n": 1})
NARROW = Registration(network="narrow", ranges=("192.0.2.64/26",), raw={"n": 2})


def test_an_answer_holds_for_its_whole_range_and_a_narrower_one_goes_first() -> None:
    memory = Memory()
    memory.keep_address("192.0.2.1", WIDE, NOW)
    memory.keep_address("192.0.2.65", NARROW, NOW)
    assert memory.of_address("192.0.2.200", NOW) is WIDE
    assert memory.of_address("192.0.2.100", NOW) is NARROW
    assert memory.of_address("2001:db8:7::1", NOW) is WIDE
    assert memory.of_address("198.51.100.1", NOW) is None
    assert memory.of_address("192.0.2.1", NOW + ADDRESS_HOLDS) is None


def test_an_answer_about_another_range_counts_for_the_address_alone() -> None:
    memory = Memory()
    memory.keep_address("198.51.100.1", WIDE, NOW)
    assert memory.of_address("198.51.100.1", NOW) is WIDE
    assert memory.of_address("192.0.2.1", NOW) is None


def test_domains_and_numbers_hold_for_their_time_and_silence_is_not_kept() -> None:
    memory = Memory()
    memory.keep_domain("files.example", WIDE, NOW)
    memory.keep_number(64496, NARROW, NOW)
    memory.keep_domain("other.example", Registration(problems=("silent",), down=True), NOW)
    memory.keep_domain("no.example", Registration(problems=("not found",)), NOW)
    assert memory.of_domain("files.example", NOW + DOMAIN_HOLDS / 2) is WIDE
    assert memory.of_domain("files.example", NOW + DOMAIN_HOLDS) is None
    assert memory.of_number(64496, NOW) is NARROW
    assert memory.of_domain("other.example", NOW) is None
    assert memory.of_domain("no.example", NOW) is not None
    assert memory.of_domain("no.example", NOW + NOTHING_HOLDS) is None


def lists(age: timedelta) -> str:
    """IANA's lists as they are kept (RFC 9224), for names and numbers of documentation."""
    base = ["https://rdap.registry.test/"]
    services = {
        "asn": [["64496-64511"], base],
        "dns": [["example"], base],
        "ipv4": [["192.0.2.0/24"], base],
        "ipv6": [["2001:db8::/32"], base],
        "object": [["TEST"], base],
    }
    kept: dict[str, object] = {name: {"services": [row]} for name, row in services.items()}
    made = int(NOW.timestamp() - age.total_seconds())
    return json.dumps({"timestamp": made, "source": None, **kept})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    kept = tmp_path / "bootstrap.json"
    kept.write_text(lists(timedelta(days=1)))
    return kept


def test_the_lists_say_which_registry_answers_for_what(file: Path) -> None:
    found = Bootstrap(file, 0.2, lambda _: False)
    assert found.base("domain", "files.example", NOW) == "https://rdap.registry.test/"
    assert found.base("autnum", "64500", NOW) == "https://rdap.registry.test/"
    assert found.base("domain", "files.test", NOW) is None
    assert found.base("ip", "192.0.2.1", NOW) == "https://rdap.registry.test/"
    assert found.base("ip", "2001:db8::1", NOW) == "https://rdap.registry.test/"
    assert found.base("ip", "198.51.100.1", NOW) is None


def test_where_no_registry_answers_whois_is_asked_or_the_finding_says_so(file: Path) -> None:
    lists = Bootstrap(file, 0.2, lambda _: False)
    said = Registry(None, 0.2, lambda _: False, lists).first("autnum", "65000", NOW)
    assert isinstance(said, Registration) and not said.down
    assert said.problems == ("no registry answers for the autonomous system",)
    asked = Registry(None, 0.2, lambda _: False, lists).first("domain", "files.test", NOW)
    assert isinstance(asked, Question) and asked.registry == "whois test"


@pytest.mark.parametrize("kept", [lists(timedelta(days=30)), "{", "[]", ""])
def test_lists_that_are_old_or_broken_are_fetched_anew_and_never_past_the_guard(
    file: Path, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from whoisit.bootstrap import BaseBootstrap

    here = dict.fromkeys(BaseBootstrap.BOOTSTRAP_URLS, "https://127.0.0.1:9/lists.json")
    monkeypatch.setattr(BaseBootstrap, "BOOTSTRAP_URLS", here)
    file.write_text(kept)
    registry = Registry(None, 0.5, lambda _: False, Bootstrap(file, 0.5, lambda _: False))
    said = registry.first("domain", "files.example", NOW)
    assert isinstance(said, Registration)
    assert (said.problems, said.down) == (("registry lists: not reachable",), True)
