"""The public edition of the annual figures: small rows folded, small cells withheld, no ranks.

What is withheld is marked in the figures themselves, so that every file of the edition leaves out
the same, and later editions know what this one has shown. See `suppression` for the rule.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from takedown.stats.publication.counting import DAYS, OUTCOMES
from takedown.stats.publication.suppression import FEWEST, Cell, Sum, suppress

Figures = dict[str, Any]
Key = tuple[str, ...]

OTHER: Final = "other"
FOLDED: Final = ("cases/by_provider", "cases/by_country", "days/by_country", "reports/by_country")
_PARTITIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "cases": tuple(OUTCOMES),
    "days": tuple(DAYS),
    "reports/by_source": ("new", "repeated"),
}
_WHOLE: Final = {"days": "cases", "cases": "cases", "reports": "reports"}


@dataclass(frozen=True, slots=True)
class Earlier:
    """An edition that is out and overlaps in time: its printed figures, and what the new facts
    count for the time that both cover (None: the same period)."""

    name: str
    counts: Figures
    overlap: Figures | None


def edition(figures: Figures, earlier: Sequence[Earlier] = ()) -> Figures:
    """The figures as the public reads them: a withheld count is None. The rest is as it was."""
    made = deepcopy(figures)
    _fold(made["counts"])
    cells, sums = _system("", made["counts"], made["rates"], printed=True)
    for one in earlier:
        _add_earlier(cells, sums, one, made["counts"])
    hidden = suppress(cells, sums).keys
    _mark(made, hidden)
    made["withheld"] = len(hidden)
    for item in made["rates"]["providers"]:
        item["rank"] = None
    return made


def _fold(counts: Figures) -> None:
    """Rows that would be withheld as a whole stand together in one."""
    for place in FOLDED:
        room, name = place.split("/")
        lines = counts[room][name]
        small = [one for one in lines if one["key"] == OTHER or Cell(*one["total"]).sensitive]
        if len(small) < 2:
            continue
        kept = [one for one in lines if one not in small]
        counts[room][name] = [*kept, _together(small)]


def _together(lines: Sequence[Figures]) -> Figures:
    """Sums; one host is at most as large as its largest."""
    columns = [name for name in lines[0] if name != "key"]
    return {"key": OTHER} | {
        name: [
            sum(one[name][0] for one in lines),
            sum(one[name][1] for one in lines),
            max(one[name][2] for one in lines),
        ]
        for name in columns
    }


def _system(
    edition_of: str, counts: Figures, rates: Figures | None, *, printed: bool
) -> tuple[dict[Key, Cell], list[Sum]]:
    """Cells and what adds up. Keys: (edition, room/table, row, column)."""
    cells: dict[Key, Cell] = {}
    sums: list[Sum] = []
    for room in ("reports", "cases", "days", "notices", "outside"):
        for name, lines in counts[room].items():
            table = f"{room}/{name}"
            for line in lines:
                _row(cells, sums, (edition_of, table), line, room)
            _columns(cells, sums, (edition_of, table), lines, room, counts)
    _join_days(cells, sums, edition_of, counts)
    for name in ("rescinded", "gone_before"):
        twins = (
            (edition_of, "outside/by_reason", name, "total"),
            (edition_of, "cases/all", "all", name),
        )
        if all(one in cells for one in twins):
            sums.append(Sum(twins[0], (twins[1],)))
    if rates is not None:
        _add_rates(cells, sums, edition_of, counts, rates)
    return cells, sums


def _row(cells: dict[Key, Cell], sums: list[Sum], table: Key, line: Figures, room: str) -> None:
    key = str(line["key"])
    for name, triple in line.items():
        if name != "key":
            cells[*table, key, name] = _cell(triple)
    parts = _PARTITIONS.get(table[1], _PARTITIONS.get(room, ()))
    if parts and all(name in line for name in parts):
        sums.append(Sum((*table, key, "total"), tuple((*table, key, name) for name in parts)))
    if "reappeared" in line:
        _gone(cells, sums, (*table, key), line)


def _gone(cells: dict[Key, Cell], sums: list[Sum], row: Key, line: Figures) -> None:
    """Removed and unavailable are gone; of these some came back, the rest stayed away."""
    values = {name: _value(line[name]) for name in ("removed", "unavailable", "reappeared")}
    if None in values.values():
        gone = kept = 0
    else:
        gone = (values["removed"] or 0) + (values["unavailable"] or 0)
        kept = gone - (values["reappeared"] or 0)
    for name, value in (("gone", gone), ("kept", max(kept, 0))):
        cells[*row, name] = Cell(value, 9, 0, printed=False)
    sums.append(Sum((*row, "gone"), ((*row, "removed"), (*row, "unavailable"))))
    if kept >= 0:
        sums.append(Sum((*row, "gone"), ((*row, "reappeared"), (*row, "kept"))))


def _columns(
    cells: dict[Key, Cell],
    sums: list[Sum],
    table: Key,
    lines: Sequence[Figures],
    room: str,
    counts: Figures,
) -> None:
    """Every table of one room spreads the same whole over its rows."""
    if room in ("outside",) or not lines:
        return
    whole = (table[0], f"{room}/all", "all")
    for name in [one for one in lines[0] if one != "key"]:
        total = (*whole, name)
        parts = tuple((*table, str(line["key"]), name) for line in lines)
        if total not in parts:
            if total not in cells:
                values = [_value(line[name]) for line in lines]
                known = [value for value in values if value is not None]
                cells[total] = Cell(sum(known), 9, 0, printed=False)
                if len(known) < len(values):
                    continue
            sums.append(Sum(total, parts))


def _join_days(cells: dict[Key, Cell], sums: list[Sum], edition_of: str, counts: Figures) -> None:
    """The tables by day are about the same addresses: the same totals, and the same gone ones."""
    gone = tuple(name for name in DAYS if name != "not_gone")
    for name, lines in counts["days"].items():
        for line in lines:
            mine = (edition_of, f"days/{name}", str(line["key"]))
            twin = (edition_of, f"cases/{name}", str(line["key"]))
            if (*twin, "total") in cells and (*twin, "gone") in cells:
                sums.append(Sum((*mine, "total"), ((*twin, "total"),)))
                if cells[*twin, "gone"].value == sum(cells[*mine, one].value for one in gone):
                    sums.append(Sum((*twin, "gone"), tuple((*mine, one) for one in gone)))


def _add_rates(
    cells: dict[Key, Cell], sums: list[Sum], edition_of: str, counts: Figures, rates: Figures
) -> None:
    """A printed share tells its numerator within a range: hours within hours within all gone."""
    for table, key, line in _rated(rates):
        row = (edition_of, table, key)
        inside = (*row, "gone")
        for hours in sorted(line["gone"], key=int, reverse=True) if inside in cells else ():
            band = band_of(line["gone"][hours], line["episodes"])
            if band is None:
                continue
            value = min(cells[inside].value, (band[0] + band[1]) // 2)
            here, rest = (*row, f"within_{hours}"), (*row, f"after_{hours}")
            cells[here] = Cell(value, 9, 0, band=(0, band[1]) if value < band[0] else band)
            cells[rest] = Cell(cells[inside].value - value, 9, 0, printed=False)
            sums.append(Sum(inside, (here, rest)))
            inside = here


def _rated(rates: Figures) -> Iterator[tuple[str, str, Figures]]:
    """Every line of rates with its row among the counts."""
    yield "cases/all", "all", rates["overview"]
    for where in ("home", "abroad"):
        yield "cases/by_where", where, rates[where]
    for line in rates["providers"]:
        yield "cases/by_provider", line["provider_id"], line
    for line in rates["countries"]:
        yield "cases/by_country", str(line["country"]), line


def band_of(share: Mapping[str, Any], n: int) -> tuple[int, int] | None:
    """The range of the number behind a printed share, blunt where under 5 lie below or above."""
    printed = blunt(share, n)
    if printed is None:
        return None
    return math.floor(printed[0] * n + 1e-9), math.ceil(printed[1] * n - 1e-9)


def blunt(share: Mapping[str, Any], n: int) -> tuple[float, float] | None:
    """Both bounds of a share as the public reads them: whole per cent, outwards; and where fewer
    than 5 lie below or above, no closer than that. None where it rests on fewer than 5."""
    if share["low"] is None or n < FEWEST:
        return None
    low, high = math.floor(share["low"] * 100 + 1e-9), math.ceil(share["high"] * 100 - 1e-9)
    edge = math.ceil(100 * FEWEST / n)
    low = 0 if share["low"] * n < FEWEST else min(low, max(100 - edge, 0))
    high = 100 if (1 - share["high"]) * n < FEWEST else max(high, min(edge, 100))
    return low / 100, high / 100


def _add_earlier(cells: dict[Key, Cell], sums: list[Sum], one: Earlier, counts: Figures) -> None:
    """What is out already, and what a reader gets by subtracting one edition from the other."""
    old_cells, old_sums = _system(one.name, one.counts, None, printed=True)
    for key, cell in old_cells.items():
        room, name = key[1].split("/")
        was = _line(one.counts, room, name, key[2])
        shown = was is not None and _value(was.get(key[3])) is not None
        if cell.printed:
            cells[key] = Cell(
                cell.value, cell.hosts, cell.largest, earlier="shown" if shown else "hidden"
            )
        else:
            cells[key] = cell
    sums += old_sums
    both = one.overlap or counts
    for key in [key for key, cell in old_cells.items() if cell.printed and key[2] != OTHER]:
        new = ("", *key[1:])
        if new in cells and cells[new].printed:
            room, name = key[1].split("/")
            _difference(
                cells, sums, new, key, _value((_line(both, room, name, key[2]) or {}).get(key[3]))
            )


def _difference(
    cells: dict[Key, Cell], sums: list[Sum], new: Key, old: Key, both: int | None
) -> None:
    """new = both + only new; old = both + only old. What was revised in between bounds nothing."""
    shared = both or 0
    values = {"both": shared, "only": cells[new].value - shared, "was": cells[old].value - shared}
    if values["only"] < 0 or (values["was"] < 0 and cells[old].earlier == "shown"):
        if cells[old].earlier == "shown" and cells[new].value >= cells[old].value:
            grown = (*old, "grown")
            cells[grown] = _unprinted(cells[new].value - cells[old].value)
            sums.append(Sum(new, (old, grown)))
        return
    for name, value in values.items():
        cells[*old, name] = _unprinted(max(value, 0))
    sums.append(Sum(new, ((*old, "both"), (*old, "only"))))
    sums.append(Sum(old, ((*old, "both"), (*old, "was"))))


def _unprinted(value: int) -> Cell:
    return Cell(value, 9, 0, printed=False)


def _mark(made: Figures, hidden: frozenset[Any]) -> None:
    """Withheld counts become None with the edition's mark, and with them the rates of their row."""
    for edition_of, table, row, name in hidden:
        room, kind = table.split("/")
        line = _line(made["counts"], room, kind, row)
        if edition_of == "" and line is not None and name in line:
            line[name] = [None, *line[name]]
    for table, row, item in _rated(made["rates"]):
        room, kind = table.split("/")
        line = _line(made["counts"], room, kind, row)
        item["withheld"] = line is None or line["total"][0] is None
        for hours, share in item["gone"].items():
            gone = ("", table, row, f"within_{hours}") in hidden
            share["printed"] = None if gone else blunt(share, item["episodes"])


def _line(counts: Figures, room: str, name: str, row: str) -> Figures | None:
    found = counts.get(room, {}).get(name, [])
    return next((line for line in found if str(line["key"]) == row), None)


def _cell(triple: Sequence[Any]) -> Cell:
    """A count, or one that an earlier edition withheld: its mark comes before the triple."""
    value, hosts, largest = (int(one) for one in triple if one is not None)
    return Cell(value, hosts, largest)


def _value(triple: Sequence[Any] | None) -> int | None:
    return None if triple is None or triple[0] is None else int(triple[0])
