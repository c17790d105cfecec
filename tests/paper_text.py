"""What a PDF of ours says, read by hand: streams unpacked, glyphs turned back into letters."""

import re
import zlib
from collections.abc import Iterator

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_CHARS = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_RANGES = re.compile(rb"beginbfrange(.*?)endbfrange", re.DOTALL)
_PAIR = re.compile(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>")
_RANGE = re.compile(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>")
_TEXT = re.compile(rb"BT\b(.*?)\bET\b", re.DOTALL)
_GLYPHS = re.compile(rb"<([0-9a-fA-F]*)>")

Letters = dict[int, str]


def readings(pdf: bytes) -> list[str]:
    """The file's bytes, each unpacked stream, and each text by each font's letters: what is written
    is among them, whichever font it is in."""
    streams = list(_streams(pdf))
    fonts = [_letters(one) for one in streams if b"begincmap" in one]
    texts = [text for one in streams for text in _TEXT.findall(one)]
    found = [one.decode("latin-1") for one in (pdf, *streams)]
    for letters in fonts:
        found.append("".join(_said(text, letters) for text in texts))
    return found


def _streams(pdf: bytes) -> Iterator[bytes]:
    for packed in _STREAM.findall(pdf):
        try:
            yield zlib.decompress(packed)
        except zlib.error:
            yield packed


def _letters(cmap: bytes) -> Letters:
    found: Letters = {}
    for block in _CHARS.findall(cmap):
        for glyph, text in _PAIR.findall(block):
            found[int(glyph, 16)] = bytes.fromhex(text.decode()).decode("utf-16-be")
    for block in _RANGES.findall(cmap):
        for first, last, text in _RANGE.findall(block):
            for step in range(int(last, 16) - int(first, 16) + 1):
                found[int(first, 16) + step] = chr(int(text, 16) + step)
    return found


def _said(text: bytes, letters: Letters) -> str:
    glyphs = b"".join(_GLYPHS.findall(text)).decode()
    numbers = (int(glyphs[at : at + 4], 16) for at in range(0, len(glyphs), 4))
    return "".join(letters.get(number, "\N{REPLACEMENT CHARACTER}") for number in numbers)
