"""One spelling for one address: what people paste, and what a Url's identity is."""

import ada_url
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from takedown.errors import InvalidUrl
from takedown.urls.normalise import MAX_LENGTH, canonical, registrable_domain
from takedown.urls.refang import refang

SPELLINGS = [
    ("http://media.example.test/a", "http://media.example.test/a"),
    ("HTTP://MEDIA.Example.TEST/a", "http://media.example.test/a"),
    ("http://media.example.test", "http://media.example.test/"),
    ("http://media.example.test:80/a", "http://media.example.test/a"),
    ("https://media.example.test:443/a", "https://media.example.test/a"),
    ("https://media.example.test:8443/a", "https://media.example.test:8443/a"),
    ("http://media.example.test./a", "http://media.example.test/a"),
    ("http://media.example.test/x/../a", "http://media.example.test/a"),
    ("http://media.example.test/%7Ea", "http://media.example.test/%7Ea"),
    ("http:\\\\media.example.test\\a", "http://media.example.test/a"),
    ("http://media.example.test/été", "http://media.example.test/%C3%A9t%C3%A9"),
    ("http://médias.example.test/", "http://xn--mdias-bsa.example.test/"),
    ("http://media。example。test/", "http://media.example.test/"),
    ("http://%6dedia.example.test/", "http://media.example.test/"),
    ("http://media.example.test/a b", "http://media.example.test/a%20b"),
    ("http://media.example.test/a?", "http://media.example.test/a"),
    ("http://media.example.test/?q=1&r=2", "http://media.example.test/?q=1&r=2"),
    ("http://someone:word@media.example.test/a", "http://media.example.test/a"),
    ("http://media.example.test/a#top", "http://media.example.test/a"),
    ("http://media.example.test/#!/album/3", "http://media.example.test/#!/album/3"),
    ("http://media.example.test/#/album/3", "http://media.example.test/#/album/3"),
    ("http://media.example.test/a#:~:text=x", "http://media.example.test/a"),
    ("http://0x7f.1/", "http://127.0.0.1/"),
    ("http://2130706433/", "http://127.0.0.1/"),
    ("http://[2001:DB8:0:0::1]/", "http://[2001:db8::1]/"),
    ("http://abcdefghijklmnop.onion/a", "http://abcdefghijklmnop.onion/a"),
    # defanged
    ("hxxp://media[.]example[.]test/a", "http://media.example.test/a"),
    ("hXXps://media[.]example[.]test/a[.]jpg", "https://media.example.test/a.jpg"),
    ("hxxps[:]//media(dot)example(dot)test/a", "https://media.example.test/a"),
    ("hxxp[://]media{.}example{.}test/a", "http://media.example.test/a"),
    ("http://media[dot]example[dot]test[:]8080/a", "http://media.example.test:8080/a"),
    ("h**p://media [.] example [.] test/a", "http://media.example.test/a"),
    ("http://media[.]example[.]test[/]a", "http://media.example.test/a"),
    ("htxp://media[.example[.test/a", "http://media.example.test/a"),
    ("hxxp://192[.]0[.]2[.]1/a", "http://192.0.2.1/a"),
    # wrapped
    ("  http://media.example.test/a\r\n", "http://media.example.test/a"),
    ("\ufeffhttp://media.example.test/a\u200b", "http://media.example.test/a"),
    ("<http://media.example.test/a>", "http://media.example.test/a"),
    ("<URL:http://media.example.test/a>.", "http://media.example.test/a"),
    ("URL: http://media.example.test/a", "http://media.example.test/a"),
    ('"http://media.example.test/a",', "http://media.example.test/a"),
    ("« http://media.example.test/a »", "http://media.example.test/a"),
    ("http://media.example.test/a.", "http://media.example.test/a"),
    ("http://media.example.test/a?!", "http://media.example.test/a"),
    ("(http://media.example.test/a).", "http://media.example.test/a"),
    ("[http://media.example.test/a]", "http://media.example.test/a"),
    ("(http://media.example.test/a_(b))", "http://media.example.test/a_(b)"),
    ("(hxxp://media[.]example[.]test/a);", "http://media.example.test/a"),
    # the letter of the path where it was plain
    ("http://media.example.test/a(dot)b", "http://media.example.test/a(dot)b"),
    ("http://media.example.test/a..b/%2E%2E%2Ec", "http://media.example.test/a..b/%2E%2E%2Ec"),
    ("http://media.example.test/a%E2%80%A6b", "http://media.example.test/a%E2%80%A6b"),
    ("http://media.example.test/a[.]b", "http://media.example.test/a[.]b"),
    ("<http://media.example.test/a.>", "http://media.example.test/a%2E"),
    ("http://media.example.test/a.#top", "http://media.example.test/a%2E"),
]


@pytest.mark.parametrize(("text", "url"), SPELLINGS)
def test_every_spelling_comes_to_one_identity(text: str, url: str) -> None:
    assert canonical(text).url == url
    assert canonical(url).url == url


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \t ", "empty"),
        ("<>", "empty"),
        ("media.example.test/a", "no scheme"),
        ("media[.]example[.]test/a", "no scheme"),
        ("media.example.test:8080/a", "no scheme"),
        ("//media.example.test/a", "no scheme"),
        ("ftp://media.example.test/a", "only http and https"),
        ("javascript:alert(1)", "only http and https"),
        ("data:text/html,x", "only http and https"),
        ("file:///etc/passwd", "only http and https"),
        ("http://", "not an address"),
        ("http://?q", "not an address"),
        ("http://[::1", "not an address"),
        ("http://me dia.example.test/", "not an address"),
        ("http://media.example.test:99999/", "not an address"),
        ("http://1.2.3.4.5/", "not an address"),
        ("http://media.example.test:0/", "port 0"),
        ("http://media..example.test/", "DNS"),
        ("http://.example.test/", "DNS"),
        ("http://" + "a" * 64 + ".example.test/", "DNS"),
        ("http://" + "a." * 130 + "test/", "DNS"),
        ("http://me*dia.example.test/", "DNS"),
        ("http://media.example.test/a\nhttp://media.example.test/b", "line break"),
        ("http://media.example.test/a\tb", "a tab"),
        ("http://media.example.test/\x00", "control character"),
        ("http://media.example.test/a http://media.example.test/b", "more than one"),
        ("seen at http://media.example.test/a", "other words"),
        ("http://media.example.test/abc...", "cut short"),
        ("http://media.example.test/abc…", "cut short"),
        ("http://media.example.test/ab...yz.jpg", "cut short: an ellipsis stands inside"),
        ("http://media.example.test/ab…yz.jpg", "cut short: an ellipsis stands inside"),
        ("hxxp://media[.]example[.]test/ab[...]yz.jpg", "cut short: an ellipsis stands inside"),
        ("http://media.ex...mple.test/a", "cut short: an ellipsis stands inside"),
        ("http://media.example.test/a?file=ab...yz", "cut short: an ellipsis stands inside"),
        ("<http://media.example.test/abc...>", "cut short: an ellipsis stands inside"),
        ("http://media.example.test/" + "a" * MAX_LENGTH, "longer"),
        ("http://media.example.test/" + "é" * (MAX_LENGTH // 2), "longer"),
        ("http://media.example.test/\ud800", "not an address"),
    ],
)
def test_what_cannot_be_registered_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidUrl, match=reason) as refused:
        canonical(text)
    assert "media" not in refused.value.reason
    assert refused.value.__cause__ is None


def test_the_exact_form_keeps_what_the_identity_leaves_out() -> None:
    found = canonical("https://someone:word@files.example.test/a?b=1#part2")
    assert found.exact == "https://someone:word@files.example.test/a?b=1#part2"
    assert found.url == "https://files.example.test/a?b=1"


def test_a_host_may_say_that_its_fragments_name_content() -> None:
    text = "https://files.example.test/file/3#k3y"
    assert canonical(text, ("example.test",)).url == text
    assert canonical(text, ("other.test",)).url == "https://files.example.test/file/3"
    assert canonical(text, ("iles.example.test",)).url == "https://files.example.test/file/3"


def test_the_parts_are_told_apart() -> None:
    found = canonical("https://cdn.media.example.co.uk:8443/a")
    assert (found.scheme, found.host, found.port) == ("https", "cdn.media.example.co.uk", 8443)
    assert found.registrable_domain == "example.co.uk"
    assert found.address is None


@pytest.mark.parametrize(
    ("text", "address"),
    [("http://192.0.2.1/", "192.0.2.1"), ("http://[2001:db8::1]:81/", "2001:db8::1")],
)
def test_an_address_has_no_registrable_domain(text: str, address: str) -> None:
    found = canonical(text)
    assert found.address == address
    assert found.registrable_domain is None


@pytest.mark.parametrize("host", ["co.uk", "media.test", "localhost", "com"])
def test_a_suffix_or_an_unknown_one_has_no_registrable_domain(host: str) -> None:
    assert registrable_domain(host) is None


def test_its_repr_shows_no_location() -> None:
    assert "example" not in repr(canonical("http://media.example.com/a"))


def test_refang_leaves_a_plain_address_alone() -> None:
    assert refang("http://media.example.test/a[.]b") == "http://media.example.test/a[.]b"


_SYMBOLS = (
    "http:// hxxps[:]// example . [.] (dot) test / ? # ! a é ) ( < > ] [ \" ' : @ % %2e \\ .. :8"
)
_PIECES = st.sampled_from([*_SYMBOLS.split(" "), " ", "\u200b"])


@given(st.one_of(st.text(), st.lists(_PIECES).map("".join)))
@example("http://a/.?.")
@example("http://a/b?c?")
@example("http://a/b??#x")
@example("http://a/)#!.")
def test_any_text_is_refused_by_name_or_comes_to_rest(text: str) -> None:
    try:
        found = canonical(text)
    except InvalidUrl:
        return
    again = canonical(found.url)
    assert again.url == found.url
    assert (again.scheme, again.host, again.port) == (found.scheme, found.host, found.port)


@given(st.lists(_PIECES).map(lambda parts: "http://a.test/" + "".join(parts)))
def test_a_browser_reads_the_identity_as_we_do(text: str) -> None:
    try:
        found = canonical(text)
    except InvalidUrl:
        return
    assert ada_url.URL(found.url).href == found.url
