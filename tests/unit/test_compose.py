"""Facts are checked, locations are made inert, files travel along, tokens can't be forged."""

import csv
import io
import unicodedata
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notice_facts import BREAKS, facts, hostile, minimal, url

from notices.compose import compose
from notices.defang import defang, escape_unseen
from notices.errors import BadFacts, UnsafeHeader
from notices.facts import Deadline
from notices.tokens import sign, verify

BINDING = Deadline(hours=1, binding=True, basis="an order")


@pytest.mark.parametrize("bad", BREAKS)
@pytest.mark.parametrize(
    ("part", "field"),
    [
        ("hotline", "name"),
        ("hotline", "email"),
        ("hotline", "signature"),
        ("hotline", "phone"),
        ("recipient", "address"),
        ("", "provider_ticket"),
        ("", "law"),
        ("url", "location"),
        ("url", "classification"),
    ],
)
def test_a_line_break_in_any_fact_is_refused_by_name(part: str, field: str, bad: str) -> None:
    whole = facts()
    spoilt: Any = {"": whole, "url": whole.urls[0]}.get(part) or getattr(whole, part)
    with pytest.raises(UnsafeHeader) as refused:
        replace(spoilt, **{field: f"https://x{bad}"})
    assert field in refused.value.field
    assert "https" not in str(refused.value)


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        ({"date": datetime(2026, 1, 1)}, "date"),  # noqa: DTZ001 - naive on purpose
        ({"date": datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))}, "date"),
        ({"number": "123"}, "number"),
        ({"urls": ()}, "urls"),
        ({"urls": (url(1), url(1))}, "urls"),
        ({"kind": "poem"}, "kind"),
        ({"kind": "reminder", "previous": None}, "previous"),
        ({"law": None, "preservation": None, "deadline": BINDING}, "deadline"),
        ({"law": None}, "preservation"),
        ({"kind": "retraction", "previous": None}, "previous"),
        ({"kind": "escalation", "history": ()}, "history"),
        ({"kind": "escalation", "role": "registrar", "collateral": None}, "collateral"),
        ({"kind": "first", "role": "police"}, "recipient.role"),
        ({"kind": "closure", "urls": (url(1),)}, "urls"),
        ({"occasion": "because"}, "occasion"),
        ({"mistake": "none"}, "mistake"),
    ],
)  # fmt: skip
def test_facts_that_make_no_letter_are_refused(spoil: dict[str, Any], field: str) -> None:
    with pytest.raises(BadFacts) as refused:
        facts(**spoil)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        ({"location": "ftp://media.example.test/"}, "location"),
        ({"location": "=cmd"}, "location"),
        ({"embeds": ("javascript:1",)}, "location"),
        ({"last_confirmed_up": datetime(2026, 1, 1)}, "last_confirmed_up"),  # noqa: DTZ001
        ({"remove": "everything"}, "remove"),
        ({"country": "nl"}, "country"),
        ({"asn": 0}, "asn"),
        ({"xarf_classification": "C1"}, "xarf_classification"),
        ({"classification": " "}, "classification"),
    ],
)
def test_a_url_that_makes_no_letter_is_refused_without_its_location(
    spoil: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadFacts) as refused:
        url(1, **spoil)
    assert field in refused.value.field
    assert "example.test" not in str(refused.value)


def test_no_location_shows_in_the_text_of_facts() -> None:
    assert "example.test" not in repr(facts()) + repr(url(1, embeds=("http://cdn.example.test/",)))


def test_a_registrys_hostile_name_stops_no_notice_and_starts_no_line() -> None:
    whole = hostile()
    made = compose(replace(whole, urls=whole.urls[3:6]), "first", "en")
    assert "AS64500, Evil\ufffd\ufffdBcc: x@y.example\ufffd\ufffd, Netherlands" in made.body
    assert "Evil" not in made.subject


def test_a_deadline_binds_only_by_something() -> None:
    with pytest.raises(BadFacts, match=r"deadline\.basis"):
        Deadline(hours=24, binding=True)


def test_the_letter_is_of_the_kind_that_the_facts_are_of() -> None:
    with pytest.raises(BadFacts, match="kind"):
        compose(facts(), "reminder", "en")


@pytest.mark.parametrize(
    ("exact", "shown"),
    [
        ("https://media.example.test/a.b.jpg", "hxxps://media[.]example[.]test/a.b.jpg"),
        ("HTTP://Media.Example.Test", "HxxP://Media[.]Example[.]Test"),
        ("http://192.0.2.1:8080/?q=a.b", "hxxp://192[.]0[.]2[.]1:8080/?q=a.b"),
        ("http://[2001:db8::1]/", "hxxp://[2001:db8::1]/"),
        ("https://a:b.c@x.example/", "hxxps://a:b[.]c@x[.]example/"),
        ("https://x.example?u=https://y.example", "hxxps://x[.]example?u=hxxps://y.example"),
        ("https://x.example/\u202egpj.exe", "hxxps://x[.]example/%E2%80%AEgpj.exe"),
        ("https://x.example/a b\n", "hxxps://x[.]example/a%20b%0A"),
        ("media.example.test", "media[.]example[.]test"),
        ("", ""),
    ],
)
def test_defanged_forms(exact: str, shown: str) -> None:
    assert defang(exact) == shown
    assert defang(shown) == shown


@given(st.text(), st.sampled_from(["", "http://", "https://", "HtTp:", "http:\\\\", "//"]))
def test_nothing_defanged_can_be_clicked_or_hides_anything(text: str, scheme: str) -> None:
    shown = defang(scheme + text)
    assert "http:" not in shown.lower()
    assert "https:" not in shown.lower()
    assert defang(shown) == shown
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_a_desk_that_reads_bodies_only_gets_plain_locations_and_all_details() -> None:
    whole = hostile()
    whole = replace(whole, recipient=replace(whole.recipient, plain_locations=True))
    body = compose(whole, "first", "en").body
    for one in whole.urls:
        assert f" {escape_unseen(one.location)}\n" in body
    assert body.count("Our reference: ") == 500


def test_above_twenty_urls_the_body_lists_and_the_sheet_tells() -> None:
    made = compose(hostile(), "first", "en")
    assert [file.name for file in made.attachments] == ["urls.csv"]
    assert "\n500. hxxps://media[.]example[.]test/a/500.jpg\n" in made.body
    assert "Our reference" not in made.body


def test_the_sheet_holds_every_exact_location_and_no_formula() -> None:
    whole = hostile()
    rows = list(
        csv.DictReader(io.StringIO(compose(whole, "first", "en").attachments[0].content.decode()))
    )
    assert [row["location"] for row in rows] == [one.location for one in whole.urls]
    assert rows[3]["classification"] == "'=HYPERLINK(1)"
    assert rows[3]["reference"] == "'@cmd"
    assert not [
        cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))
    ]


def test_every_exact_location_is_attached_however_few_have_a_code() -> None:
    for whole in (facts(), minimal(), facts(urls=(url(1), url(2, xarf_classification=None)))):
        files = compose(whole, "first", "en").attachments
        attached = "\n".join(file.content.decode() for file in files)
        for one in whole.urls:
            assert one.location in attached
            assert all(embed in attached for embed in one.embeds)


@pytest.mark.parametrize(
    ("urls", "names", "told"),
    [
        ((url(1),), ["xarf.json"], "(xarf.json)"),
        ((url(1), url(2)), ["xarf-2026-000001.json", "xarf-2026-000002.json"], "(xarf-*.json)"),
        ((url(1, xarf_classification=None),), ["urls.csv"], "(urls.csv)"),
        (tuple(map(url, range(1, 22))), ["urls.csv"], "(urls.csv)"),
        ((url(1, location="https://x.example/|"),), ["xarf.json", "urls.csv"], "xarf.json, urls"),
    ],
)
def test_the_letter_names_the_files_it_carries(urls: Any, names: list[str], told: str) -> None:
    made = compose(facts(urls=urls), "first", "en")
    assert [file.name for file in made.attachments] == names
    assert told in made.body


DELIVERY = UUID("01890000-0000-7000-8000-000000000001")


def test_a_token_comes_back_as_its_delivery_whatever_the_case() -> None:
    token = sign(b"key", DELIVERY)
    assert verify(b"key", token) == verify(b"key", token.upper()) == DELIVERY
    assert sign(b"key", str(DELIVERY)) == token
    assert len(token) <= 42
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyz234567")


@given(st.integers(0, 41), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_token_changed_in_one_place_is_nobodys(place: int, char: str) -> None:
    token = sign(b"key", DELIVERY)
    changed = token[:place] + char + token[place + 1 :]
    assert verify(b"key", changed) == (DELIVERY if changed == token else None)


@given(st.text())
def test_no_text_but_a_token_is_anybodys(text: str) -> None:
    assert verify(b"key", text) is None
    assert verify(b"other", sign(b"key", DELIVERY)) is None
