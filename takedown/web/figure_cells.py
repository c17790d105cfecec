"""One figure as a page writes it: its words, its bare values, and by what a column is sorted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from takedown.stats.registry import MEASURES, Measure, Shown
from takedown.web import figure_words, show

_SHARES = ("share", "hours")


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure of one line. `values` is what the registry reads there; None where not shown."""

    name: str
    label: str
    unit: str
    values: Mapping[str, Any] | None
    text: str
    also: str = ""

    @property
    def sort(self) -> float | str:
        """By what a column is sorted; nothing where there is nothing."""
        if self.values is None:
            return ""
        known = (name for name in ("value", "difference", "low") if name in self.values)
        found = self.values[next(known)]
        return "" if found is None else found


def of(where: Shown) -> list[str]:
    """The measures of such a line in the registry's order; those of `ends` have a chart."""
    return [name for name, one in MEASURES.items() if where in one.shown and one.path[0] != "ends"]


def cells(line: Mapping[str, Any], names: Sequence[str]) -> list[Cell]:
    """The figures of a line in this order."""
    return [cell(line, MEASURES[name]) for name in names]


def cell(line: Mapping[str, Any], measure: Measure) -> Cell:
    """One figure; shares and lengths of time stay out where only counts are shown."""
    name = figure_words.label(measure)
    values = measure.read(line)
    if hidden(line, measure):
        return Cell(measure.name, name, measure.unit, None, "–")
    return Cell(
        measure.name, name, measure.unit, values, _text(measure, values), _also(measure, values)
    )


def hidden(line: Mapping[str, Any], measure: Measure) -> bool:
    """Whether a line rests on too few notices for this figure."""
    return line.get("standing") == "counts" and measure.unit in _SHARES and bool(measure.parts)


def _text(measure: Measure, values: Mapping[str, Any]) -> str:
    if "difference" in values:
        return "–" if values["difference"] is None else show.signed(values["difference"])
    if "low" in values:
        low, high = values["low"], values["high"]
        if measure.unit == "share":
            return show.percents(low, high)
        return _("not reached") if low is None else show.span(low, high)
    value = values.get("value")
    if value is None:
        return "–"
    if measure.unit == "share":
        return show.percent(value)
    if measure.unit in ("hours", "days"):
        return show.duration(value * (24 if measure.unit == "days" else 1))
    return show.number(value) if isinstance(value, int | float) else str(value)


def _also(measure: Measure, values: Mapping[str, Any]) -> str:
    if values.get("difference") is not None:
        return _("more than chance") if values["more_than_chance"] else _("within chance")
    low, high = values.get("interval_low"), values.get("interval_high")
    if low is None:
        return ""
    bounds = show.span(low, high) if measure.unit == "hours" else show.percents(low, high)
    return _("95 %%: %(bounds)s", bounds=bounds)
