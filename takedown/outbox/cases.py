"""What the outbox knows of a Url when a notice is made or leaves, and what it asks the gate.

The checks are a sibling room, so what they saw is handed in (`LookUp`).
"""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from takedown.episodes.models import Episode, Outcome
from takedown.hosts.models import Contact, Host, Provider, Trace
from takedown.outbox.due import taken
from takedown.outbox.models import Notice, NoticeUrl
from takedown.routes import gate, holds
from takedown.routes.gate import Availability, GateFacts
from takedown.routes.models import Route, RouteKind, RouteStatus, UrlRoute
from takedown.urls.models import Url, UrlStatus
from takedown.urls.normalise import registrable_domain
from takedown.vault import Vault

#: What the checks last saw of these Urls; one that they know nothing of may be left out.
LookUp = Callable[[Session, list[uuid.UUID]], Mapping[uuid.UUID, Availability]]
NOTHING_SEEN: Final = Availability()
_NO_ROUTE: Final[tuple[UrlRoute | None, Route | None]] = (None, None)


@dataclass(slots=True)
class Case:
    """One Url under one responsible provider, with all that a notice about it rests on."""

    episode: Episode
    url: Url
    host: Host
    provider: Provider
    trace: Trace | None  # the newest of its host
    decision: UrlRoute | None  # the newest
    route: Route | None
    held: bool
    availability: Availability
    steps: dict[tuple[str, int], datetime | None]  # of the ladder: when accepted, if at all

    @property
    def reminders_sent(self) -> int:
        """How many reminders were accepted."""
        return sum(kind == "reminder" and at is not None for (kind, _), at in self.steps.items())

    @property
    def is_open(self) -> bool:
        """Whether something is still asked of the provider."""
        over = (UrlStatus.WITHDRAWN, UrlStatus.REMOVED)
        return self.episode.outcome == Outcome.OPEN and self.url.status not in over

    @property
    def police_first(self) -> bool:
        """Whether nothing leaves before the police agree: a victim at risk, or by the route."""
        return self.url.victim_at_risk or (self.route is not None and self.route.police_first)

    @property
    def route_kind(self) -> str:
        return self.decision.kind if self.decision else RouteKind.NONE

    @property
    def route_status(self) -> str:
        """Verified only where decision and row both say so: a row that lost it stops at once."""
        if self.decision is None or self.route is None:
            return RouteStatus.UNVERIFIED
        both = {self.decision.status, self.route.status}
        return RouteStatus.VERIFIED if both == {RouteStatus.VERIFIED} else RouteStatus.UNVERIFIED

    @property
    def confirmed(self) -> tuple[datetime, str]:
        """When it was last confirmed up, and by what: a check or a person."""
        seen = self.availability
        if seen.last_up_at is None or seen.last_up_at < self.url.registered_at:
            return self.url.registered_at, "person"
        return seen.last_up_at, "person" if seen.last_up_by_person else "check"


def load(
    session: Session, episode_ids: Iterable[uuid.UUID], look_up: LookUp
) -> dict[uuid.UUID, Case]:
    """The cases of these episodes, by episode."""
    ids = list(episode_ids)
    rows = session.execute(
        select(Episode, Url, Host, Provider, Trace)
        .join(Url, Url.id == Episode.url_id)
        .join(Host, Host.id == Url.host_id)
        .join(Provider, Provider.id == Episode.provider_id)
        .outerjoin(Trace, Trace.id == Host.trace_id)
        .where(Episode.id.in_(ids))
        .execution_options(populate_existing=True)
    ).all()
    urls = [row.Url.id for row in rows]
    routes = _routes(session, urls)
    held = holds.standing(session, urls)
    held_providers = holds.providers_held(session, {row.Provider.id for row in rows})
    seen = look_up(session, urls)
    steps = _steps(session, ids)
    return {
        row.Episode.id: Case(
            episode=row.Episode,
            url=row.Url,
            host=row.Host,
            provider=row.Provider,
            trace=row.Trace,
            decision=routes.get(row.Url.id, _NO_ROUTE)[0],
            route=routes.get(row.Url.id, _NO_ROUTE)[1],
            held=row.Url.id in held or row.Provider.id in held_providers,
            availability=seen.get(row.Url.id, NOTHING_SEEN),
            steps=steps.get(row.Episode.id, {}),
        )
        for row in rows
    }


def gate_facts(
    case: Case,
    contact: Contact,
    vault: Vault,
    *,
    kind: str,
    made_for: Trace | None,
    now: datetime,
    automatic: bool = False,
    wanted_since: datetime | None = None,
) -> GateFacts:
    """What the gate asks, for one Url toward one contact.

    `made_for` is the trace that the notice or episode rests on; `wanted_since` says since when an
    approved notice could have left (hand-over only).
    """
    return GateFacts(
        now=now,
        kind=kind,
        held=case.held,
        case_open=case.is_open,
        route_kind=case.route_kind,
        route_status=case.route_status,
        police_first=case.police_first,
        police_cleared_at=case.url.police_cleared_at,
        role=case.episode.role,
        standing=case.provider.standing,
        contact_own_domain=own_domain(vault, case, contact),
        contact_approved=contact.approved_at is not None,
        inhibited_until=contact.inhibited_until,
        same_host=same_host(made_for, case.trace),
        availability=case.availability,
        automatic=automatic,
        reminders_sent=case.reminders_sent,
        urgent=case.url.priority,
        check_wanted_since=wanted_since,
        checkable=not case.url.not_checkable,
    )


def judge(
    case: Case, contact: Contact, vault: Vault, *, kind: str, made_for: Trace | None, now: datetime
) -> gate.Answer:
    """The gate's answer at compose, for a draft that a person will look at."""
    return gate.ask(gate_facts(case, contact, vault, kind=kind, made_for=made_for, now=now))


def same_host(made_for: Trace | None, newest: Trace | None) -> bool:
    """Whether the newest trace still says what a notice was made for, though it be another row."""
    if made_for is None or newest is None:
        return False
    if made_for.id == newest.id:
        return True
    return (made_for.provider_id, made_for.asn, made_for.country, made_for.proxy) == (
        newest.provider_id,
        newest.asn,
        newest.country,
        newest.proxy,
    )


def own_domain(vault: Vault, case: Case, contact: Contact) -> bool:
    """Whether a mail would go to the Url's own domain, whoever sits there.

    A platform publishes for its users under its own domain: there a curated contact is no tip-off.
    """
    if contact.medium != "email":
        return False
    if case.episode.role == "platform" and contact.source == "curated":
        return False
    name = vault.open("contacts.address", contact.id, contact.address).rpartition("@")[2].lower()
    host = vault.open("hosts.name", case.host.id, case.host.name)
    same = (registrable_domain(name) or name) == (registrable_domain(host) or host)
    return same or host == name or host.endswith(f".{name}")


def _routes(
    session: Session, urls: list[uuid.UUID]
) -> dict[uuid.UUID, tuple[UrlRoute, Route | None]]:
    rows = session.execute(
        select(UrlRoute, Route)
        .outerjoin(Route, Route.id == UrlRoute.route_id)
        .where(UrlRoute.url_id.in_(urls))
        .ext(distinct_on(UrlRoute.url_id))
        .order_by(UrlRoute.url_id, UrlRoute.id.desc())
        .execution_options(populate_existing=True)
    )
    return {row.UrlRoute.url_id: (row.UrlRoute, row.Route) for row in rows}


def _steps(
    session: Session, episodes: list[uuid.UUID]
) -> dict[uuid.UUID, dict[tuple[str, int], datetime | None]]:
    """The steps that have a notice or were stopped by a person, by episode."""
    found: dict[uuid.UUID, dict[tuple[str, int], datetime | None]] = {}
    for row in session.execute(
        select(NoticeUrl.episode_id, NoticeUrl.kind, NoticeUrl.step, Notice.accepted_at)
        .join(Notice, Notice.id == NoticeUrl.notice_id)
        .where(NoticeUrl.episode_id.in_(episodes), taken())
    ):
        found.setdefault(row.episode_id, {})[row.kind, row.step] = row.accepted_at
    return found
