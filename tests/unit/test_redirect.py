"""Where a redirect leads: few may be followed, and the rest say something."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takedown.checks.finding import Relation
from takedown.checks.redirect import FOLLOWED, names_port, relation

HERE = "http://media.example.com/album/a.jpg?x=1"

CASES = [
    (HERE, HERE, Relation.SAME),
    (HERE, "/album/a.jpg?x=1#top", Relation.SAME),
    (HERE, "https://media.example.com/album/a.jpg?x=1", Relation.HTTPS),
    (HERE, "//media.example.com/album/a.jpg/?x=1", Relation.SLASH),
    ("http://media.example.com/album", "/album/", Relation.SLASH),
    ("http://media.example.com/album/", "/album", Relation.SLASH),
    ("http://media.example.com/album", "https://media.example.com/album/", Relation.HTTPS),
    ("http://example.com/album", "http://www.example.com/album", Relation.WWW),
    ("http://example.com/album", "https://www.example.com/album/", Relation.WWW),
    ("https://www.example.com/album", "https://example.com/album", Relation.WWW),
    ("http://example.com:8080/a", "https://example.com:8080/a", Relation.HTTPS),
    ("http://example.com:8080/a", "https://example.com/a", Relation.SAME_DOMAIN),
    ("https://example.com/a", "http://example.com/a", Relation.SAME_DOMAIN),
    ("http://example.com/a", "http://example.com:22/a", Relation.SAME_DOMAIN),
    (HERE, "/", Relation.ROOT),
    (HERE, "https://media.example.com/", Relation.ROOT),
    (HERE, "https://media.example.com/?from=a", Relation.ROOT),
    (HERE, "http://www.media.example.com", Relation.ROOT),
    (HERE, "https://example.com/", Relation.ROOT),
    (HERE, "/404", Relation.NOTFOUND),
    (HERE, "/404.html", Relation.NOTFOUND),
    (HERE, "/errors/not-found", Relation.NOTFOUND),
    (HERE, "https://www.example.com/notfound?x", Relation.NOTFOUND),
    (HERE, "/page_not_found", Relation.NOTFOUND),
    (HERE, "/login?next=/album", Relation.LOGIN),
    (HERE, "https://login.example.com/start", Relation.LOGIN),
    (HERE, "https://accounts.other.example/", Relation.LOGIN),
    (HERE, "/album/b.jpg", Relation.SAME_DOMAIN),
    (HERE, "http://cdn.example.com/album/a.jpg?x=1", Relation.SAME_DOMAIN),
    (HERE, "/album/author.jpg", Relation.SAME_DOMAIN),
    (HERE, "/album/14040.jpg", Relation.SAME_DOMAIN),
    (HERE, "http://other.example/album/a.jpg?x=1", Relation.OTHER_DOMAIN),
    (HERE, "http://other.example/", Relation.OTHER_DOMAIN),
    (HERE, "http://other.example/404", Relation.OTHER_DOMAIN),
    (HERE, "http://media.example.com.other.example/album/a.jpg?x=1", Relation.OTHER_DOMAIN),
    ("http://one.test/a", "http://two.test/a", Relation.OTHER_DOMAIN),
    ("http://192.0.2.1/a", "http://192.0.2.2/a", Relation.OTHER_DOMAIN),
    ("http://one.test/a", "http://127.0.0.1/a", Relation.OTHER_DOMAIN),
    (HERE, "http://someone:word@media.example.com/album/a.jpg?x=1", Relation.UNREADABLE),
    (HERE, "javascript:alert(1)", Relation.UNREADABLE),
    (HERE, "file:///etc/passwd", Relation.UNREADABLE),
    (HERE, "http://[::1", Relation.UNREADABLE),
]


@pytest.mark.parametrize(("here", "location", "expected"), CASES)
def test_a_location_is_a_relation(here: str, location: str, expected: Relation) -> None:
    assert relation(here, location)[0] is expected


@given(st.text(), st.sampled_from(["", "/", "//", "http://", "https://media.example.com"]))
def test_whatever_is_sent_only_the_same_name_is_followed(text: str, start: str) -> None:
    found, there = relation(HERE, start + text)
    if found in FOLLOWED:
        assert there is not None
        assert there.host in ("media.example.com", "www.media.example.com")
        assert there.port in (80, 443)
        assert names_port(there.url, there.port)


@pytest.mark.parametrize(
    ("url", "port", "fine"),
    [
        ("http://media.example.test/a", 80, True),
        ("https://media.example.test", 443, True),
        ("https://media.example.test:8443/?x#!y", 8443, True),
        ("http://[2001:db8::1]:81/", 81, True),
        ("http://media.example.test/a", 443, False),
        ("http://media.example.test:81/a", 80, False),
        ("http://a@media.example.test/a", 80, False),
        ("http://media.example.test\\@127.0.0.1/a", 80, False),
        ("http://media.example.test/a b", 80, False),
        ("http://media.example.test/\x00", 80, False),
        ("http://media.example.test/a\r\nX-A: b", 80, False),
        ("http://media.example.test/é", 80, False),
        ("ftp://media.example.test/", 80, False),
        ("file:///etc/passwd", 80, False),
        ("http:///a", 80, False),
        ("", 80, False),
    ],
)
def test_what_goes_to_libcurl_is_plain(url: str, port: int, fine: bool) -> None:
    assert names_port(url, port) is fine
