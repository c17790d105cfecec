"""What the system concluded beside what the small internet knows to be true."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from sqlalchemy import select

from takedown.episodes.models import Episode, Outcome
from takedown.flow.case import provider_name
from takedown.flow.ports import Ports
from takedown.hosts.models import Provider
from takedown.stats.answer import Figures
from takedown.stats.facts import open_facts, refresh
from takedown.stats.figures import league as measured
from takedown.stats.query import Query
from takedown.stats.survival import kaplan_meier
from takedown.urls.models import Url
from takedown.urls.normalise import canonical

TIME_TO_CONFIRM: Final = timedelta(days=5)
_GONE: Final = (Outcome.REMOVED, Outcome.UNAVAILABLE, Outcome.GONE_BEFORE_NOTICE)


@dataclass(slots=True)
class Line:
    """One provider: true removals that were visible, found, invented, outside their interval."""

    provider: str
    character: str
    urls: int = 0
    true: int = 0
    found: int = 0
    invented: int = 0
    misdated: int = 0
    truth_hours: float | None = None
    low_hours: float | None = None
    high_hours: float | None = None
    ages: list[tuple[float, bool]] = field(default_factory=list)

    @property
    def median_holds(self) -> bool:
        """The true median lies within the measured one's bounds, or neither is reached."""
        if self.truth_hours is None:
            return self.high_hours is None
        low, high = self.low_hours or 0.0, self.high_hours
        slack = 1 / 60  # ages are whole minutes
        return low - slack <= self.truth_hours and (
            high is None or self.truth_hours <= high + slack
        )

    @property
    def holds(self) -> bool:
        """Nothing was invented, missed or misdated, and the median is right."""
        return (
            not self.invented
            and not self.misdated
            and self.found == self.true
            and self.median_holds
        )


def compare(ports: Ports, truth: Mapping[str, Mapping[str, Any]], now: datetime) -> list[Line]:
    """A line for each provider that was notified. `truth` as the sandbox tells it; closed world."""
    known = {canonical(location).url: told for location, told in truth.items()}
    lines: dict[str, Line] = {}
    with ports.sessions() as session:
        urls = {url.id: url for url in session.scalars(select(Url))}
        names = {
            one.id: provider_name(ports.vault, one) for one in session.scalars(select(Provider))
        }
        episodes = defaultdict(list)
        for episode in session.scalars(select(Episode).order_by(Episode.ordinal)):
            episodes[episode.url_id].append(episode)
    league = _league(ports, now)
    for url_id, url in urls.items():
        told = known[ports.vault.open("urls.location", url_id, url.location)]
        seen = set()
        for episode in episodes[url_id]:
            name = names[episode.provider_id]
            line = lines.setdefault(name, Line(name, told["character"]))
            _judge(line, episode, told, now, first=episode.provider_id not in seen)
            seen.add(episode.provider_id)
    for item in league["items"]:
        line = lines[names[uuid.UUID(item["provider_id"])]]
        line.low_hours, line.high_hours = item["median_hours"]["low"], item["median_hours"]["high"]
        line.truth_hours = _median(line.ages)
    return sorted(lines.values(), key=lambda line: line.provider)


def _league(ports: Ports, now: datetime) -> Figures:
    """What the pages show, as of now."""
    assert ports.facts_dir is not None
    home = ports.hotline.country
    with (
        ports.sessions() as session,
        refresh(session, ports.facts_dir, now, vault=ports.vault, home=home) as written,
    ):
        session.commit()
        written.point()
    return measured(open_facts(ports.facts_dir), Query(cutoff=now))


def _judge(
    line: Line, episode: Episode, told: Mapping[str, Any], now: datetime, *, first: bool
) -> None:
    """Hold one episode against the truth about its time; rates take the `first` at a provider."""
    line.urls += 1
    ends = _ends(told, episode, now)
    concluded = episode.outcome in _GONE
    if concluded and not any(down <= (episode.confirmed_at or now) for down in ends):
        line.invented += 1
    visible = told["removal_can_be_seen"]
    due = [down for down in ends if down + TIME_TO_CONFIRM < now]
    if visible and due and episode.outcome != Outcome.MOVED:
        line.true += 1
        line.found += concluded
        if concluded and not _contains(episode, due[0]):
            line.misdated += 1
    if episode.notified_at is not None and first:
        if episode.outcome == Outcome.MOVED and episode.first_down_at is not None:
            ends = [datetime.fromisoformat(one["at"]) for one in told["moved"]]
        after = [down for down in ends if down > episode.notified_at]
        end = min(after, default=now)
        line.ages.append(((end - episode.notified_at).total_seconds() / 3600, bool(after)))


def _ends(told: Mapping[str, Any], episode: Episode, now: datetime) -> list[datetime]:
    """When it truly went down after this episode opened, and stayed down for long."""
    ends = [datetime.fromisoformat(until) for _, until in told["up"] if until is not None]
    return [end for end in ends if episode.opened_at < end <= now]


def _contains(episode: Episode, down: datetime) -> bool:
    """Whether (last up, first down] holds the true moment."""
    after = episode.last_up_at is None or episode.last_up_at < down
    return after and episode.first_down_at is not None and down <= episode.first_down_at


def _median(ages: Iterable[tuple[float, bool]]) -> float | None:
    pairs = list(ages)
    if not pairs:
        return None
    hours = np.array([hours for hours, _ in pairs])
    return kaplan_meier(hours, np.array([gone for _, gone in pairs])).median()
