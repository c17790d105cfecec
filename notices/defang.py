"""Text from strangers, made inert: locations that can't be clicked, names that can't lie."""

import re
import unicodedata
from typing import Final
from urllib.parse import quote

from notices.errors import UnsafeHeader

# Controls, formats (all bidi marks are among them), line and paragraph separators, lone surrogates.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_LINK: Final = re.compile(r"(?i)h(tt)(ps?)(?=:)")
_DOT: Final = re.compile(r"(?<!\[)\.(?!\])")
_AUTHORITY: Final = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*:[/\\]*)?([^/\\?#]*)(.*)$", re.DOTALL)


def defang(url: str) -> str:
    """A location (or a bare host) as text that nothing turns into a link.

    `http` becomes `hxxp` wherever a scheme stands, dots of the host become `[.]`, and characters
    that can't be seen become percent-escapes of their UTF-8, which browsers read as the same
    address. Path and query are otherwise kept. Pure; applying it twice changes nothing.
    """
    match = _AUTHORITY.match(escape_unseen(url))
    scheme, authority, rest = match.groups() if match else ("", url, "")
    text = (scheme or "") + _DOT.sub("[.]", authority) + rest
    return _LINK.sub(lambda m: m[0][0] + "xx" + m[2], text)


def escape_unseen(url: str) -> str:
    """The same location, its blanks and unseen characters (bidi marks) percent-encoded."""
    if url.isascii() and url.isprintable() and " " not in url:
        return url
    return "".join(
        "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
        if char.isspace() or unicodedata.category(char) in _UNSEEN
        else char
        for char in url
    )


def uri(url: str) -> str:
    """The same location in ASCII, all that a URI can't hold percent-encoded (RFC 3986, 2).

    Brackets stay in the host alone, where an address of version 6 needs them.
    """
    match = _AUTHORITY.match(url)
    scheme, authority, rest = match.groups() if match else ("", url, "")
    kept = "!#$%&'()*+,/:;=?@~"
    rest = quote(rest, safe=kept, errors="surrogatepass")
    return (scheme or "") + quote(authority, safe=kept + "[]", errors="surrogatepass") + rest


def visible(text: str) -> str:
    """A name or label on one line, with every unseen character replaced by U+FFFD."""
    if text.isascii() and text.isprintable():
        return text
    return "".join("\ufffd" if unicodedata.category(char) in _UNSEEN else char for char in text)


def header_safe(field: str, value: str) -> str:
    """`value` itself, once it is sure to stay within one header or command.

    Raises `UnsafeHeader(field)` for CR, LF, NUL and every other control or separator (ASVS 1.3.11).
    """
    if any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in value):
        raise UnsafeHeader(field)
    return value
