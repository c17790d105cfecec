"""The calendars that stand: ours and a provider's, both of which have to be open."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.outbox.pace.hours import Hours, first_common
from takedown.outbox.pace.models import Calendar

#: Two calendars that share no hour in a year: asked again a day later, and the page says so.
_NEVER: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendars:
    """By provider; None is our own."""

    by_provider: dict[uuid.UUID | None, Hours]

    def opening(self, provider_id: uuid.UUID | None, now: datetime) -> datetime | None:
        """When a notice may leave for a provider: `now` or later (UTC); None: at any time."""
        wanted = [self.by_provider[one] for one in {None, provider_id} if one in self.by_provider]
        if not wanted:
            return None
        return first_common(wanted, now) or now + _NEVER


def standing(session: Session) -> Calendars:
    """All calendars, as values."""
    return Calendars({row.provider_id: hours_of(row) for row in session.scalars(select(Calendar))})


def hours_of(row: Calendar) -> Hours:
    """A stored calendar as a value."""
    return Hours(
        ZoneInfo(row.time_zone),
        frozenset(row.weekdays),
        row.opens,
        row.closes,
        frozenset(date.fromisoformat(day) for day, _ in row.holidays),
    )
