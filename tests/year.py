"""A year of a hotline, made up: providers of several characters, their notices, what became of it.

The same seed gives the same year. Only figures matter: letters and hosts are empty shells.
"""

import random
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cast import Cast, Row, letter
from sqlalchemy.orm import Session

from takedown.checks.models import CheckState
from takedown.db import new_id
from takedown.episodes.models import Episode, Outcome
from takedown.hosts.models import Contact, Provider
from takedown.outbox.models import Notice, NoticeUrl
from takedown.routes.models import UrlRoute
from takedown.urls.models import Report, Url, UrlStatus
from takedown.vault import Vault, cohort_of

DAYS: Final = 364
_ROOMS: Final = (Notice, Url, Episode, UrlRoute, Report, NoticeUrl, CheckState)
"""In the order in which they refer to each other."""


@dataclass(frozen=True)
class Character:
    """How a provider is: how often it is written to, how soon half are gone, how many never go."""

    name: str
    country: str | None
    notices: int
    median_hours: float
    never: float
    moved: float = 0.02
    binding: bool = False
    reviewed: bool = True


CHARACTERS: Final = (
    Character("Harbour Hosting", "NL", 60, 7, 0.01, binding=True),
    Character("Northhost", "DE", 48, 14, 0.03),
    Character("Westcloud", "US", 44, 30, 0.08),
    Character("Hôtel des données", "FR", 36, 20, 0.02, binding=True),
    Character("Slow Servers Ltd", "MD", 30, 90, 0.25),
    Character("Island Racks", "SC", 24, 160, 0.45, moved=0.2),
    Character("Kleinhost", "CH", 9, 18, 0.05),
    Character("=Formula Cloud", "SG", 3, 40, 0.0),
    Character("Secret Hosting", "RU", 26, 120, 0.3, reviewed=False),
)


class Year(Cast):
    """Rows of a whole year before `now`, gathered and flushed room by room."""

    def __init__(self, session: Session, vault: Vault, now: datetime, seed: int = 7) -> None:
        super().__init__(session, vault, now)
        self.random = random.Random(seed)
        self.number = 0
        self.rows: list[Any] = []

    def lived(self, scale: float = 1.0) -> dict[str, uuid.UUID]:
        """Everybody's year; ids of the providers by name. `scale`: how many of the notices."""
        ids = {}
        routes = {c: self.route(c) for c in {one.country for one in CHARACTERS} if c}
        for one in CHARACTERS:
            reviewed = {"public_name": one.name, "reviewed_at": self.now, "reviewed_by": "user:x"}
            provider = self.provider(
                one.name, country=one.country, **(reviewed if one.reviewed else {})
            )
            contact = self.contact(provider, f"abuse@{len(ids)}.provider.example", answers=3)
            ids[one.name] = provider.id
            for _ in range(max(1, round(one.notices * scale))):
                self._notice(one, provider, contact, routes.get(one.country or ""))
        for kind in _ROOMS:
            self.session.add_all(row for row in self.rows if isinstance(row, kind))
            self.session.flush()
        return ids

    def _keep(self, row: Row) -> Row:
        """Rows of the large tables wait, and go in together."""
        if not isinstance(row, _ROOMS):
            return super()._keep(row)
        self.rows.append(row)
        return row

    def _notice(self, one: Character, provider: Provider, contact: Contact, route: Any) -> None:
        self.number += 1
        at = self.now - timedelta(days=self.random.uniform(0.2, DAYS))
        host = self.host(f"h{self.number}.example.test", provider)
        trace = self.trace(host, provider)
        notice = self._keep(_letter(self, provider, contact, at))
        away = self.random.lognormvariate(0, 1.1) * one.median_hours
        stays, moves = self.random.random() < one.never, self.random.random() < one.moved
        for _ in range(min(20, int(self.random.paretovariate(1.3)))):
            seen = at - timedelta(hours=self.random.uniform(1, 30))
            url = self.url(
                f"https://h{self.number}.example.test/{uuid.uuid4().hex}",
                host,
                status=UrlStatus.NOTIFIED,
                received_at=seen - timedelta(hours=self.random.uniform(0, 20)),
                registered_at=seen,
                site_type=self.random.choice(("image host", "forum", "file host")),
                classification=self.random.choice(("baseline", "baseline", "national")),
            )
            age = timedelta(hours=away * self.random.uniform(0.9, 1.1))
            ended = not stays and at + age < self.now
            down = at + age
            fate: dict[str, Any] = {"last_up_at": self.now - timedelta(hours=1)}
            if ended:
                fate = {
                    "outcome": Outcome.MOVED if moves else Outcome.REMOVED,
                    "last_up_at": max(at, down - timedelta(hours=self.random.uniform(0.2, 2))),
                    "first_down_at": down,
                    "confirmed_at": down + timedelta(days=1),
                    "closed_at": down + timedelta(days=1),
                }
            episode = self.episode(
                url,
                trace,
                notified_at=at,
                opened_at=seen,
                notice_id=notice.id,
                accepted_by="recipient",
                deadline_binding=one.binding,
                **fate,
            )
            self.decision(url, trace, route)
            self._keep(_report(url, self.random.choice(("public", "hotline", "police"))))
            self._keep(_named_in(notice, url, episode, trace, at))
            if not ended:
                self._keep(_looked_at(url, at, self.now))


def _letter(year: Cast, provider: Provider, contact: Contact, at: datetime) -> Notice:
    made, cohort = new_id(), cohort_of(at)
    return letter(
        *(provider, contact, at),
        id=made,
        number=f"NTD-{made.hex}",
        subject=year.vault.seal("notices.subject", made, cohort, "x"),
        body=year.vault.seal("notices.body", made, cohort, "x"),
        accepted_at=at,
        accepted_by="recipient",
    )


def _report(url: Any, source: str) -> Report:
    return Report(
        id=new_id(),
        url_id=url.id,
        source=source,
        received_at=url.received_at,
        registered_at=url.registered_at,
        registered_by="machine",
        scheme=url.scheme,
        classification=url.classification,
    )


def _named_in(notice: Notice, url: Any, episode: Any, trace: Any, at: datetime) -> NoticeUrl:
    return NoticeUrl(
        notice_id=notice.id,
        url_id=url.id,
        episode_id=episode.id,
        trace_id=trace.id,
        kind="first",
        step=0,
        last_confirmed_at=at,
        last_confirmed_by="check",
        decision={},
    )


def _looked_at(url: Any, at: datetime, now: datetime) -> CheckState:
    return CheckState(
        url_id=url.id,
        lane=bytes(16),
        clock_at=at,
        verdict="up",
        last_up_at=now - timedelta(hours=1),
    )
