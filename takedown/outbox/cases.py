"""What the outbox knows of a Url when a notice is made or leaves.

The checks are a sibling room, so what they saw is handed in (`LookUp`).
"""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, and_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from takedown.db import among
from takedown.episodes.models import Episode, Outcome
from takedown.hosts.models import Host, Provider, Trace
from takedown.outbox.due import taken
from takedown.outbox.ladder import replies
from takedown.outbox.ladder.rules import DEFAULT, Rules
from takedown.outbox.ladder.standing import standing
from takedown.outbox.models import Notice, NoticeUrl
from takedown.routes import forwarding, holds
from takedown.routes.gate import Availability
from takedown.routes.models import Agreement, Route, RouteKind, RouteStatus, UrlRoute
from takedown.urls.models import Url, UrlStatus

#: What the checks last saw of these Urls; one that they know nothing of may be left out.
LookUp = Callable[[Session, list[uuid.UUID]], Mapping[uuid.UUID, Availability]]
NOTHING_SEEN: Final = Availability()
_Wanted = Select[Url, Host, Episode, Provider, Trace]
_Decided = tuple[UrlRoute, Route | Agreement | None]
_UNDECIDED: Final = (None, None)


@dataclass(slots=True)
class Case:
    """One Url with all that a notice about it rests on.

    Without an episode nobody is responsible yet: only a hand-over can be about it.
    """

    url: Url
    host: Host
    episode: Episode | None
    provider: Provider | None  # responsible for it
    trace: Trace | None  # the newest of its host
    decision: UrlRoute | None  # the newest
    rule: Route | Agreement | None  # what the decision rests on
    held: bool
    forbidden: frozenset[str]  # the do-not-forward list
    availability: Availability
    steps: dict[tuple[str, int], datetime | None]  # of the ladder: when accepted, if at all
    ladder: Rules = DEFAULT  # what follows the first notice, as it stands for this Url
    unread_reply: bool = False  # about one of its notices, and nobody has read it

    @property
    def reminder_cap(self) -> int:
        """How many reminders the ladder allows."""
        return self.ladder.reminder_cap

    @property
    def urgent(self) -> bool:
        """No calendar keeps it back, and it gathers for nothing."""
        return self.url.priority or self.url.victim_at_risk

    @property
    def reminders_sent(self) -> int:
        """How many reminders were accepted."""
        return sum(kind == "reminder" and at is not None for (kind, _), at in self.steps.items())

    @property
    def is_open(self) -> bool:
        """Whether something is still asked of whoever can act."""
        over = (UrlStatus.WITHDRAWN, UrlStatus.REMOVED)
        goes_on = self.episode is None or self.episode.outcome == Outcome.OPEN
        return goes_on and self.url.status not in over

    @property
    def police_first(self) -> bool:
        """Whether nothing leaves before the police agree: a victim at risk, or by the route."""
        return self.url.victim_at_risk or (self.rule is not None and self.rule.police_first)

    @property
    def role(self) -> str:
        """What the responsible provider is toward the Url; empty where there is none."""
        return self.episode.role if self.episode else ""

    @property
    def route_kind(self) -> str:
        """As it was decided; none while the row says otherwise and it waits to be routed again."""
        if self.decision is None:
            return RouteKind.NONE
        if isinstance(self.rule, Agreement):
            stands = self.rule.ended_at is None
        else:
            stands = self.rule is None or self.rule.kind == self.decision.kind
        return self.decision.kind if stands else RouteKind.NONE

    @property
    def terms(self) -> list[Any]:
        """What a notice about it says and was approved on, as JSON: route, state, deadline,
        languages, and which edit of which row they come from."""
        decided, rule = self.decision, self.rule
        edited = rule.edited_at if isinstance(rule, Route) else None
        return [
            *(self.route_kind, self.route_status),
            *((decided.deadline_hours, decided.binding) if decided else (None, False)),
            sorted(decided.languages) if decided else [],
            *(str(rule.id) if rule else None, edited.isoformat() if edited else None),
        ]

    @property
    def route_status(self) -> str:
        """Verified only where decision and row both say so: a row that lost it stops at once."""
        if self.decision is None or self.decision.status != RouteStatus.VERIFIED:
            return RouteStatus.UNVERIFIED
        if isinstance(self.rule, Agreement):
            stands = self.rule.verified_at is not None and self.rule.ended_at is None
        else:
            stands = self.rule is not None and self.rule.status == RouteStatus.VERIFIED
        return RouteStatus.VERIFIED if stands else RouteStatus.UNVERIFIED

    @property
    def country(self) -> str | None:
        """Where it is hosted, as it was decided; before that, as it was found."""
        if self.decision is not None:
            return self.decision.country
        return self.trace.country if self.trace else None

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
    if not (wanted := list(episode_ids)):
        return {}
    query = _rows().join(Episode, Episode.url_id == Url.id).where(among(Episode.id, wanted))
    cases = _cases(session, query, look_up)
    return {case.episode.id: case for case in cases if case.episode is not None}


def load_urls(
    session: Session, url_ids: Iterable[uuid.UUID], look_up: LookUp
) -> dict[uuid.UUID, Case]:
    """The cases of these Urls, by Url, each under its open primary episode if it has one."""
    if not (wanted := list(url_ids)):
        return {}
    standing = and_(Episode.url_id == Url.id, Episode.outcome == Outcome.OPEN, Episode.primary)
    query = _rows().outerjoin(Episode, standing).where(among(Url.id, wanted))
    return {case.url.id: case for case in _cases(session, query, look_up)}


def _rows() -> _Wanted:
    return select(Url, Host, Episode, Provider, Trace).join(Host, Host.id == Url.host_id)


def _cases(session: Session, query: _Wanted, look_up: LookUp) -> list[Case]:
    rows = session.execute(
        query.outerjoin(Provider, Provider.id == Episode.provider_id)
        .outerjoin(Trace, Trace.id == Host.trace_id)
        .execution_options(populate_existing=True)
    ).all()
    urls = [row.Url.id for row in rows]
    decided = _decided(session, urls)
    held = holds.standing(session, urls)
    responsible = {row.Provider.id for row in rows if row.Provider}
    held_providers = holds.providers_held(session, responsible)
    seen = look_up(session, urls)
    steps = _steps(session, [row.Episode.id for row in rows if row.Episode])
    forbidden = forwarding.standing(session)
    ladders = standing(session)
    unread = replies.unread(session, [row.Episode.id for row in rows if row.Episode])
    return [
        Case(
            url=row.Url,
            host=row.Host,
            episode=row.Episode,
            provider=row.Provider,
            trace=row.Trace,
            decision=decided.get(row.Url.id, _UNDECIDED)[0],
            rule=decided.get(row.Url.id, _UNDECIDED)[1],
            held=row.Url.id in held or _id(row.Provider) in held_providers,
            forbidden=forbidden,
            availability=seen.get(row.Url.id, NOTHING_SEEN),
            steps=steps.get(_id(row.Episode), {}),
            ladder=ladders.of(_id(row.Provider), _route(decided.get(row.Url.id, _UNDECIDED)[0])),
            unread_reply=_id(row.Episode) in unread,
        )
        for row in rows
    ]


def _route(decision: UrlRoute | None) -> uuid.UUID | None:
    return decision.route_id if decision else None


def _id(row: Episode | Provider | None) -> uuid.UUID | None:
    return row.id if row is not None else None


def _decided(session: Session, urls: list[uuid.UUID]) -> dict[uuid.UUID, _Decided]:
    """The newest decision about each Url, with the row that it rests on."""
    rows = session.execute(
        select(UrlRoute, Route, Agreement)
        .outerjoin(Route, Route.id == UrlRoute.route_id)
        .outerjoin(Agreement, Agreement.id == UrlRoute.agreement_id)
        .where(among(UrlRoute.url_id, urls))
        .ext(distinct_on(UrlRoute.url_id))
        .order_by(UrlRoute.url_id, UrlRoute.id.desc())
        .execution_options(populate_existing=True)
    )
    return {row[0].url_id: (row[0], row[2] or row[1]) for row in rows}


def _steps(
    session: Session, episodes: list[uuid.UUID]
) -> dict[uuid.UUID | None, dict[tuple[str, int], datetime | None]]:
    """The steps that have a notice or were stopped by a person, by episode."""
    found: dict[uuid.UUID | None, dict[tuple[str, int], datetime | None]] = {}
    for row in session.execute(
        select(NoticeUrl.episode_id, NoticeUrl.kind, NoticeUrl.step, Notice.accepted_at)
        .join(Notice, Notice.id == NoticeUrl.notice_id)
        .where(among(NoticeUrl.episode_id, episodes), taken())
    ):
        found.setdefault(row.episode_id, {})[row.kind, row.step] = row.accepted_at
    return found
