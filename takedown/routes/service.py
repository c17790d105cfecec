"""Routing a Url: the decision is stored with its reasons, and the newest one holds."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from takedown.audit import record
from takedown.db import among, new_id
from takedown.routes import agreements, forwarding, members, table
from takedown.routes.hotline import Hotline
from takedown.routes.members import Membership
from takedown.routes.models import UrlRoute
from takedown.routes.policy import Decision, decide
from takedown.routes.table import AgreementRow, RouteRow
from takedown.urls import lifecycle
from takedown.urls.models import UrlStatus

#: Where a Url can stand of which nobody was told; its open episode says whether somebody was.
NOT_SENT: Final = (
    UrlStatus.REGISTERED,
    UrlStatus.NEEDS_OPERATOR,
    UrlStatus.LOCATED,
    UrlStatus.REAPPEARED,
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What decisions rest on, read once a run."""

    rows: tuple[RouteRow, ...]
    agreements: tuple[AgreementRow, ...] = ()
    members: Membership = field(default_factory=Membership)
    do_not_forward: frozenset[str] = field(default_factory=frozenset)

    def decide(self, hotline: Hotline, country: str | None, *, signatory: bool) -> Decision:
        """What they say about a Url that is hosted in `country` (ISO 3166-1; None: not known)."""
        return decide(
            hotline.country,
            hotline.preset,
            country,
            self.rows,
            self.members.countries,
            do_not_forward=self.do_not_forward,
            agreements=self.agreements,
            unchecked_members=self.members.unchecked,
            signatory=signatory,
        )


def rules(session: Session, now: datetime) -> Rules:
    """The routes table as it stands, with the agreements in force and the lists that go with it."""
    return Rules(
        table.standing(session),
        agreements.standing(session, now.date()),
        members.membership(session),
        forwarding.standing(session),
    )


def route(
    session: Session,
    hotline: Hotline,
    known: Rules,
    *,
    url_id: UUID,
    trace_id: UUID,
    country: str | None,
    signatory: bool,
    now: datetime,
    last: UrlRoute | None,
    provider_id: UUID | None = None,
    role: str | None = None,
) -> UrlRoute:
    """Decide for one Url and store it, unless `last`, its newest decision, says the same.

    `country` hosts it (ISO 3166-1; None: not known); `signatory`: the provider signed its
    country's notice code; `provider_id` answers for it, in its `role`.
    """
    decision = known.decide(hotline, country, signatory=signatory)
    same = last is not None and (last.provider_id, last.role) == (provider_id, role)
    if last is not None and same and _same(last, decision, trace_id, country):
        return last
    made = UrlRoute(
        id=new_id(),
        url_id=url_id,
        trace_id=trace_id,
        route_id=decision.route_id,
        agreement_id=decision.agreement_id,
        provider_id=provider_id,
        role=role,
        decided_at=now,
        kind=decision.kind,
        status=decision.status,
        country=country,
        deadline_hours=decision.deadline_hours,
        binding=decision.binding,
        binds_on=decision.binds_on,
        languages=list(decision.languages),
        why=decision.why,
    )
    session.add(made)
    record(
        session,
        at=now,
        subject="url",
        subject_id=url_id,
        kind="route",
        before=last.kind if last else None,
        after=decision.kind,
        status=decision.status,
        why=decision.why,
    )
    return made


def newest(session: Session, url_id: UUID) -> UrlRoute | None:
    """The decision that holds for a Url: the newest; ids are in order of time."""
    return session.scalar(
        select(UrlRoute).where(UrlRoute.url_id == url_id).order_by(UrlRoute.id.desc()).limit(1)
    )


def newest_of(session: Session, url_ids: Iterable[UUID]) -> dict[UUID, UrlRoute]:
    """The decisions that hold for these Urls, by Url; what was never routed is left out."""
    rows = session.scalars(
        select(UrlRoute)
        .where(among(UrlRoute.url_id, url_ids))
        .ext(distinct_on(UrlRoute.url_id))
        .order_by(UrlRoute.url_id, UrlRoute.id.desc())
    )
    return {row.url_id: row for row in rows}


def place_again(
    session: Session,
    now: datetime,
    *,
    route_id: UUID | None = None,
    agreement_id: UUID | None = None,
    country: str | None = None,
    everywhere: bool = False,
) -> int:
    """What was decided is to be decided again where nothing was sent yet; how many Urls.

    Those whose newest decision rests on this Route or Agreement or was made for this hosting
    country; all of them where `everywhere`.
    """
    found = session.scalars(
        _RESTING,
        {
            "statuses": [str(one) for one in NOT_SENT],
            "route": route_id,
            "agreement": agreement_id,
            "country": country,
            "everywhere": everywhere,
        },
    ).all()
    lifecycle.place_these_again(session, found, now)
    return len(found)


_RESTING: Final = text(
    """
    SELECT u.id FROM urls u
    JOIN LATERAL (
        SELECT r.route_id, r.agreement_id, r.country FROM url_routes r
        WHERE r.url_id = u.id ORDER BY r.id DESC LIMIT 1
    ) newest ON true
    WHERE u.status = ANY(:statuses)
      AND NOT EXISTS (
          SELECT FROM episodes e WHERE e.url_id = u.id AND e.outcome = 'open' AND e.primary
          AND (e.notified_at IS NOT NULL OR e.handed_over_at IS NOT NULL))
      AND (:everywhere OR newest.route_id = CAST(:route AS uuid)
           OR newest.agreement_id = CAST(:agreement AS uuid)
           OR newest.country = CAST(:country AS text))
    """
)


def _same(last: UrlRoute, decision: Decision, trace_id: UUID, country: str | None) -> bool:
    return (
        *(last.trace_id, last.route_id, last.agreement_id, last.kind, last.status),
        *(last.country, last.deadline_hours, last.binding, last.binds_on),
        *(tuple(last.languages), last.why),
    ) == (
        *(trace_id, decision.route_id, decision.agreement_id, decision.kind, decision.status),
        *(country, decision.deadline_hours, decision.binding, decision.binds_on),
        *(decision.languages, decision.why),
    )
