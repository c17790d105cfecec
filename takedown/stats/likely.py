"""The most likely curve of a group, from its sums by age: last ups and first downs, on the grid.

The sums hold how many were last seen up at each age and how many first seen down, not which belongs
to which. In order they belong together: however the cases are paired, the end that comes k-th lies
between the k-th last up and the k-th first down. These intervals are what is estimated from; where
looks go by age, one last seen up later is also first seen down later, and they are the cases' own.
"""

import numpy as np

from takedown.stats import grid
from takedown.stats.envelope import Ages, Floats
from takedown.stats.turnbull import Steps, most_likely

_ENDS = ("removed", "unavailable", "moved")
_NOBODY = 1e-9
"""Fewer cases than this are rounding of weights."""
_MINUTES = np.append(grid.POINTS, np.inf)


def likely(ages: Ages, group: int) -> tuple[Steps, Steps]:
    """Minutes by which the cases of a group have left, with doubtful ones gone by the cut-off, and
    with doubtful ones up at it. Without a case nothing is reached."""
    row = {name: sums[group] for name, sums in ages.items()}
    ended = _paired(sum(row[f"l_{end}"] for end in _ENDS), sum(row[f"h_{end}"] for end in _ENDS))
    known = [ended, _unseen(row["l_open"])]
    if not row["l_doubt"].any():
        found = _fitted(known)
        return found, found
    gone, up = _paired(row["l_doubt"], row["h_doubt"]), _unseen(_earlier(row["h_doubt"]))
    return _fitted([*known, gone]), _fitted([*known, up])


def _fitted(parts: list[Floats]) -> Steps:
    left, right, many = np.concatenate(parts, axis=1)
    if not many.size:
        return Steps(many, many, many)
    found = most_likely(left, right, many)
    ends = np.isfinite(found.right)
    last = np.where(ends, found.right + 1.0, grid.POINTS.size).astype(np.int64)
    return Steps(_MINUTES[found.left.astype(np.int64)], _MINUTES[last], found.share)


def _paired(up: Floats, down: Floats) -> Floats:
    """Rows of last up, first down, how many: in the order of each, as bins.

    The sums have a look that saw the Url up at the beginning of its cell of the grid, one that saw
    it down at the end. Taken so, ends would fit between looks of one and the same age, and gather
    in the cells after anchors. So a look counts at the beginning of its cell whatever it saw, and
    what is found is rounded outwards by a cell.
    """
    ups, downs = np.cumsum(up), np.cumsum(down)
    cuts = np.unique(np.concatenate((ups, downs)))
    many = np.diff(cuts, prepend=0.0)
    middle = (cuts - many / 2.0)[many > _NOBODY]
    left = np.minimum(np.searchsorted(ups, middle), up.size - 1)
    right = np.minimum(np.searchsorted(downs, middle), down.size - 1)
    return np.array([left, np.maximum(right - 1, left + 1), many[many > _NOBODY]])


def _unseen(up: Floats) -> Floats:
    """Rows as `_paired` for cases last seen up, and never seen to end."""
    (at,) = np.nonzero(up > _NOBODY)
    return np.array([at, np.full(at.size, np.inf), up[at]])


def _earlier(down: Floats) -> Floats:
    return np.append(down[1:], 0.0)
