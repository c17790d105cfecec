"""A quarter in the small internet: no removal is invented, none is missed, and figures hold.

Hosts go dark for hours and nights, are maintained, forbid everything for a while, flap, block one
of our two vantage points, or say 404 to all. `QUARTER=2000x60x91` plays it whole.
"""

import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cast import Cast
from quarter import ABROAD, ANCHORS, DAY, START, Item, Scale, imagine
from sqlalchemy import select, text
from watched import Watched

from sandbox import Running
from takedown.checks import service
from takedown.checks.batches import Moved
from takedown.checks.guard import networks
from takedown.checks.models import Check
from takedown.checks.removal import Change, ChangeKind
from takedown.checks.service import Opening
from takedown.db import Sessions, committing
from takedown.episodes.models import Episode, Outcome
from takedown.flow.check import act
from takedown.flow.looking import Looking
from takedown.flow.ports import Ports
from takedown.hosts.lookup import Lookup
from takedown.stats import grid
from takedown.stats.facts import Facts, open_facts, refresh
from takedown.stats.facts.cases import cases
from takedown.stats.facts.layout import closed, files
from takedown.stats.groups import groups
from takedown.stats.query import Query
from takedown.urls.models import Url, UrlStatus
from takedown.vault import Vault
from tests.service.http_proxy import leaving_from

TO_CONFIRM = 5 * DAY
# Looks due so close together are made in one step, within an anchor's window while one can come.
MERGE, MERGE_LATE = timedelta(minutes=4), timedelta(hours=3)
NEXT = text(
    """
    SELECT min(next_check_at + CASE WHEN next_check_at - clock_at < '170 hours'
                                    THEN :merge ELSE :merge_late END) FROM check_state
    """
)


@dataclass
class Played:
    """What was concluded of each Url, and what is true."""

    ports: Ports
    items: dict[uuid.UUID, Item] = field(default_factory=dict)
    moves: list[tuple[uuid.UUID, Change]] = field(default_factory=list)
    end: datetime = START

    def concluded(self) -> Iterator[tuple[Item, Episode]]:
        """The first episode of each Url."""
        with self.ports.sessions() as session:
            for episode in session.scalars(select(Episode).where(Episode.ordinal == 1)):
                yield self.items[episode.url_id], episode

    def facts(self) -> Facts:
        """The files that figures rest on, as of the end."""
        folder = Path(tempfile.mkdtemp(prefix="facts-"))
        vault = self.ports.vault
        with (
            self.ports.sessions() as session,
            refresh(session, folder, self.end, vault=vault) as written,
        ):
            session.commit()
            written.point()
        return open_facts(folder)

    def cases(self, facts: Facts, query: Query) -> tuple[list[Item], Any, Any, Any]:
        """The cases within the rates as the measures read them: item, low, high, whether gone."""
        rows, given = cases(files([facts.path / "open.parquet", *closed(facts.path)]), query,
                            self.end, None)  # fmt: skip
        found = facts.cursor().execute(
            f"SELECT url, low, high, over FROM {rows} WHERE aside IS NULL ORDER BY url", given
        )
        columns = found.fetchnumpy()
        with self.ports.sessions() as session:
            ids = dict(iter(session.execute(select(Url.serial, Url.id))))
        items = [self.items[ids[serial]] for serial in columns["url"].tolist()]
        return items, columns["low"], columns["high"], np.asarray(columns["over"], dtype=bool)


class Player:
    """Runs the real stage from due date to due date; lists come when their time does."""

    def __init__(self, watched: Watched, town: Running, ports: Ports) -> None:
        self.watched, self.town = watched, town
        self.played = Played(ports)

    def live(self, items: list[Item], end: datetime) -> Played:
        waiting = sorted(items, key=lambda item: item.notified)
        while True:
            moments = [waiting[0].notified] if waiting else []
            due = self._due()
            now = min([*moments, *([due] if due else [])], default=end)
            if now >= end:
                break
            self._turn(max(now, self.watched.now))
            while waiting and waiting[0].notified <= self.watched.now:
                here = waiting[0].notified
                self._register([item for item in waiting if item.notified == here])
                waiting = [item for item in waiting if item.notified != here]
            with Looking(self.played.ports, None, self._act) as looking:
                looking.run()
        self._turn(end)
        self.played.end = end
        return self.played

    def _turn(self, now: datetime) -> None:
        self.watched.now = now
        self.town.clock(now)

    def _due(self) -> datetime | None:
        with self.watched.sessions() as session:
            found = session.scalar(NEXT, {"merge": MERGE, "merge_late": MERGE_LATE})
        assert found is None or isinstance(found, datetime)
        return found

    def _register(self, items: Iterable[Item]) -> None:
        """Located, routed, notified now, and due for their first look."""
        vault, now = self.watched.vault, self.watched.now
        with committing(self.watched.sessions) as session:
            cast, openings = Cast(session, vault, now), []
            provider = cast.provider(name=f"Harbour {uuid.uuid4().hex[:8]}")
            for item in items:
                known = cast.known(item.location, provider, None)
                known.url.status, known.episode.notified_at = UrlStatus.NOTIFIED, now
                lane = vault.blind("host", item.place.name)
                openings.append(Opening(known.url.id, lane, now, 24))
                self.played.items[known.url.id] = item
            service.open_checks(session, openings, now=now)

    def _act(self, session: object, ports: Ports, moves: Iterable[Moved], now: datetime) -> None:
        seen = list(moves)
        self.played.moves += [(move.url_id, move.change) for move in seen]
        act(session, ports, seen, now)  # type: ignore[arg-type]


@pytest.mark.timeout(7_200)  # for the whole quarter
def test_a_quarter_ends_with_the_truth(
    sessions: Sessions,
    vault: Vault,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    scale = Scale.asked()
    with Running(tmp_path, seed=4) as town, leaving_from(ABROAD) as proxy:
        town.clock(START)
        items = stage(town, scale)
        watched = Watched(sessions, vault, START)
        ports = replace(
            watched.ports,
            lookup=Lookup((town.endpoints["dns"],), None, None, lambda _: True, lambda _: None),
            probing=replace(
                watched.ports.probing,
                open_networks=networks([town.endpoints["networks"]]),
                concurrency=256,
                batch=4_000,
                vantages={"direct": None, "abroad": proxy},
            ),
        )
        played = Player(watched, town, ports).live(items, scale.end)
    told = lines(played)
    for name, value in told.items():
        record_property(name, value)
        print(f"{name}: {value}")  # noqa: T201 - the figures are the point, with -s
    assert told["false removals"] == 0
    assert told["true removals missed"] == 0
    assert told["intervals without the truth"] == 0
    assert told["shares that do not hold"] == 0


def stage(town: Running, scale: Scale) -> list[Item]:
    """The story, told to the small internet."""
    providers = [one["key"] for one in town.world()["providers"] if not one["is_proxy"]]
    items = imagine(scale, providers, int(str(town.urls(1)[0]["url"]).split(":")[2].split("/")[0]))
    words: list[dict[str, object]] = [{"provider": key, "character": "never"} for key in providers]
    for place in {item.place.name: item.place for item in items}.values():
        words.append({"host": place.name, "provider": place.provider})
        words += [
            {
                "host": place.name,
                "outage": [one.since.isoformat(), one.until.isoformat()],
                "status": one.status or "refused",
                "seen_from": one.seen_from or None,
            }
            for one in place.spans
        ]
    words += [
        {
            "url": item.location,
            "remove_at": item.removed and item.removed.isoformat(),
            "return_at": item.returned and item.returned.isoformat(),
        }
        for item in items
    ]
    town.script(*words)
    return items


def lines(played: Played) -> dict[str, object]:
    """What is to be told of it."""
    with played.ports.sessions() as session:
        looks = session.query(Check).count()
    told: dict[str, object] = {"Urls": len(played.items), "looks": looks}
    confirmed = [(id_, one) for id_, one in played.moves if one.kind is ChangeKind.CONFIRMED]
    told["removals confirmed"] = len(confirmed)
    told["false removals"] = sum(played.items[id_].is_up(one.at) for id_, one in confirmed)
    due = [(item, one) for item, one in played.concluded() if is_due(item, played.end)]
    told["true removals"] = len(due)
    told["true removals missed"] = sum(one.outcome == Outcome.OPEN for _, one in due)
    found = [(item, one) for item, one in due if one.outcome != Outcome.OPEN]
    told["intervals without the truth"] = sum(not contains(one, item) for item, one in found)
    return told | shares(played)


def is_due(item: Item, end: datetime) -> bool:
    """Whether it stayed away long enough to be found."""
    until = item.returned or end
    return item.removed is not None and item.removed + TO_CONFIRM < min(until, end)


def contains(episode: Episode, item: Item) -> bool:
    """Whether (last up, first down] holds the moment from which nobody had it."""
    gone = item.gone
    assert gone is not None and episode.first_down_at is not None
    after = episode.last_up_at is None or episode.last_up_at < gone
    return after and gone <= episode.first_down_at


def shares(played: Played) -> dict[str, object]:
    """Of each anchor the true share and the measured bounds; those that do not hold, counted."""
    facts = played.facts()
    query = Query(cutoff=played.end)
    found = groups(facts, query)
    items, low, high, gone = played.cases(facts, query)
    told: dict[str, object] = {}
    wrong = 0
    for anchor in ANCHORS:
        hours = int(anchor.total_seconds()) // 3_600
        minute, window = 60 * hours, 60 * hours + grid.WINDOW
        true = np.array(
            [item.gone is not None and item.gone - item.notified <= anchor for item in items]
        )
        # What was seen down within the window counts as gone by then.
        late, early = (grid.bin_of(at) for at in (window, minute))
        least, most = found.left.low[0, late], found.left.high[0, early]
        known = (low >= minute) | (gone & (high <= window))
        part = (gone & (high <= window))[known].mean()
        holds = least - 1e-9 <= true.mean() <= most + 1e-9
        wrong += (not holds) + (part != pytest.approx(true[known].mean()))
        told[f"{hours} h"] = (
            f"true {true.mean():.4f} in [{least:.4f}, {most:.4f}]; "
            f"anchored {known.sum()} of {len(items)}: "
            f"true {true[known].mean():.4f} = {part:.4f}"
        )
    return told | {"shares that do not hold": wrong}
