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


def annual_2(frozen: Frozen, period: Period) -> dict[str, Any]:
    """Method 2: bounds of medians alone, no most likely ones; no curves, no suffixes."""
    found = annual.figures(frozen, period)
    del found["rates"]["survival"], found["counts"]["cases"]["by_tld"]
    del found["counts"]["domains"]["by_tld"]
    for line in found["rates"].values():
        for name in LIKELY if isinstance(line, dict) else ():
            line.pop(name, None)
    return found


METHODS: Final[Mapping[tuple[ReportKind, str], Compute]] = {
    (ReportKind.ANNUAL, "2"): annual_2,
    (ReportKind.ANNUAL, "3"): annual.figures,
    (ReportKind.DSA22, "2"): dsa22.figures,
    (ReportKind.DSA22, "3"): dsa22.figures,
}


def compute(kind: ReportKind, method: str, frozen: Frozen, period: Period) -> dict[str, Any] | None:
    """The figures by that method; None where this software does not know it any more."""
    known = METHODS.get((kind, method))
    return None if known is None else known(frozen, period)
