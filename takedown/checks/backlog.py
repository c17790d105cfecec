"""What waits to be looked at, and how fast looking goes: figures for a page and for metrics."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from takedown.checks.cadence import SOON_RANK, WINDOW

HOUR: Final = timedelta(hours=1)
LATELY: Final = timedelta(minutes=5)

_WAITING: Final = text(
    """
    SELECT rank <= :soon AS soon, count(*) AS due, min(next_check_at) AS oldest,
           count(*) FILTER (WHERE next_check_at < :late) AS overdue
    FROM check_state WHERE next_check_at <= :now GROUP BY 1
    """
)
_SEEN: Final = text(
    """
    SELECT vantage, count(*) AS hour, count(*) FILTER (WHERE at > :lately) AS lately,
           count(*) FILTER (WHERE status IS NULL) AS silent, max(at) AS last
    FROM checks WHERE at > :hour AND at <= :now GROUP BY vantage
    """
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Urls whose moment has come. `overdue`: it came longer ago than an anchor's window is wide."""

    due: int = 0
    overdue: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Vantage:
    """The checks from one vantage point; `silent`: those of the hour that no host answered."""

    name: str
    hour: int = 0
    lately: int = 0
    silent: int = 0
    last: datetime | None = None

    @property
    def a_second(self) -> float:
        """Checks a second in the last minutes."""
        return self.lately / LATELY.total_seconds()


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits: anchors and what people asked for, the rest; and what each vantage point did."""

    anchors: Waiting
    others: Waiting
    vantages: tuple[Vantage, ...]

    @property
    def due(self) -> int:
        return self.anchors.due + self.others.due

    @property
    def overdue(self) -> int:
        return self.anchors.overdue + self.others.overdue

    @property
    def oldest(self) -> datetime | None:
        """The moment that has waited longest."""
        return min(filter(None, (self.anchors.oldest, self.others.oldest)), default=None)


def measure(session: Session, vantages: Iterable[str], now: datetime) -> Backlog:
    """The backlog at `now`; `vantages`: the names that are set, whether they looked or not."""
    named = {"soon": SOON_RANK, "now": now, "late": now - WINDOW}
    waiting = {
        row.soon: Waiting(row.due, row.overdue, row.oldest)
        for row in session.execute(_WAITING, named)
    }
    since = {"now": now, "hour": now - HOUR, "lately": now - LATELY}
    seen = {
        row.vantage: Vantage(row.vantage, row.hour, row.lately, row.silent, row.last)
        for row in session.execute(_SEEN, since)
    }
    names = dict.fromkeys([*vantages, *sorted(seen)])
    return Backlog(
        waiting.get(True, Waiting()),
        waiting.get(False, Waiting()),
        tuple(seen.get(name, Vantage(name)) for name in names),
    )
