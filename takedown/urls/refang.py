"""Reads an address as people pass it on: defanged, quoted, at the end of a sentence."""

import re
from typing import Final

from takedown.errors import InvalidUrl

_OPENERS: Final = "<\"'([{«“‘‹`„"
_TRAILING: Final = frozenset(".,;:!?\"'»”’›`>。，")
_CLOSERS: Final = {")": "(", "]": "[", "}": "{"}
_EDGES: Final = (
    " \t\r\n\f\v\u00a0\u00ad\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u2060\ufeff"
)

_PREFIX: Final = re.compile(r"(?:url|link|address|adresse)\s*[:=]\s*(?=h)", re.I)
_SCHEME: Final = re.compile(
    r"h(?:tt|xx|\*\*|tx|xt|__|--)p(?P<s>s|\[s\]|\(s\))?"
    r"\s?(?P<sep>\[://\]|\(://\)|(?:\[:\]|\(:\)|:)\s?(?:\[//\]|\[/\]\[/\]|//|\\\\))",
    re.I,
)
_DOT: Final = re.compile(
    r"\s?(?:\[\s?(?:\.|dot|point)\s?\]|\(\s?(?:\.|dot|point)\s?\)"
    r"|\{\s?(?:\.|dot|point)\s?\}|\[\.(?=[\w-])|\\\.)\s?",
    re.I,
)
_REST: Final = (
    (re.compile(r"\[:\]|\(:\)"), ":"),
    (re.compile(r"\[/\]|\(/\)"), "/"),
    (re.compile(r"\[@\]|\[at\]|\(at\)", re.I), "@"),
)


def refang(text: str) -> str:
    """`text` with a defanged scheme and host made whole again (`hxxp`, `[.]`, `(dot)`, `[:]`).

    Path and query are touched only where scheme or host were defanged: in a plain address
    `/a(dot)b` is what it says. Idempotent on plain addresses.
    """
    match = _SCHEME.match(text)
    if match is None:
        return text
    scheme = "https://" if match["s"] else "http://"
    plain_scheme = match[0].lower() == scheme
    rest = text[match.end() :]
    end = re.search(r"[/?#\\](?![\].)])", rest)
    cut = len(rest) if end is None else end.start()
    authority = _whole(rest[:cut])
    if plain_scheme and authority == rest[:cut]:
        return text
    return scheme + authority + _whole(rest[cut:])


def _whole(part: str) -> str:
    part = _DOT.sub(".", part)
    for pattern, replacement in _REST:
        part = pattern.sub(replacement, part)
    return part


def unwrap(text: str) -> str:
    """The address alone out of `<...>`, quotes, brackets and a sentence's last punctuation.

    What stands in `<...>` (RFC 3986, appendix C) is taken to the letter. Raises InvalidUrl where
    the text ends in an ellipsis: it was cut short, and the short address is another one.
    """
    text = text.strip(_EDGES)
    if text.startswith("<"):
        inside, closed, after = text[1:].partition(">")
        if closed and not after.strip(_EDGES + ".,;:!?)\"'"):
            inside = inside.strip(_EDGES)
            return _PREFIX.sub("", inside, count=1) if _PREFIX.match(inside) else inside
    text = text.lstrip(_OPENERS + _EDGES)
    if _PREFIX.match(text):
        text = _PREFIX.sub("", text, count=1).lstrip(_OPENERS)
    if text.endswith(("...", "…")):
        raise InvalidUrl("the address is cut short: it ends in an ellipsis")
    return text[: sentence_end(text)]


def sentence_end(text: str) -> int:
    """How many characters of `text` belong to the address when it ends a sentence or a bracket."""
    end = len(text)
    while end:
        last = text[end - 1]
        if last in _CLOSERS:
            if text.count(last, 0, end) <= text.count(_CLOSERS[last], 0, end):
                break
        elif last not in _TRAILING and last not in _EDGES:
            break
        end -= 1
    return end
