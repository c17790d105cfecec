"""A year of open Urls without a network: how many looks the cadence asks for, and how late they
come when one host has nearly all of them.

    python -m benchmarks.simulate_internet --urls 1000000 --days 365 --interval 3 0.5 0.1

The model, by the minute: Urls arrive on working days in lists; seven in ten are removed
(log-normal, median 24 h), three in ten stay up for a year, after which nobody looks any more. One
host has 95 % of them, the others share the rest by Zipf's law. A lane answers once in its interval,
looks with a moment of their own come first (`cadence.Look.rank`), workers take so many a second.
Not in it: the looks of calibration (three a Url) and those after a removal. A scale model: one
simulated Url stands for `--scale` of them, and a lane's interval is so much longer.
"""

import argparse
import random
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from math import exp, log
from typing import Final

from takedown.checks.cadence import SOON_RANK, WINDOW, Look, Why, look, next_look

START: Final = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
MINUTE: Final = timedelta(minutes=1)
YEAR: Final = timedelta(days=365)
BIG: Final = 0.95  # of all Urls, at one host
STAYS: Final = 0.3  # of all Urls, until looking ends
MEDIAN_H, SIGMA = 24.0, 1.5  # of the removal times of the others
HOSTS: Final = 2_000
LIST: Final = 200  # Urls that are registered together
_ANCHORED: Final = (Why.ANCHOR, Why.DEADLINE)


@dataclass(slots=True)
class Told:
    """What a run came to; delays in minutes, of looks at an anchor."""

    checks: int = 0
    busiest: int = 0  # looks in one minute
    anchors: int = 0
    missed: int = 0  # looks at an anchor that came after its window
    overtaken: int = 0  # anchors that the next one overtook before anybody looked
    delays: list[int] = field(default_factory=list)
    backlog: int = 0  # due and not looked at, at the end


@dataclass(slots=True)
class Lane:
    """One host's address: what is due, and how many looks it has earned."""

    per_minute: float
    earned: float = 0.0
    due: list[tuple[int, int, int]] = field(default_factory=list)  # rank, minute, Url


class Internet:
    """The model. `urls` open at a time, all figures already divided by the scale."""

    def __init__(
        self, urls: int, interval_s: float, per_minute: float, together: int, seed: int = 1
    ) -> None:
        self._random = random.Random(seed)
        self._together = together
        self._budget = per_minute
        self._lanes = [Lane(60 / interval_s) for _ in range(HOSTS)]
        self._weights = [BIG, *_zipf(HOSTS - 1, 1 - BIG)]
        self._born: list[datetime] = []
        self._ends: list[datetime] = []
        self._lane: list[int] = []
        self._at: dict[int, list[int]] = defaultdict(list)  # minute -> Urls due then
        self._looks: dict[int, Look] = {}  # the next one
        self._ready: set[int] = set()
        self.told = Told()
        gone = MEDIAN_H * exp(SIGMA**2 / 2) / 24
        self._a_day = urls / (STAYS * YEAR.days + (1 - STAYS) * gone)

    def run(self, days: int) -> Told:
        """Play `days`, after a year that filled the stock."""
        for day in range(-YEAR.days, days):
            self._arrivals(day)
        for minute in range(days * 24 * 60):
            self._minute(minute)
        self.told.backlog = sum(len(lane.due) for lane in self._lanes)
        return self.told

    def _arrivals(self, day: int) -> None:
        """The lists of a working day; what is gone at the start is left out."""
        midnight = START + timedelta(days=day)
        if midnight.weekday() > 4:
            return
        left = self._a_day * 7 / 5
        while left > 0:
            size = min(self._together, max(1, round(left)))
            left -= size
            born = midnight + timedelta(minutes=self._random.randrange(8 * 60, 18 * 60))
            lanes = self._random.choices(range(HOSTS), self._weights, k=size)
            for lane in lanes:
                self._arrive(born, lane)

    def _arrive(self, born: datetime, lane: int) -> None:
        lives = YEAR
        if self._random.random() > STAYS:
            lives = timedelta(hours=self._random.lognormvariate(log(MEDIAN_H), SIGMA))
        ends = born + min(lives, YEAR)
        if ends <= START:
            return
        url = len(self._born)
        self._born.append(born)
        self._ends.append(ends)
        self._lane.append(lane)
        if born < START:
            now = START - timedelta(minutes=self._random.random())
            self._next(url, now)
        else:
            self._plan(url, look(born, Why.FIRST))

    def _next(self, url: int, now: datetime) -> None:
        found = next_look(self._born[url], now, seed=url)
        if found is not None:
            self._plan(url, found)

    def _plan(self, url: int, found: Look) -> None:
        self._looks[url] = found
        self._at[_minute_of(found.at)].append(url)

    def _minute(self, minute: int) -> None:
        for url in self._at.pop(minute, ()):
            number = self._lane[url]
            heappush(self._lanes[number].due, (self._looks[url].rank, minute, url))
            self._ready.add(number)
        budget, now = self._budget, START + minute * MINUTE
        before = self.told.checks
        for number in self._in_order():
            lane = self._lanes[number]
            lane.earned = min(lane.earned + lane.per_minute, max(lane.per_minute, 1.0))
            while lane.due and lane.earned >= 1 and budget >= 1:
                lane.earned -= 1
                budget -= 1
                _, due, url = heappop(lane.due)
                self._look(url, due, minute, now)
            if not lane.due:
                self._ready.discard(number)
        self.told.busiest = max(self.told.busiest, self.told.checks - before)

    def _in_order(self) -> list[int]:
        lanes = self._lanes
        return sorted(self._ready, key=lambda n: (lanes[n].due[0][0] > SOON_RANK, lanes[n].due[0]))

    def _look(self, url: int, due: int, minute: int, now: datetime) -> None:
        told = self.told
        told.checks += 1
        if self._looks[url].why in _ANCHORED:
            told.anchors += 1
            told.delays.append(minute - due)
            told.missed += (minute - due) * MINUTE > WINDOW
        if now < self._ends[url]:
            told.overtaken += self._skipped(url, due, now)
            self._next(url, now)

    def _skipped(self, url: int, due: int, now: datetime) -> int:
        """Anchors between when a look was due and when it came: nobody looked at them."""
        skipped, at = 0, START + due * MINUTE
        while True:
            found = next_look(self._born[url], at, seed=url)
            if found is None or found.at >= now:
                return skipped
            skipped += found.why in _ANCHORED
            at = found.at


def _zipf(count: int, share: float) -> list[float]:
    weights = [1 / rank for rank in range(1, count + 1)]
    return [share * weight / sum(weights) for weight in weights]


def _minute_of(at: datetime) -> int:
    """The minute in which it is looked at: not before it is due."""
    return max(0, -((START - at) // MINUTE))


def line(urls: int, days: int, scale: int, interval_s: float, workers: int, rate: float) -> str:
    """One row: a run of the model, its figures brought back to full size."""
    together = max(1, LIST // scale)
    model = Internet(urls // scale, interval_s * scale, workers * rate * 60 / scale, together)
    told = model.run(days)
    delays = sorted(told.delays) or [0]
    anchors = max(1, told.anchors + told.overtaken)
    missed = (told.missed + told.overtaken) / anchors
    return (
        f"  {urls:>12,}{interval_s:>10g}{workers:>9}{told.checks * scale / days / 86_400:>12.1f}"
        f"{told.busiest * scale / 60:>12.1f}{missed:>12.2%}{delays[len(delays) // 2]:>10}"
        f"{delays[int(len(delays) * 0.99)]:>10}{told.backlog * scale:>12,}"
    )


def table(
    urls: int,
    days: int,
    scale: int,
    intervals: Iterable[float],
    workers: Iterable[int],
    rate: float,
) -> str:
    """All rows, one for each interval and number of workers."""
    head = (
        f"internet: {days} days, one host with {BIG:.0%} of all, {rate:,.0f} looks a second a"
        f" worker, scale 1:{scale}\n  {'open Urls':>12}{'every s':>10}{'workers':>9}{'looks/s':>12}"
        f"{'busiest/s':>12}{'anchors':>12}{'delay':>10}{'delay':>10}{'overdue':>12}\n"
        f"  {'':>12}{'a lane':>10}{'':>9}{'mean':>12}{'minute':>12}{'missed':>12}{'median':>10}"
        f"{'99 %':>10}{'at the end':>12}"
    )
    rows = [
        line(urls, days, scale, interval, hands, rate)
        for interval in intervals
        for hands in workers
    ]
    return "\n".join([head, *rows, "  delays of looks at anchors in minutes", ""])


def main() -> str:
    """A short run for `make bench`: about half a minute."""
    return table(100_000, 28, 10, (3, 0.3), (1,), 3_000)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    asked.add_argument("--urls", type=int, default=1_000_000)
    asked.add_argument("--days", type=int, default=365)
    asked.add_argument("--scale", type=int, default=20)
    asked.add_argument("--interval", type=float, nargs="+", default=[3.0])
    asked.add_argument("--workers", type=int, nargs="+", default=[1])
    asked.add_argument("--rate", type=float, default=3_000.0)
    given = asked.parse_args()
    sys.stdout.write(
        table(given.urls, given.days, given.scale, given.interval, given.workers, given.rate)
    )
