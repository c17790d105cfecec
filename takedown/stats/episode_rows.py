"""What the measures read: one row per episode, and the same as columns of ages in whole minutes."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Outcome = Literal["removed", "unavailable", "moved", "gone_before_notice", "rescinded", "open"]
Clock = Literal["notified", "received", "registered", "police_informed", "police_cleared"]

CLOCKS: tuple[Clock, ...] = (
    "notified",
    "received",
    "registered",
    "police_informed",
    "police_cleared",
)
OUTCOMES: tuple[Outcome, ...] = (
    "removed",
    "unavailable",
    "moved",
    "gone_before_notice",
    "rescinded",
    "open",
)
REMOVED, UNAVAILABLE, MOVED, GONE_BEFORE_NOTICE, RESCINDED, OPEN = range(6)
NEVER = np.int64(2**40)
"""An age in minutes that nothing reaches: still up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeRow:
    """One episode (Url x responsible provider), without any location. Times are UTC-aware.

    `started_at` is t0 on the clock asked for, None where that never happened (no notice accepted).
    `last_up_at` and `first_down_at` are the interval (L, R] in which it went: the last check that
    saw it up and the first of the run that saw it gone. On an open episode `first_down_at` is the
    first of a run that is not confirmed yet. `inconclusive_after_last_up`: it was looked at since,
    and nothing could be told. `ordinal` is 1 for the first episode of this Url at this provider.
    `host_number` is a random number per host. `deadline_binding`: the deadline binds this
    recipient on this notice; otherwise it is only asked for.
    """

    url_id: Hashable
    provider_id: Hashable
    provider_name: str
    country: str | None
    notice_id: Hashable | None
    host_number: int
    started_at: datetime | None
    last_up_at: datetime | None
    first_down_at: datetime | None
    confirmed_at: datetime | None
    outcome: Outcome
    ordinal: int = 1
    inconclusive_after_last_up: bool = False
    reappeared: bool = False
    deadline_hours: float | None = None
    deadline_binding: bool = False


@dataclass(frozen=True, slots=True)
class Episodes:
    """Episodes as columns of one length, ages in whole minutes since t0.

    `low`: L rounded down, 0 where it was not seen up since t0. `high`: R rounded up, where it ended
    by the cut-off, or is provisionally down; otherwise NEVER. `end`: the age at the cut-off.
    `outcome`: a place in OUTCOMES. `doubtful`: open, but what came after L is not known.
    `notice` and `provider`: numbers that stand for them; `deadline`: minutes, NEVER without one.
    """

    low: Ints
    high: Ints
    end: Ints
    outcome: Ints
    doubtful: NDArray[np.bool_]
    reappeared: NDArray[np.bool_]
    notice: Ints
    provider: Ints
    url: Ints
    deadline: Ints
    binding: NDArray[np.bool_]

    def __len__(self) -> int:
        return int(self.low.size)

    def take(self, places: NDArray[np.intp] | slice | NDArray[np.bool_]) -> "Episodes":
        """The episodes at these places."""
        return Episodes(*(getattr(self, name)[places] for name in self.__slots__))


def within(
    rows: Iterable[EpisodeRow],
    from_: date | datetime | None,
    to: date | datetime | None,
    cutoff: datetime,
) -> list[EpisodeRow]:
    """Rows whose t0 lies in the period (see `span`) and not after the cut-off.

    Rows without t0 stay: they have no date to judge by, and are only counted.
    """
    begin, finish = span(from_, to)
    kept = []
    for row in rows:
        t0 = row.started_at
        if t0 is not None and (t0 > cutoff or (begin and t0 < begin) or (finish and t0 >= finish)):
            continue
        kept.append(row)
    return kept


def span(
    from_: date | datetime | None, to: date | datetime | None
) -> tuple[datetime | None, datetime | None]:
    """A period as [begin, finish): a datetime is itself, a date is the whole day in UTC."""
    begin = from_ if isinstance(from_, datetime) or from_ is None else _midnight(from_)
    if isinstance(to, datetime) or to is None:
        return begin, to
    return begin, _midnight(to) + timedelta(days=1)


def columns(rows: Sequence[EpisodeRow], cutoff: datetime) -> Episodes:
    """The rows (each with a t0) as columns, as they stood at the cut-off.

    An end first seen after the cut-off is not an end yet; one not after t0 is
    `gone_before_notice`, whatever it is called. Raises ValueError where a time has no
    zone.
    """
    end_s = _seconds([cutoff])[0]
    t0 = _seconds([row.started_at for row in rows])
    up = _seconds([row.last_up_at for row in rows])
    down = _seconds([row.first_down_at for row in rows])
    number = {name: i for i, name in enumerate(OUTCOMES)}
    outcome = np.array([number[row.outcome] for row in rows], dtype=np.int64)
    ended = (outcome != OPEN) & (outcome != RESCINDED)
    down = np.where(ended & np.isnan(down), end_s, down)
    late = down > end_s
    outcome = np.where(ended & late, OPEN, outcome)
    down = np.where(late, np.nan, down)
    end = np.maximum(np.floor(_since(t0, np.full(t0.size, end_s))), 0.0).astype(np.int64)
    age_down = np.where(np.isnan(down), float(NEVER), np.ceil(_since(t0, down)))
    outcome = np.where(ended & (age_down <= 0.0), GONE_BEFORE_NOTICE, outcome)
    high = np.maximum(age_down, 1.0).astype(np.int64)
    age_up = np.where(np.isnan(up), 0.0, np.floor(_since(t0, np.minimum(up, end_s))))
    low = np.clip(age_up.astype(np.int64), 0, np.minimum(high - 1, end))
    unclear = np.array([row.inconclusive_after_last_up for row in rows], dtype=np.bool_)
    hours = [NEVER if r.deadline_hours is None else r.deadline_hours * 60 for r in rows]
    return Episodes(
        low=low,
        high=high,
        end=end,
        outcome=outcome,
        doubtful=(outcome == OPEN) & (unclear | (high < NEVER)) & ~late,
        reappeared=np.array([row.reappeared for row in rows], dtype=np.bool_),
        notice=_numbers([_cluster(row) for row in rows]),
        provider=_numbers([row.provider_id for row in rows]),
        url=_numbers([row.url_id for row in rows]),
        deadline=np.array(hours, dtype=np.float64).astype(np.int64),
        binding=np.array([row.deadline_binding for row in rows], dtype=np.bool_),
    )


def _cluster(row: EpisodeRow) -> Hashable:
    """What shares one fate: the notice; before any notice, the host at its provider."""
    if row.notice_id is not None:
        return row.notice_id
    return ("host", row.provider_id, row.host_number)


def _numbers(values: Sequence[Hashable]) -> Ints:
    seen: dict[Hashable, int] = {}
    return np.array([seen.setdefault(value, len(seen)) for value in values], dtype=np.int64)


def _seconds(times: Sequence[datetime | None]) -> Floats:
    if any(moment is not None and moment.tzinfo is None for moment in times):
        raise ValueError("times need a zone")
    found = [np.nan if moment is None else moment.timestamp() for moment in times]
    return np.array(found, dtype=np.float64)


def _since(t0: Floats, moment: Floats) -> Floats:
    """Minutes from t0, true to the millisecond so that a whole minute stays whole."""
    return np.round(moment - t0, 3) / 60.0


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
