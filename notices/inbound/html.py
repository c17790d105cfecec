"""HTML shown as text: nothing is rendered, fetched or run.

Read by a scanner of our own that passes once over the text: `html.parser` of the library takes
time by the square of what a hostile sender leaves unclosed.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import Final

_LONGEST: Final = 100_000
_LONGEST_TAG: Final = 4000
_SILENT: Final = frozenset({"script", "style", "head", "title", "template", "noscript", "svg"})
_BLOCKS: Final = re.compile(
    "address|article|aside|blockquote|br|d[dlt]|div|fieldset|figure|footer|form|h[1-6r]|header|li"
    "|main|nav|[ou]l|p|pre|section|table|tr"
)
_DEEPEST: Final = 3
_OPENS: Final = re.compile(r"<(?=[a-z/!?])", re.I)
_TAG: Final = re.compile(r"/?([a-z][a-z0-9]*)", re.I)
_HREF: Final = re.compile(r"""\bhref\s{0,5}=\s{0,5}["']?(https?://[^"'\s>]{1,500})""", re.I)


def as_text(html: str) -> str:
    """The words of an HTML document, a line a block, quotations marked by `> `, links written out.

    Only its first 100,000 characters are read.
    """
    lines: list[str] = []
    line: list[str] = []
    quoted, silent, link = 0, "", ""
    for tag, text in _tokens(html[:_LONGEST]):
        name = tag.lstrip("/").lower()
        closes = tag[:1] == "/"
        if silent:
            silent = "" if closes and name == silent else silent
        elif not tag:
            line.append(text)
        elif name in _SILENT and not closes:
            silent = name
        elif _BLOCKS.fullmatch(name):
            lines += [_line(line, quoted), ""] if tag == "/p" else [_line(line, quoted)]
            line = []
            quoted = max(0, quoted + (name == "blockquote") * (-1 if closes else 1))
        elif name in ("td", "th"):
            line.append(" ")
        elif name == "a" and not closes:
            link = unescape(match[1]) if (match := _HREF.search(text)) else ""
        elif name == "a" and link:
            line += [] if link in line else [f" <{link}>"]
            link = ""
    lines.append(_line(line, quoted))
    kept = [one for index, one in enumerate(lines) if one or (index and lines[index - 1])]
    return "\n".join(kept).strip()


def _line(pieces: list[str], quoted: int) -> str:
    words = " ".join(unescape("".join(pieces)).split())
    return "> " * min(quoted, _DEEPEST) + words if words else ""


def _tokens(html: str) -> Iterator[tuple[str, str]]:
    """Pairs of a tag's name (`/name` where it closes) and its attributes, or of '' and a text."""
    at = 0
    while opening := _OPENS.search(html, at):
        opens = opening.start()
        yield "", html[at:opens]
        comment = html.startswith("<!--", opens)
        ends = html.find("-->" if comment else ">", opens)
        if ends < 0:
            return  # never closed: no browser would show what follows
        if not comment and (named := _TAG.match(html, opens + 1)):
            yield named[0], html[named.end() : min(ends, opens + _LONGEST_TAG)]
        at = ends + (3 if comment else 1)
    yield "", html[at:]
