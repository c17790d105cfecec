"""A provider's interface as configuration: what is refused, what is sent, what an answer means."""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any, get_args
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import pytest
from connectors import form_shape, lines_shape, xarf_shape
from notice_facts import facts, url

from notices.channels import answers
from notices.channels.base import Ambiguous, SendError
from notices.channels.connector import Connector, Poll, State, Success, warnings
from notices.channels.exchange import kept
from notices.channels.form import submissions
from notices.channels.guarded_http import Answer, Request
from notices.channels.payload import in_test, payload
from notices.channels.placeholders import PLACEHOLDERS, SETTINGS
from notices.compose import compose
from notices.errors import BadConnector, BadFacts

ONE = facts(urls=(url(),))
LETTER = compose(facts(), "first", "en")


def loaded(document: dict[str, Any]) -> Connector:
    return Connector.load(json.loads(json.dumps(document)))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": "http://api.provider.example/x"}, "url"),
        ({"url": "https://elsewhere.example/x"}, "url"),
        ({"url": "https://user:word@api.provider.example/x"}, "url"),
        ({"url": "https://api.provider.example/x#y"}, "url"),
        ({"url": "https://api.provider.example/{url}"}, "url"),
        ({"url": "https://api.provider.example:port/x"}, "url"),
        ({"url": 5}, "connector"),
        ({"hosts": []}, "hosts"),
        ({"hosts": "api.provider.example"}, "hosts"),
        ({"method": "DELETE"}, "method"),
        ({"content_type": "text"}, "content_type"),
        ({"max_urls": 0}, "max_urls"),
        ({"max_urls": 5}, "max_urls"),
        ({"max_urls": True}, "max_urls"),
        ({"per_minute": 0}, "per_minute"),
        ({"body": {"x": "{urls.__class__}"}}, "body.x"),
        ({"body": {"x": "{secret}"}}, "body.x"),
        ({"body": {"x": "no place"}}, "body"),
        ({"body": "{url}"}, "body"),
        ({"body": {"host": "{host}", "urls": "{urls}"}}, "grouping"),
        ({"auth": {"kind": "bearer"}}, "auth.secret"),
        ({"auth": {"kind": "none", "secret": "x"}}, "auth.secret"),
        ({"auth": {"kind": "basic", "secret": "x"}}, "auth.user"),
        ({"auth": {"kind": "header", "secret": "x", "header": "Host"}}, "auth.header"),
        ({"auth": {"kind": "header", "secret": "x", "header": "X\r\nY: z"}}, "auth.header"),
        ({"auth": {"token": "in the clear"}}, "auth"),
        ({"idempotency_header": "Content-Length"}, "idempotency_header"),
        ({"success": {"statuses": [302]}}, "success.statuses"),
        ({"success": {"one_of": ["ok"]}}, "success.one_of"),
        ({"reference": {"pointer": "id"}}, "reference"),
        ({"reference": {"regex": "(" }}, "reference"),
        ({"reference": None}, "reference"),
        ({"poll": {"url": "https://api.provider.example", "state": [], "states": {}}}, "poll.url"),
        ({"to_owner": "loudly"}, "to_owner"),
        ({"follow_redirects": True}, "connector"),
    ],
)  # fmt: skip
def test_what_could_lead_astray_is_refused_by_its_place(
    changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadConnector) as refused:
        loaded(xarf_shape(**changes))
    assert refused.value.field == field


def test_http_in_the_clear_is_for_this_machine_alone() -> None:
    assert loaded(xarf_shape("http://127.0.0.1:8080")).url == "http://127.0.0.1:8080/v1/abuse"


def test_the_safest_is_the_default() -> None:
    connector = loaded(form_shape())
    assert (connector.to_owner, connector.to_host) == ("none", "anonymous")
    assert "no_test_mode" in warnings(connector)
    assert "discloses_reporter" in warnings(loaded(lines_shape()))
    assert "tells_customer" in warnings(loaded(lines_shape(to_owner="anonymous")))
    assert warnings(loaded(xarf_shape())) == ()


def test_a_report_is_sent_as_xarf() -> None:
    document = json.loads(payload(loaded(xarf_shape()), ONE, LETTER, "key-1"))
    assert document["clientToken"] == "key-1"
    assert document["correlationId"] == "NTD-2026-000123"
    assert document["report"]["xarf"]["url"] == ONE.urls[0].location


def test_a_report_is_sent_as_lines_of_one_host() -> None:
    document = json.loads(payload(loaded(lines_shape()), facts(), LETTER, "key-1"))
    assert document["urls"].split("\n") == [one.location for one in facts().urls]
    assert document["host_notification"] == "send-anon"
    assert document["owner_notification"] == "none"
    assert len(document["justification"]) <= 5000
    named = loaded(lines_shape(to_host="named"))
    assert json.loads(payload(named, facts(), LETTER, "k"))["host_notification"] == "send"


def test_a_report_is_sent_as_a_form() -> None:
    body = payload(loaded(form_shape()), facts(), LETTER, "key-1")
    assert parse_qsl(body.decode()) == [
        ("ip", "192.0.2.10"),
        ("urls", "\n".join(one.location for one in facts().urls)),
    ]
    listed = loaded(form_shape(body={"url[]": ["{urls}"]}))
    assert len(parse_qsl(payload(listed, facts(), LETTER, "k").decode())) == 3


def test_a_report_is_sent_as_xml_and_stays_well_formed() -> None:
    hostile = facts(urls=(url(location="https://media.example.test/?a=1&b=<x>\"'{urls}"),))
    body = '<report key="{key}"><url>{url}</url></report>'
    connector = loaded(xarf_shape(content_type="xml", body=body, test=None))
    parsed = ElementTree.fromstring(payload(connector, hostile, LETTER, "k&1"))
    assert parsed[0].text == hostile.urls[0].location
    assert parsed.get("key") == "k&1"
    for bad in ("<a>", "<!DOCTYPE a><a>{url}</a>", "<a>{url}</b>"):
        with pytest.raises(BadConnector):
            loaded(xarf_shape(content_type="xml", body=bad, test=None))


def test_a_value_is_never_read_as_a_template() -> None:
    tricky = facts(urls=(url(location="https://media.example.test/{key}{text}"),))
    document = json.loads(payload(loaded(xarf_shape(body={"u": "x {url}"})), tricky, LETTER, "k"))
    assert document == {"u": "x https://media.example.test/{key}{text}"}


def test_what_does_not_fit_into_one_request_is_refused() -> None:
    elsewhere = url(2, location="https://other.example.test/x", host="other.example.test")
    two = facts(urls=(url(1), elsewhere))
    with pytest.raises(BadFacts):
        payload(loaded(xarf_shape()), two, LETTER, "k")
    with pytest.raises(BadFacts):
        payload(loaded(lines_shape()), two, LETTER, "k")
    with pytest.raises(BadFacts):
        payload(loaded(form_shape()), facts(urls=(url(address=None),)), LETTER, "k")
    with pytest.raises(BadFacts):
        payload(loaded(xarf_shape()), facts(urls=(url(xarf_classification=None),)), LETTER, "k")


def test_the_same_notice_is_the_same_bytes() -> None:
    connector = loaded(xarf_shape())
    assert payload(connector, ONE, LETTER, "k") == payload(connector, ONE, LETTER, "k")


def test_test_mode_adds_its_mark_or_is_refused() -> None:
    document = json.loads(payload(in_test(loaded(xarf_shape())), ONE, LETTER, "k"))
    assert document["tags"] == ["lifecycle:test"] and document["report"]
    with pytest.raises(BadConnector):
        in_test(loaded(form_shape()))


def answered(status: int, body: object = "", **headers: str) -> Answer:
    text = body if isinstance(body, str) else json.dumps(body)
    return Answer(
        status, {name.replace("_", "-"): one for name, one in headers.items()}, text, False
    )


def test_an_acceptance_keeps_the_reference() -> None:
    found = answers.receipt(loaded(xarf_shape()), answered(202, {"reportId": "R-1"}), b"{}")
    assert (found.accepted_by, found.queue_id, found.reference) == ("api", "R-1", "R-1")
    odd = answers.receipt(loaded(xarf_shape()), answered(202, {"reportId": "a.host.example"}), b"")
    assert (odd.queue_id, odd.reference) == (None, "a.host.example")
    assert "R-1" not in repr(found).replace("queue_id='R-1'", "")


@pytest.mark.parametrize(
    ("status", "permanent", "phase"),
    [
        (301, True, "redirect"),
        (307, True, "redirect"),
        (400, True, "answer"),
        (401, False, "login"),
        (403, False, "login"),
        (404, True, "answer"),
        (408, False, "answer"),
        (422, True, "answer"),
        (429, False, "answer"),
        (501, True, "answer"),
        (503, False, "answer"),
    ],
)
def test_a_refusal_says_whether_to_come_back(status: int, permanent: bool, phase: str) -> None:
    with pytest.raises(SendError) as refused:
        answers.receipt(loaded(xarf_shape()), answered(status, {"message": "no"}), b"{}")
    assert not isinstance(refused.value, Ambiguous)
    assert (refused.value.permanent, refused.value.phase) == (permanent, phase)
    assert refused.value.response == "no" and refused.value.code == status


@pytest.mark.parametrize("status", [409, 500, 502, 504, 599, 204, 600])
def test_what_may_have_been_taken_is_in_doubt(status: int) -> None:
    with pytest.raises(Ambiguous):
        answers.receipt(loaded(xarf_shape()), answered(status), b"{}")


def test_a_conflict_means_what_the_connector_says() -> None:
    known = loaded(xarf_shape(success={"conflict": "accepted"}))
    assert answers.receipt(known, answered(409, {"reportId": "R-1"}), b"").queue_id == "R-1"
    refusing = loaded(xarf_shape(success={"conflict": "refused"}))
    with pytest.raises(SendError) as refused:
        answers.receipt(refusing, answered(409), b"")
    assert refused.value.permanent and not isinstance(refused.value, Ambiguous)


def test_a_success_that_says_failure_is_one() -> None:
    connector = loaded(lines_shape())
    no = {"success": False, "errors": [{"message": "bad urls"}]}
    with pytest.raises(SendError) as refused:
        answers.receipt(connector, answered(200, no), b"")
    assert refused.value.permanent and refused.value.response == "bad urls"
    with pytest.raises(Ambiguous):
        answers.receipt(connector, answered(200, "<html>"), b"")
    worded = loaded(form_shape(success={"at": {"regex": "status=(\\w+)"}, "one_of": ["ok"]}))
    assert answers.receipt(worded, answered(200, "status=ok"), b"").accepted_by == "api"
    with pytest.raises(SendError):
        answers.receipt(worded, answered(200, "status=no"), b"")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "0"}, 1.0),
        ({"retry_after": "9" * 40}, 86_400.0),
        ({"retry_after": "soon"}, None),
        ({}, None),
        (
            {
                "retry_after": "Sat, 21 Nov 2026 14:07:00 GMT",
                "date": "Sat, 21 Nov 2026 14:05:00 GMT",
            },
            120.0,
        ),
        ({"retry_after": "Sat, 21 Nov 2026 14:07:00 GMT"}, None),
    ],
)
def test_when_to_come_back(headers: dict[str, str], seconds: float | None) -> None:
    assert answers.retry_after(answered(429, **headers)) == seconds


def test_no_secret_is_kept_with_the_exchange() -> None:
    secret = 'pass "wörd"/+'
    request = Request("POST", "https://api.example/x", {"Authorization": f"Bearer {secret}"}, b"x")
    echo = json.dumps({"you": secret, "again": json.dumps({"auth": secret})})
    found = kept(request, answered(400, f"{echo} {secret}", location=f"/?{secret}"), [secret])
    assert "wörd" not in found.decode() and "rd\\" not in found.decode()
    assert json.loads(found)["request"]["headers"] == ["Authorization"]


def test_a_form_is_ready_to_copy_as_often_as_it_must_be_filled_in() -> None:
    first, second = submissions(facts(provider_ticket=None), LETTER, 2)
    boxes = dict(first.boxes)
    assert boxes["form:locations"].split("\n") == [one.location for one in facts().urls[:2]]
    assert boxes["form:text"] == LETTER.body
    assert all(boxes.values()) and "form:ticket" not in boxes  # nothing to say, no box
    assert (first.references, second.references) == (
        ("2026-000001", "2026-000002"),
        ("2026-000003",),
    )
    assert "media.example" not in repr(first)


def test_the_page_on_connectors_names_every_field_and_placeholder_and_its_example_loads() -> None:
    page = (Path(__file__).parents[2] / "docs" / "connectors.md").read_text()
    written = set(re.findall(r"`(\w+)`", page))
    assert {one.name for one in dataclasses.fields(Connector)} <= written
    assert {one.name for one in dataclasses.fields(Success)} <= written
    assert {one.name for one in dataclasses.fields(Poll)} <= written
    assert set(get_args(State)) <= written
    assert set(re.findall(r"`\{(\w+)\}`", page)) >= {*PLACEHOLDERS, *SETTINGS}
    example = re.search(r"```json\n(.*?)```", page, re.DOTALL)
    assert example is not None and Connector.load(json.loads(example[1])).poll is not None
