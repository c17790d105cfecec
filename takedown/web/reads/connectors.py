"""What the pages about connectors show; no location, no secret."""

import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.channels.connector import Connector, warnings
from notices.errors import BadConnector
from takedown.hosts.models import Contact, Medium, Provider
from takedown.outbox.connectors import standing
from takedown.outbox.connectors.models import ConnectorRow
from takedown.vault import Vault

#: What the page begins with where nothing is described yet.
EMPTY: Final = """{
  "name": "",
  "url": "https://api.provider.example/v1/abuse",
  "hosts": ["api.provider.example"],
  "auth": {"kind": "bearer", "secret": "-"},
  "body": {"key": "{key}", "urls": "{urls}"},
  "max_urls": 50,
  "reference": {"pointer": "/id"},
  "test": {"body": {"test": true}}
}
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One interface in the list; `provider` under its reviewed name alone."""

    contact_id: uuid.UUID
    provider: str | None
    address: str = field(repr=False)  # the name of the interface in the contact book
    row: ConnectorRow | None
    state: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One interface."""

    contact_id: uuid.UUID
    provider: str | None
    address: str = field(repr=False)
    row: ConnectorRow | None
    state: str
    warnings: tuple[str, ...]
    needs_secret: bool
    connector: Connector | None = field(repr=False)


def state(row: ConnectorRow | None) -> str:
    """missing, disabled, waits, tries or in_force."""
    if row is None:
        return "missing"
    if row.disabled_at is not None:
        return "disabled"
    if row.approved_at is None:
        return "waits"
    return "tries" if row.test_mode else "in_force"


def overview(session: Session, vault: Vault) -> Sequence[Line]:
    """Every contact that is an interface, with its connector, what waits first."""
    rows = session.execute(
        select(Contact, Provider.public_name, ConnectorRow)
        .join(Provider, Provider.id == Contact.provider_id)
        .outerjoin(ConnectorRow, ConnectorRow.contact_id == Contact.id)
        .where(Contact.medium == Medium.API, Contact.retired_at.is_(None))
        .order_by(Contact.id)
    ).all()
    lines = [
        Line(
            contact.id,
            name,
            vault.open("contacts.address", contact.id, contact.address),
            row,
            state(row),
        )
        for contact, name, row in rows
    ]
    order = ("waits", "missing", "tries", "in_force", "disabled")
    return sorted(lines, key=lambda line: order.index(line.state))


def page(session: Session, vault: Vault, contact_id: uuid.UUID) -> Shown | None:
    """One contact that is an interface; None for another, or none."""
    contact = session.get(Contact, contact_id)
    if contact is None or contact.medium != Medium.API:
        return None
    row = session.scalar(select(ConnectorRow).where(ConnectorRow.contact_id == contact_id))
    connector = None
    if row is not None:
        with suppress(BadConnector):  # one that this version can't read can be written anew
            connector = standing.read(row)
    return Shown(
        contact_id,
        session.get_one(Provider, contact.provider_id).public_name,
        vault.open("contacts.address", contact.id, contact.address),
        row,
        state(row),
        warnings(connector) if connector else (),
        bool(connector and connector.auth.secret is not None),
        connector,
    )
