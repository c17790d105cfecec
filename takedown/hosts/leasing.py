"""Leasing hosts that are due to `locate`, and saying when they are due."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Integer, cast, or_, select, true, update
from sqlalchemy.orm import Session

from takedown.db import among
from takedown.hosts.models import Host
from takedown.people.tasks import TaskKind, ask
from takedown.vault import Vault

LEASE = timedelta(minutes=10)
MOST_LOST = 5  # leases that ran out: what takes the worker down with it is put aside


@dataclass(frozen=True, slots=True)
class Claim:
    """A host leased for one look-up; `origin`: the address that its proxy told of."""

    host_id: uuid.UUID
    token: uuid.UUID
    name: str = field(repr=False)
    origin: str | None = field(default=None, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """What is to be looked up."""
        return (self.name, self.origin) if self.origin else (self.name,)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one claim gave; `quarantined` hosts were put aside with a task for a person."""

    claims: list[Claim]
    quarantined: list[uuid.UUID]


def claim(
    session: Session,
    vault: Vault,
    now: datetime,
    limit: int,
    only: Collection[uuid.UUID] | None = None,
) -> Claimed:
    """Lease hosts that are due, longest due first; `only`: of these."""
    quarantined = _quarantine(session, now)
    token = uuid.uuid4()
    due = (
        select(Host.id)
        .where(_free(now), true() if only is None else among(Host.id, only))
        .order_by(Host.locate_due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    leased = session.execute(
        update(Host)
        .where(Host.id.in_(due))
        .values(
            locate_lost=Host.locate_lost + cast(Host.locate_token.is_not(None), Integer),
            locate_token=token,
            locate_until=now + LEASE,
        )
        .returning(Host.id, Host.name, Host.origin)
        .execution_options(synchronize_session=False)
    )
    claims = [
        Claim(
            row.id,
            token,
            vault.open("hosts.name", row.id, row.name),
            vault.open("hosts.origin", row.id, row.origin) if row.origin else None,
        )
        for row in leased.all()
    ]
    return Claimed(claims, quarantined)


def put_back(session: Session, claims: Iterable[Claim], due_at: datetime) -> None:
    """Give leased hosts back unasked, to be due at `due_at`: a hold says that nobody may ask."""
    for claimed in claims:
        session.execute(
            update(Host)
            .where(Host.id == claimed.host_id, Host.locate_token == claimed.token)
            .values(locate_due_at=due_at, locate_token=None, locate_until=None)
            .execution_options(synchronize_session=False)
        )


def due_at_once(session: Session, hosts: Iterable[uuid.UUID], now: datetime) -> None:
    """Look up now what was put back unasked: nothing forbids it any more."""
    session.execute(
        update(Host)
        .where(among(Host.id, hosts), Host.locate_due_at > now)
        .values(locate_due_at=now)
        .execution_options(synchronize_session=False)
    )


def due_again(session: Session, hosts: Iterable[uuid.UUID], now: datetime) -> None:
    """Look these hosts up again: after a while, before a send, when a person asks."""
    session.execute(
        update(Host)
        .where(Host.id.in_(list(hosts)), Host.locate_due_at.is_(None))
        .values(locate_due_at=now, locate_attempts=0)
        .execution_options(synchronize_session=False)
    )


def _free(now: datetime) -> ColumnElement[bool]:
    return (Host.locate_due_at <= now) & or_(Host.locate_until.is_(None), Host.locate_until <= now)


def _quarantine(session: Session, now: datetime) -> list[uuid.UUID]:
    lost = (
        select(Host.id)
        .where(_free(now), Host.locate_token.is_not(None), Host.locate_lost >= MOST_LOST - 1)
        .with_for_update(skip_locked=True)
    )
    aside = session.scalars(
        update(Host)
        .where(Host.id.in_(lost))
        .values(locate_due_at=None, locate_token=None, locate_until=None, locate_lost=0)
        .returning(Host.id)
        .execution_options(synchronize_session=False)
    ).all()
    for host_id in aside:
        ask(session, TaskKind.LOCATE, "host", host_id, now=now, why="its look-up never came back")
    return list(aside)
