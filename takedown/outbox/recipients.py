"""Who receives a hand-over: the partner hotline there, our own police unit, the regulator there."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.hosts.models import Contact, Kind, Medium, Provider
from takedown.outbox import contacts
from takedown.outbox.asking import Toward
from takedown.routes import holds
from takedown.routes.models import Member, RouteKind

#: How a hand-over leaves: by mail, or by a person who takes the file (`form`).
MEDIA: Final = (Medium.EMAIL, Medium.FORM)


class Missing(StrEnum):
    """Why nobody can be handed anything: what a person has to add. Message ids of the pages."""

    HOTLINE = "hand_over:no_hotline"
    POLICE = "hand_over:no_police"
    REGULATOR = "hand_over:no_regulator"
    SEVERAL = "hand_over:several"
    CONTACT = "hand_over:no_contact"
    COUNTRY = "hand_over:no_country"


_NOBODY: Final = {
    RouteKind.HOTLINE: Missing.HOTLINE,
    RouteKind.POLICE: Missing.POLICE,
    RouteKind.REGULATOR: Missing.REGULATOR,
}


@dataclass(slots=True)
class Recipients:
    """Looks recipients up, once a kind and country. `own_country` is the hotline's."""

    session: Session
    own_country: str
    now: datetime
    known: dict[tuple[str, str | None], Toward | Missing]

    @classmethod
    def at(cls, session: Session, own_country: str, now: datetime) -> "Recipients":
        """Who receives hand-overs at `now`."""
        return cls(session, own_country, now, {})

    def of(self, kind: str, hosting_country: str | None) -> Toward | Missing:
        """Who is handed a Url that is hosted there (ISO 3166-1), or what is missing for it.

        The police are always our own: they hand on to their colleagues.
        """
        key = (kind, self.own_country if kind == RouteKind.POLICE else hosting_country)
        if key not in self.known:
            self.known[key] = self._find(*key)
        return self.known[key]

    def _find(self, kind: str, country: str | None) -> Toward | Missing:
        if country is None:
            return Missing.COUNTRY
        providers = self._organisations(kind, country)
        if not providers:
            return _NOBODY[RouteKind(kind)]
        if len(providers) > 1:
            return Missing.SEVERAL
        (provider,) = providers
        contact = _contact(self.session, provider.id, self.now)
        if contact is None:
            return Missing.CONTACT
        held = bool(holds.providers_held(self.session, {provider.id}))
        return Toward(provider, contact, held)

    def _organisations(self, kind: str, country: str) -> list[Provider]:
        """The members' organisations where any is linked, else those of this kind there."""
        if kind == RouteKind.HOTLINE:
            linked = select(Member.provider_id).where(
                Member.country == country,
                Member.left_on.is_(None) | (Member.left_on > self.now.date()),
                Member.provider_id.is_not(None),
            )
            partners = _standing(self.session, self.session.scalars(linked))
            if partners:
                return partners
        found = select(Provider.id).where(Provider.kind == Kind(kind), Provider.country == country)
        return _standing(self.session, self.session.scalars(found))


def _standing(session: Session, ids: Iterable[uuid.UUID | None]) -> list[Provider]:
    """These organisations, each by what it was merged into, none twice."""
    found: dict[uuid.UUID, Provider] = {}
    for one in ids:
        provider = session.get(Provider, one) if one else None
        while provider is not None and provider.merged_into_id is not None:
            provider = session.get(Provider, provider.merged_into_id)
        if provider is not None:
            found[provider.id] = provider
    return list(found.values())


def _contact(session: Session, provider_id: uuid.UUID, now: datetime) -> Contact | None:
    rows = session.scalars(
        select(Contact).where(Contact.provider_id == provider_id, Contact.retired_at.is_(None))
    )
    return contacts.choose(rows, now, MEDIA)
