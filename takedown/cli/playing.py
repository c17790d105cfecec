"""Plays past days in a closed world: one process steps the real stages from due date to due."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from sqlalchemy import func, select, text

from takedown import flow
from takedown.db import committing
from takedown.flow.notify import approve
from takedown.flow.ports import Ports
from takedown.hosts.book import Desk, contacts
from takedown.hosts.book.editing import change
from takedown.hosts.book.listing import waiting
from takedown.hosts.models import Contact, Provider
from takedown.outbox.models import Notice, NoticeStatus
from takedown.urls.models import Url, UrlStatus
from takedown.urls.normalise import registrable_domain
from takedown.urls.reading import read
from takedown.urls.service import register

ACTOR: Final = "cli:player"
# Looks that are due so close together are made in one step: within an anchor's window while the
# deadlines run, and later, when days lie between two looks, within hours.
MERGE: Final = timedelta(minutes=9)
MERGE_LATE: Final = timedelta(hours=3)
FOLLOW_UP: Final = timedelta(hours=24)
FIGURES: Final = timedelta(days=7)
_DUE: Final = text(
    """
    SELECT (SELECT min(locate_due_at) FROM hosts) AS locate,
           (SELECT min(next_check_at + CASE WHEN next_check_at - clock_at < '170 hours'
                                            THEN :merge ELSE :merge_late END)
            FROM check_state) AS check,
           (SELECT min(due_at) FROM deliveries WHERE status IN ('ready', 'uncertain')) AS send
    """
)


class World(Protocol):
    """The small internet, as far as a player moves it."""

    def clock(self, now: datetime | None) -> None: ...


@dataclass(slots=True)
class Player:
    """Registers lists when their time comes, approves as people would, and runs what is due.

    `now` is the simulated time, UTC; `told` is called with it after each step.
    """

    ports: Ports
    world: World
    now: datetime
    told: Callable[["Player"], None] = lambda player: None
    lists: list[tuple[datetime, list[Mapping[str, Any]]]] = field(default_factory=list)
    doing: str = ""
    steps: int = 0
    _follow_up_at: datetime | None = None
    _figures_at: datetime | None = None

    def __post_init__(self) -> None:
        self.ports = replace(self.ports, clock=lambda: self.now)

    def play(self, until: datetime) -> None:
        """Step to `until`; what lies after it stays to be done."""
        self.lists.sort(key=lambda one: one[0])
        self._follow_up_at = self.now + FOLLOW_UP + timedelta(minutes=30)
        while self.now <= until:
            self._step()
            self.steps += 1
            self.told(self)
            self._set(max(self._next(), self.now + timedelta(minutes=1)))
        self._set(until)
        self._run("facts")

    def counts(self) -> dict[str, int]:
        """How many Urls stand where."""
        with self.ports.sessions() as session:
            rows = session.execute(select(Url.status, func.count()).group_by(Url.status))
            found = {row[0]: row[1] for row in rows}
        return {str(status): found.get(status, 0) for status in UrlStatus}

    def _step(self) -> None:
        """What an office does: new lists and their approval, and every stage that has work."""
        came, due = self._register(), self._due()
        if came or due["locate"]:
            self._run("locate")
        if came or due["check"]:
            self._run("check")
        if came or due["locate"]:
            self._keep_book()
            self._run("compose")
            self._approve_notices()
        if self._follow_up_at is not None and self.now >= self._follow_up_at:
            self._run("compose")
            self._run("follow-up")
            self._approve_notices()
            self._follow_up_at = self.now + FOLLOW_UP
        if self._due()["send"]:
            self._run("send")
            self._run("inbox")
        if self._figures_at is None or self.now >= self._figures_at:
            self._run("facts")
            self._figures_at = self.now + FIGURES

    def _due(self) -> dict[str, bool]:
        return {stage: at is not None and at <= self.now for stage, at in self._soonest().items()}

    def _soonest(self) -> dict[str, datetime | None]:
        with self.ports.sessions() as session:
            slack = {"merge": MERGE, "merge_late": MERGE_LATE}
            return dict(session.execute(_DUE, slack).mappings().one())

    def _run(self, stage: str) -> None:
        self.doing = stage
        flow.run(self.ports, stage)

    def _register(self) -> bool:
        came = False
        while self.lists and self.lists[0][0] <= self.now:
            _, rows = self.lists.pop(0)
            self.doing = "register"
            register(
                self.ports.sessions,
                self.ports.vault,
                read(_lines(rows), now=self.now, schemes=self.ports.schemes),
                now=self.now,
                actor=ACTOR,
            )
            came = True
        return came

    def _keep_book(self) -> None:
        """Whoever is new gets a name for figures, and its contact a yes."""
        with committing(self.ports.sessions) as session:
            desk = Desk(session, self.ports.vault, ACTOR, self.now, registrable_domain)
            for contact in session.scalars(select(Contact).where(*waiting())):
                contacts.approve(desk, contact)
            unnamed = Provider.reviewed_at.is_(None), Provider.merged_into_id.is_(None)
            for provider in session.scalars(select(Provider).where(*unnamed)):
                name = self.ports.vault.open("providers.name", provider.id, provider.name)
                change(desk, provider, {"public_name": name})

    def _approve_notices(self) -> None:
        """What two people release waits for the second one: a person at the pages."""
        with committing(self.ports.sessions) as session:
            fresh = Notice.status == NoticeStatus.DRAFT, Notice.first_yes_at.is_(None)
            drafts = list(session.scalars(select(Notice.id).where(*fresh)))
            if drafts:
                approve(session, self.ports, drafts, actor=ACTOR, supervisor=True)

    def _next(self) -> datetime:
        moments = [*self._soonest().values(), self._follow_up_at]
        if self.lists:
            moments.append(self.lists[0][0])
        return min(moment for moment in moments if moment is not None)

    def _set(self, now: datetime) -> None:
        self.now = now
        self.world.clock(now)


def dealt(
    rows: Iterable[Mapping[str, Any]], count: int, start: datetime, every: timedelta
) -> Iterator[tuple[datetime, list[Mapping[str, Any]]]]:
    """Rows dealt out to `count` lists, one each `every` from `start`: each gets some of all."""
    every_row = list(rows)
    for number in range(count):
        at = start + number * every
        received = (at - timedelta(hours=2)).isoformat()
        yield at, [{**row, "received_at": received} for row in every_row[number::count]]


def _lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    return (json.dumps(row) for row in rows)
