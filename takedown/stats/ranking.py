"""Who may stand in a league, and where: only with enough notices, and by shrunk shares."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

Standing = Literal["ranked", "interval", "counts"]

RANKED_FROM = 20.0
INTERVAL_FROM = 5.0
INCONCLUSIVE_TO = 0.2


def standing(effective_notices: float, episodes: int, inconclusive: int) -> Standing:
    """What may be shown of a provider: a rank, an interval without one, or its counts alone.

    A rank needs 20 effective notices and at most 20 % inconclusive cases; under 5 effective
    notices a share says nothing.
    """
    if effective_notices < INTERVAL_FROM or not episodes:
        return "counts"
    if effective_notices < RANKED_FROM or inconclusive > INCONCLUSIVE_TO * episodes:
        return "interval"
    return "ranked"


def shrunk(shares: Sequence[float], numbers: Sequence[float]) -> list[float]:
    """Shares drawn towards their common mean, the less they rest on the more (beta-binomial).

    `numbers`: the effective number behind each share. The prior's weight comes from moments: what
    the shares vary beyond chance. For sorting only; plain shares are what is shown.
    """
    s, k = np.asarray(shares, dtype=np.float64), np.asarray(numbers, dtype=np.float64)
    if not s.size:
        return []
    mean = float((s * k).sum() / k.sum())
    spread = mean * (1.0 - mean)
    beyond = float((k * (s - mean) ** 2).sum() / k.sum()) - spread * float((1.0 / k).mean())
    weight = spread / beyond - 1.0 if beyond > 0.0 else 1000.0
    weight = min(max(weight, 1.0), 1000.0)
    return [float(v) for v in (weight * mean + k * s) / (weight + k)]


def ranks(scores: Sequence[float]) -> list[int]:
    """Places from 1, best (highest) first; scores equal to 12 digits share a place."""
    behind = -np.round(np.asarray(scores, dtype=np.float64), 12)
    places: list[int] = (1 + np.searchsorted(np.sort(behind), behind)).tolist()
    return places
