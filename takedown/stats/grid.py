"""The grid of ages: what happened between two of its points is rounded outwards, never inwards.

Whole minutes up to 100, then steps of 2 %, and beside them exactly: each hour up to 72 h, each day
up to 60 d, and the end of the window after an anchor. Sums over its cells are all that bounds and
curves need, so that figures of eleven million episodes come from a few thousand numbers.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

STEP: Final = 1.02
FIRST: Final = 100
HOURS: Final = (1, 24, 48, 72, 168, 240, 672)
"""Hours at which shares are read; exact, since they are points of the grid."""
WINDOW: Final = 15
"""Minutes after an hour of `HOURS` in which a look tells the state at it exactly."""
LONGEST: Final = 10 * 366 * 1440
"""Ages beyond ten years count as ten years."""

_WINDOWS: Final = tuple(h * 60 + WINDOW for h in HOURS if h > 1)


def _points() -> NDArray[np.float64]:
    steps = int(np.ceil(np.log(LONGEST / FIRST) / np.log(STEP))) + 1
    found = [
        np.arange(FIRST + 1.0),
        FIRST * STEP ** np.arange(1.0, steps + 1.0),
        np.arange(2.0, 73.0) * 60,
        np.arange(4.0, 61.0) * 1440,
        np.array(_WINDOWS, dtype=np.float64),
    ]
    return np.sort(np.concatenate(found))


POINTS: Final = _points()
"""The points, in minutes, ascending; a bin is the number of its point."""


def bin_of(minute: float) -> int:
    """The bin of an age that is a point of the grid, or of the last point before it."""
    return int(np.searchsorted(POINTS, minute, side="right")) - 1


def before(minutes: str) -> str:
    """SQL: the bin of the last point at or before an age of whole minutes."""
    return f"{_points_up_to(minutes, f'floor({_log(minutes)})', minutes)} - 1"


def after(minutes: str) -> str:
    """SQL: the bin of the first point at or after an age of whole minutes."""
    earlier = _points_up_to(minutes, f"ceil({_log(minutes)}) - 1", f"({minutes} - 1)")
    return f"CASE WHEN {minutes} <= 0 THEN 0 ELSE {earlier} END"


def _points_up_to(minutes: str, steps: str, whole: str) -> str:
    """SQL: how many points lie up to an age: `steps` of those that are no whole minutes, and all
    that are, up to `whole`."""
    windows = " + ".join(f"({whole} >= {one})::INTEGER" for one in _WINDOWS)
    return (
        f"(least({whole}, {FIRST}) + 1"
        f" + CASE WHEN {minutes} > {FIRST} THEN CAST({steps} AS INTEGER) ELSE 0 END"
        f" + greatest(least({whole} // 60, 72) - 1, 0)"
        f" + greatest(least({whole} // 1440, 60) - 3, 0) + {windows})"
    )


def _log(minutes: str) -> str:
    return f"(ln(greatest({minutes}, {FIRST}) / {FIRST}.0) / {float(np.log(STEP))!r})"
