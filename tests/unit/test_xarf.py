"""Each report is valid by the published schemas, and says no more than it may."""

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import pytest
import xarf as published
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from notice_facts import facts, hostile, minimal, url
from referencing import Registry, Resource

from notices import attachments, xarf
from notices.errors import Unmapped

#: The project's own schemas, and others of the same where they lie beside this checkout.
SCHEMAS = [
    root
    for root in (
        Path(published.__file__).parent / "schemas",
        Path(__file__).parents[3] / "shared" / "data" / "xarf" / "schemas" / "v4",
    )
    if root.exists()
]
_URI = re.compile(r"https?://[!#-;=?-Z\[\]_a-z~]*")


@cache
def validators() -> list[Draft202012Validator]:
    made = []
    for root in SCHEMAS:
        read = [json.loads(path.read_text("utf-8")) for path in sorted(root.rglob("*.json"))]
        registry: Registry[Any] = Registry().with_resources(
            (one["$id"], Resource.from_contents(one)) for one in read
        )
        (csam,) = [one for one in read if one["$id"].endswith("/content-csam.json")]
        checker = Draft202012Validator.FORMAT_CHECKER
        made.append(Draft202012Validator(csam, registry=registry, format_checker=checker))
    return made


def valid(report: dict[str, Any]) -> bool:
    """No error, and no field that the scheme doesn't know (its warnings name those)."""
    for validator in validators():
        validator.validate(json.loads(json.dumps(report)))
    assert _URI.fullmatch(report["url"])
    result = published.parse(json.loads(json.dumps(report)), strict=False)
    assert [str(error) for error in result.errors] == []
    assert [str(warning) for warning in result.warnings] == []
    return result.report is not None


def test_a_report_of_full_facts_is_valid_and_complete() -> None:
    report = xarf.report(facts())
    assert valid(report)
    assert report == {
        "xarf_version": "4.2.0",
        "report_id": report["report_id"],
        "timestamp": "2026-11-21T14:05:00Z",
        "reporter": {
            "org": "Alerte Exemple",
            "contact": "cellule@alerte.example",
            "domain": "alerte.example",
        },
        "sender": report["reporter"],
        "source_identifier": "192.0.2.10",
        "category": "content",
        "type": "csam",
        "url": "https://media.example.test/a/1.jpg",
        "classification": "baseline",
        "detection_method": "manual_review",
        "verified_at": "2026-11-21T14:05:00Z",
        "description": "Notice NTD-2026-000123, reference 2026-000001",
        "domain": "media.example.test",
        "asn": 64500,
        "country_code": "NL",
        "hosting_provider": "Exemplary",
        "media_type": "image",
    }


@pytest.mark.parametrize("code", ["baseline", "A1", "A2", "B1", "B2"])
@pytest.mark.parametrize("method", ["hash_match", "ai_detection", "user_report", "automated_scan"])
@pytest.mark.parametrize("media", ["image", "video", "audio", "text", "mixed", None])
def test_every_code_is_valid(code: str, method: str, media: str | None) -> None:
    one = url(1, xarf_classification=code, detection_method=method, media_type=media)
    assert valid(xarf.report(facts(urls=(one,))))


def test_hostile_facts_make_valid_reports_and_their_exact_locations_travel() -> None:
    whole = hostile()
    for index in range(6):
        report = xarf.report(whole, index)
        assert valid(report)
        assert unquote(report["url"]) == unquote(whole.urls[index].location)
        alone = replace(whole, urls=whole.urls[index : index + 1])
        attached = b"\n".join(file.content for file in attachments.of(alone))
        assert whole.urls[index].location.encode() in attached


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://x.example/a%20b?c=d&e=f#g", None),
        ("https://u:p@[2001:db8::1]:8443/~a/!$&'()*+,;=:@", None),
        ("https://x.example/a b|c^d?e=[1]", "https://x.example/a%20b%7Cc%5Ed?e=%5B1%5D"),
        ("https://x.example/é?{}", "https://x.example/%C3%A9?%7B%7D"),
    ],
)
def test_the_url_is_a_uri(location: str, told: str | None) -> None:
    assert xarf.report(facts(urls=(url(1, location=location),)))["url"] == (told or location)


@pytest.mark.parametrize("kind", ["police", "hotline", "regulator", "closure", "retraction"])
def test_who_is_not_asked_to_remove_gets_no_complaint(kind: str) -> None:
    assert not [one for one in attachments.of(facts(kind=kind)) if one.name.startswith("xarf")]


@pytest.mark.parametrize(
    "host",
    ["192.0.2.1", "2001:db8::1", "Media.example.test", "localhost", "a--b.example", "x_y.test"],
)
def test_a_host_that_the_scheme_takes_for_no_domain_is_left_out(host: str) -> None:
    report = xarf.report(facts(urls=(url(1, host=host),)))
    assert "domain" not in report
    assert valid(report)


def test_a_url_without_an_address_is_identified_by_its_host() -> None:
    assert (
        xarf.report(facts(urls=(url(1, address=None),)))["source_identifier"]
        == "media.example.test"
    )


def test_a_classification_that_maps_to_nothing_makes_no_report() -> None:
    with pytest.raises(Unmapped, match="2026-000001"):
        xarf.report(minimal())
    assert xarf.reports(minimal()) == []
    mixed = facts(urls=(url(1), url(2, xarf_classification=None), url(3)))
    assert [number for number, _ in xarf.reports(mixed)] == ["2026-000001", "2026-000003"]


def test_a_report_can_be_made_again_with_the_same_id_and_no_other_has_it() -> None:
    first, again = xarf.report(facts()), xarf.report(facts())
    assert first == again
    assert UUID(first["report_id"]).version == 4
    others = {
        xarf.report(facts(), 1)["report_id"],
        xarf.report(facts(number="NTD-2026-000124"))["report_id"],
    }
    assert len(others | {first["report_id"]}) == 3


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=50))
def test_no_path_makes_a_report_invalid(path: str) -> None:
    assert valid(xarf.report(facts(urls=(url(1, location="https://x.example/" + path),))))


@pytest.mark.parametrize(
    "field", ["evidence", "screenshot_url", "hash_values", "_internal", "whois"]
)
def test_no_report_holds_what_must_not_travel(field: str) -> None:
    assert all(field not in report for _, report in xarf.reports(facts()))
