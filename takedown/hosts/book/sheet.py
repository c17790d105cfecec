"""The book as a table of texts (CSV, RFC 4180): one row for a provider and one of its contacts.

A cell that a spreadsheet would run as a formula is led by an apostrophe on the way out, and loses
it on the way in. Values of a list are parted by semicolons; a backslash keeps one that belongs to
a value. Pure.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from takedown.hosts.book.fields import CONTACT, LISTS, PROVIDER, Values
from takedown.hosts.book.problems import BadField

#: What a cell must not begin with (OWASP, CSV injection).
HOSTILE: Final = "=+-@\t\r"
COLUMNS: Final = (*PROVIDER, *(f"contact_{name}" for name in CONTACT))
_LED: Final = re.compile(rf"'['{HOSTILE}]")
_PARTS: Final = re.compile(r"((?:[^\\;]|\\.)*)(?:;|$)", re.S)
_LONGEST: Final = 200_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it was read. `line` is where it begins; only the columns that are there."""

    line: int
    provider: Values = field(repr=False)
    contact: Values = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """A row, or one field of it, that cannot be taken over, and why."""

    line: int
    field: str
    reason: str


def write(rows: Iterable[tuple[Mapping[str, str], Mapping[str, str]]]) -> str:
    """The table of (provider, contact); an empty contact leaves its cells empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for provider, contact in rows:
        cells = [_list_out(provider[n]) if n in LISTS else provider[n] for n in PROVIDER]
        cells += [contact.get(name, "") for name in CONTACT]
        writer.writerow([neutral(cell) for cell in cells])
    return out.getvalue()


def read(text: str) -> Iterator[Row | Refused]:
    """The rows of a table; one that cannot be read is named and the rest goes on.

    The first row names the columns, in any order and number; `name` must be among them. Commas,
    semicolons or tabs part the cells, as the first row does.
    """
    csv.field_size_limit(_LONGEST)
    lines = csv.reader(
        io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=_mark(text), strict=True
    )
    columns: list[str] | None = None
    while True:
        begins = lines.line_num + 1
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error:
            yield Refused(begins, "", "a quotation mark that is not closed")
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if columns is None:
            columns = [cell.strip().lower() for cell in cells]
            wrong = _wrong_head(columns)
            if wrong is not None:
                yield Refused(begins, *wrong)
                return
        elif len(cells) != len(columns):
            yield Refused(begins, "", f"{len(cells)} cells where the first row has {len(columns)}")
        else:
            yield _row(begins, dict(zip(columns, cells, strict=True)))


def neutral(cell: str) -> str:
    """The cell so that no spreadsheet runs it."""
    return f"'{cell}" if cell.startswith(tuple(HOSTILE)) or _LED.match(cell) else cell


def natural(cell: str) -> str:
    """What `neutral` was given; other apostrophes stay."""
    return cell[1:] if _LED.match(cell) else cell


def _row(line: int, cells: dict[str, str]) -> Row | Refused:
    provider: Values = {}
    contact: Values = {}
    for column, cell in cells.items():
        text = natural(cell).replace("\r\n", "\n")
        if column in LISTS:
            try:
                text = _list_in(text)
            except BadField as wrong:
                return Refused(line, column, wrong.reason)
        if column in PROVIDER:
            provider[column] = text
        else:
            contact[column.removeprefix("contact_")] = text
    return Row(line, provider, contact)


def _wrong_head(columns: list[str]) -> tuple[str, str] | None:
    for column in columns:
        if column not in COLUMNS:
            return column[:40], f"not a field; known are {', '.join(COLUMNS)}"
        if columns.count(column) > 1:
            return column, "twice in the first row"
    if "name" not in columns:
        return "name", "missing in the first row"
    return None


def _mark(text: str) -> str:
    head = text.lstrip("\ufeff\r\n").partition("\n")[0]
    return max(",;\t", key=head.count)


def _list_out(text: str) -> str:
    return ";".join(re.sub(r"([\\;])", r"\\\1", line) for line in text.splitlines())


def _list_in(text: str) -> str:
    found = [re.sub(r"\\(.)", r"\1", part).strip() for part in _PARTS.findall(text)]
    if any("\n" in part for part in found):
        raise BadField("a line break, a tab or a control character inside")
    return "\n".join(part for part in found if part)
