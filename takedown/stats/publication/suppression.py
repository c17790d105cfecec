"""What the public edition withholds, so that no small cell can be read or worked out. Pure.

A cell is withheld where it is under 5, rests on fewer than 3 hosts, or on one host with over 85 %.
Others go with it (complementary suppression) until nobody who knows every printed figure of this
and of all earlier editions can pin a withheld one down: `audit` solves for it as such a reader
would, by linear programming over all sums that hold between the cells.
"""

from collections import deque
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from takedown.stats.publication.solving import Bounds, System

Key = Hashable

FEWEST: Final = 5
FEWEST_HOSTS: Final = 3
LARGEST: Final = 0.85
SPREAD: Final = 0.2
"""A withheld cell may be known no better than to this part of its value, and never within 5."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A count: what it is, on how many hosts it rests, and how much of it on the largest of them.

    `printed` is false for what no table shows but a reader could subtract (a difference between
    two editions). `band`: printed as a range only (a rounded share). `earlier`: a cell of an
    edition that is out already, `shown` or `hidden` there: nothing can be changed about it.
    """

    value: int
    hosts: int
    largest: int
    printed: bool = True
    band: tuple[int, int] | None = None
    earlier: str = ""

    @property
    def sensitive(self) -> bool:
        """Whether it must not be known. Nought that is nowhere printed tells of nobody."""
        if not self.printed and self.value == 0:
            return False
        few = self.value < FEWEST or self.hosts < FEWEST_HOSTS
        return few or self.largest > LARGEST * self.value

    @property
    def free(self) -> bool:
        """Whether this edition decides about it."""
        return self.printed and not self.earlier

    @property
    def needed(self) -> float:
        """How wide the range must stay in which a reader can place it."""
        return max(float(FEWEST), SPREAD * self.value)


@dataclass(frozen=True, slots=True)
class Sum:
    """`total` is the sum of `parts`, and every reader knows it."""

    total: Key
    parts: tuple[Key, ...]

    @property
    def keys(self) -> tuple[Key, ...]:
        """The parts and, last, their total."""
        return (*self.parts, self.total)


Cells = Mapping[Any, Cell]


@dataclass(frozen=True, slots=True)
class Withheld:
    """The keys that a new edition leaves out; `exposed`: what earlier editions have let out."""

    keys: frozenset[Key]
    exposed: frozenset[Key]


def suppress(cells: Cells, sums: Sequence[Sum]) -> Withheld:
    """Which cells of the new edition stay unprinted: the sensitive ones, and as few others as hold.

    Deterministic. Every key of a sum must be a cell.
    """
    hidden = {key for key, cell in cells.items() if cell.free and cell.sensitive}
    net = _Net(cells, sums, hidden)
    lost: set[Key] = set()
    _cover_lone(net)
    while exposed := net.exposed() - lost:
        touched: set[int] = set()
        for key in sorted(exposed, key=lambda one: (cells[one].value, repr(one))):
            here = {id(one) for one in net.of[key]}
            if touched.isdisjoint(here):
                chosen = net.complement(key)
                lost |= {key} if chosen is None else set()
                hidden |= {chosen} if chosen is not None else set()
                touched |= here | ({id(one) for one in net.of[chosen]} if chosen else set())
        _cover_lone(net)
    return Withheld(frozenset(hidden), frozenset(lost))


def audit(cells: Cells, sums: Sequence[Sum], hidden: Collection[Key]) -> set[Key]:
    """The cells to guard that a reader of everything printed can place too closely."""
    return _Net(cells, sums, set(hidden)).exposed()


def _guarded(cell: Cell) -> bool:
    return cell.sensitive and cell.earlier != "shown"


def _cover_lone(net: "_Net") -> None:
    """A cell that stands alone in a sum is worked out at once: give it company, without solving."""
    queue = deque(sorted(net.hidden, key=repr))
    while queue:
        for one in net.of.get(queue.popleft(), []):
            if len(net.unknown(one)) == 1 and (chosen := net.cheapest(one)) is not None:
                net.hidden.add(chosen)
                queue.append(chosen)


class _Net:
    """Cells and the sums between them, as they stand with `hidden` withheld (it may grow)."""

    def __init__(self, cells: Cells, sums: Sequence[Sum], hidden: set[Key]) -> None:
        self.cells, self.hidden = cells, hidden
        self.ranges: dict[Key, tuple[float, float]] = {}  # withholding more only widens them
        self.of: dict[Key, list[Sum]] = {}
        for one in sums:
            for key in one.keys:
                self.of.setdefault(key, []).append(one)

    def is_unknown(self, key: Key) -> bool:
        cell = self.cells[key]
        never = not cell.printed or cell.earlier == "hidden" or cell.band is not None
        return never or key in self.hidden

    def unknown(self, one: Sum) -> list[Key]:
        return [key for key in one.keys if self.is_unknown(key)]

    def near(self, start: Key) -> list[Sum]:
        """The sums that hang together with this cell by unknown ones, the nearest first."""
        found, seen, queue = dict[int, Sum](), {start}, deque([start])
        while queue:
            for one in self.of.get(queue.popleft(), []):
                if id(one) not in found:
                    found[id(one)] = one
                    fresh = [key for key in self.unknown(one) if key not in seen]
                    seen.update(fresh)
                    queue.extend(fresh)
        return list(found.values())

    def systems(self) -> Iterator[System]:
        """One system of equations for each set of unknowns that hang together."""
        seen: set[Key] = set()
        for start in self.of:
            if start not in seen and self.is_unknown(start):
                sums = self.near(start)
                keys = dict.fromkeys(key for one in sums for key in self.unknown(one))
                seen.update(keys)
                known = {key: self.cells[key].value for one in sums for key in one.keys}
                bounds = {key: self._bounds(key) for key in keys}
                yield System(bounds, known, [(one.total, one.parts) for one in sums])

    def exposed(self) -> set[Key]:
        """The guarded cells that can be placed too closely."""
        found: set[Key] = set()
        for system in self.systems():
            mine = [key for key in system.unknown if _guarded(self.cells[key])]
            tight = [key for key in mine if self._width(key) < self.cells[key].needed]
            if tight:
                system.widen(self.ranges, tight, lambda one: self.cells[one].needed)
            found |= {key for key in tight if self._width(key) < self.cells[key].needed}
        return found

    def _width(self, key: Key) -> float:
        low, high = self.ranges.get(key, (0.0, 0.0))
        return high - low

    def complement(self, exposed: Key) -> Key | None:
        """Which further cell to withhold for this one: nearest to it, where least is hidden."""
        near = self.near(exposed)
        mine = [one for one in near if exposed in one.keys]
        tight = sorted(
            mine, key=lambda one: sum(self.cells[key].value for key in self.unknown(one))
        )
        for one in (*tight, *near):
            chosen = self.cheapest(one)
            if chosen is not None:
                return chosen
        return None

    def cheapest(self, here: Sum) -> Key | None:
        """Of the cells of a sum that are still shown, the one whose loss costs least."""
        choice = [key for key in here.keys if self.cells[key].free and key not in self.hidden]
        return min(choice, key=lambda key: self._cost(here, key), default=None)

    def _cost(self, here: Sum, key: Key) -> tuple[bool, int, int, str]:
        """A part rather than a total; company for others rather than newly alone; small."""
        alone = sum(1 for one in self.of[key] if one is not here and not self.unknown(one))
        return key == here.total, alone, self.cells[key].value, repr(key)

    def _bounds(self, key: Key) -> Bounds:
        band = None if key in self.hidden else self.cells[key].band
        return (0.0, None) if band is None else (float(band[0]), float(band[1]))
