"""Well-known providers: what comes along fits, and what does not fit says so."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import config
from takedown.hosts.known import BadReference, known_providers

CHARACTER: dict[str, Any] = {
    "name": "Example CDN",
    "country": "NL",
    "asns": [64496, 64497],
    "domains": ["Example.NET"],
    "proxy": True,
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


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": None}, "an entry without a name"),
        ({"asns": ["many"]}, "Example CDN"),
        ({"source": ...}, "Example CDN: 'source'"),
        ({"checked_on": "yesterday"}, "Example CDN"),
    ],
)
def test_an_entry_that_does_not_fit_is_named(change: dict[str, Any], words: str) -> None:
    entry = {key: value for key, value in {**CHARACTER, **change}.items() if value is not ...}
    with pytest.raises(BadReference, match=words):
        known_providers({"provider": [entry]})


def test_no_two_entries_have_the_same_number() -> None:
    other = {**CHARACTER, "name": "Another", "domains": []}
    with pytest.raises(BadReference, match="AS64496 belongs to Example CDN and to Another"):
        known_providers({"provider": [CHARACTER]}, {"provider": [other]})
