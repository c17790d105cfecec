"""Every measure once: its name, unit, definition, parts, and where its figure stands in an answer.

Pages, exports, programs and the data dictionary read names and definitions here alone. The English
strings are the message ids of the translations; a definition is the docstring of the function that
measures it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

from takedown.stats import answering, deadlines, definitions, reaching, returning, trend

Unit = Literal["share", "hours", "days", "count", "number", "word"]
Shown = Literal["league", "countries", "overview", "provider", "months", "answers", "returns",
                "deadlines", "contacts", "trends"]  # fmt: skip

LINES: Final[tuple[Shown, ...]] = ("league", "countries", "overview", "provider", "months")
WHOLE: Final[tuple[Shown, ...]] = ("overview", "provider")
BOUNDS: Final = ("low", "high")
INTERVAL: Final = ("low", "high", "interval_low", "interval_high")
SHARE: Final = (*INTERVAL, "anchored", "of", "not_yet")


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


def N_(text: str) -> str:  # noqa: N802 - the usual mark of a message id
    """Marks a message id; the door that shows it translates."""
    return text


def definition(function: Callable[..., Any]) -> str:
    """What a measure means: the docstring of its function, on one line."""
    return " ".join((function.__doc__ or "").split())


def _part(found: Any, part: str) -> Any:
    if found is None:
        return None
    if part.startswith("interval_"):
        ends = found.get("interval") or [None, None]
        return ends[part == "interval_high"]
    return found.get(part)


def _gone(hours: int, label: str, shown: tuple[Shown, ...] = LINES) -> Measure:
    told = definition(definitions.gone_within)
    return Measure(f"gone_{hours}", "share", label, told, ("gone", str(hours)), SHARE, shown)


def _left(name: str, label: str, shown: tuple[Shown, ...] = LINES) -> Measure:
    return Measure(name, "hours", label, definition(definitions.left_by), (name,), INTERVAL, shown)


def _likely(name: str, label: str) -> Measure:
    told = definition(definitions.likely_left_by)
    return Measure(name, "hours", label, told, (name,), INTERVAL, WHOLE)


def _up(days: int, label: str) -> Measure:
    told = definition(definitions.up_after)
    path = ("up_after_days", str(days))
    return Measure(f"up_after_{days}", "share", label, told, path, BOUNDS, WHOLE)


def _count(name: str, label: str, unit: Unit = "count") -> Measure:
    return Measure(name, unit, label, definition(definitions.COUNTS[name]), (name,))


def _said(name: str, label: str, unit: Unit = "count") -> Measure:
    told = definition(answering.MEASURES[name])
    known = f"letters_{name}" if name in definitions.COUNTS else name
    return Measure(known, unit, label, told, (name,), (), ("answers",))


def _simple(name: str, label: str, unit: Unit, shown: tuple[Shown, ...] = ("returns",)) -> Measure:
    return Measure(name, unit, label, definition(returning.SIMPLE[name]), (name,), (), shown)


def _back(days: int, label: str) -> Measure:
    told = definition(returning.back_within)
    parts = (*BOUNDS, "of")
    return Measure(f"back_{days}", "share", label, told, ("back", str(days)), parts, ("returns",))


def _reached(name: str, label: str, unit: Unit = "count") -> Measure:
    told = definition(reaching.STATE[name])
    return Measure(name, unit, label, told, (name,), (), ("contacts",))


def _due(name: str, label: str) -> Measure:
    told = definition(deadlines.COUNTS[name])
    return Measure(name, "count", label, told, (name,), (), ("deadlines",))


def _ends(hours: int) -> tuple[Measure, ...]:
    told = definition(definitions.ends_within)
    return tuple(
        Measure(
            f"{kind}_within_{hours}",
            "share",
            label,
            told,
            ("ends", str(hours), kind),
            BOUNDS,
            WHOLE,
        )
        for kind, label in (
            ("removed", N_("removed by then")),
            ("unavailable", N_("unavailable by then")),
            ("moved", N_("moved by then")),
            ("up", N_("still up then")),
        )
    )


_FOUND: Final = (
    _count("notices", N_("notices")),
    _count("effective_notices", N_("effective notices"), "number"),
    _count("episodes", N_("addresses")),
    _gone(1, N_("gone in 1 h"), WHOLE),
    _gone(24, N_("gone in 24 h")),
    _gone(48, N_("gone in 48 h")),
    _gone(72, N_("gone in 72 h"), WHOLE),
    _gone(168, N_("gone in 7 days")),
    _gone(240, N_("gone in 10 days"), WHOLE),
    _gone(672, N_("gone in 28 days"), WHOLE),
    _left("median_hours", N_("median")),
    _left("p75_hours", N_("three quarters left after"), WHOLE),
    _left("p90_hours", N_("nine tenths left after")),
    _likely("likely_median_hours", N_("median, most likely")),
    _likely("likely_p75_hours", N_("three quarters left after, most likely")),
    _likely("likely_p90_hours", N_("nine tenths left after, most likely")),
    _up(30, N_("still there after 30 days")),
    _up(42, N_("still there after 42 days")),
    Measure(
        "mean_hours_28d",
        "hours",
        N_("mean within 28 days"),
        definition(definitions.restricted_mean),
        ("mean_hours_28d",),
        BOUNDS,
        WHOLE,
    ),
    *_ends(24),
    *_ends(168),
    _count("open", N_("still up")),
    _count("oldest_open_hours", N_("oldest open"), "hours"),
    _count("overdue", N_("overdue")),
    _count("asked_for", N_("past what was asked for")),
    _count("removed", N_("addresses removed")),
    _count("unavailable", N_("addresses unavailable")),
    _count("moved", N_("addresses moved")),
    _count("inconclusive", N_("inconclusive")),
    _count("reappeared", N_("addresses reappeared")),
    _count("gone_before_notice", N_("gone before the notice")),
    _count("without_notice", N_("clock not started")),
    _count("undelivered", N_("undelivered")),
    _count("rescinded", N_("addresses rescinded")),
    _count("later_episodes", N_("later episodes")),
    _count("later_open", N_("later episodes still up")),
    _count("police_first", N_("police first")),
    _count("held", N_("held")),
    _count("not_forwardable", N_("not forwardable")),
    _count("not_checkable", N_("not checkable")),
    _said("letters", N_("letters")),
    _said("bounced", N_("bounced")),
    _said("undelivered", N_("letters undelivered")),
    _said("acknowledged", N_("acknowledged")),
    _said("answered", N_("answered")),
    _said("hours_to_acknowledge", N_("hours to acknowledge"), "hours"),
    _said("claimed", N_("claimed removed")),
    _said("borne_out", N_("claims borne out")),
    _said("not_borne_out", N_("claims not borne out")),
    _said("refused", N_("refused")),
    _said("silent", N_("no answer")),
    _back(7, N_("back within 7 days")),
    _back(30, N_("back within 30 days")),
    _back(90, N_("back within 90 days")),
    _simple("hours_up_low", N_("hours up at least"), "hours"),
    _simple("hours_up_high", N_("hours up at most"), "hours"),
    _simple("hosts", N_("hosts"), "count"),
    _simple("domains", N_("domains"), "count"),
    Measure(
        "deadline_met",
        "share",
        N_("deadline met"),
        definition(deadlines.met_share),
        ("deadline_met",),
        (*INTERVAL, "of"),
        ("deadlines",),
    ),
    Measure(
        "change_24",
        "share",
        N_("trend, points"),
        definition(trend.changed_24),
        ("change_24",),
        ("difference", "low", "high", "more_than_chance"),
        ("trends",),
    ),
    _due("deadlines_due", N_("deadlines passed")),
    _due("deadlines_met", N_("met")),
    _due("deadlines_missed", N_("missed")),
    _due("deadlines_ahead", N_("deadlines ahead")),
    _reached("contacts", N_("contacts in use")),
    _reached("contact_bounces", N_("bounces in a row")),
    _reached("hours_since_bounce", N_("since the last bounce"), "hours"),
    _reached("hours_since_answer", N_("since the last answer"), "hours"),
    Measure(
        "given_up",
        "count",
        N_("given up"),
        definition(reaching.given_up),
        ("given_up",),
        (),
        ("contacts",),
    ),
)

MEASURES: Final[Mapping[str, Measure]] = MappingProxyType({one.name: one for one in _FOUND})
