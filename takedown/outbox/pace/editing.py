"""Calendars as people write them, with what comes of them in the next days."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.db import new_id
from takedown.errors import TakedownError
from takedown.outbox.pace.calendars import hours_of
from takedown.outbox.pace.hours import Hours
from takedown.outbox.pace.models import Calendar

_DAYS: Final = 14
_LONGEST_NAME: Final = 80
_MOST_HOLIDAYS: Final = 400


class CalendarRefused(TakedownError):
    """What was typed is no calendar; `reason` is a message id of the pages."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Typed:
    """A calendar as it was typed: `holidays` one a line, "2026-12-25 Christmas"."""

    time_zone: str
    weekdays: frozenset[int]
    opens: str
    closes: str
    holidays: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """One of the days to come, in the calendar's own zone; None: closed."""

    day: date
    since: datetime | None
    until: datetime | None
    holiday: str = ""


def of(session: Session, provider_id: uuid.UUID | None) -> Calendar | None:
    """The calendar of a provider, or our own."""
    return session.scalar(
        select(Calendar).where(Calendar.provider_id.is_not_distinct_from(provider_id))
    )


def write(
    session: Session, provider_id: uuid.UUID | None, typed: Typed, *, by: str, now: datetime
) -> Calendar:
    """Keep a calendar in place of what stood. Raises `CalendarRefused`."""
    if typed.time_zone not in available_timezones():
        raise CalendarRefused("calendar:zone")
    if not typed.weekdays or not typed.weekdays <= set(range(7)):
        raise CalendarRefused("calendar:weekdays")
    row = of(session, provider_id)
    if row is None:
        row = Calendar(id=new_id(), provider_id=provider_id)
        session.add(row)
    row.time_zone, row.weekdays = typed.time_zone, sorted(typed.weekdays)
    row.opens, row.closes = _time(typed.opens), _time(typed.closes)
    row.holidays = [[day.isoformat(), name] for day, name in holidays(typed.holidays)]
    row.edited_by, row.edited_at = by, now
    session.flush()
    return row


def remove(session: Session, provider_id: uuid.UUID | None) -> None:
    """Every hour is open again."""
    row = of(session, provider_id)
    if row is not None:
        session.delete(row)
        session.flush()


def ahead(row: Calendar, now: datetime) -> list[Day]:
    """The next fourteen days as the calendar has them, today included."""
    hours, names = hours_of(row), dict(map(tuple, row.holidays))
    first = now.astimezone(hours.zone).date()
    return [_day(hours, first + timedelta(days=n), names) for n in range(_DAYS)]


def holidays(text: str) -> list[tuple[date, str]]:
    """Days with their names, one a line, in order, none twice. Raises `CalendarRefused`."""
    found: dict[date, str] = {}
    for line in text.splitlines():
        day, _, name = line.strip().partition(" ")
        if not day:
            continue
        try:
            found[date.fromisoformat(day)] = name.strip()[:_LONGEST_NAME]
        except ValueError:
            raise CalendarRefused("calendar:holidays") from None
    if len(found) > _MOST_HOLIDAYS:
        raise CalendarRefused("calendar:holidays")
    return sorted(found.items())


def _day(hours: Hours, day: date, names: dict[str, str]) -> Day:
    window = hours.window(day)
    if window is None:
        return Day(day, None, None, names.get(day.isoformat(), ""))
    zone: ZoneInfo = hours.zone
    return Day(day, window[0].astimezone(zone), window[1].astimezone(zone))


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise CalendarRefused("calendar:time") from None
