"""Days and hours in a time zone: open or not, and when next. Pure; instants in and out are UTC."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_DAYS_AHEAD: Final = 400


@dataclass(frozen=True, slots=True)
class Hours:
    """`opens` to `closes` of local wall time on these weekdays (0 is Monday), holidays excepted.

    `closes` at or before `opens` runs into the next day. In the night when clocks go back, the
    hour that comes twice is open twice; in the one when they go forward, what does not exist
    counts as an hour later (PEP 495).
    """

    zone: ZoneInfo
    weekdays: frozenset[int]
    opens: time
    closes: time
    holidays: frozenset[date] = frozenset()

    def window(self, day: date) -> tuple[datetime, datetime] | None:
        """From when until when (UTC) it is open on a local day; None: not at all."""
        if day.weekday() not in self.weekdays or day in self.holidays:
            return None
        last = day if self.closes > self.opens else day + timedelta(days=1)
        since = datetime.combine(day, self.opens, self.zone)
        until = datetime.combine(last, self.closes, self.zone).replace(fold=1)
        return since.astimezone(UTC), until.astimezone(UTC)

    def opening(self, now: datetime) -> datetime | None:
        """`now` while it is open, else when it opens next; None: not within a year."""
        day = now.astimezone(self.zone).date() - timedelta(days=1)
        for _ in range(_DAYS_AHEAD):
            found = self.window(day)
            if found is not None and found[1] > now and found[0] < found[1]:
                return max(now, found[0])
            day += timedelta(days=1)
        return None


def first_common(hours: Iterable[Hours], now: datetime) -> datetime | None:
    """When all of them are open, `now` or next; None: not within a year."""
    wanted, at, latest = list(hours), now, now + timedelta(days=_DAYS_AHEAD)
    while at <= latest:
        moved = at
        for one in wanted:
            opening = one.opening(moved)
            if opening is None:
                return None
            moved = opening
        if moved == at:
            return at
        at = moved
    return None
