"""Urls on a real host on loopback, looked at by the real stage; only the time is turned."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cast import CLOSED, HOTLINE, Cast
from sqlalchemy import select

from notices.channels.mailbox import Mailbox
from takedown.checks import service
from takedown.checks.guard import networks
from takedown.checks.models import Check, CheckState, Spell
from takedown.checks.service import Opening
from takedown.db import Sessions, committing
from takedown.episodes.models import Episode
from takedown.flow.check import check
from takedown.flow.ports import Ports, Probing, Tally
from takedown.hosts.lookup import Lookup
from takedown.people.tasks import Task
from takedown.urls.entry import Schemes
from takedown.urls.models import Url
from takedown.vault import Vault

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass
class Watched:
    """A house with a clock that a test turns, and the Urls it looks at."""

    sessions: Sessions
    vault: Vault
    now: datetime
    interval: timedelta = timedelta(0)
    deadline_s: float = 1.0
    urls: list[uuid.UUID] = field(default_factory=list)

    @property
    def ports(self) -> Ports:
        return Ports(
            sessions=self.sessions,
            vault=self.vault,
            clock=lambda: self.now,
            hotline=HOTLINE,
            leaves=CLOSED,
            lookup=Lookup((), None, None, lambda _: True, lambda _: None),
            probing=Probing(
                open_networks=networks(["127.0.0.0/8"]),
                ports=("reported",),
                interval=self.interval,
                deadline_s=self.deadline_s,
                concurrency=64,
                batch=400,
                vantages={"direct": None},
            ),
            channel=_nowhere,
            mail_deadline_s=1.0,
            schemes=Schemes("baseline/1", {"baseline/1": frozenset({"baseline"})}),
        )

    def watch(
        self, *locations: str, status: str = "notified", role: str = "host"
    ) -> list[uuid.UUID]:
        """Urls under an open episode, due for their first look; their hosts are addresses."""
        with committing(self.sessions) as session:
            cast = Cast(session, self.vault, self.now)
            provider = cast.provider(name=f"Harbour {uuid.uuid4().hex[:8]}")
            made = []
            for location in locations:
                one = cast.known(location, provider, None)
                one.url.status, one.episode.notified_at = status, self.now
                one.episode.role = role
                lane = self.vault.blind("address", location.split("/")[2].split(":")[0])
                made.append(Opening(one.url.id, lane, self.now, 24))
            service.open_checks(session, made, now=self.now)
        self.urls += [one.url_id for one in made]
        return [one.url_id for one in made]

    def look(self, limit: int | None = None) -> Tally:
        """The stage, now."""
        return check(self.ports, limit)

    def calibrate(self) -> None:
        """Two looks a minute apart and the control: the cadence begins."""
        self.look()
        self.now += MINUTE
        self.look()

    def live_until(self, end: datetime) -> None:
        """Look whenever something is due, up to `end`, which is now then."""
        while (due := self.due()) is not None and due <= end:
            self.now = max(due, self.now)
            self.look()
        self.now = end

    def due(self) -> datetime | None:
        """When the next look is due."""
        with self.sessions() as session:
            query = select(CheckState.next_check_at).order_by(CheckState.next_check_at)
            return session.scalars(query).first()

    def state(self, url_id: uuid.UUID | None = None) -> CheckState:
        with self.sessions() as session:
            return session.get_one(CheckState, url_id or self.urls[0])

    def url(self, url_id: uuid.UUID | None = None) -> Url:
        with self.sessions() as session:
            return session.get_one(Url, url_id or self.urls[0])

    def verdicts(self, url_id: uuid.UUID | None = None) -> list[str]:
        with self.sessions() as session:
            query = select(Check.verdict).where(Check.url_id == (url_id or self.urls[0]))
            return list(session.scalars(query.order_by(Check.id)))

    def all(self, kind: Any) -> list[Any]:
        """All rows of a table."""
        with self.sessions() as session:
            return list(session.scalars(select(kind)))

    def asked(self) -> list[str]:
        """The kinds of open tasks."""
        return sorted(task.kind for task in self.all(Task) if task.done_at is None)

    def episode(self) -> Episode:
        (only,) = self.all(Episode)
        assert isinstance(only, Episode)
        return only

    def spells(self) -> list[tuple[str, int]]:
        return [(spell.verdict, spell.checks) for spell in self.all(Spell)]


@contextmanager
def _nowhere() -> Iterator[Mailbox]:
    yield Mailbox()
