"""What becomes of a Url: pure functions of seed, characters, notices received and the clock.

The web hosts, the DNS server and `/truth` all answer from here, so they cannot disagree.
A Url's key is host + path + query, without scheme and port.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sandbox.characters import CHARACTERS, Character, Delay, Outage
from sandbox.providers import PROVIDERS, REGISTRARS
from sandbox.world import Host

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Notice:
    """A message that a provider, proxy or registrar accepted, about the Urls with these keys."""

    received: datetime
    organisation: str
    keys: tuple[str, ...]
    reference: str = ""


@dataclass(frozen=True)
class Place:
    """A host's stay with one provider: from `since`, before `until`."""

    provider: str
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Script:
    """A test's own word on one Url, instead of its provider's character."""

    remove_at: datetime | None = None
    return_at: datetime | None = None
    gone: int | str | None = None


@dataclass(frozen=True)
class Story:
    """All that happens to one Url as far as the notices received so far decide it."""

    places: tuple[Place, ...]
    up: tuple[tuple[datetime, datetime], ...]
    name_until: datetime

    def is_up(self, now: datetime) -> bool:
        """Whether the item exists, reachable or not."""
        return any(since <= now < until for since, until in self.up)

    def place(self, now: datetime) -> Place:
        return next(p for p in self.places if p.since <= now < p.until)


def draw(seed: int, *what: str) -> float:
    """A number in [0, 1) that is always the same for the same words."""
    digest = hashlib.blake2b("\n".join((str(seed), *what)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def _hours(delay: Delay, seed: int, *what: str) -> timedelta:
    return timedelta(hours=delay.at(draw(seed, *what)))


def heard(seed: int, host: Host, notices: Sequence[Notice]) -> list[Notice]:
    """The notices, oldest first, those to the proxy in front as they reach the host behind it."""
    reached = []
    for notice in notices:
        if host.front is None or notice.organisation != host.front:
            reached.append(notice)
            continue
        forwards = CHARACTERS[PROVIDERS[host.front].character].forwards or Delay(3)
        late = notice.received + _hours(forwards, seed, "forward", min(notice.keys))
        reached.append(replace(notice, received=late, organisation=host.provider))
    return sorted(reached, key=lambda notice: (notice.received, notice.organisation, notice.keys))


def places(
    seed: int, host: Host, notices: Sequence[Notice], characters: Mapping[str, Character]
) -> tuple[Place, ...]:
    """Where a host stays and when it moves, given the notices `heard` about any of its Urls."""
    stays: list[Place] = []
    provider, since = host.provider, BEGINNING
    while True:
        character = characters[provider]
        target = PROVIDERS[provider].moves_to
        asked = [n for n in notices if n.organisation == provider and n.received >= since]
        if character.moves_after is None or target is None or len(asked) < character.needs:
            return (*stays, Place(provider, since, END))
        left = asked[character.needs - 1].received + _hours(
            character.moves_after, seed, "move", host.name, provider
        )
        stays.append(Place(provider, since, left))
        provider, since = target, left


def name_until(
    seed: int, host: Host, notices: Sequence[Notice], characters: Mapping[str, Character]
) -> datetime:
    """When the host's name stops to exist: by its provider's doing, or by its registrar's."""
    ends = [END]
    withdrawn = characters[host.provider].name_after
    for notice in notices:
        registrar = REGISTRARS.get(notice.organisation)
        if withdrawn is not None and notice.organisation == host.provider:
            ends.append(notice.received + _hours(withdrawn, seed, "name", host.domain))
        if registrar is not None and registrar.key == host.registrar and registrar.holds_after:
            ends.append(notice.received + _hours(registrar.holds_after, seed, "hold", host.domain))
    return min(ends)


def _removal(seed: int, key: str, trigger: Notice, delay: Delay) -> datetime:
    """One act clears a notice's Urls nearly together."""
    span = _hours(delay, seed, "removal", min(trigger.keys), trigger.organisation)
    return trigger.received + span * (0.98 + 0.04 * draw(seed, "noise", key))


def _absences(
    seed: int,
    key: str,
    stays: Sequence[Place],
    notices: Sequence[Notice],
    characters: Mapping[str, Character],
) -> list[tuple[datetime, datetime]]:
    """Spans in which the item is gone by its providers' doing."""
    spans: list[tuple[datetime, datetime]] = []
    for stay in stays:
        character, since = characters[stay.provider], stay.since
        while character.after is not None:
            asked = [
                n
                for n in notices
                if n.organisation == stay.provider and since <= n.received < stay.until
            ]
            if len(asked) < character.needs:
                break
            gone = _removal(seed, key, asked[character.needs - 1], character.after)
            if gone >= stay.until:
                break
            comes_back = (
                character.returns is not None
                and since == stay.since
                and draw(seed, "returns", key) < character.returns_share
            )
            if not comes_back or character.returns is None:
                return [*spans, (gone, END)]
            since = gone + _hours(character.returns, seed, "back", key)
            spans.append((gone, since))
    return spans


def story(
    seed: int,
    host: Host,
    key: str,
    notices: Sequence[Notice],
    characters: Mapping[str, Character],
    script: Script | None = None,
) -> Story:
    """The story of one Url.

    `notices`: all received about any Url of the host, in any order; `characters`: by provider.
    """
    told = heard(seed, host, notices)
    stays = places(seed, host, told, characters)
    name = name_until(seed, host, told, characters)
    if script is not None and script.remove_at is not None:
        absences = [(script.remove_at, script.return_at or END)]
    else:
        own = [notice for notice in told if key in notice.keys]
        absences = _absences(seed, key, stays, own, characters)
    up, since = [], BEGINNING
    for gone, back in [*absences, (END, END)]:
        if since < min(gone, name):
            up.append((since, min(gone, name)))
        since = back
    return Story(stays, tuple(up), name)


def outage(outages: Sequence[Outage], now: datetime) -> Outage | None:
    """The outage that stands at `now`, if any."""
    hours = now.timestamp() / 3600
    return next((o for o in outages if (hours - o.offset) % o.period < o.length), None)
