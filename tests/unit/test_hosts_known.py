"""Well-known providers: what comes along fits, and what does not fit says so."""

import tomllib
from datetime import date
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

import config
from takedown.hosts.known import BadReference, header_mark, known_providers

CHARACTER: dict[str, Any] = {
    "name": "Example CDN",
    "country": "NL",
    "asns": [64496, 64497],
    "domains": ["Example.NET"],
    "ranges": ["192.0.2.0/25", "2001:db8::/32"],
    "paths": ["Example.org/share/"],
    "proxy": True,
    "cname_marks": ["Edge.example.net."],
    "header_marks": ["Server: Example-CDN"],
    "contacts": ["Abuse@example.net"],
    "source": "made up",
    "checked_on": date(2026, 3, 1),
}


def test_what_comes_along_fits_and_names_no_unverified_contact() -> None:
    file = Path(config.__file__).parent / "providers.toml"
    book = known_providers(tomllib.loads(file.read_text()))
    assert {fact.name for fact in book.by_asn.values()} >= {"Cloudflare", "Clearfront CDN"}
    assert all(fact.proxy for fact in book.by_asn.values())
    for fact in {*book.by_asn.values(), *book.by_domain.values()}:
        assert fact.source
        assert not fact.contacts or fact.checked_on


def test_an_entry_is_found_by_number_and_by_domain() -> None:
    book = known_providers({"provider": [CHARACTER]})
    fact = book.by_asn[64497]
    assert book.by_domain["example.net"] is fact is book.by_asn[64496]
    assert (fact.proxy, fact.contacts) == (True, ("abuse@example.net",))
    assert book.by_range[ip_network("192.0.2.0/25")] is fact
    assert book.by_path["example.org", "/share/"] is fact
    assert book.by_cname["edge.example.net"] is book.by_header["server: example-cdn"] is fact


def test_a_header_names_a_proxy_by_its_beginning_and_the_longest_mark_wins() -> None:
    marks = {"server: example", "server: example-cdn", "cf-mitigated: challenge"}
    assert header_mark({"server": "Example-CDN/2.1"}, marks) == "server: example-cdn"
    assert header_mark({"server": "nginx", "cf-mitigated": "challenge"}, marks) == (
        "cf-mitigated: challenge"
    )
    assert header_mark({"server": "not an example", "cf-mitigated": None}, marks) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": None}, "an entry without a name"),
        ({"asns": ["many"]}, "Example CDN"),
        ({"source": ...}, "Example CDN: 'source'"),
        ({"checked_on": "yesterday"}, "Example CDN"),
        ({"ranges": ["192.0.2.1/24"]}, "Example CDN: 192.0.2.1/24 has host bits set"),
        ({"ranges": "192.0.2.0/24"}, "Example CDN: ranges: a list is needed"),
        ({"paths": ["example.org"]}, "Example CDN: example.org: a domain and the beginning"),
        ({"cname_marks": ["not a name"]}, "Example CDN: not a name: not a domain"),
        ({"header_marks": ["x-powered-by: x"]}, "Example CDN: x-powered-by: x: a value of"),
        ({"proxy": False}, "Example CDN: only a proxy has marks"),
        ({"range": []}, "Example CDN: not a field: range"),
    ],
)
def test_an_entry_that_does_not_fit_is_named(change: dict[str, Any], words: str) -> None:
    entry = {key: value for key, value in {**CHARACTER, **change}.items() if value is not ...}
    with pytest.raises(BadReference, match=words):
        known_providers({"provider": [entry]})


def test_no_two_entries_have_the_same_number() -> None:
    other = {"name": "Another", "asns": [64496], "source": "made up"}
    with pytest.raises(BadReference, match="AS64496 belongs to Example CDN and to Another"):
        known_providers({"provider": [CHARACTER]}, {"provider": [other]})
