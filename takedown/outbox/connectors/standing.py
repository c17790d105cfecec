"""Which connectors are in force, and their secrets, opened at the last moment."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.channels.connector import Connector
from notices.channels.placeholders import names
from notices.errors import BadFacts, NoticeError
from takedown.db import Sessions
from takedown.hosts.models import Contact, Medium
from takedown.outbox.connectors.models import ConnectorRow
from takedown.vault import Vault

#: The place of a secret in the vault.
SECRET: Final = "connectors.secret"


def in_force(row: ConnectorRow) -> bool:
    """Whether notices may leave by it: approved as it stands, and not for tries alone."""
    return row.approved_at is not None and row.disabled_at is None and not row.test_mode


def read(row: ConnectorRow) -> Connector:
    """A row as `notices` takes it. Raises `BadConnector` where this version can't read it."""
    return Connector.load(row.settings)


def of(session: Session, contact_id: uuid.UUID) -> Connector:
    """The connector in force for a contact. Raises `BadFacts` without one, `BadConnector`."""
    row = _of(session, contact_id)
    if row is None or not in_force(row):
        raise BadFacts("recipient", "has no connector in force")
    return read(row)


def changed_since(session: Session, contact_id: uuid.UUID, at: datetime) -> bool:
    """Whether what was frozen at `at` no longer has the shape that the interface takes."""
    row = _of(session, contact_id)
    return row is None or row.changed_at > at


def repeatable(session: Session, contact_id: uuid.UUID) -> bool:
    """Whether a repeated report is taken once: only then one in doubt is handed over again."""
    try:
        connector = of(session, contact_id)
    except NoticeError:
        return False
    return connector.idempotency_header is not None or "key" in set(names(connector.body))


def first_poll(session: Session, contact_id: uuid.UUID, at: datetime) -> datetime | None:
    """When an interface is first asked what became of a report accepted at `at`; None: never."""
    try:
        connector = of(session, contact_id)
    except NoticeError:
        return None
    poll = connector.poll
    return at + timedelta(minutes=poll.every_minutes) if poll else None


def finder(sessions: Sessions) -> Callable[[str], Connector]:
    """Finds the connector in force by the id of its contact; KeyError without one."""

    def find(contact_id: str) -> Connector:
        with sessions() as session:
            try:
                return of(session, uuid.UUID(contact_id))
            except (NoticeError, ValueError):
                raise KeyError(contact_id) from None

    return find


def secrets(sessions: Sessions, vault: Vault) -> Callable[[str], str]:
    """Opens the secret of a connector by its name; KeyError without one."""

    def secret(name: str) -> str:
        with sessions() as session:
            row = session.scalar(select(ConnectorRow).where(ConnectorRow.name == name))
        if row is None or row.secret is None:
            raise KeyError(name)
        return vault.open(SECRET, row.id, row.secret)

    return secret


def connect(session: Session, row: ConnectorRow, now: datetime) -> None:
    """The contact follows its connector: whether it has one, and what one request may hold."""
    contact = session.get_one(Contact, row.contact_id, with_for_update=True)
    if not in_force(row) or contact.medium != Medium.API:
        contact.connected_at = None
        return
    connector = read(row)
    contact.connected_at = now
    contact.max_urls = 1 if connector.grouping == "single" else connector.max_urls
    contact.batch = "any" if connector.grouping == "single" else connector.grouping


def _of(session: Session, contact_id: uuid.UUID) -> ConnectorRow | None:
    return session.scalar(select(ConnectorRow).where(ConnectorRow.contact_id == contact_id))
