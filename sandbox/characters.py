"""How the providers of the small internet behave: plain data, drawn from by `fate`."""

import math
from dataclasses import dataclass
from statistics import NormalDist

_NORMAL = NormalDist()


@dataclass(frozen=True)
class Delay:
    """A lognormal span in hours, cut off (not clipped) at `high`."""

    median: float
    sigma: float = 0.4
    high: float = math.inf

    def at(self, u: float) -> float:
        """The `u`-quantile in hours; `u` in [0, 1)."""
        mu = math.log(self.median)
        top = 1.0 if math.isinf(self.high) else _NORMAL.cdf((math.log(self.high) - mu) / self.sigma)
        quantile = min(max(u * top, 1e-9), 1 - 1e-9)
        return math.exp(mu + self.sigma * _NORMAL.inv_cdf(quantile))


@dataclass(frozen=True)
class Outage:
    """Something that comes back every `period` hours, for `length` hours, counted from 1970 UTC.

    `status` is what hosts answer meanwhile: a number, or 0 for a refused connection.
    """

    period: float
    length: float
    status: int
    offset: float = 0.0


@dataclass(frozen=True)
class Character:
    """What a provider does about a notice, and how its hosts answer.

    `after`: notice to removal; None: removes nothing. `needs`: notices until it acts.
    `returns`: removal to being back, for the share `returns_share` of the Urls, once.
    `moves_after`: notice to the whole host being elsewhere. `name_after`: notice to NXDOMAIN.
    `forwards`: a proxy's time to hand a notice on to the host behind it.
    `manner`: how items are answered while up: plain, forbidden, tarpit, heavy, no_head, fresh.
    `gone`: how a removed item is answered: a status, "front" (302 to /) or "soft" (200).
    `seen`: whether a removal can be told by headers at all.
    """

    name: str
    says: str
    after: Delay | None = None
    needs: int = 1
    returns: Delay | None = None
    returns_share: float = 1.0
    moves_after: Delay | None = None
    name_after: Delay | None = None
    forwards: Delay | None = None
    manner: str = "plain"
    gone: int | str = 404
    outages: tuple[Outage, ...] = ()
    seen: bool = True


HOUR = Delay(0.5, 0.35, high=0.95)
DAY = Delay(13.0, 0.4, high=24.0)
WEEK = Delay(62.0, 0.9)
NIGHTS = Outage(period=24, length=4, status=503, offset=1)
SUNDAYS = Outage(period=168, length=12, status=0, offset=74)
MONTHLY = Outage(period=720, length=50, status=502, offset=300)

CHARACTERS = {
    character.name: character
    for character in (
        Character("within_the_hour", "removes within the hour", after=HOUR),
        Character("within_a_day", "removes within a day", after=DAY),
        Character("long_tail", "removes in a week, with a long tail", after=WEEK),
        Character("after_reminder", "removes only after a reminder", after=DAY, needs=2),
        Character("never", "never answers, never removes"),
        Character("moves", "its customer moves elsewhere", moves_after=Delay(30, 0.3)),
        Character(
            "brings_back",
            "removes within a day, and half of it comes back",
            after=DAY,
            returns=Delay(150, 0.3),
            returns_share=0.5,
        ),
        Character(
            "forbids", "answers 403 to everything", after=DAY, manner="forbidden", seen=False
        ),
        Character(
            "forbids_at_times",
            "stays up, and answers 403 for ten hours a week",
            outages=(Outage(168, 10, 403, offset=20),),
        ),
        Character("front_page", "sends removed items to its front page", after=DAY, gone="front"),
        Character("tarpit", "drips headers that never end", manner="tarpit", seen=False),
        Character("heavy_head", "answers HEAD with a body", after=DAY, manner="heavy"),
        Character("soft_404", "answers 200 to everything", after=DAY, gone="soft", seen=False),
        Character("no_head", "refuses HEAD with 405", after=DAY, manner="no_head", seen=False),
        Character("night_outages", "stays up, dark every night", outages=(NIGHTS,)),
        Character("weekly_outages", "stays up, refuses half a day a week", outages=(SUNDAYS,)),
        Character("long_outages", "stays up, two bad days a month", outages=(MONTHLY,)),
        Character("flapping", "stays up, fails one hour in five", outages=(Outage(5, 1, 502),)),
        Character(
            "maintenance_404",
            "stays up, and answers 404 to everything for six hours a week",
            outages=(Outage(168, 6, 404, offset=50),),
        ),
        Character("dark_and_removes", "dark every night, removes in a day", DAY, outages=(NIGHTS,)),
        Character("name_goes", "the name itself is withdrawn", name_after=Delay(40, 0.4)),
        Character("gone_410", "removes within a day, says 410", after=DAY, gone=410),
        Character("gone_451", "blocks in one country, says 451", after=DAY, gone=451, seen=False),
        Character("fresh_pages", "builds each page anew", after=DAY, manner="fresh"),
        Character("forwards", "a proxy: hands notices on", forwards=Delay(3, 0.4, high=12)),
    )
}
