"""What a reader of an edition can add up: its counts as cells, and every sum that ties them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from takedown.stats.publication.counting import DAYS, OUTCOMES
from takedown.stats.publication.rounding import band_of
from takedown.stats.publication.suppression import Cell, Sum

Figures = dict[str, Any]
Key = tuple[str, ...]
Bands = Sequence[tuple[str, tuple[int, int] | None]]

PUBLIC_AGES: Final = (24, 48, 72, 168, 240, 672)
"""Hours at which the public reads curves: more would let small numbers be worked out."""
_UNTIL: Final[Mapping[str, tuple[str, ...]]] = {
    "24": ("day_1",),
    "48": ("day_1", "day_2"),
    "72": ("day_1", "day_2", "day_3"),
    "168": ("day_1", "day_2", "day_3", "day_4_7"),
}
_LAST_DAY: Final = 168
_PARTITIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "cases": tuple(OUTCOMES),
    "days": tuple(DAYS),
    "reports/by_source": ("new", "repeated"),
}


def system(
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
    if "hopped" in line:
        _hopped(cells, sums, (*table, key), line)


def _hopped(cells: dict[Key, Cell], sums: list[Sum], row: Key, line: Figures) -> None:
    """Some bear a name that is known under another suffix, the rest does not."""
    total, hopped = value_of(line["total"]), value_of(line["hopped"])
    if total is not None and hopped is not None:
        cells[*row, "not_hopped"] = unprinted(total - hopped)
        sums.append(Sum((*row, "total"), ((*row, "hopped"), (*row, "not_hopped"))))


def _gone(cells: dict[Key, Cell], sums: list[Sum], row: Key, line: Figures) -> None:
    """Removed and unavailable are gone; of these some came back, the rest stayed away."""
    values = {name: value_of(line[name]) for name in ("removed", "unavailable", "reappeared")}
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
                values = [value_of(line[name]) for line in lines]
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
    for table, key, line in rated(rates):
        row = (edition_of, table, key)
        shares = sorted(line["gone"].items(), key=lambda one: int(one[0]), reverse=True)
        bands = [(hours, band_of(share, line["episodes"])) for hours, share in shares]
        by_day = (edition_of, table.replace("cases/", "days/"), key)
        _nest(cells, sums, row, "gone", "within", bands, _by_days(cells, by_day, bands))
    for table, key, points, n in survived(rates):
        row = (edition_of, table, key)
        if (*row, "gone") not in cells or (*row, "moved") not in cells:
            continue
        left = cells[*row, "gone"].value + cells[*row, "moved"].value
        cells[*row, "left"] = unprinted(left)
        sums.append(Sum((*row, "left"), ((*row, "gone"), (*row, "moved"))))
        bands = [(str(point["hours"]), _left(point, n)) for point in reversed(points)]
        _nest(cells, sums, row, "left", "left", bands)


def _nest(
    cells: dict[Key, Cell],
    sums: list[Sum],
    row: Key,
    whole: str,
    name: str,
    bands: Bands,
    same: Mapping[str, tuple[Key, ...]] | None = None,
) -> None:
    """Numbers known as ranges, each a part of the one before it, the first of `whole`; some are
    the `same` as a sum of printed counts."""
    inside, least = (*row, whole), 0
    for parts in (same or {}).values():
        least = max(least, sum(cells[one].value for one in parts))
    for hours, band in bands if inside in cells else ():
        if band is None:
            continue
        parts = (same or {}).get(hours, ())
        value = min(cells[inside].value, (band[0] + band[1]) // 2)
        if parts:
            value = sum(cells[one].value for one in parts)
            sums.append(Sum((*row, f"{name}_{hours}"), parts))
        elif int(hours) > _LAST_DAY:
            value = min(cells[inside].value, max(value, least))
        here, rest = (*row, f"{name}_{hours}"), (*row, f"{name}_after_{hours}")
        cells[here] = Cell(value, 9, 0, band=(0, band[1]) if value < band[0] else band)
        cells[rest] = unprinted(cells[inside].value - value)
        sums.append(Sum(inside, (here, rest)))
        inside = here


def _by_days(cells: dict[Key, Cell], row: Key, bands: Bands) -> dict[str, tuple[Key, ...]]:
    """The counts by day that a printed share tells, too: those removed by its hour."""
    found: dict[str, tuple[Key, ...]] = {}
    for hours, band in bands:
        parts = tuple((*row, one) for one in _UNTIL.get(hours, ()))
        if band is None or not parts or any(one not in cells for one in parts):
            continue
        if band[0] <= sum(cells[one].value for one in parts) <= band[1]:
            found[hours] = parts
    return found


def _left(point: Figures, n: int) -> tuple[int, int] | None:
    """How many had left by then, as the printed share of those still there tells it."""
    band = band_of(point, n)
    return None if band is None else (n - band[1], n - band[0])


def survived(rates: Figures) -> Iterator[tuple[str, str, list[Figures], int]]:
    """The curves that the public reads, at few ages, each with how many enter it."""
    for name, place in (("all", "overview"), ("home", "home"), ("abroad", "abroad")):
        table = "cases/all" if name == "all" else "cases/by_where"
        points = [one for one in rates["survival"][name] if one["hours"] in PUBLIC_AGES]
        yield table, name, points, rates[place]["episodes"]


def rated(rates: Figures) -> Iterator[tuple[str, str, Figures]]:
    """Every line of rates with its row among the counts."""
    yield "cases/all", "all", rates["overview"]
    for where in ("home", "abroad"):
        yield "cases/by_where", where, rates[where]
    for line in rates["providers"]:
        yield "cases/by_provider", line["provider_id"], line
    for line in rates["countries"]:
        yield "cases/by_country", str(line["country"]), line


def line_of(counts: Figures, room: str, name: str, row: str) -> Figures | None:
    found = counts.get(room, {}).get(name, [])
    return next((line for line in found if str(line["key"]) == row), None)


def unprinted(value: int) -> Cell:
    return Cell(value, 9, 0, printed=False)


def _cell(triple: Sequence[Any]) -> Cell:
    """A count, or one that an earlier edition withheld: its mark comes before the triple."""
    value, hosts, largest = (int(one) for one in triple if one is not None)
    return Cell(value, hosts, largest)


def value_of(triple: Sequence[Any] | None) -> int | None:
    return None if triple is None or triple[0] is None else int(triple[0])
