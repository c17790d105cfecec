"""When a case is looked at, as it comes about: the real cadence, late at times, anchors skipped."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np

from takedown.checks.cadence import ANCHOR_HOURS, HOUR, next_look
from takedown.stats import grid

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
Floats = np.ndarray


def next_at(t0: datetime, now: datetime, **more: Any) -> datetime | None:
    """The moment of `next_look`."""
    found = next_look(t0, now, **more)
    return found.at if found is not None else None


def schedule(t0: datetime, until: datetime, **more: Any) -> Iterator[datetime]:
    """The looks at a Url that stays up, each made when due: what a plan costs."""
    at: datetime | None = t0
    while at is not None and at <= until:
        yield at
        at = next_at(t0, at, **more)


def anchors(t0: datetime, deadline_hours: float | None = None) -> list[datetime]:
    """The moments at which shares are read exactly, and the route's own deadline; ascending."""
    hours = {*ANCHOR_HOURS, *([deadline_hours] if deadline_hours else [])}
    return [t0 + hour * HOUR for hour in sorted(hours)]


def looks(rng: np.random.Generator) -> Floats:
    """Minutes at which one case is looked at: the real cadence, a fifth of the looks late by up to
    half an hour, a tenth of the anchors skipped."""
    plan = schedule(T0, T0 + (anchors(T0)[-1] - T0) * 13, seed=int(rng.integers(2**31)))
    ages = np.array([(at - T0).total_seconds() / 60 for at in plan])
    late = rng.random(ages.size) < 0.2
    ages = ages + np.where(late, rng.uniform(0, 30, ages.size), 0.0)
    fixed = [(at - T0).total_seconds() / 60 for at in anchors(T0)]
    near = (np.abs(ages[:, None] - fixed) <= grid.WINDOW).any(axis=1)
    kept = ~(near & (rng.random(ages.size) < 0.1))
    kept[0] = True
    return np.unique(ages[kept])
