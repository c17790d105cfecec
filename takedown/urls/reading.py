"""Reads what analysts have: lines, CSV, JSON lines, or a mail with addresses in its sentences."""

import csv
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from takedown.urls.entry import FIELDS, BadField, Entry, Refusal, Schemes, make_entry

_MAX_LINE = 20_000
_MAX_ROW_LINES = 50
_IN_PROSE = re.compile(r"[<\"'(\[]?h(?:tt|xx)ps?\s?(?:\[:\]|:)(?://|\[//\])\S+", re.I)
_COMMENT = re.compile(r"\s*#(\s|$)")

Raw = tuple[int, Mapping[str, str] | BadField, str]


def read(
    lines: Iterable[str],
    *,
    now: datetime,
    schemes: Schemes,
    source: str = "analyst",
    defaults: Mapping[str, str] | None = None,
) -> Iterator[Entry | Refusal]:
    """Every line that says something, as an Entry or as a Refusal; empty lines and `# ...` pass.

    The first line decides: a header with `url` in it means CSV (comma, semicolon or tab), all
    else is text; a line that begins with `{` is JSON in either. `defaults` fill empty fields.
    """
    for line, raw, text in _raw(lines):
        try:
            if isinstance(raw, BadField):
                raise raw
            given = {**defaults, **_filled(raw)} if defaults else raw
            yield make_entry(line, given, now=now, schemes=schemes, source=source)
        except BadField as wrong:
            yield Refusal(line, wrong.name, wrong.reason, text)


def _filled(raw: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in raw.items() if value}


def _raw(lines: Iterable[str]) -> Iterator[Raw]:
    numbered = _numbered(lines)
    first = next(numbered, None)
    if first is None:
        return
    header = _header(first[1])
    if header is None:
        yield from _text(*first)
        for number, line in numbered:
            yield from _text(number, line)
    else:
        yield from _csv(numbered, *header)


def _numbered(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, 1):
        text = line.lstrip("\ufeff") if number == 1 else line
        if text.strip() and not _COMMENT.match(text):
            yield number, text.rstrip("\r\n")


def _header(line: str) -> tuple[list[str], str] | None:
    for delimiter in ",;\t":
        names = [name.strip().strip('"').lower() for name in line.split(delimiter)]
        if "url" in names and (len(names) > 1 or names == ["url"]):
            return names, delimiter
    return None


def _text(number: int, line: str) -> Iterator[Raw]:
    text = line.strip()
    if text.startswith("{"):
        yield number, _json(text), line
    elif len(text) > _MAX_LINE:
        yield number, BadField("line", f"longer than {_MAX_LINE} characters"), line[:200]
    elif " " in text and len(found := _IN_PROSE.findall(text)) >= 1 and text != found[0]:
        for part in found:
            yield number, {"url": part}, part
    else:
        yield number, {"url": text}, line


def _json(text: str) -> Mapping[str, str] | BadField:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return BadField("line", "not JSON")
    return plain(value)


def plain(value: object) -> Mapping[str, str] | BadField:
    """A decoded JSON object as texts; `BadField` where a value is no plain one."""
    if not isinstance(value, dict):
        return BadField("line", "not a JSON object")
    found = {}
    for name, item in value.items():
        if isinstance(item, bool):
            found[name] = "yes" if item else "no"
        elif isinstance(item, str | int | float):
            found[name] = str(item)
        elif item is not None:
            return BadField(name[:40], "not a plain value")
    return found


def _csv(numbered: Iterator[tuple[int, str]], names: list[str], delimiter: str) -> Iterator[Raw]:
    for name in names:
        if name and name not in FIELDS:
            yield 1, BadField(name[:40], f"not a field; known are {', '.join(FIELDS)}"), ""
            return
    waiting = deque[tuple[int, str]]()
    while (here := waiting.popleft() if waiting else next(numbered, None)) is not None:
        number, line = here
        if line.lstrip().startswith("{"):
            yield number, _json(line.strip()), line
        elif '"' not in line:
            yield number, _named(names, line.split(delimiter)), line
        else:
            row, text = _quoted(here, numbered, waiting, names, delimiter)
            yield number, row, text


def _quoted(
    here: tuple[int, str],
    numbered: Iterator[tuple[int, str]],
    waiting: deque[tuple[int, str]],
    names: list[str],
    delimiter: str,
) -> tuple[Mapping[str, str] | BadField, str]:
    """A row with quotation marks; a note may run over lines, a stray mark swallows none."""
    text, more = here[1], list[tuple[int, str]]()
    further: tuple[int, str] | None = None
    while True:
        try:
            row = _named(names, next(csv.reader([text], delimiter=delimiter, strict=True)))
        except csv.Error:
            further = waiting.popleft() if waiting else next(numbered, None)
            if further is None or len(more) >= _MAX_ROW_LINES:
                break
            more.append(further)
            text, further = f"{text}\n{further[1]}", None
            continue
        if not more or _only_note_is_long(row):
            return row, text
        break
    waiting.extendleft(reversed([*more, *([further] if further else [])]))
    return BadField("line", "a quotation mark that is not closed"), here[1]


def _named(names: list[str], row: list[str]) -> Mapping[str, str] | BadField:
    if len(row) > len(names):
        return BadField("line", f"{len(row)} fields where the header has {len(names)}")
    found = {name: value for name, value in zip(names, row, strict=False) if name and value.strip()}
    return found or {"url": ""}


def _only_note_is_long(row: Mapping[str, str] | BadField) -> bool:
    return not isinstance(row, BadField) and all(
        name == "note" or "\n" not in value for name, value in row.items()
    )
