"""Figures for reading: a league in plain text, CSV or JSON, English or French. Pure: text out."""

import csv
import io
import json
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from takedown.stats.words import NARROW, WORDS, Words, duration, per_cent

Format = Literal["table", "csv", "json"]
Lang = Literal["en", "fr"]
Item = Mapping[str, Any]

BAR = 8
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class _Column:
    """A title and how its cells are written; a `rate` is left out where only counts are shown."""

    title: str
    cell: Callable[[Item], str]
    left: bool = False
    rate: bool = False


def render(result: Mapping[str, Any], format: Format = "table", lang: Lang = "en") -> str:  # noqa: A002
    """The answer of `league`, `countries`, `overview` or `deadlines` as text that ends with a line
    break.

    `table`: units, n, clock, period and cut-off stand above; who rests on fewer than five effective
    notices shows counts only. `csv`: one line an item, shares 0..1, times in hours, names of
    columns in English whatever the language, cells that a sheet would run neutralised. `json`: the
    answer itself. Raises ValueError for another format or language.
    """
    if lang not in WORDS:
        raise ValueError(f"no such language: {lang!r} (en, fr)")
    if format == "json":
        return json.dumps(result, ensure_ascii=False, indent=2) + "\n"
    if format == "csv":
        return _csv(_items(result))
    if format == "table":
        return _table(result, WORDS[lang])
    raise ValueError(f"no such format: {format!r} (table, csv, json)")


def _items(result: Mapping[str, Any]) -> list[Item]:
    total = [result["total"]] if result.get("total") else []
    return [*result.get("items", ()), *total]


def _csv(items: list[Item]) -> str:
    lines = [_flat(item) for item in items]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if lines:
        writer.writerow(lines[0])
    writer.writerows([_cell(value) for value in line.values()] for line in lines)
    return out.getvalue()


def _flat(item: Item, before: str = "") -> dict[str, object]:
    """Nested figures as one level: `gone_24_low`, and intervals as `..._interval_low`, `_high`."""
    flat: dict[str, object] = {}
    for key, value in item.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{name}_")
        elif isinstance(value, list):
            flat |= {f"{name}_low": value[0], f"{name}_high": value[1]}
        else:
            flat[name] = value
    return flat


def _cell(value: object) -> object:
    if isinstance(value, str):
        text = _plain(value)
        runs = value.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA)
        return "'" + text if runs else text
    return "" if value is None else value


def _table(result: Mapping[str, Any], words: Words) -> str:
    items = _items(result)
    head = _heading(result, words)
    if not items:
        return f"{head}\n\n{words['empty']}\n"
    if "month" not in items[0]:
        items = sorted(items, key=lambda item: _few(item, result))
    columns = _columns(items[0], words)
    lines = [[column.title for column in columns]]
    lines += [
        ["" if c.rate and _few(item, result) else c.cell(item) for c in columns] for item in items
    ]
    body = "\n".join(_aligned(lines, [column.left for column in columns]))
    notes = [words["bounds" if "gone" in items[0] else "deadlines"]]
    if few := sum(_few(item, result) for item in items):
        notes.append(words["counts"].format(n=few))
    return f"{head}\n\n{body}\n\n" + "\n".join(notes) + "\n"


def _few(item: Item, result: Mapping[str, Any]) -> bool:
    """Whether a line of several rests on too few notices for a share."""
    return item["standing"] == "counts" and "items" in result


def _heading(result: Mapping[str, Any], words: Words) -> str:
    begin, finish = (str(result[key] or "…")[:10] for key in ("from", "to"))
    clock = words.get(result["clock"], result["clock"])
    cutoff = str(result["cutoff"])[:16].replace("T", " ")
    return words["heading"].format(
        begin=begin, finish=finish, clock=clock, cutoff=cutoff, method=result["method"]
    )


def _columns(sample: Item, words: Words) -> list[_Column]:
    """Who or what the line is about stands first."""
    if "deadline_met" in sample:
        return _deadlines(words)
    count = {
        key: _Column(words[key], _count_of(key))
        for key in ("notices", "episodes", "open", "moved", "gone_before_notice", "reappeared")
    }
    return [
        *_about(sample, words),
        count.pop("notices"),
        count.pop("episodes"),
        _Column(words["gone_24"], _share_of("24", words, bar=True), left=True, rate=True),
        _Column(words["gone_48"], _share_of("48", words), rate=True),
        _Column(words["gone_168"], _share_of("168", words), rate=True),
        _Column(words["median"], _median_of(words), rate=True),
        *count.values(),
    ]


def _deadlines(words: Words) -> list[_Column]:
    return [
        _Column(words["month"], lambda item: item["month"] or words["in_all"], left=True),
        _Column(words["notices"], _count_of("notices")),
        *(
            _Column(words[name], _count_of(f"deadlines_{name}"))
            for name in ("due", "met", "missed", "ahead")
        ),
        _Column(words["deadline_met"], _met_of(words), left=True, rate=True),
    ]


def _met_of(words: Words) -> Callable[[Item], str]:
    def cell(item: Item) -> str:
        share = item["deadline_met"]
        if share["low"] is None:
            return words["none"]
        text = per_cent(share["low"], share["high"])
        return f"{_bar(share['low'], share['high'])} {text} [{per_cent(*share['interval'])}]"

    return cell


def _about(sample: Item, words: Words) -> list[_Column]:
    country = _Column(
        words["country"], lambda item: _plain(item["country"] or words["unknown"]), left=True
    )
    if "provider" in sample:
        return [
            _Column("", lambda item: "" if item["rank"] is None else f"{item['rank']}."),
            _Column(words["provider"], lambda item: _plain(item["provider"]), left=True),
            country,
        ]
    if "country" in sample:
        return [country]
    return [_Column("", lambda item: words["total"], left=True)]


def _count_of(key: str) -> Callable[[Item], str]:
    return lambda item: f"{item[key]:,}".replace(",", NARROW)


def _share_of(hours: str, words: Words, *, bar: bool = False) -> Callable[[Item], str]:
    def cell(item: Item) -> str:
        share = item["gone"][hours]
        if share["low"] is None:
            return words["none"]
        text = per_cent(share["low"], share["high"])
        if not bar:
            return text
        spread = per_cent(*share["interval"])
        known = f"{share['anchored']}/{share['of']}"
        return f"{_bar(share['low'], share['high'])} {text} [{spread}] {known}"

    return cell


def _median_of(words: Words) -> Callable[[Item], str]:
    def cell(item: Item) -> str:
        if not item["episodes"]:
            return words["none"]
        return duration(item["median_hours"]["low"], item["median_hours"]["high"], words)

    return cell


def _bar(low: float, high: float) -> str:
    """Full blocks up to the lower bound, shaded between the bounds, light to the end."""
    sure, perhaps = round(low * BAR), round(high * BAR)
    return "█" * sure + "▒" * (perhaps - sure) + "░" * (BAR - perhaps)


def _plain(text: object) -> str:
    """A name without control or direction marks: it came from outside and goes to a terminal."""
    found = "" if text is None else str(text)
    return "".join(" " if unicodedata.category(c).startswith("C") else c for c in found)


def _aligned(lines: list[list[str]], left: list[bool]) -> list[str]:
    """Columns of one width: names to the left, figures to the right."""
    widths = [max(_width(line[i]) for line in lines) for i in range(len(left))]
    return [
        "  ".join(
            _padded(text, width, left=to_left)
            for text, width, to_left in zip(line, widths, left, strict=True)
        ).rstrip()
        for line in lines
    ]


def _padded(text: str, width: int, *, left: bool) -> str:
    space = " " * (width - _width(text))
    return text + space if left else space + text


def _width(text: str) -> int:
    """Columns on a terminal: wide characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
