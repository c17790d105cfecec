"""The reader who subtracts: the ranges in which unknown cells must lie, by linear programming."""

from collections.abc import Callable, Hashable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array

Key = Hashable
Bounds = tuple[float, float | None]
Sums = Sequence[tuple[Key, tuple[Key, ...]]]
Ranges = MutableMapping[Key, tuple[float, float]]

FAR: Final = 1e9
"""Stands for a cell that nothing bounds from above."""
_AT_ONCE: Final = 6


@dataclass(frozen=True, slots=True)
class System:
    """Cells that hang together: `unknown` with what is known of each, `known` values, and sums."""

    unknown: Mapping[Key, Bounds]
    known: Mapping[Key, int]
    sums: Sums

    def widen(self, ranges: Ranges, wanted: Sequence[Key], enough: Callable[[Key], float]) -> None:
        """Widen `ranges` of the wanted cells to what all equations allow, until `enough`.

        Whatever solves the equations widens every cell's range, so a few solutions at random come
        first. Where the equations contradict each other (figures were revised between editions),
        nothing can be worked out by them: the range is without end.
        """
        task = _Task(self, ranges)
        draw = np.random.default_rng(len(self.unknown))
        for _ in range(_AT_ONCE if len(wanted) > _AT_ONCE else 0):
            task.solve(draw.choice((-1.0, 1.0), size=len(self.unknown)))
        for key in wanted:
            for sign in (1.0, -1.0):
                if task.width(key) < enough(key):
                    task.solve(sign * task.only(key))
        task.keep(ranges)


class _Task:
    """The equations as a matrix, and the widest ranges met so far."""

    def __init__(self, system: System, ranges: Ranges) -> None:
        self.keys = list(system.unknown)
        self.place = {key: i for i, key in enumerate(self.keys)}
        self.bounds = [*system.unknown.values()]
        self.matrix, self.right = self._equations(system)
        self.low = np.array([ranges.get(key, (np.inf, 0.0))[0] for key in self.keys])
        self.high = np.array([ranges.get(key, (0.0, -np.inf))[1] for key in self.keys])

    def solve(self, cost: NDArray[np.float64]) -> None:
        solve: Any = linprog  # its stubs know no sparse matrix
        found = solve(cost, A_eq=self.matrix, b_eq=self.right, bounds=self.bounds, method="highs")
        if found.status == 2:  # no solution: what was revised
            self.low[:], self.high[:] = 0.0, FAR
        elif found.status == 3:  # no end
            self.high[cost < 0] = FAR if np.count_nonzero(cost) == 1 else self.high[cost < 0]
        elif found.x is not None:
            np.minimum(self.low, found.x, out=self.low)
            np.maximum(self.high, found.x, out=self.high)

    def only(self, key: Key) -> NDArray[np.float64]:
        cost = np.zeros(len(self.keys))
        cost[self.place[key]] = 1.0
        return cost

    def width(self, key: Key) -> float:
        at = self.place[key]
        return float(self.high[at] - self.low[at])

    def keep(self, ranges: Ranges) -> None:
        for key, low, high in zip(self.keys, self.low, self.high, strict=True):
            ranges[key] = (float(low), float(high))

    def _equations(self, system: System) -> tuple["csr_array", list[float]]:
        rows, columns, values, right = [], [], [], []
        for number, (total, parts) in enumerate(system.sums):
            constant = 0.0
            for key, weight in ((total, -1.0), *((part, 1.0) for part in parts)):
                if key in self.place:
                    rows.append(number)
                    columns.append(self.place[key])
                    values.append(weight)
                else:
                    constant -= weight * system.known[key]
            right.append(constant)
        shape = (len(system.sums), len(self.keys))
        return csr_array((values, (rows, columns)), shape=shape), right
