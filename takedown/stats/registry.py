"""Every measure once: its name, unit, definition, parts, and where its figure stands in an answer.

Pages, exports, programs and the data dictionary read names and definitions here alone. The English
strings are the message ids of the translations.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

Unit = Literal["share", "hours", "days", "count", "number", "word"]
Shown = Literal["league", "countries", "overview", "provider", "months"]

LINES: Final[tuple[Shown, ...]] = ("league", "countries", "overview", "provider", "months")
BOUNDS: Final = ("low", "high")
SHARE: Final = ("low", "high", "interval_low", "interval_high", "anchored", "of", "not_yet")


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure. `path`: where it stands in a line of figures; `parts`: of what it consists,
    () where it is one value; `shown`: on which answers of `figures` lines with it stand."""

    name: str
    unit: Unit
    label_en: str
    definition_en: str
    path: tuple[str, ...]
    parts: tuple[str, ...] = ()
    shown: tuple[Shown, ...] = LINES

    def read(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """Its values in a line of figures: by part, or under `value`; None where not known."""
        found: Any = line
        for key in self.path:
            found = None if found is None else found.get(key)
        if not self.parts:
            return {"value": found}
        return {part: _part(found, part) for part in self.parts}


def _part(found: Any, part: str) -> Any:
    if found is None:
        return None
    if part.startswith("interval_"):
        ends = found.get("interval") or [None, None]
        return ends[part == "interval_high"]
    return found.get(part)


def N_(text: str) -> str:  # noqa: N802 - the usual mark of a message id
    """Marks a message id; the door that shows it translates."""
    return text


_FOUND: Final = (
    Measure("notices", "count", N_("notices"), N_("Distinct notices."), ("notices",)),
    Measure(
        "effective_notices",
        "number",
        N_("effective notices"),
        N_("The effective number of notices k = (sum m)^2 / sum m^2, m Urls in each."),
        ("effective_notices",),
    ),
    Measure("episodes", "count", N_("addresses"), N_("Episodes that enter rates."), ("episodes",)),
    *(
        Measure(
            f"gone_{hours}",
            "share",
            label,
            N_("Share gone within h hours: removed or unavailable, moved competing."),
            ("gone", str(hours)),
            SHARE,
        )
        for hours, label in (
            (24, N_("gone in 24 h")),
            (48, N_("gone in 48 h")),
            (168, N_("gone in 7 days")),
        )
    ),
    Measure(
        "median_hours",
        "hours",
        N_("median"),
        N_("Hours until half have left this provider."),
        ("median_hours",),
        ("low", "high", "interval_low", "interval_high"),
    ),
    Measure("open", "count", N_("still up"), N_("Cases not over at the cut-off."), ("open",)),
    Measure(
        "oldest_open_hours",
        "hours",
        N_("oldest open"),
        N_("Age at the cut-off of the oldest case still open."),
        ("oldest_open_hours",),
    ),
    Measure(
        "overdue",
        "count",
        N_("overdue"),
        N_("Open cases past a deadline that binds this recipient on this notice."),
        ("overdue",),
    ),
    Measure(
        "asked_for",
        "count",
        N_("past what was asked for"),
        N_("Open cases past a deadline that was only asked for."),
        ("asked_for",),
    ),
    Measure("removed", "count", N_("removed"), N_("Cases confirmed down."), ("removed",)),
    Measure(
        "unavailable", "count", N_("unavailable"), N_("Gone with name or host."), ("unavailable",)
    ),
    Measure(
        "moved", "count", N_("moved"), N_("Cases that another provider hosts now."), ("moved",)
    ),
    Measure(
        "inconclusive",
        "count",
        N_("inconclusive"),
        N_("Open cases about which nothing is known since their last up."),
        ("inconclusive",),
    ),
    Measure(
        "reappeared",
        "count",
        N_("reappeared"),
        N_("Cases confirmed gone whose very Url was up again later."),
        ("reappeared",),
    ),
    Measure(
        "gone_before_notice",
        "count",
        N_("gone before the notice"),
        N_("Gone when the notice was accepted: beside the rates."),
        ("gone_before_notice",),
    ),
)

MEASURES: Final[Mapping[str, Measure]] = MappingProxyType({one.name: one for one in _FOUND})
