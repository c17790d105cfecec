"""What registries really answered, read as a person would read it; whole, cut off and spoilt.

The answers are those that the ipwhois project recorded for its own tests (BSD licence, 2015). They
are read where they stand beside the checkout; without them the made-up answers of
`test_hosts_forms.py` cover the same forms. The table below was written from reading them.
"""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from takedown.hosts import rdap, whois
from takedown.hosts.cards import entities
from takedown.hosts.cut_short import salvage
from takedown.hosts.registration import Registration

RECORDED = Path(__file__).parents[2] / "../shared/data/rdap"


@dataclass(frozen=True)
class Expected:
    """What a person reads: words of the network, its country, who holds it, whom to write to."""

    network: str
    country: str | None
    organisation: str
    abuse: str | None
    last_resort: str | None = None


# RDAP. BT's answers name one desk of three mailboxes; the role's own comes first. KRNIC's team is
# named as abuse desk of all that it gave out; the network's own desk says in its remarks where
# complaints go. JPNIC's block names JPNIC alone. AFRINIC's give their contacts no roles.
RDAP = {
    "62.239.237.1": Expected("BT-CORPORATE", "GB", "BT Corporate Registry", "zzdnsr@bt.com"),
    "2a00:2381:ffff::1": Expected(
        "BT-WORLD-IPVSIX-LAUNCH", "GB", "BT Corporate Registry", "zzdnsr@bt.com"
    ),
    "74.125.225.229": Expected("NET-74-125-0-0-1", None, "Google Inc.", "arin-contact@google.com"),
    "2001:4860:4860::8888": Expected(
        "NET6-2001-4860-1", None, "Google Inc.", "arin-contact@google.com"
    ),
    "200.57.141.161": Expected(
        "200.57.141.161", "MX", "Triara.com, S.A. de C.V.", "operacion.redes@triara.com"
    ),
    "2801:10:c000::": Expected(
        "2801:10:C000::", "CO", "Universidad Catolica de Oriente", "sistemas.red@uco.edu.co"
    ),
    "210.107.73.73": Expected("BORANET-NET-210-107", "KR", "DACOM Corp.", "abuse@bora.net"),
    "2001:240:10c:1::ca20:9d1d": Expected(
        "IIJ-JPNIC-JP-20000308", "JP", "Japan Network Information Center", None
    ),
    "196.11.240.215": Expected(
        "196.11.239.0 - 196.11.246.255", "ZA", "ORG-VSA1-AFRINIC", "abuse@mtnbusiness.co.za"
    ),
    "2001:43f8:7b0::": Expected("2001:43F8:07B0::/48", "KE", "ORG-TA38-AFRINIC", None),
}
# WHOIS tells more: RIPE's own abuse contact, the assignment inside JPNIC's block, names of
# AFRINIC's organisations. Where routes are listed behind the network, the network counts.
WHOIS = {
    "62.239.237.1": Expected("BT-CORPORATE", "GB", "BT Corporate Registry", "protect@bt.com"),
    "2a00:2381:ffff::1": Expected(
        "BT-WORLD-IPVSIX-LAUNCH", "GB", "BT World IPv6 Launch", "protect@bt.com"
    ),
    "74.125.225.229": Expected("NET-74-125-0-0-1", "US", "Google Inc.", "arin-contact@google.com"),
    "2001:4860:4860::8888": Expected(
        "NET6-2001-4860-1", "US", "Google Inc.", "arin-contact@google.com"
    ),
    "200.57.141.161": Expected(
        "200.57.128/19", "MX", "Triara.com, S.A. de C.V.", "operacion.redes@triara.com"
    ),
    "2801:10:c000::": Expected(
        "2801:10:c000::", "CO", "Universidad Catolica de Oriente", "sistemas.red@uco.edu.co"
    ),
    "210.107.73.73": Expected(
        "BORANET-NET-210-107", "KR", "DACOM Corp.", "abuse@bora.net", "hostmaster@nic.or.kr"
    ),
    "2001:240:10c:1::ca20:9d1d": Expected(
        "IIJ-PRJNET", "JP", "Internet Initiative Japan Inc.", None
    ),
    "196.11.240.215": Expected("NET-196-11-239-0", "ZA", "MTN SA", "abuse@mtnbusiness.co.za"),
    "2001:43f8:7b0::": Expected(
        "Tespok",
        "KE",
        "Telecommunication Sevice  Providers Association of Kenya - TESPOK",
        None,
    ),
}


@cache
def recorded(name: str) -> dict[str, Any]:
    """A file of recorded answers; empty where it is not there."""
    file = RECORDED / f"{name}.json"
    return dict(json.loads(file.read_text())) if file.exists() else {}


def matches(said: Registration, expected: Expected) -> None:
    assert said.network is not None and expected.network in said.network
    assert (said.country, said.organisation) == (expected.country, expected.organisation)
    first = said.abuse[0].address if said.abuse else None
    assert first == (expected.abuse or expected.last_resort)
    assert expected.abuse or "no abuse contact for the address" in said.problems
    resorts = [mail.address for mail in said.abuse if mail.last_resort]
    assert resorts == ([expected.last_resort] if expected.last_resort else [])


def test_every_recorded_rdap_answer_is_read_as_a_person_reads_it() -> None:
    for address, one in recorded("rdap").items():
        said = rdap.read("ip", one["response"])
        matches(said, RDAP[address])
        assert said.covers(address)
        assert said.organisation_country in (None, said.country, "US")


def test_every_recorded_whois_answer_is_read_as_a_person_reads_it() -> None:
    for address, one in recorded("whois").items():
        said = whois.read(one["response"], one["asn_data"])
        matches(said, WHOIS[address])
        assert said.covers(address)
        number = one["asn_data"]["asn"]
        assert said.asn == (int(number) if number.isdigit() else None)


def test_the_routes_that_a_number_announces_name_nobody_to_complain_to() -> None:
    for one in recorded("asn").values():
        assert whois.abuse_in(one["response"]) == []


def test_a_desk_that_is_asked_about_by_itself_gives_its_mailbox() -> None:
    answer = recorded("entity")
    if answer:
        (desk,) = entities([answer], [])
        assert (desk.name, desk.country) == ("Google Inc", "US")
        assert rdap.read_desk("ip", answer).abuse[0].address == "arin-contact@google.com"
        assert rdap.read("ip", {"entities": [answer]}).abuse == (), "without a role it is nobody's"


def texts() -> Iterator[tuple[str, str]]:
    """Every recorded answer as its JSON text, and the address that it is about."""
    for address, one in recorded("rdap").items():
        yield address, json.dumps(one["response"])


def test_an_answer_cut_off_anywhere_gives_what_came_and_never_fails() -> None:
    for address, text in texts():
        whole = rdap.read("ip", json.loads(text))
        for end in range(200, len(text), 200):
            document = salvage(text[:end])
            assert document, "two hundred bytes hold at least one whole member"
            said = rdap.read("ip", document)
            assert said.country in (None, whole.country)
            assert {m.address for m in said.abuse} <= {m.address for m in whole.abuse}, address
            assert said.abuse or said.problems


def test_a_whois_text_cut_off_anywhere_gives_what_came_and_never_fails() -> None:
    for one in recorded("whois").values():
        text = one["response"]
        for end in range(0, len(text), 200):
            said = whois.read(text[:end], one["asn_data"])
            assert said.network or "WHOIS: no network could be read" in said.problems
            assert said.abuse or "no abuse contact for the address" in said.problems


WRONG: tuple[Any, ...] = (None, 7, "x", [], {}, [[]], [None], [{}], True, {"roles": 1}, "\ud800")


def test_a_field_that_is_missing_or_of_another_type_spoils_itself_alone() -> None:
    for answer in [*(one["response"] for one in recorded("rdap").values()), recorded("entity")]:
        for name in answer:
            without = {key: value for key, value in answer.items() if key != name}
            said = rdap.read("ip", without)
            assert name == "country" or said.country == rdap.read("ip", answer).country
            for value in WRONG:
                rdap.read("ip", {**without, name: value})
            rdap.read("autnum", {**without, name: 7})
            rdap.read("domain", {**without, name: 7})


def test_entities_that_are_spoilt_anywhere_never_fail() -> None:
    for one in recorded("rdap").values():
        for at, entity in enumerate(one["response"]["entities"]):
            for name in entity:
                for value in WRONG[:4]:
                    spoilt = deepcopy(one["response"])
                    spoilt["entities"][at][name] = value
                    said = rdap.read("ip", spoilt)
                    assert said.country == one["response"].get("country")
