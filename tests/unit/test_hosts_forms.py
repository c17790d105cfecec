"""The registries' forms, in made-up answers: where each of them puts country, holder and desk."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest

from takedown.hosts import rdap, whois
from takedown.hosts.cards import AbuseMail


def card(name: str, *mails: str, kind: str = "group", **more: Any) -> list[Any]:
    lines: list[Any] = [["version", {}, "text", "4.0"], ["fn", {}, "text", name]]
    lines += [["kind", {}, "text", kind], *(["email", {}, "text", mail] for mail in mails)]
    if "label" in more:
        lines.append(["adr", {"label": more["label"]}, "text", None])
    if "adr" in more:
        lines.append(["adr", {}, "text", more["adr"]])
    return ["vcard", lines]


def network(**fields: Any) -> dict[str, Any]:
    return {
        "handle": "192.0.2.0 - 192.0.2.255",
        "startAddress": "192.0.2.0",
        "endAddress": "192.0.2.255",
        "name": "EXAMPLE-NET",
        **fields,
    }


TEAM = {"handle": "IRT-KRNIC-KR", "roles": ["abuse"]}
RIPE = network(
    country="GB",
    startAddress="192.0.2.0/32",
    endAddress="192.0.2.255/32",
    remarks=[{"description": ["UDC"]}],
    entities=[
        {
            "handle": "EX1-RIPE",
            "roles": ["abuse"],
            "vcardArray": card("Example Registry Desk", "desk@example.net", "ann@example.net"),
            "entities": [{"handle": "EX2-RIPE", "roles": ["administrative", "technical"]}],
        }
    ],
)
ARIN = network(
    handle="NET-192-0-2-0-1",
    startAddress="192.000.002.000",
    endAddress="192.000.002.255",
    entities=[
        {
            "handle": "EXMP",
            "roles": ["registrant"],
            "vcardArray": card(
                "Example Inc.", kind="org", label="1 Example St\nExampleville\nCA\nUNITED STATES"
            ),
            "entities": [
                {
                    "handle": "EX3-ARIN",
                    "roles": ["technical", "administrative", "abuse"],
                    "vcardArray": card("Example Inc", "arin@example.net"),
                }
            ],
        }
    ],
)
LACNIC = network(
    handle="192.0.2.9",
    startAddress="192.0.2.9",
    endAddress="192.0.2.9",
    country="MX",
    entities=[
        {
            "handle": "EX4",
            "roles": ["administrative", "technical", "abuse"],
            "vcardArray": card("Ann Example", "Redes@EXAMPLE.net", kind="individual"),
        },
        {
            "handle": "MX-EX-LACNIC",
            "roles": ["registrant"],
            "vcardArray": card("Example, S.A.", kind="org", adr=["", "", "1", "", "", "1", "MX"]),
        },
    ],
)
KRNIC = network(
    country="KR",
    remarks=[{"title": "description", "description": ["Example Corp.", "A provider"]}],
    entities=[
        {
            "handle": "EX5-AP",
            "roles": ["technical", "administrative"],
            "vcardArray": card("EXAMPLE NET", "ipadm@example.net", "abuse@example.net"),
            "remarks": [
                {"title": "remarks", "description": ["If related with spam, abuse@example.net"]}
            ],
        },
        {**TEAM, "vcardArray": card("IRT-KRNIC-KR", "hostmaster@registry.example")},
    ],
)
KRNIC_ALONE = {**KRNIC, "entities": KRNIC["entities"][1:]}
JPNIC = network(
    country="JP",
    remarks=[
        {"title": "description", "description": ["Example Information Center"]},
        {"title": "remarks", "description": ["For abuse contacts, look up the registry's WHOIS."]},
    ],
    entities=[
        {
            "handle": "EX6-AP",
            "roles": ["technical", "administrative"],
            "vcardArray": card(
                "Example Information Center",
                "hostmaster@registry.example",
                label="4F Example Bldg\\nChiyoda-ku, Tokyo 101-0047,Japan",
            ),
        }
    ],
)
AFRINIC = network(
    country="ZA",
    remarks=[
        {"title": "Remark", "description": ["please send abuse reports to abuse@example.net"]}
    ],
    entities=[
        {"handle": "EX7", "vcardArray": card("Ann Example", "ann@example.net", kind="individual")},
        {"handle": "ORG-EX8", "vcardArray": card("ORG-EX8", "bob@example.net", kind="org")},
    ],
)
BRAZIL = network(
    country="BR",
    nicbr_autnum="64500",
    entities=[
        {
            "handle": "00000000000191",
            "roles": ["registrant"],
            "vcardArray": card("Example Ltda", kind="org"),
            "entities": [
                {"handle": "EXA", "roles": ["abuse"], "vcardArray": card("EXA", "cert@example.net")}
            ],
        }
    ],
)


@dataclass(frozen=True)
class Expected:
    country: str | None
    organisation: str
    organisation_country: str | None
    abuse: str | None
    evidence: str = "abuse role of the address"


FORMS = {
    "RIPE": (RIPE, Expected("GB", "Example Registry Desk", None, "desk@example.net")),
    "ARIN": (
        ARIN,
        Expected(
            None, "Example Inc.", "US", "arin@example.net", "abuse role of the address, nested"
        ),
    ),
    "LACNIC": (LACNIC, Expected("MX", "Example, S.A.", "MX", "redes@example.net")),
    "KRNIC": (
        KRNIC,
        Expected("KR", "Example Corp.", None, "abuse@example.net", "remark of the address"),
    ),
    "KRNIC alone": (
        KRNIC_ALONE,
        Expected(
            "KR",
            "Example Corp.",
            None,
            "hostmaster@registry.example",
            "national registry of the address",
        ),
    ),
    "JPNIC": (JPNIC, Expected("JP", "Example Information Center", None, None)),
    "AFRINIC": (
        AFRINIC,
        Expected("ZA", "ORG-EX8", None, "abuse@example.net", "remark of the address"),
    ),
    "Brazil": (
        BRAZIL,
        Expected(
            "BR", "Example Ltda", None, "cert@example.net", "abuse role of the address, nested"
        ),
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_registrys_form_is_read(form: str) -> None:
    answer, expected = FORMS[form]
    said = rdap.read("ip", answer)
    assert said.network is not None and "EXAMPLE-NET" in said.network
    assert said.covers("192.0.2.9")
    assert (said.country, said.organisation) == (expected.country, expected.organisation)
    assert said.organisation_country == expected.organisation_country
    first = said.abuse[0] if said.abuse else None
    assert (first.address if first else None) == expected.abuse
    assert first is None or first.evidence == expected.evidence
    known = first is not None and not first.last_resort
    assert ("no abuse contact for the address" in said.problems) != known


def test_the_brazilian_registry_says_who_announces_the_address() -> None:
    assert rdap.read("ip", BRAZIL).asn == 64500


WRONG: tuple[Any, ...] = (None, 7, "x", [], {}, [[]], [None], [{}], True, "\ud800")


@pytest.mark.parametrize("form", FORMS)
def test_a_spoilt_field_spoils_itself_alone(form: str) -> None:
    answer = FORMS[form][0]
    for name in answer:
        for value in WRONG:
            said = rdap.read("ip", {**deepcopy(answer), name: value})
            assert name == "country" or said.country == answer.get("country")
            assert name in ("entities", "remarks") or said.abuse == rdap.read("ip", answer).abuse


def test_a_state_is_not_taken_for_a_country() -> None:
    for label in ("1 Example St\nExampleville CA", "Exampleville, GA", "1 Example St, DE"):
        answer = deepcopy(ARIN)
        answer["entities"][0]["vcardArray"] = card("Example Inc.", label=label)
        assert rdap.read("ip", answer).organisation_country is None


def test_remarks_of_a_registrant_make_no_contact() -> None:
    owner = {
        "roles": ["registrant"],
        "vcardArray": card("A Customer"),
        "remarks": [{"description": ["abuse: owner@example.org"]}],
    }
    assert rdap.read("ip", network(entities=[owner])).abuse == ()


def test_a_registry_that_names_itself_is_told_from_the_registrar() -> None:
    desk = {"roles": ["abuse"], "vcardArray": card("Desk", "abuse@registry.example")}
    answer = {
        "ldhName": "files.example",
        "entities": [
            {"roles": ["registry"], "vcardArray": card("A Registry"), "entities": [desk]},
            {
                "roles": ["registrar"],
                "vcardArray": card("A Registrar"),
                "entities": [
                    {"roles": ["abuse"], "vcardArray": card("Desk", "abuse@registrar.example")}
                ],
            },
        ],
    }
    said = rdap.read("domain", answer)
    assert (said.registry, said.registrar) == ("A Registry", "A Registrar")
    assert [mail.address for mail in said.abuse] == ["abuse@registrar.example"]
    assert [mail.address for mail in said.registry_abuse] == ["abuse@registry.example"]


RIPE_TEXT = """\
% Abuse contact for '192.0.2.0 - 192.0.2.255' is 'abuse@example.net'

inetnum:        192.0.2.0 - 192.0.2.255
netname:        EXAMPLE-NET
descr:          Example
country:        NL
e-mail:         owner@example.net
remarks:        abuse reports to desk@example.net please

role:           Example Desk
abuse-mailbox:  Abuse@example.net

route:          192.0.0.0/16
descr:          A route
"""
ARIN_TEXT = """\
# terms: mail nobody@registry.example about abuse

NetRange:       192.0.2.0 - 192.0.2.255
CIDR:           192.0.2.0/25, 192.0.2.128/25
NetName:        EXAMPLE
NetHandle:      NET-192-0-2-0-1

OrgName:        Example Inc.
Country:        US

OrgTechEmail:   tech@example.net
OrgAbuseEmail:  abuse@example.net
"""
LACNIC_TEXT = """\
inetnum:     192.0.2/24
owner:       Example, S.A.
country:     MX
owner-c:     EX1
abuse-c:     EX2

nic-hdl:     EX1
e-mail:      owner@example.net

nic-hdl:     EX2
e-mail:      abuse@example.net
"""
APNIC_TEXT = """\
inetnum:        192.0.2.0 - 192.0.2.255
netname:        EXAMPLE-NET
descr:          Example Corp.
country:        KR

irt:            IRT-KRNIC-KR
e-mail:         hostmaster@registry.example
abuse-mailbox:  hostmaster@registry.example

role:           EXAMPLE NET
e-mail:         ipadm@example.net
remarks:        If related with spam, send mail to abuse@example.net

inetnum:        192.0.0.0 - 192.0.2.255
netname:        WIDER-NET
descr:          Somebody else
"""


@pytest.mark.parametrize(
    ("text", "country", "organisation", "abuse"),
    [
        (RIPE_TEXT, "NL", "Example Desk", ["abuse@example.net", "desk@example.net"]),
        (ARIN_TEXT, "US", "Example Inc.", ["abuse@example.net"]),
        (LACNIC_TEXT, "MX", "Example, S.A.", ["abuse@example.net"]),
        (
            APNIC_TEXT,
            "KR",
            "Example Corp.",
            ["abuse@example.net", "hostmaster@registry.example"],
        ),
    ],
)
def test_whois_names_the_abuse_contact_in_each_registrys_manner_and_nobody_else(
    text: str, country: str, organisation: str, abuse: list[str]
) -> None:
    said = whois.read(text, {"asn": "64496 64497", "asn_country_code": "ZZ"})
    assert [mail.address for mail in said.abuse] == abuse
    assert (said.asn, said.country, said.organisation) == (64496, country, organisation)
    assert said.covers("192.0.2.1") and not said.covers("192.0.3.1")
    assert said.source == "whois" and said.problems == ()


@pytest.mark.parametrize("text", [RIPE_TEXT, ARIN_TEXT, LACNIC_TEXT, APNIC_TEXT])
def test_a_whois_text_that_breaks_off_gives_what_came(text: str) -> None:
    for end in range(len(text)):
        said = whois.read(text[:end], {"asn": "NA"})
        assert {mail.address for mail in said.abuse} <= {m.address for m in whois.abuse_in(text)}
        assert said.ranges or "WHOIS: no network could be read" in said.problems


def test_a_national_registrys_team_is_marked_as_the_last_resort() -> None:
    assert whois.abuse_in(APNIC_TEXT)[1] == AbuseMail(
        "hostmaster@registry.example", "national registry of the address (WHOIS)", last_resort=True
    )
