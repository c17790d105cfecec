"""Contacts that wait for a person."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from takedown.episodes.models import Episode, Outcome
from takedown.hosts.models import Contact, Provider
from takedown.vault import Vault


@dataclass(frozen=True, slots=True)
class Waiting:
    """A contact nobody has approved, and how many open cases ask for it."""

    id: uuid.UUID
    provider_id: uuid.UUID
    provider: str = field(repr=False)
    country: str | None
    medium: str
    address: str = field(repr=False)
    source: str
    evidence: str | None
    first_seen_at: datetime
    proposed_by: str | None
    cases: int


def waiting(session: Session, vault: Vault, limit: int = 200) -> list[Waiting]:
    """Contacts to approve, most asked for first."""
    asked = (
        select(Episode.provider_id, func.count().label("cases"))
        .where(Episode.outcome == Outcome.OPEN)
        .group_by(Episode.provider_id)
        .subquery()
    )
    rows = session.execute(
        select(Contact, Provider, func.coalesce(asked.c.cases, 0))
        .join(Provider, Provider.id == Contact.provider_id)
        .outerjoin(asked, asked.c.provider_id == Contact.provider_id)
        .where(Contact.approved_at.is_(None), Contact.retired_at.is_(None))
        .order_by(func.coalesce(asked.c.cases, 0).desc(), Contact.first_seen_at)
        .limit(limit)
    )
    return [
        Waiting(
            contact.id,
            provider.id,
            provider_name(vault, provider),
            provider.country,
            contact.medium,
            vault.open("contacts.address", contact.id, contact.address),
            contact.source,
            contact.evidence,
            contact.first_seen_at,
            contact.proposed_by,
            cases,
        )
        for contact, provider, cases in rows
    ]


def provider_name(vault: Vault, provider: Provider) -> str:
    """What people who may see cases call a provider."""
    return provider.public_name or vault.open("providers.name", provider.id, provider.name)
