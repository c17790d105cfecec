"""Header lines as they come: what is wanted is kept, and nothing is taken without end."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takedown.checks.finding import Finding
from takedown.checks.head import MAX_BYTES, MAX_INTERIM, RETRY_AFTER_UNREADABLE_S, STOP, Head


def read(*lines: str, status: str = "200 OK") -> dict[str, Any]:
    head = Head()
    for line in [f"HTTP/1.1 {status}", *lines, ""]:
        head.feed(f"{line}\r\n".encode())
    assert head.complete
    return head.fields()


def test_the_final_blank_line_stops_it() -> None:
    head = Head()
    assert head.feed(b"HTTP/1.1 200 OK\r\n") is None
    assert head.feed(b"Server: x\r\n") is None
    assert head.feed(b"\r\n") == STOP
    assert head.complete and not head.flood


def test_interim_answers_are_passed_over_and_counted() -> None:
    head = Head()
    head.feed(b"HTTP/1.1 103 Early Hints\r\n")
    head.feed(b"ETag: early\r\n")
    assert head.feed(b"\r\n") is None
    head.feed(b"HTTP/1.1 404 Not Found\r\n")
    assert head.feed(b"\r\n") == STOP
    assert head.fields() == {"status": 404}


def test_more_interim_answers_than_anybody_needs_are_a_flood() -> None:
    head = Head()
    for _ in range(MAX_INTERIM):
        head.feed(b"HTTP/1.1 100 Continue\r\n")
        assert head.feed(b"\r\n") is None
    head.feed(b"HTTP/1.1 100 Continue\r\n")
    assert head.feed(b"\r\n") == STOP
    assert head.flood and not head.complete


def test_bytes_are_counted_over_all_answers() -> None:
    head = Head()
    head.feed(b"HTTP/1.1 200 OK\r\n")
    assert head.feed(b"X: " + b"x" * MAX_BYTES) == STOP
    assert head.flood


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("content-TYPE:  Text/HTML ; Charset=UTF-8", "content_type", "text/html;charset=utf-8"),
        ("Content-Length: 12", "content_length", 12),
        ("Content-Length: -12", "content_length", None),
        ("Content-Length: 12, 12", "content_length", None),
        ("Content-Length: 9999999999999999999999", "content_length", None),
        ("Content-Length: ١٢", "content_length", None),
        ("CF-Mitigated: challenge", "cf_mitigated", "challenge"),
        ("Retry-After: 120", "retry_after_s", 120),
        ("Retry-After: 99999999", "retry_after_s", 86_400),
        ("Retry-After: soon", "retry_after_s", RETRY_AFTER_UNREADABLE_S),
        ("Retry-After: Sat, 21 Nov 2026 22:00:00 GMT", "retry_after_s", RETRY_AFTER_UNREADABLE_S),
        (
            'Link: <https://court.example/7>; rel="blocked-by"',
            "blocked_by",
            "https://court.example/7",
        ),
        ("Link: </s.css>; rel=preload", "blocked_by", None),
    ],
)
def test_a_header_is_read(line: str, field: str, value: object) -> None:
    assert read(line)[field] == value


def test_a_retry_after_date_is_taken_against_the_hosts_own_clock() -> None:
    fields = read(
        "Date: Sat, 21 Nov 2026 22:00:00 GMT", "Retry-After: Sat, 21 Nov 2026 22:10:00 GMT"
    )
    assert fields["retry_after_s"] == 600


def test_blocked_by_is_found_among_links() -> None:
    fields = read('Link: </s.css>; rel="preload"', "Link: <https://court.example/>; rel=blocked-by")
    assert fields["blocked_by"] == "https://court.example/"


def test_of_a_repeated_header_the_first_counts() -> None:
    assert read("Server: one", "Server: two")["server"] == "one"


def test_where_a_redirect_leads_does_not_become_a_field() -> None:
    head = Head()
    for line in (b"HTTP/1.1 302 Found\r\n", b"Location: http://other.example/\r\n", b"\r\n"):
        head.feed(line)
    assert "location" not in head.fields()
    assert head.location() == "http://other.example/"


@given(st.lists(st.binary(max_size=300), max_size=40))
def test_no_line_whatever_upsets_it(lines: list[bytes]) -> None:
    head = Head()
    for line in lines:
        if head.feed(line) == STOP:
            break
    head.location()
    assert isinstance(Finding(**head.fields()), Finding)
