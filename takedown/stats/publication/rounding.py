"""Shares as the public reads them: whole per cent, outwards, telling of no fewer than five."""

import math
from collections.abc import Mapping
from typing import Any

from takedown.stats.publication.suppression import FEWEST


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


def band_of(share: Mapping[str, Any], n: int) -> tuple[int, int] | None:
    """The range of the number behind a printed share, blunt where under 5 lie below or above."""
    printed = blunt(share, n)
    if printed is None:
        return None
    return math.floor(printed[0] * n + 1e-9), math.ceil(printed[1] * n - 1e-9)
