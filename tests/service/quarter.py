"""A quarter of a year in the small internet: what becomes of each Url, and what hides it."""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

START: Final = datetime(2026, 3, 4, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ANCHORS: Final = tuple(hours * HOUR for hours in (24, 48, 72))
WINDOW: Final = timedelta(minutes=15)
LISTS: Final = 12
ABROAD: Final = "127.0.0.77"  # from where the second vantage point looks
NEAR: Final = "127.0.0.1"
DARK: Final = frozenset({0, 500, 502, 503})  # nobody gets anything
SORTS: Final = (
    *("well", "outages", "nights", "maintenance", "forbidden", "flapping", "blocks abroad"),
    *("blocks us", "bad days", "says 404"),
)


@dataclass(frozen=True)
class Span:
    """A time in which a host answers one thing to everything; `seen_from`: to one asker alone."""

    since: datetime
    until: datetime
    status: int
    seen_from: str = ""

    def holds(self, at: datetime) -> bool:
        return self.since <= at < self.until


@dataclass
class Place:
    """A host and all that goes wrong with it."""

    name: str
    provider: str
    sort: str
    spans: list[Span] = field(default_factory=list)

    def dark_since(self, at: datetime) -> datetime | None:
        """Since when nobody has had anything from it, where it is dark at that moment."""
        return next((one.since for one in self.spans if one.status in DARK and one.holds(at)), None)


@dataclass
class Item:
    """A Url: when its notice went out, when it was really taken away, when it came back."""

    location: str
    place: Place
    notified: datetime
    removed: datetime | None = None
    returned: datetime | None = None

    @property
    def gone(self) -> datetime | None:
        """The moment from which nobody could have it any more.

        What was taken away while its host was dark had been gone since that began.
        """
        if self.removed is None:
            return None
        return max(self.place.dark_since(self.removed) or self.removed, self.notified)

    def is_up(self, at: datetime) -> bool:
        """Whether it is there, within reach or not."""
        away = self.removed is not None and at >= self.removed
        return not away or (self.returned is not None and at >= self.returned)


@dataclass(frozen=True)
class Scale:
    """How much is played: `QUARTER=2000x60x91` for the whole, Urls by hosts by days."""

    urls: int
    hosts: int
    days: int

    @classmethod
    def asked(cls) -> "Scale":
        """As the environment has it; small in the suite."""
        return cls(*(int(part) for part in os.environ.get("QUARTER", "24x10x7").split("x")))

    @property
    def end(self) -> datetime:
        return START + self.days * DAY


def imagine(scale: Scale, providers: list[str], port: int, seed: int = 7) -> list[Item]:
    """The whole story. Lists come two days apart, twelve in a quarter."""
    chance = random.Random(seed)
    places = [
        Place(f"host-{n}.quarter.test", providers[n % len(providers)], SORTS[n % len(SORTS)])
        for n in range(scale.hosts)
    ]
    for place in places:
        place.spans = sorted(_spans(place.sort, scale, chance), key=lambda one: one.since)
    lists = LISTS if scale.days > 60 else 1
    items = []
    for n in range(scale.urls):
        place = places[n % len(places)]
        notified = START + (n // len(places) % lists) * 2 * DAY
        while not _seen_well(place, notified):
            notified += HOUR  # an analyst had just seen it
        location = f"http://{place.name}:{port}/album/{n}.jpg"
        items.append(Item(location, place, notified))
        _end(items[-1], scale, chance)
    return items


def _seen_well(place: Place, at: datetime) -> bool:
    return not any(
        one.since < at + HOUR and one.until > at and one.seen_from != ABROAD for one in place.spans
    )


def _spans(sort: str, scale: Scale, chance: random.Random) -> Iterator[Span]:
    """What goes wrong at a host of this sort, to the end of the story."""

    def again(every: float, length: float, status: int, since: float = 0.0) -> Iterator[Span]:
        at = START + since * HOUR
        while at < scale.end:
            yield Span(at, at + length * HOUR, status)
            at += every * HOUR

    offset = chance.uniform(2, 24)
    match sort:
        case "outages":  # hours, now and then
            at = START + chance.uniform(5, 60) * HOUR
            while at < scale.end:
                length = chance.uniform(1, 7) * HOUR
                yield Span(at, at + length, chance.choice((0, 500, 503)))
                at += length + chance.expovariate(1 / 100) * HOUR + 8 * HOUR
        case "nights":
            yield from again(24, 4, 502, 13)  # from 1 to 5 UTC
        case "maintenance":
            yield from again(168, 3, 503, offset + 24)
        case "forbidden":
            yield from again(168, 10, 403, offset)
        case "flapping":
            yield from again(5, 1, 502, offset % 5)
        case "bad days":
            yield from again(720, 50, 0, offset + 60)
        case "says 404":
            yield from again(168, 6, 404, offset)
        case "blocks abroad" | "blocks us":
            asker = ABROAD if sort == "blocks abroad" else NEAR
            at = START + chance.uniform(20, 90) * HOUR
            while at < scale.end:
                until = at + chance.uniform(30, 400) * HOUR
                yield Span(at, until, chance.choice((403, 404, 404)), asker)
                at = until + chance.uniform(40, 200) * HOUR


def _end(item: Item, scale: Scale, chance: random.Random) -> None:
    """Seven in ten are removed, one in ten of these comes back."""
    if chance.random() > 0.7:
        return
    item.removed = item.notified + timedelta(hours=max(0.3, chance.lognormvariate(3.1, 0.9)))
    while _undecidable(item):
        item.removed += WINDOW
    if chance.random() < 0.1:
        item.returned = item.removed + chance.uniform(6, 25) * DAY
    if item.removed >= scale.end:
        item.removed = item.returned = None


def _undecidable(item: Item) -> bool:
    """Removals whose moment nobody can tell by headers, or that an anchor rounds.

    Right after a host has said 404 to everything, to everybody, while all was there; and within
    the window of an anchor, in which gone counts as gone by the anchor.
    """
    removed, gone = item.removed, item.gone
    assert removed is not None and gone is not None
    lies = (one for one in item.place.spans if one.status == 404 and not one.seen_from)
    after_lie = any(one.since <= removed < one.until + 12 * HOUR for one in lies)
    return after_lie or any(anchor < gone - item.notified <= anchor + WINDOW for anchor in ANCHORS)
