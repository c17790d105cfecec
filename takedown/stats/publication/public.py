"""The public edition of the annual figures: small rows folded, small cells withheld, no ranks.

What is withheld is marked in the figures themselves, so that every file of the edition leaves out
the same, and later editions know what this one has shown. See `suppression` for the rule.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from takedown.stats.publication.adding_up import (
    Figures,
    Key,
    line_of,
    rated,
    survived,
    system,
    unprinted,
    value_of,
)
from takedown.stats.publication.rounding import blunt
from takedown.stats.publication.suppression import Cell, Sum, suppress

OTHER: Final = "other"
FOLDED: Final = (
    "cases/by_provider",
    "cases/by_country",
    "cases/by_tld",
    "days/by_country",
    "reports/by_country",
)


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
    made["counts"].pop("unnotified", None)  # for the house
    cells, sums = system("", made["counts"], made["rates"], printed=True)
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


def _add_earlier(cells: dict[Key, Cell], sums: list[Sum], one: Earlier, counts: Figures) -> None:
    """What is out already, and what a reader gets by subtracting one edition from the other."""
    old_cells, old_sums = system(one.name, one.counts, None, printed=True)
    for key, cell in old_cells.items():
        room, name = key[1].split("/")
        was = line_of(one.counts, room, name, key[2])
        shown = was is not None and value_of(was.get(key[3])) is not None
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
                cells,
                sums,
                new,
                key,
                value_of((line_of(both, room, name, key[2]) or {}).get(key[3])),
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
            cells[grown] = unprinted(cells[new].value - cells[old].value)
            sums.append(Sum(new, (old, grown)))
        return
    for name, value in values.items():
        cells[*old, name] = unprinted(max(value, 0))
    sums.append(Sum(new, ((*old, "both"), (*old, "only"))))
    sums.append(Sum(old, ((*old, "both"), (*old, "was"))))


def _mark(made: Figures, hidden: frozenset[Any]) -> None:
    """Withheld counts become None with the edition's mark, and with them the rates of their row."""
    for edition_of, table, row, name in hidden:
        room, kind = table.split("/")
        line = line_of(made["counts"], room, kind, row)
        if edition_of == "" and line is not None and name in line:
            line[name] = [None, *line[name]]
    for table, row, item in rated(made["rates"]):
        room, kind = table.split("/")
        line = line_of(made["counts"], room, kind, row)
        item["withheld"] = line is None or line["total"][0] is None
        for hours, share in item["gone"].items():
            gone = ("", table, row, f"within_{hours}") in hidden
            share["printed"] = None if gone else blunt(share, item["episodes"])
    for table, row, points, n in survived(made["rates"]):
        room, kind = table.split("/")
        line = line_of(made["counts"], room, kind, row)
        shown = line is not None and line["total"][0] is not None
        for point in points:
            gone = ("", table, row, f"left_{point['hours']}") in hidden
            point["printed"] = None if gone or not shown else blunt(point, n)
