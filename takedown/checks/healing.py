"""What a clock that was wrong has left behind: moments that no rule can have set are now."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from takedown.checks.cadence import DAY

#: No gap is longer than a week with its jitter, no lease or wait of a lane longer than a day.
FURTHEST: Final = 8 * DAY
LONGEST: Final = timedelta(hours=25)

_LANES: Final = """
UPDATE lanes SET next_at = CASE WHEN next_at > :later THEN :now ELSE next_at END,
    until = CASE WHEN until > :later THEN :now ELSE until END
WHERE key IN (SELECT key FROM lanes WHERE next_at > :later OR until > :later
              ORDER BY key FOR UPDATE)
"""
_LOCKED: Final = """
SELECT key FROM lanes WHERE key IN (SELECT lane FROM check_state WHERE next_check_at > :furthest)
ORDER BY key FOR UPDATE
"""
_STATES: Final = """
UPDATE check_state SET next_check_at = :now, clock_at = LEAST(clock_at, :now)
WHERE next_check_at > :furthest RETURNING lane
"""
_DUE: Final = "UPDATE lanes SET due_at = :now WHERE key = ANY(:keys)"


def heal(session: Session, now: datetime) -> int:
    """Make due what would sleep until time has caught up with an error of the clock; how much."""
    session.execute(text(_LANES), {"now": now, "later": now + LONGEST})
    session.execute(text(_LOCKED), {"furthest": now + FURTHEST})
    found = session.execute(text(_STATES), {"now": now, "furthest": now + FURTHEST})
    keys = [bytes(row.lane) for row in found]
    if keys:
        session.execute(text(_DUE), {"now": now, "keys": sorted(set(keys))})
    return len(keys)
