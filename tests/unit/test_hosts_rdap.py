"""Reading registries' answers: as a person would, and whatever is wrong with them."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takedown.hosts import rdap, whois
from takedown.hosts.cards import AbuseMail, iso_country


def card(name: str, *mails: str, country: str | None = None, kind: str = "org") -> list[Any]:
    lines: list[Any] = [["version", {}, "text", "4.0"], ["fn", {}, "text", name]]
    lines += [["kind", {}, "text", kind], *(["email", {}, "text", mail] for mail in mails)]
    if country:
        lines.append(["adr", {}, "text", ["", "", "1 Example Street", "", "", "", country]])
    return ["vcard", lines]


def entity(roles: list[str], *mails: str, **more: Any) -> dict[str, Any]:
    return {
        "objectClassName": "entity",
        "handle": "E1",
        "roles": roles,
        "vcardArray": card(more.pop("name", "Desk"), *mails, country=more.pop("country", None)),
        **more,
    }


NETWORK: dict[str, Any] = {
    "objectClassName": "ip network",
    "handle": "NET-192-0-2-0-1",
    "name": "EXAMPLE-NET",
    "startAddress": "192.0.2.0",
    "endAddress": "192.0.2.255",
    "ipVersion": "v4",
    "country": "nl",
    "status": ["active"],
    "events": [{"eventAction": "registration", "eventDate": "2019-03-04T10:00:00Z"}],
    "arin_originas0_originautnums": [64496],
    "entities": [
        entity(["registrant"], "owner@example.net", name="Example Hosting", country="BELGIUM"),
        entity(["technical"], "noc@example.net"),
        entity(["abuse"], "Desk@example.net", "abuse@example.net", name="Example Abuse"),
    ],
}
DOMAIN: dict[str, Any] = {
    "objectClassName": "domain",
    "handle": "D1-EX",
    "ldhName": "files.example",
    "status": ["Client Hold", "active"],
    "nameservers": [{"objectClassName": "nameserver", "ldhName": "NS1.Example.NET."}],
    "entities": [
        entity(["registrant"], "owner@files.example"),
        entity(
            ["registrar"],
            name="Example Registrar",
            country="FR",
            entities=[entity(["abuse"], "abuse@registrar.example")],
        ),
    ],
}


def changed(document: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**deepcopy(document), **fields}


def test_a_network_tells_range_country_organisation_and_abuse_desk() -> None:
    said = rdap.read("ip", NETWORK)
    assert said.network == "NET-192-0-2-0-1 EXAMPLE-NET"
    assert said.ranges == ("192.0.2.0/24",) and said.covers("192.0.2.9")
    assert (said.country, said.asn) == ("NL", 64496)
    assert (said.organisation, said.organisation_country) == ("Example Hosting", "BE")
    assert said.abuse == (
        AbuseMail("abuse@example.net", "abuse role of the address"),
        AbuseMail("desk@example.net", "abuse role of the address"),
    )
    assert said.problems == ()


def test_a_domain_tells_its_registrar_whose_desk_is_never_the_hosts() -> None:
    said = rdap.read("domain", DOMAIN)
    assert (said.registrar, said.registrar_country) == ("Example Registrar", "FR")
    assert said.abuse == (
        AbuseMail("abuse@registrar.example", "abuse role of the domain's registrar, nested"),
    )
    assert said.status == ("client hold", "active")
    assert said.nameservers == ("ns1.example.net",)


def test_a_number_tells_its_holder() -> None:
    document = changed(NETWORK, objectClassName="autnum", startAutnum=64496, endAutnum=64496)
    said = rdap.read("autnum", document)
    assert (said.asn, said.organisation) == (64496, "Example Hosting")
    assert said.abuse[0].evidence == "abuse role of the autonomous system"


def test_no_other_role_is_ever_a_contact() -> None:
    roles = ["registrant", "technical", "administrative", "noc", "billing", "sponsor"]
    people = [entity([role], f"{role}@example.net") for role in roles]
    people.append(entity([], "nobody@example.net"))
    said = rdap.read("ip", changed(NETWORK, entities=people))
    assert said.abuse == ()
    assert said.problems == ("no abuse contact for the address",)


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ([entity(["Abuse"], "abuse@example.net")], "abuse@example.net"),
        ([entity(["technical", "abuse"], "desk@example.net")], "desk@example.net"),
        ([entity(["abuse"], "mailto:abuse@example.net")], "abuse@example.net"),
        ([{**entity(["abuse"], "abuse@example.net"), "roles": "abuse"}], "abuse@example.net"),
        (
            [entity(["registrant"], entities=[entity(["abuse"], "abuse@example.net")])],
            "abuse@example.net",
        ),
        (
            [
                entity(["registrant"], entities=[entity(["abuse"], "abuse@inner.example")]),
                entity(["abuse"], "desk@outer.example"),
            ],
            "desk@outer.example",
        ),
    ],
)
def test_the_abuse_desk_is_found_wherever_it_stands(
    people: list[dict[str, Any]], expected: str
) -> None:
    assert rdap.read("ip", changed(NETWORK, entities=people)).abuse[0].address == expected


def test_a_remark_that_speaks_of_abuse_helps_where_no_role_does() -> None:
    remarks = [{"description": ["Call us", "Send abuse reports to Desk@example.net."]}]
    said = rdap.read("ip", changed(NETWORK, entities=[], remarks=remarks))
    assert said.abuse == (AbuseMail("desk@example.net", "remark of the address"),)


def test_addresses_are_read_as_registries_write_them() -> None:
    document = changed(NETWORK, startAddress="192.000.002.000", endAddress="192.0.2.255/32")
    assert rdap.read("ip", document).ranges == ("192.0.2.0/24",)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"entities": "none"}, "entities could not be read"),
        ({"entities": [7]}, "an entity could not be read"),
        ({"entities": [{"roles": 7}]}, "the roles of an entity could not be read"),
        ({"entities": [{"vcardArray": "x"}]}, "a card could not be read"),
        ({"entities": [{"vcardArray": ["vcard", [7]]}]}, "a line of a card could not be read"),
        ({"country": 7}, "field country could not be read"),
        ({"startAddress": "somewhere"}, "field startAddress could not be read"),
        ({"status": "active"}, "field status could not be read"),
        ({"cidr0_cidrs": [7]}, "field cidr0_cidrs could not be read"),
        ({"objectClassName": "error"}, "an answer about something else"),
    ],
)
def test_what_could_be_read_is_kept_and_what_could_not_is_named(
    fields: dict[str, Any], problem: str
) -> None:
    said = rdap.read("ip", changed(NETWORK, **fields))
    assert problem in said.problems
    assert said.network == "NET-192-0-2-0-1 EXAMPLE-NET"
    assert said.raw is not None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def _paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = [at] if at else []
    for key, one in inner if isinstance(value, dict | list) else ():
        found += _paths(one, (*at, key)) if isinstance(one, dict | list) else [(*at, key)]
    return found


@pytest.mark.parametrize(("kind", "document"), [("ip", NETWORK), ("domain", DOMAIN)])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_nothing_that_a_registry_could_send_stops_the_reading(
    kind: rdap.Kind, document: dict[str, Any], data: st.DataObject
) -> None:
    broken = deepcopy(document)
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(_paths(broken)))
        spot: Any = broken
        for step in way:
            spot = spot[step]
        spot[last] = data.draw(_JSON)
    said = rdap.read(kind, broken)
    texts = (said.network, said.organisation, said.registrar, *said.status, *said.nameservers)
    for text in texts:
        assert text is None or ("\0" not in text and text.encode())
    for mail in said.abuse:
        assert mail.address == mail.address.lower() and not set(mail.address) & set("\r\n ,;<>")


def test_deep_nesting_ends_somewhere() -> None:
    person = entity(["abuse"], "deep@example.net")
    for _ in range(200):
        person = entity(["registrant"], entities=[person])
    assert rdap.read("ip", changed(NETWORK, entities=[person])).abuse == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nl", "NL"),
        ("FRANCE", "FR"),
        ("United States", "US"),
        ("UK", "GB"),
        ("EU", None),
        ("AP", None),
        ("", None),
        ("X", None),
    ],
)
def test_countries_are_known_by_code_and_by_english_name(text: str, code: str | None) -> None:
    assert iso_country(text) == code


def test_whois_is_never_asked_about_an_address_that_is_not_global() -> None:
    for address in ("192.0.2.1", "127.0.0.1", "10.0.0.1", "2001:db8::1"):
        assert whois.look_up(address, 1.0, lambda _: True).problems == ("forbidden address",)
        told = whois.announced(address, 1.0, rdap.read("ip", NETWORK))
        assert told.problems == ("forbidden address",) and told.asn == 64496


def test_the_evidence_is_kept_as_it_came() -> None:
    assert json.dumps(rdap.read("ip", NETWORK).raw) == json.dumps(NETWORK)
