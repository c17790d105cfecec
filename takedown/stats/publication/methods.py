"""How figures are made, by the method that a publication names: an old one is kept beside the new.

When a definition changes, `takedown.stats.definitions.METHOD` is raised and the functions here of
the method before stay as they were, so that what was published can be recomputed for ever.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from takedown.stats.lines import LIKELY
from takedown.stats.publication import annual, dsa22
from takedown.stats.publication.annual import Period
from takedown.stats.publication.frozen import Frozen
from takedown.stats.publication.models import ReportKind

Compute = Callable[[Frozen, Period], dict[str, Any]]


_DAYS_3: Final[Mapping[str, str]] = {
    "day_1": "gone AND days < 1",
    "day_2": "gone AND days >= 1 AND days < 2",
    "day_3": "gone AND days >= 2 AND days < 3",
    "day_4_7": "gone AND days >= 3 AND days < 7",
    "day_later": "gone AND days >= 7",
    "not_gone": "NOT gone",
}


def annual_3(frozen: Frozen, period: Period) -> dict[str, Any]:
    """Method 3: days end on the minute, so that a look at 24 h which came late fell into the day
    after; what was never notified is not told."""
    found = annual.figures(frozen, period, _DAYS_3)
    del found["counts"]["unnotified"]
    return found


def annual_2(frozen: Frozen, period: Period) -> dict[str, Any]:
    """Method 2: bounds of medians alone, no most likely ones; no curves, no suffixes."""
    found = annual_3(frozen, period)
    del found["rates"]["survival"], found["counts"]["cases"]["by_tld"]
    del found["counts"]["domains"]["by_tld"]
    for line in found["rates"].values():
        for name in LIKELY if isinstance(line, dict) else ():
            line.pop(name, None)
    return found


METHODS: Final[Mapping[tuple[ReportKind, str], Compute]] = {
    (ReportKind.ANNUAL, "2"): annual_2,
    (ReportKind.ANNUAL, "3"): annual_3,
    (ReportKind.ANNUAL, "4"): annual.figures,
    (ReportKind.DSA22, "2"): dsa22.figures,
    (ReportKind.DSA22, "3"): dsa22.figures,
    (ReportKind.DSA22, "4"): dsa22.figures,
}


def compute(kind: ReportKind, method: str, frozen: Frozen, period: Period) -> dict[str, Any] | None:
    """The figures by that method; None where this software does not know it any more."""
    known = METHODS.get((kind, method))
    return None if known is None else known(frozen, period)
