"""Whom the steps of a ladder reach for a Url: by its newest trace, and by country."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.db import among
from takedown.hosts.models import Contact, Provider, TraceProvider
from takedown.outbox import contacts
from takedown.outbox.asking import Toward
from takedown.outbox.cases import Case
from takedown.outbox.ladder.rules import is_late, reachable
from takedown.outbox.pace.calendars import Calendars
from takedown.outbox.policy import Step
from takedown.outbox.recipients import Missing, Recipients
from takedown.routes import holds
from takedown.routes.gate import HAND_OVERS
from takedown.routes.models import RouteKind


@dataclass(slots=True)
class Reach:
    """Looks up once, for a page of cases, who stands in which role and how they are written to."""

    session: Session
    who: Recipients
    calendars: Calendars
    _roles: dict[tuple[uuid.UUID, str], Provider] = field(default_factory=dict)
    _contacts: dict[uuid.UUID, list[Contact]] = field(default_factory=dict)
    _held: set[uuid.UUID] = field(default_factory=set)

    def look_up(self, cases: Iterable[Case]) -> None:
        """Read what stands in the traces of these cases."""
        traces = [case.trace.id for case in cases if case.trace]
        rows = self.session.execute(
            select(TraceProvider, Provider)
            .join(Provider, Provider.id == TraceProvider.provider_id)
            .where(among(TraceProvider.trace_id, traces))
            .order_by(TraceProvider.trace_id, TraceProvider.role, Provider.id.desc())
        ).all()
        found = {}
        for link, provider in rows:
            found[link.trace_id, link.role] = self._survivor(provider)
        self._roles = found
        ids = {provider.id for provider in found.values()}
        self._contacts = {}
        for contact in self.session.scalars(
            select(Contact).where(among(Contact.provider_id, ids)).order_by(Contact.id)
        ):
            self._contacts.setdefault(contact.provider_id, []).append(contact)
        self._held = set(holds.providers_held(self.session, ids))

    def _survivor(self, provider: Provider) -> Provider:
        while provider.merged_into_id is not None:
            provider = self.session.get_one(Provider, provider.merged_into_id)
        return provider

    def ladder(self, case: Case) -> tuple[Step, ...]:
        """The steps of a case that somebody can be asked in."""
        steps = case.ladder.steps()
        known = frozenset(step.key for step in steps if step.role and self.of(case, step))
        return reachable(steps, known)

    def without_contact(self, case: Case) -> list[Provider]:
        """Who would be asked by now, and has no contact at all."""
        told = case.episode.notified_at if case.episode else None
        if told is None or case.trace is None:
            return []
        late = [
            step
            for step in case.ladder.steps()
            if step.role and step.key not in case.steps and told + step.after <= self.who.now
        ]
        known = [self._roles.get((case.trace.id, step.role)) for step in late]
        return [
            one
            for one in known
            if one is not None
            and (case.provider is None or one.id != case.provider.id)
            and contacts.choose(self._contacts.get(one.id, ()), self.who.now) is None
        ]

    def of(self, case: Case, step: Step) -> Toward | None:
        """Who is asked in a step that goes beyond whoever answers for the Url; None: nobody."""
        late = is_late(*step.key)
        if step.kind in HAND_OVERS:
            if step.kind == RouteKind.HOTLINE and case.country == self.who.own_country:
                return None  # that is us
            found = self.who.of(step.kind, case.country)
            if isinstance(found, Missing):
                return None
            provider, contact, held = found.provider, found.contact, found.held
        else:
            known = self._roles.get((case.trace.id, step.role)) if case.trace else None
            if known is None or (case.provider and known.id == case.provider.id):
                return None
            chosen = contacts.choose(
                self._contacts.get(known.id, ()),
                self.who.now,
                preferred=known.preferred_medium,
            )
            if chosen is None:
                return None
            provider, contact, held = known, chosen, known.id in self._held
        opens = self.calendars.opening(provider.id, self.who.now)
        return Toward(provider, contact, held, step.role, late, opens)
