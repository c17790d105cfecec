"""Bytes of a stranger -> a message tree, in bounded time: cut before the library sees them.

The library's own reading is quadratic in places (parameters, nesting), so what is long, deep or
manifold beyond any honest mail is left out. The raw message is kept elsewhere, whole.
"""

import codecs
import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32
from typing import Final, cast

MAX_BYTES: Final = 2_000_000
MAX_LINES: Final = 30_000
_MAX_DELIMITERS: Final = 1000
_MAX_CONTAINERS: Final = 24
_MAX_FIELD: Final = 8192
_MAX_FIELDS: Final = 500
_LINE: Final = re.compile(rb"\r\n?|\n")
_DELIMITER: Final = re.compile(rb"(?:^|[\r\n])--")
_CONTAINER: Final = re.compile(rb"content-type:[\s\x00-\x1f\x80-\xff]*(?:multipart|message)", re.I)
#: Text encodings that are quadratic, raise by design, or read escapes.
_ODD_CODECS: Final = frozenset(
    {"idna", "punycode", "undefined", "unicode_escape", "raw-unicode-escape", "unicode-escape"}
)


class Part(Message):
    """A message or a part of one."""


class _Bounded(Compat32):
    """No header field, of whatever part, is longer than `_MAX_FIELD`."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name[:_MAX_FIELD], value[:_MAX_FIELD]


_PARSER: Final = BytesParser(Part, policy=_Bounded())


def parsed(raw: bytes, lines: int = MAX_LINES) -> tuple[Part, bool]:
    """The message, and whether it was cut (after `lines` at least). Raises `RecursionError`."""
    end = min(
        MAX_BYTES,
        _nth(_LINE, raw, lines),
        _nth(_DELIMITER, raw, _MAX_DELIMITERS),
        _nth(_CONTAINER, raw, _MAX_CONTAINERS),
    )
    return cast("Part", _PARSER.parsebytes(raw[:end])), end < len(raw)


def _nth(pattern: re.Pattern[bytes], raw: bytes, count: int) -> int:
    """Where the `count`-th match begins, within what is read at all."""
    for index, match in enumerate(pattern.finditer(raw, 0, MAX_BYTES), 1):
        if index == count:
            return match.start()
    return len(raw)


Fields = dict[str, list[str]]


def fields(part: Part) -> Fields:
    """Header fields by lower-case name, unfolded, undecoded; the first 500 of them."""
    found: Fields = {}
    for name, value in list(part.raw_items())[:_MAX_FIELDS]:
        text = _plain(str(value))
        found.setdefault(name.lower(), []).append(re.sub(r"[\r\n\0]+[ \t]*", " ", text).strip())
    return found


def _plain(text: str) -> str:
    """Text with the library's surrogates turned back into what the bytes say."""
    try:
        raw = text.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
    return decoded(raw, "utf-8")


def first(found: Fields, name: str) -> str:
    """The first field of that name, else ''."""
    return found.get(name, [""])[0]


def readable(value: str) -> str:
    """A header field as people read it (RFC 2047); what can't be decoded stays as it is."""
    try:
        pieces = decode_header(value)
    except (HeaderParseError, ValueError, LookupError):
        return value
    return "".join(
        piece if isinstance(piece, str) else decoded(piece, charset or "utf-8")
        for piece, charset in pieces
    )


def decoded(raw: bytes, charset: str) -> str:
    """Text of these bytes, whatever the charset pretends to be; never raises."""
    try:
        codec = codecs.lookup(charset.strip("\"' ")[:40]).name
        if codec not in _ODD_CODECS and (text := raw.decode(codec, "replace")).count("\ufffd") < 3:
            return text
    except (LookupError, ValueError):
        pass
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("windows-1252", "replace")


def content(part: Part) -> str:
    """The text of a leaf, decoded by what it says of itself."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        charset = part.get_param("charset")
    except (ValueError, LookupError):
        charset = None
    text = decoded(payload, charset if isinstance(charset, str) else "utf-8")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
