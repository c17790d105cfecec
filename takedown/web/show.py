"""How values are written on a page: locations defanged, durations in words, times with UTC."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from babel.core import Locale
from babel.core import UnknownLocaleError as NoSuchLocale
from flask import Flask
from flask_babel import format_date, format_datetime, format_decimal, get_locale
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape

from takedown.web.ports import now

KEEP = 64
_NARROW = "\N{NARROW NO-BREAK SPACE}"
_FORM = "d MMM y, HH:mm"
_PARTS = re.compile(r"([a-z][a-z0-9+.-]*)://([^/?#]*)(.*)", re.I | re.S)


def defanged(location: str) -> str:
    """The location as text that nothing opens: hxxps, [.] in the host, no scheme in the rest."""
    match = _PARTS.fullmatch(location.strip())
    if match is None:
        return location.replace(".", "[.]")
    scheme, host, rest = match.groups()
    rest = re.sub(r"(?i)htt(ps?:)", r"hxx\1", rest)
    return f"{scheme.lower().replace('tt', 'xx')}://{host.replace('.', '[.]')}{rest}"


def shortened(text: str, keep: int = KEEP) -> str:
    """The text with its middle left out where it is longer than `keep` characters."""
    if len(text) <= keep:
        return text
    tail = keep // 3
    return f"{text[: keep - tail - 1]}…{text[-tail:]}"


def location(text: str, keep: int = KEEP) -> Markup:
    """A location for a page: never a link, never the exact form."""
    return Markup('<code class="location" translate="no">%s</code>') % shortened(
        defanged(text), keep
    )


def duration(hours: float | None) -> str:
    """A length of time in words: minutes, hours under two days, then days."""
    if hours is None:
        return "–"
    if hours < 1:
        words = _("%(n)s min", n=round(hours * 60))
    elif hours < 48:
        words = _("%(n)s h", n=format_decimal(_rounded(hours)))
    else:
        words = _("%(n)s d", n=format_decimal(_rounded(hours / 24)))
    return words.replace(" ", _NARROW)


def span(low: float | None, high: float | None) -> str:
    """An interval of hours, honest at both ends: "21–22 h"; "over 3 d" where the end is open."""
    if low is None and high is None:
        return "–"
    if high is None:
        return _("over %(length)s", length=duration(low))
    if low is None or low <= 0:
        return _("within %(length)s", length=duration(high))
    first, last = duration(low), duration(high)
    if first == last:
        return last
    head, _blank, unit = first.rpartition(_NARROW)
    return f"{head}–{last}" if last.endswith(f"{_NARROW}{unit}") else f"{first} – {last}"


def between(start: datetime | None, end: datetime | None) -> str:
    """The time from `start` to `end` in words."""
    if start is None or end is None:
        return "–"
    return duration(max((end - start).total_seconds(), 0) / 3600)


def away(at: datetime | None, seen_from: datetime | None = None) -> str:
    """How far a time lies from now: "2 h ago", "in 22 h"."""
    if at is None:
        return "–"
    seconds = (at - (seen_from or now())).total_seconds()
    if abs(seconds) < 60:
        return _("now")
    words = duration(abs(seconds) / 3600)
    return _("in %(length)s", length=words) if seconds > 0 else _("%(length)s ago", length=words)


def instant(at: datetime | None, form: str = "") -> Markup:
    """A time of day and date as people here write it; exact UTC on hover and in print."""
    if at is None:
        return Markup("–")
    return _time(at, format_datetime(at, form or _FORM))  # type: ignore[no-untyped-call]


def day(on: date) -> str:
    """A day as people here write it."""
    return str(format_date(on, "d MMM y"))  # type: ignore[no-untyped-call]


def day_of(text: str) -> str:
    """A day of an answer (2026-03-02) as people here write it."""
    return day(date.fromisoformat(text))


def month(on: date) -> str:
    """A month as people here write it."""
    return str(format_date(on, "MMM y"))  # type: ignore[no-untyped-call]


def utc(at: datetime) -> str:
    """A time in UTC, as text for charts and print."""
    words = format_datetime(at, _FORM, rebase=False)  # type: ignore[no-untyped-call]
    return f"{words} UTC"


def moment(at: datetime | None) -> Markup:
    """A time by its distance from now; exact UTC on hover and in print."""
    return Markup("–") if at is None else _time(at, away(at))


def percent(share: float | None) -> str:
    """A share of 0..1 as whole percent."""
    if share is None:
        return "–"
    return f"{format_decimal(round(share * 100))}{_NARROW}%"


def percents(low: float | None, high: float | None) -> str:
    """Two bounds of a share: "22–25 %", or one figure where they round to the same."""
    if low is None or high is None:
        return "–"
    first, last = round(low * 100), round(high * 100)
    return percent(high) if first == last else f"{format_decimal(first)}–{percent(high)}"


def points(difference: float) -> str:
    """A difference of two shares in percentage points, with its sign: "+3.2 points"."""
    return _("%(n)s points", n=signed(difference, 1))


def signed(difference: float, digits: int = 0) -> str:
    """A difference of two shares in percentage points, the figure alone: "+3"."""
    value = round(difference * 100, digits)
    sign = "+" if value > 0 else "\N{MINUS SIGN}" if value < 0 else "±"
    return f"{sign}{format_decimal(abs(value))}"


def number(value: float | None) -> str:
    """A figure with the marks of this language."""
    if value is None:
        return "–"
    return str(format_decimal(_rounded(value) if isinstance(value, float) else value))


def country(code: str | None) -> str:
    """The name of a country in this language; the code where there is none."""
    if not code:
        return _("unknown")
    return str(_locale().territories.get(code, code))


def install(app: Flask) -> None:
    """Give the templates these words."""
    shown: list[Callable[..., Any]] = [
        defanged,
        location,
        duration,
        span,
        between,
        away,
        instant,
        day,
        moment,
        percent,
        percents,
        number,
        country,
    ]
    for one in shown:
        app.jinja_env.filters[one.__name__] = one
        app.jinja_env.globals.setdefault(one.__name__, one)
    app.jinja_env.globals["csrf"] = _csrf


def _csrf() -> Markup:
    token = str(generate_csrf())
    return Markup('<input type="hidden" name="csrf_token" value="%s">') % token


def _time(at: datetime, words: str) -> Markup:
    exact = at.strftime("%Y-%m-%d %H:%M:%S UTC")
    return Markup('<time datetime="%s" title="%s">%s</time>') % (
        at.isoformat(),
        exact,
        escape(words),
    )


def _rounded(value: float) -> float | int:
    return round(value, 1) if value < 10 and round(value, 1) % 1 else round(value)


def _locale() -> Locale:
    try:
        return get_locale() or Locale("en")
    except NoSuchLocale:
        return Locale("en")
