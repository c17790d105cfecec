"""What is in its one spelling already takes a short way, which must lead to the same place."""

import ada_url
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from takedown.urls.normalise import _PLAIN, canonical

LABEL = st.from_regex(r"[a-z0-9-]{1,8}", fullmatch=True)
PLAIN = st.builds(
    lambda scheme, labels, last, rest: f"{scheme}://{'.'.join([*labels, last])}/{rest}",
    st.sampled_from(["http", "https"]),
    st.lists(LABEL, min_size=1, max_size=3),
    st.from_regex(r"[a-z][a-z0-9-]{0,6}", fullmatch=True),
    st.from_regex(r"([a-zA-Z0-9_~.-]{0,6}/){0,3}[a-zA-Z0-9_.~-]{0,8}(\?[a-z0-9=&._~-]{0,9})?"),
)


@given(PLAIN)
@example("https://media.example.test/a/b.jpg?id=7")
@example("http://media.example.test/")
def test_the_short_way_changes_nothing(text: str) -> None:
    text = text.rstrip("\n")
    assume(_PLAIN.fullmatch(text) and "xn--" not in text and "..." not in text)
    parsed, found = ada_url.URL(text), canonical(text)
    assert (found.url, found.exact) == (parsed.href, parsed.href) == (text, text)
    assert (found.host, found.port, found.scheme) == (parsed.hostname, None, parsed.protocol[:-1])
    assert found == canonical(f"<{text}>"), "the long way says the same"


@pytest.mark.parametrize(
    "text",
    [
        "http://media.example.test/a/../b",
        "http://media.example.test/a/.",
        "http://media.example.test/a%2fb",
        "http://media.example.test:80/a",
        "http://media.example.test./a",
        "http://Media.example.test/a",
        "http://media.example.test/a#b",
        "http://192.0.2.7/a",
        "http://media.example.test/a?",
        "http://media.example.test/a.",
        "http://media.example.test",
        "http://someone@media.example.test/a",
    ],
)
def test_what_leaves_something_to_decide_goes_the_long_way(text: str) -> None:
    assert _PLAIN.fullmatch(text) is None
