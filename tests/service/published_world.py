"""A small ledger for publications: providers, hosts and notices whose counts a hand can check."""

import random
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cast import Cast, letter
from sqlalchemy.orm import Session

from notices.channels.base import Receipt
from takedown.db import Sessions, committing, new_id
from takedown.episodes.models import Episode, Outcome
from takedown.hosts.models import Provider
from takedown.outbox.inbox.models import Claim
from takedown.outbox.models import Notice, NoticeUrl
from takedown.stats.publication.house import House
from takedown.urls.models import Report
from takedown.vault import Vault

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2027, 1, 1, tzinfo=UTC)
NOW = datetime(2027, 1, 20, 9, 0, tzinfo=UTC)
__all__ = ["BEGIN", "END", "NOW", "Ledger", "Receipt", "Time"]


@dataclass
class Time:
    """A clock that the test sets."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


class Ledger:
    """Writes cases as they stand long after: notified, and gone or not."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self.session, self.cast = session, Cast(session, vault, BEGIN)
        self.vault, self.notices = vault, 0
        self.route = self.cast.route(status="verified")
        self.traces: dict[str, uuid.UUID] = {}

    def provider(self, name: str, country: str = "NL", *, reviewed: bool = True) -> Provider:
        made = self.cast.provider(name, country=country)
        self.cast.contact(made, f"abuse@{name.split()[0].lower()}.example")
        if reviewed:
            made.public_name, made.reviewed_at, made.reviewed_by = name, BEGIN, "user:reviewer"
        self.session.flush()
        return made

    def notice(
        self,
        provider: Provider,
        hosts: list[str],
        at: datetime,
        hours: list[float | None],
        *,
        capacity: str = "hotline",
        word: str | None = None,
        outcome: Outcome = Outcome.REMOVED,
        **about: object,
    ) -> Notice:
        """One first notice about one Url on each host; gone after so many hours, None: still up."""
        self.notices += 1
        notice = letter(
            *(provider, provider.contacts[0], at),
            serial=self.notices,
            number=f"NTD-{at.year}-{self.notices:06d}",
            cohort=0,
            capacity=capacity,
            approved_at=at,
            accepted_at=at,
            accepted_by="recipient",
        )
        self.session.add(notice)
        self.session.flush()
        for number, (host, gone) in enumerate(zip(hosts, hours, strict=True)):
            self._case(notice, provider, host, number, at, gone, outcome, about)
        if word is not None:
            claim = Claim(id=new_id(), notice_id=notice.id, word=word, at=at + timedelta(hours=1))
            self.session.add(claim)
        self.session.flush()
        return notice

    def _case(self, notice, provider, host, number, at, gone, outcome, about) -> Episode:
        known = self.cast.known(
            f"https://{host}/{notice.serial}/{number}.jpg", provider, self.route
        )
        url, episode = known.url, known.episode
        for name, value in about.items():
            setattr(url, name, value)
        url.received_at = url.registered_at = at - timedelta(hours=2)
        self.session.add(
            Report(
                id=new_id(),
                url_id=url.id,
                source=("public", "hotline", "police")[notice.serial % 3],
                reference=None,
                received_at=url.received_at,
                registered_at=url.registered_at,
                registered_by="user:alice",
                scheme=url.scheme,
                classification=url.classification,
            )
        )
        episode.notice_id, episode.notified_at, episode.accepted_by = notice.id, at, "recipient"
        episode.last_up_at = at
        if gone is not None:
            down = at + timedelta(hours=gone)
            episode.last_up_at, episode.first_down_at = down - timedelta(minutes=5), down
            episode.confirmed_at = episode.closed_at = down + timedelta(minutes=20)
            episode.outcome = outcome
        self.session.add(
            NoticeUrl(
                notice_id=notice.id,
                url_id=url.id,
                episode_id=episode.id,
                trace_id=known.trace.id,
                kind="first",
                step=0,
                last_confirmed_at=at,
                last_confirmed_by="check",
                decision={},
            )
        )
        return episode


def a_year(sessions: Sessions, vault: Vault, *, seed: int = 7, notices: int = 60) -> None:
    """Twelve providers of several countries, a year of notices of one to six addresses."""
    draw = random.Random(seed)
    countries = ["FR", "NL", "US", "DE", "CA", "RO"]
    names = ["Harbour", "Northhost", "Westcloud", "Imagebin", "Filedock", "Polar", "Tulip"]
    with committing(sessions) as session:
        ledger = Ledger(session, vault)
        firms = [
            ledger.provider(f"{name} {kind}", draw.choice(countries), reviewed=draw.random() < 0.9)
            for name in names
            for kind in ("Hosting", "Networks")
        ]
        for firm in firms:
            session.refresh(firm, ["contacts"])
        for _ in range(notices):
            firm = firms[min(int(draw.expovariate(0.35)), len(firms) - 1)]
            at = BEGIN + timedelta(minutes=draw.randrange(525_000))
            size = draw.choice([1, 1, 2, 3, 4, 6])
            slug = firm.public_name or "unreviewed firm"
            hosts = [
                f"h{draw.randrange(9)}.{slug.replace(' ', '-').lower()}.example"
                for _ in range(size)
            ]
            gone = [None if draw.random() < 0.2 else draw.lognormvariate(3, 1.2) for _ in hosts]
            outcome = draw.choices(
                [Outcome.REMOVED, Outcome.UNAVAILABLE, Outcome.MOVED], [8, 1, 1]
            )[0]
            ledger.notice(
                firm,
                hosts,
                at,
                gone,
                outcome=outcome,
                capacity=draw.choice(["hotline", "trusted_flagger"]),
                word=draw.choice([None, "removed", "disputed", None]),
                site_type=draw.choice(["image_host", "forum", "file_host", None]),
                commercial=draw.choice([True, False, False, None]),
                classification=draw.choice(["baseline", "national"]),
            )


def house(sessions: Sessions, vault: Vault, folder: Path, clock: Time) -> House:
    """Where publications of a test are made."""
    return House(
        sessions, vault, folder / "facts", folder / "publications", clock, "Example Hotline", "FR"
    )
