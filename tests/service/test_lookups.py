"""Look-ups in a small internet whose registries answer, want pauses, or never say a word."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from patience import within

from sandbox import Running
from takedown.checks.guard import allowed
from takedown.hosts.finding import HostFinding
from takedown.hosts.lookup import Lookup
from takedown.urls.normalise import registrable_domain

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def looking(town: Running, **more: Any) -> Lookup:
    there = town.endpoints
    fields = {
        "dns_servers": (there["dns"],),
        "rdap_url": None,
        "bootstrap_url": there["bootstrap"],
        "asn_table": Path(there["asn_table"]),
        "allowed": partial(allowed, open_networks=(ip_network(there["networks"]),)),
        "domain_of": registrable_domain,
        "deadline": 2.0,
        **more,
    }
    return Lookup(**fields)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Running]:
    with Running(tmp_path / "town") as running:
        yield running


def answered(town: Running) -> Counter[tuple[str, str, str]]:
    """Questions to registries that got an answer; a pause that was asked for is none."""
    return Counter(
        (one["registry"], one["kind"], one["what"])
        for one in town.questions()
        if one["status"] != 429 and one["registry"] not in ("silent", "dns")
    )


def asked_by_now(town: Running) -> Counter[str]:
    """How often each registry, and DNS, has been asked."""
    return Counter(one["registry"] for one in town.questions())


def test_a_silent_registry_and_a_busy_one_cost_nobody_a_fact_and_nothing_is_asked_twice(
    town: Running,
) -> None:
    homes = ("northhost", "westcloud", "eastserve", "southrack", "deepcard")
    town.script(
        *({"host": f"w{n}.many{n}.test", "provider": homes[n % 5]} for n in range(40)),
        {"registry": "silent", "provider": "northhost"},
        {"registry": "silent", "suffix": "org"},
        {"registry": "limited", "provider": "eastserve"},
        {"registry": "limited", "suffix": "test"},
    )
    world = town.world()
    well = [host for host in world["hosts"] if host["dns"] == "ok"]
    hosts = {host["name"]: host for host in [*well[::4], *well[-40:]]}
    providers = {provider["key"]: provider for provider in world["providers"]}
    lookup = looking(town, deadline=3.0)
    names = list(hosts)
    findings: dict[str, HostFinding] = {}
    with within(20):
        for at in range(0, len(names), 50):
            findings |= lookup.findings(names[at : at + 50], NOW)
    for name, host in hosts.items():
        seen, one = providers[host["front"] or host["provider"]], findings[name]
        assert (one.asn, one.country) == (seen["asn"], seen["country"])
        first = one.abuse[0].address if one.abuse else None
        assert first == (seen["abuse"] if seen["abuse_in_rdap"] else None)
        assert one.put_off is None
        if host["domain"].endswith(".test") and host["domain"].startswith("many"):
            assert one.registrar is not None, "the busy registry was come back to"
    assert [what for what, times in answered(town).items() if times > 1] == []
    before = asked_by_now(town)
    again = lookup.findings(names, NOW + timedelta(seconds=50))
    assert {n: f.abuse for n, f in again.items()} == {n: f.abuse for n, f in findings.items()}
    assert set(asked_by_now(town) - before) <= {"silent"}, "only what had no answer is asked again"


def test_a_registry_that_is_given_up_is_not_asked_while_others_are(town: Running) -> None:
    town.script(
        *({"host": f"s{n}.quiet{n}.org", "domain": f"quiet{n}.org"} for n in range(30)),
        {"registry": "silent", "suffix": "org"},
    )
    lookup = looking(town, deadline=0.6)
    names = [f"s{n}.quiet{n}.org" for n in range(30)]
    with within(6):  # thirty deadlines one after the other would be eighteen
        findings = lookup.findings(names, NOW)
    problems = Counter(problem for one in findings.values() for problem in one.problems)
    assert problems["registry of the domain's registrar: silent"] >= 10
    assert all(one.asn and one.abuse for one in findings.values() if one.dns == "ok")
    quiet = sum(one["registry"] == "silent" for one in town.questions())
    lookup.findings([*names], NOW)
    assert sum(one["registry"] == "silent" for one in town.questions()) == quiet <= 16


def test_a_registry_without_time_left_puts_off_and_spends_nobodys_patience(town: Running) -> None:
    town.script(
        *({"host": f"p{n}.many{n}.test", "provider": "eastserve"} for n in range(60)),
        {"registry": "limited", "suffix": "test"},
    )
    lookup = looking(town, deadline=0.5)
    names = [f"p{n}.many{n}.test" for n in range(60)]
    with within(5):
        findings = lookup.findings(names, NOW)
    said = Counter(p for one in findings.values() for p in one.problems)
    assert said["registry of the domain's registrar: put off"] > 20
    assert all(one.abuse for one in findings.values()), "who hosts it is known all the same"


def test_an_onion_service_and_an_address_have_no_domain_to_ask_about(town: Running) -> None:
    onion = "a" * 56 + ".onion"
    findings = looking(town).findings([onion, "127.20.4.10"], NOW)
    assert findings[onion].country is None and findings[onion].domain is None
    assert findings["127.20.4.10"].country == "DE" and findings["127.20.4.10"].domain is None
    asked = {(one["registry"], one["kind"]) for one in town.questions()}
    assert asked == {("plain", "ip")}


def test_the_tables_of_the_operator_are_used_and_their_age_is_told(
    town: Running, tmp_path: Path
) -> None:
    geo, carriers = tmp_path / "geo", tmp_path / "up"
    geo.write_text("# 2025-12-01\n127.20.0.0\t127.20.255.255\tBE\n")
    carriers.write_text(f"64496\t{64497}\n")
    lookup = looking(town, geolocation_table=geo, upstream_table=carriers)
    name = next(h["name"] for h in town.world()["hosts"] if h["provider"] == "northhost")
    one = lookup.findings([name], NOW)[name]
    assert one.countries | {"registrar": ""} == {
        "registry": "NL",
        "geolocation": "BE",
        "table": "NL",
        "organisation": "NL",
        "registrar": "",
    }
    assert one.country == "NL" and any("not agreed on" in problem for problem in one.problems)
    assert [carrier.asn for carrier in one.carriers] == [64497]
    assert one.carriers[0].name == "Westcloud"
    states = {state.name: state for state in lookup.tables(NOW)}
    assert states["geolocation"].old and states["geolocation"].age_days == 91
    assert states["asn"].rows > 20 and states["upstreams"].rows == 1
