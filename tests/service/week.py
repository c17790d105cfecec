"""A week of a hotline in the small internet: its people, its rules, and what really happened."""

import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cast import HOTLINE, Cast, Known
from desk import Desk
from sqlalchemy import select

from sandbox import Running
from takedown.db import committing, new_id
from takedown.episodes.models import Episode, Outcome
from takedown.hosts.models import Provider, TraceProvider
from takedown.outbox.approve import approve
from takedown.outbox.models import Notice, NoticeStatus
from takedown.outbox.pace.models import Calendar
from takedown.routes import holds
from takedown.routes.gate import Availability
from takedown.routes.models import Hold, Route
from takedown.urls.models import Url, UrlStatus

START = datetime(2026, 3, 4, 6, tzinfo=UTC)  # a Wednesday
HOURS = 168
SEEN_AFTER = timedelta(hours=1)  # a removal is confirmed this long after it
ZONES = ("Europe/Paris", "America/Toronto", "Asia/Tokyo")
HAND_OVERS = {"RO": "police", "CZ": "hotline"}
ALICE, BOB = "user:alice", "user:bob"


@dataclass(frozen=True)
class Opening:
    """Days and hours as a person would write them on a door."""

    zone: str
    weekdays: tuple[int, ...]
    opens: int
    closes: int
    holidays: tuple[str, ...] = ()

    def row(self, provider_id: uuid.UUID | None) -> Calendar:
        return Calendar(
            id=new_id(),
            provider_id=provider_id,
            time_zone=self.zone,
            weekdays=list(self.weekdays),
            opens=time(self.opens),
            closes=time(self.closes),
            holidays=[[day, "a holiday"] for day in self.holidays],
            edited_by=ALICE,
            edited_at=START,
        )

    def is_open(self, at: datetime) -> bool:
        local = at.astimezone(ZoneInfo(self.zone))
        closed = local.date().isoformat() in self.holidays
        on_the_day = local.weekday() in self.weekdays and not closed
        return on_the_day and self.opens <= local.hour < self.closes


OURS = Opening("Europe/Paris", tuple(range(7)), 6, 22, ("2026-03-08",))


@dataclass
class Firm:
    """A provider, a registrar, the police or a partner, as the story has them."""

    key: str
    country: str
    mailbox: str
    opening: Opening | None = None
    gathers: timedelta = timedelta(0)
    upstream: str | None = None
    closure: bool = False
    id: uuid.UUID | None = None


@dataclass
class Item:
    """A Url of the story."""

    location: str
    firm: str
    registrar: str
    registered: datetime
    urgent: bool
    held: tuple[datetime, datetime] | None = None
    known: Known | None = None


@dataclass
class Week:
    """The world, as told; the hold on a firm stands from its hour to the end."""

    firms: dict[str, Firm]
    items: list[Item]
    every: timedelta
    held_firm: tuple[str, datetime] = ("", START)
    removed: dict[str, datetime] = field(default_factory=dict)

    @property
    def ticks(self) -> list[datetime]:
        count = int(timedelta(hours=HOURS) / self.every)
        return [START + n * self.every for n in range(count + 1)]


def minutes(span: timedelta) -> int:
    """A length of time in whole minutes."""
    return int(span.total_seconds()) // 60


def scale() -> tuple[int, int]:
    """Urls, and hours between two looks: small in the suite, `WEEK=300x2` for the whole."""
    urls, _, hours = os.environ.get("WEEK", "24x8").partition("x")
    return int(urls), int(hours)


def imagine(town: Running, urls: int, hours: int) -> Week:
    """The story: who they are, what is registered when, which holds stand."""
    world = town.world()
    people = [one for one in world["providers"] if not one["is_proxy"]]
    firms: dict[str, Firm] = {}
    for n, one in enumerate(people):
        days = Opening(ZONES[n % 3], (0, 1, 2, 3, 4), 9, 17, ("2026-03-06",) if n % 4 == 0 else ())
        firms[one["key"]] = Firm(
            one["key"],
            one["country"],
            one["abuse"],
            days if n % 2 == 0 else None,
            timedelta(hours=13) if n % 5 == 1 else timedelta(0),
            people[(n + 7) % len(people)]["key"] if n % 3 else None,
            closure=n % 4 == 0,
        )
    for one in world["registrars"]:
        firms[one["key"]] = Firm(one["key"], one["country"], one["abuse"])
    firms["police"] = Firm("police", "FR", "desk@police.example")
    firms["hotline"] = Firm("hotline", "CZ", "desk@partner.example")
    hosts = {one["name"]: one for one in world["hosts"]}
    items = []
    for n, row in enumerate(town.urls(urls, seed=4)):
        name = row["url"].removeprefix("http://").partition("/")[0].partition(":")[0]
        host = hosts[name]
        registered = START + timedelta(hours=24 * (n % 2))
        items.append(Item(row["url"], host["provider"], host["registrar"], registered, n % 17 == 5))
    week = Week(firms, items, timedelta(hours=hours))
    week.held_firm = "frontdoor", START + timedelta(hours=24)
    items[3].held = items[3].registered, START + timedelta(hours=48)
    town.script(*({"url": one.location} for one in items))
    town.script(*({"recipient": one.mailbox, "smtp": "accept"} for one in firms.values()))
    return week


def settle(desk: Desk, week: Week) -> None:
    """The story as rows: everything located and routed, nothing registered yet."""
    with committing(desk.sessions) as session:
        cast = Cast(session, desk.vault, desk.now)
        session.add(OURS.row(None))
        kinds = {"police": "police", "hotline": "hotline"}
        for firm in week.firms.values():
            made = cast.provider(
                firm.key,
                country=firm.country,
                kind=kinds.get(firm.key, "provider"),
                closure=firm.closure,
            )
            firm.id = made.id
            cast.contact(made, firm.mailbox, aggregation_minutes=minutes(firm.gathers))
            if firm.opening is not None:
                session.add(firm.opening.row(made.id))


def register(desk: Desk, week: Week) -> None:
    """What is registered at this hour: located, routed, under an episode."""
    due = [one for one in week.items if one.registered == desk.now]
    with committing(desk.sessions) as session:
        cast = Cast(session, desk.vault, desk.now)
        routes = {one.country: one for one in session.scalars(select(Route))}
        for item in due:
            firm = week.firms[item.firm]
            provider = session.get_one(Provider, firm.id)
            kind = HAND_OVERS.get(firm.country, "direct")
            route = routes.get(firm.country)
            if route is None:
                route = routes[firm.country] = cast.route(firm.country, kind=kind)
            item.known = cast.known(item.location, provider, route)
            item.known.url.priority = item.urgent
            for role, key in (("upstream", firm.upstream), ("registrar", item.registrar)):
                if key is not None:
                    trace = item.known.trace.id
                    found = {"trace_id": trace, "role": role, "provider_id": week.firms[key].id}
                    if session.get(TraceProvider, tuple(found.values())) is None:
                        session.add(TraceProvider(**found, source="rdap"))
            session.flush()


def look(desk: Desk, week: Week, truth: Mapping[str, Mapping[str, str]]) -> None:
    """As checks do: what was removed an hour ago is confirmed, and its episode is closed."""
    with committing(desk.sessions) as session:
        for item in week.items:
            told = truth[item.location]["removed_at"]
            if item.known is None or told is None or item.location in week.removed:
                continue
            at = datetime.fromisoformat(told)
            if at + SEEN_AFTER > desk.now:
                continue
            week.removed[item.location] = at
            url = session.get_one(Url, item.known.url.id)
            episode = session.get_one(Episode, item.known.episode.id)
            url.status, episode.outcome = UrlStatus.REMOVED, Outcome.REMOVED
            episode.confirmed_at = episode.closed_at = desk.now
            desk.seen[url.id] = Availability(
                desk.now, at, downs=3, down_first_at=at, down_last_at=desk.now
            )


def hold(desk: Desk, week: Week) -> None:
    """Two holds: on one Url, released again; on a firm, to the end."""
    firm, since = week.held_firm
    with committing(desk.sessions) as session:
        wanted = [("provider", week.firms[firm].id)] if since == desk.now else []
        for item in week.items:
            if item.held and item.known and item.held[0] == desk.now:
                wanted.append(("url", item.known.url.id))
            if item.held and item.held[1] == desk.now:
                for row in session.scalars(select(Hold).where(Hold.subject == "url")):
                    row.released_at, row.released_by = desk.now, ALICE
        for subject, key in wanted:
            holds.place(
                session,
                subject=subject,
                subject_id=key,
                asked_by="the police",
                reason="",
                probes_go_on=True,
                placed_by=ALICE,
                now=desk.now,
            )


def release(desk: Desk) -> None:
    """Two people read all drafts and say yes, the one after the other."""
    for actor in (ALICE, BOB):
        with committing(desk.sessions) as session:
            drafts = select(Notice.id).where(Notice.status == NoticeStatus.DRAFT)
            approve(
                *(session, desk.vault, HOTLINE, desk.leaves, list(session.scalars(drafts))),
                look_up=desk.look_up,
                actor=actor,
                supervisor=True,
                now=desk.now,
            )
