"""Figures as people of a language write them, for paper: Babel's locale data, no web part."""

import math
from datetime import UTC, date, datetime

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from takedown.stats.exports.document import Column, Estimate, Kind, Mark, Value

NARROW = "\N{NARROW NO-BREAK SPACE}"
DASH = "–"


class Wording:
    """How values are written in `lang`; `words` as in `Document.words`."""

    def __init__(self, lang: str, words: "dict[str, str]") -> None:
        self.lang, self.words = lang, words
        self.locale = Locale.parse("en_GB" if lang == "en" else lang)

    def value(self, value: Value, column: Column) -> str:
        """One cell."""
        if value is None or value == "":
            return DASH
        if isinstance(value, Mark):
            return self.words["withheld_mark"]
        if isinstance(value, Estimate):
            return self.estimate(value, column.kind)
        if isinstance(value, datetime):
            return self.instant(value)
        if isinstance(value, date):
            return self.day(value)
        if isinstance(value, str):
            return value
        return self.figure(value, column.kind)

    def estimate(self, value: Estimate, kind: Kind) -> str:
        """Both bounds, rounded outwards: "22–25 %"; one figure where they round to the same."""
        low, high = value.low, value.high
        if low is None and high is None:
            return self.words["not_reached"] if kind is Kind.HOURS else DASH
        if high is None:
            return self.words["over"].format(figure=self.figure(low, kind))
        first, last = (
            self._bound(low or 0.0, kind, high, math.floor),
            self._bound(high, kind, high, math.ceil),
        )
        if first == last or (low is not None and high - low < 1e-9):
            return self.figure(high, kind)
        head, _, unit = first.rpartition(NARROW)
        return f"{head}{DASH}{last}" if last.endswith(NARROW + unit) else f"{first} {DASH} {last}"

    def interval(self, value: Estimate, kind: Kind) -> str:
        """The 95 % interval, or nothing where there is none."""
        if value.interval_low is None and value.interval_high is None:
            return ""
        return self.estimate(Estimate(value.interval_low, value.interval_high), kind)

    def figure(self, value: float | None, kind: Kind) -> str:
        """One figure with its unit."""
        if value is None:
            return DASH
        if kind is Kind.SHARE:
            return f"{self.number(round(value * 100))}{NARROW}%"
        if kind is Kind.HOURS:
            return self._hours(value, value, round)
        return self.number(value)

    def number(self, value: float) -> str:
        """A bare number: whole from ten on, else with at most one decimal."""
        whole = isinstance(value, int) or abs(value) >= 10 or round(value, 1) % 1 == 0
        return str(format_decimal(round(value) if whole else round(value, 1), locale=self.locale))

    def day(self, value: date) -> str:
        """A day: 31 Dec 2026, 31 déc. 2026."""
        return str(format_date(value, "d MMM y", locale=self.locale))

    def month(self, iso: str | None) -> str:
        """A month, given as 2026-03: Mar 2026, mars 2026."""
        if not iso:
            return self.words["unknown"]
        return str(format_date(date.fromisoformat(f"{iso}-01"), "MMM y", locale=self.locale))

    def instant(self, value: datetime) -> str:
        """A time in UTC: 7 Jan 2027, 09:00 UTC."""
        at = value.astimezone(UTC)
        return f"{format_datetime(at, 'd MMM y, HH:mm', locale=self.locale)} UTC"

    def country(self, code: str | None) -> str:
        """The name of a country, or the word for one that is not known."""
        return str(self.locale.territories.get(code, code)) if code else self.words["unknown"]

    def language(self, code: str | None) -> str:
        """The name of a language, or the word for one that is not known."""
        return str(self.locale.languages.get(code, code)) if code else self.words["unknown"]

    def _bound(self, value: float, kind: Kind, size: float, outwards: "object") -> str:
        assert callable(outwards)
        if kind is Kind.SHARE:
            return f"{self.number(outwards(round(value * 100, 6)))}{NARROW}%"
        if kind is Kind.HOURS:
            return self._hours(value, size, outwards)
        return self.number(value)

    def _hours(self, value: float, size: float, outwards: "object") -> str:
        """Hours under two days, then days; tenths under ten."""
        assert callable(outwards)
        unit, by = (self.words["d"], 24.0) if size >= 48 else ("h", 1.0)
        if size < 1:
            return f"{self.number(outwards(round(value * 60, 6)))}{NARROW}min"
        shown = value / by
        tenths = outwards(round(shown * 10, 6)) / 10
        rounded = tenths if shown < 10 else float(outwards(round(shown, 6)))
        return f"{self.number(rounded)}{NARROW}{unit}"
