"""Messages are frozen as they will leave: headers that nobody else writes, parts that read back."""

import email
import email.policy
import re
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notice_facts import BREAKS, NOW, facts, hostile, minimal, url, written

from notices.compose import compose
from notices.errors import BadFacts, UnsafeHeader
from notices.message import Envelope, freeze
from notices.templates import BUILTIN


def envelope(**changes: Any) -> Envelope:
    fields: dict[str, Any] = {
        "message_id": "<ntd-2026-000123.1@alerte.example>",
        "date": NOW,
        "from_name": "Alerte Éxemple",
        "from_address": "cellule@alerte.example",
        "sender": "b+token@alerte.example",
        "reply_to": "r+token@alerte.example",
        "recipient": "abuse@host.example",
    }
    return Envelope(**{**fields, **changes})


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.SMTP)
    assert isinstance(message, EmailMessage)
    assert not [part for part in message.walk() if part.defects]
    return message


@pytest.mark.parametrize(("lang", "kind"), [(one.lang, one.kind) for one in BUILTIN])
@pytest.mark.parametrize("make", [facts, minimal, hostile])
def test_a_frozen_message_reads_back_as_the_letter(lang: str, kind: str, make: Any) -> None:
    made = written(make, kind, lang)
    raw = freeze(made, envelope())
    message = parsed(raw)
    text, *files = message.iter_parts()
    assert message.get_content_type() == "multipart/mixed"
    assert message["Subject"] == made.subject
    assert text.get_content().replace("\r\n", "\n") == made.body
    assert text["Content-Language"] == lang
    names = [(file.get_filename(), file.get_payload(decode=True)) for file in files]
    assert names == [(file.name, file.content) for file in made.attachments]
    assert raw.isascii()
    assert raw.endswith(b"\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    assert not re.search(rb"(?m)^[A-Za-z-]+:\s*\r\n", raw.partition(b"\r\n\r\n")[0])


def test_the_headers_say_who_writes_and_that_no_person_does() -> None:
    message = parsed(freeze(compose(facts(), "first", "en"), envelope()))
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == "Alerte Éxemple <cellule@alerte.example>"
    assert message["Reply-To"] == "r+token@alerte.example"
    assert message["To"] == "abuse@host.example"
    assert message["Message-ID"] == "<ntd-2026-000123.1@alerte.example>"
    assert message["In-Reply-To"] is None
    assert message["Date"].datetime == NOW


def test_what_it_answers_keeps_even_the_longest_ids_whole() -> None:
    long = "<" + "a" * 200 + "@mail.example>"
    answered = envelope(in_reply_to=long, references=("<first@alerte.example>", long))
    raw = freeze(compose(facts(), "first", "en"), answered)
    message = parsed(raw)
    assert message["In-Reply-To"] == long
    assert message["References"].split() == ["<first@alerte.example>", long]
    assert b"=?utf-8?q?=3C" not in raw


def test_the_same_input_freezes_to_the_same_bytes() -> None:
    made = compose(facts(), "first", "fr")
    again = compose(facts(), "first", "fr")
    assert freeze(made, envelope()) == freeze(again, envelope())
    other = freeze(made, envelope(message_id="<2@alerte.example>"))
    assert parsed(other).get_boundary() != parsed(freeze(made, envelope())).get_boundary()


@pytest.mark.parametrize("make", [facts, minimal, hostile])
def test_a_feedback_report_says_in_fields_what_it_is_about(make: Any) -> None:
    whole = make()
    made = compose(whole, "first", "en")
    message = parsed(freeze(made, envelope(), form="feedback"))
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "feedback-report"
    text, report, *files = message.iter_parts()
    assert text.get_content_type() == "text/plain"
    assert report.get_content_type() == "message/feedback-report"
    assert report["Content-Transfer-Encoding"] is None  # RFC 5965, 3.1: 7bit
    fields = report.get_payload(0)
    assert fields["Feedback-Type"] == "xarf" and fields["Version"] == "1" and fields["User-Agent"]
    assert all(len(fields.get_all(name)) == 1 for name in ("Feedback-Type", "Version"))
    told = fields.get_all("Reported-URI") or []
    exact = [one.location for one in whole.urls]
    assert told == (exact if len(exact) <= 20 else [])
    assert [file.get_filename() for file in files] == [file.name for file in made.attachments]


def test_a_feedback_reports_fields_hold_no_line_that_is_too_long_or_not_theirs() -> None:
    whole = hostile()
    odd = replace(whole, urls=(*whole.urls[:6], url(7, host="192.0.2.1", address=None)))
    raw = freeze(compose(odd, "first", "en"), envelope(), form="feedback")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    fields = list(parsed(raw).iter_parts())[1].get_payload(0)
    known = {"Feedback-Type", "User-Agent", "Version", "Incidents"}
    assert {*fields.keys()} == known | {"Reported-URI", "Reported-Domain"}
    assert fields["Incidents"] == "7"
    assert fields.get_all("Reported-Domain") == ["media.example.test"]
    assert len(fields.get_all("Reported-URI")) == 6  # the longest stands in the XARF file alone
    assert fields.get_all("Reported-URI")[0].endswith(
        "/%E2%80%AEgpj.exe?u=http://inner.example.test/"
    )


@pytest.mark.parametrize("kind", ["closure", "retraction", "police"])
def test_what_is_no_complaint_makes_no_feedback_report(kind: str) -> None:
    raw = freeze(compose(facts(kind=kind), kind, "en"), envelope(), form="feedback")
    assert parsed(raw).get_content_type() == "multipart/mixed"


@pytest.mark.parametrize("bad", BREAKS)
@pytest.mark.parametrize(
    "field",
    ["message_id", "from_name", "from_address", "sender", "reply_to", "recipient", "in_reply_to"],
)
def test_a_line_break_in_an_envelope_is_refused(field: str, bad: str) -> None:
    with pytest.raises(UnsafeHeader):
        envelope(**{field: f"<a{bad}@b.example>"})


@pytest.mark.parametrize(
    "bad",
    [
        "a b@c.example",
        "<a@c.example>",
        "a@b@c",
        "",
        "nobody",
        "a,b@c.d",
        "=?utf-8?q?=0D?=@c.example",
    ],
)
def test_what_is_no_mail_address_is_refused(bad: str) -> None:
    with pytest.raises(BadFacts):
        envelope(recipient=bad)


ENCODED = "=?utf-8?q?=0D=0ABcc:_x@y.example?="


@pytest.mark.parametrize("ticket", [ENCODED, f"a {ENCODED} b", "=?utf-8?b?DQpCY2M6?=", "=?", "?="])
def test_a_ticket_number_that_looks_encoded_stays_what_it_is(ticket: str) -> None:
    made = compose(facts(provider_ticket=ticket), "first", "fr")
    raw = freeze(made, envelope())
    assert parsed(raw)["Subject"] == made.subject
    assert ticket in made.subject
    assert b"Bcc" not in raw.partition(b"\r\n\r\n")[0]


@pytest.mark.parametrize("field", ["from_name", "recipient", "reply_to", "in_reply_to"])
def test_an_encoded_word_in_an_envelope_is_refused(field: str) -> None:
    encoded = f"<{ENCODED}@b.example>" if field == "in_reply_to" else f"{ENCODED}@b.example"
    with pytest.raises(BadFacts):
        envelope(**{field: encoded})


SHORT = replace(compose(facts(), "first", "en"), attachments=())


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1))
def test_any_subject_reads_back_whole_and_starts_no_header(text: str) -> None:
    subject = " ".join(f"[NTD-2026-000123] {text}".split())
    raw = freeze(replace(SHORT, subject=subject), envelope())
    names = [line.split(b":")[0] for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n")]
    known = {b"From", b"To", b"Reply-To", b"Subject", b"Date", b"Message-ID", b"Auto-Submitted"}
    folded = {name for name in names if not name.startswith(b" ")}
    assert folded == known | {b"MIME-Version", b"Content-Type"}
    assert parsed(raw)["Subject"] == subject
    assert max(map(len, raw.split(b"\r\n"))) <= 78 or max(map(len, subject.split(" "))) > 60


def test_a_subject_that_would_start_a_header_is_refused() -> None:
    spoilt = replace(compose(facts(), "first", "en"), subject="x\r\nBcc: a@b.example")
    with pytest.raises(UnsafeHeader):
        freeze(spoilt, envelope())
