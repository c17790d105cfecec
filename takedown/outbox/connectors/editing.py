"""Writing connectors: whoever sets an endpoint can read what goes there, so two people do.

Every change takes the approval back, and none of those who made one since gives it. A secret goes
only where whoever typed it knew that it would: it is dropped as the hosts or the kind of login
change. The caller appends to the audit log and commits.
"""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from notices.channels.connector import Connector
from notices.errors import BadConnector
from takedown.audit import record
from takedown.db import new_id
from takedown.errors import TakedownError
from takedown.hosts.models import Contact, Medium
from takedown.outbox.connectors import standing
from takedown.outbox.connectors.models import ConnectorRow
from takedown.people.two_people import not_by
from takedown.vault import STANDING, Vault

LONGEST_REASON: Final = 500
LONGEST_SECRET: Final = 4000
LONGEST_SETTINGS: Final = 50_000  # characters
_ONE_AT_A_TIME: Final = 0x7A6B_0031


class ConnectorRefused(TakedownError):
    """What was asked can't be done; `why` is a code that pages have words for."""

    def __init__(self, why: str) -> None:
        super().__init__(f"refused: {why}")
        self.why = why


def write(
    session: Session,
    vault: Vault,
    contact_id: uuid.UUID,
    given: str,
    *,
    test_mode: bool,
    why: str,
    seen: int,
    by: str,
    now: datetime,
) -> ConnectorRow:
    """Describe a contact's interface, or change that: another person approves it then.

    `given` is the JSON of `Connector.load`; `seen` the version that the writer saw (0: none). What
    stands there as the secret's name is replaced by the connector's own, so that nothing secret is
    kept by mistake. Raises `ConnectorRefused`, `BadConnector`.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
    reason = _reason(why)
    contact = _contact(session, contact_id)
    row = _locked(session, ConnectorRow.contact_id == contact_id)
    if (row.version if row else 0) != seen:
        raise ConnectorRefused("stale")
    document, connector = _checked(given, vault, contact)
    taken = select(ConnectorRow.id).where(
        ConnectorRow.name == connector.name, ConnectorRow.contact_id != contact_id
    )
    if session.scalar(taken) is not None:
        raise BadConnector("name", "is another connector's")
    if row is None:
        row = _new(contact, by, now)
        session.add(row)
    elif _goes_elsewhere(row, connector):
        row.secret = None
    row.name, row.settings, row.test_mode = connector.name, document, test_mode
    row.changed_at = now
    _changed(session, row, reason, by, now)
    return row


def set_secret(
    session: Session, vault: Vault, row_id: uuid.UUID, secret: str, *, by: str, now: datetime
) -> ConnectorRow:
    """A new secret, sealed and never shown again. Raises `ConnectorRefused`."""
    row = _get(session, row_id)
    if "secret" not in (row.settings.get("auth") or {}):
        raise ConnectorRefused("no_login")
    secret = secret.strip()
    if not (0 < len(secret) <= LONGEST_SECRET and secret.isascii() and secret.isprintable()):
        raise ConnectorRefused("secret")
    row.secret = vault.seal(standing.SECRET, row.id, STANDING, secret)
    _changed(session, row, row.why, by, now)
    return row


def approve(
    session: Session, row_id: uuid.UUID, *, seen: int, by: str, now: datetime
) -> ConnectorRow:
    """The yes of somebody who changed nothing since the last one. `ConnectorRefused`, `OwnWork`."""
    row = _get(session, row_id)
    if row.version != seen:
        raise ConnectorRefused("stale")
    if row.approved_at is not None or row.disabled_at is not None:
        raise ConnectorRefused("not_waiting")
    not_by({*row.writers}, by)
    connector = standing.read(row)
    if connector.auth.secret is not None and row.secret is None:
        raise ConnectorRefused("secret_missing")
    row.approved_by, row.approved_at = by, now
    standing.connect(session, row, now)
    _event(session, row, "connector_approved", now)
    return row


def disable(session: Session, row_id: uuid.UUID, *, by: str, now: datetime) -> ConnectorRow:
    """Nothing leaves by it from now on; one person does. A change takes it up again."""
    row = _get(session, row_id)
    if row.disabled_at is not None:
        raise ConnectorRefused("not_waiting")
    row.disabled_by, row.disabled_at = by, now
    row.approved_by = row.approved_at = None
    standing.connect(session, row, now)
    _event(session, row, "connector_disabled", now)
    return row


def _checked(given: str, vault: Vault, contact: Contact) -> tuple[dict[str, Any], Connector]:
    """The document as it is kept, and what it says. Raises `BadConnector`."""
    if len(given) > LONGEST_SETTINGS:
        raise BadConnector("connector", "is too long")
    try:
        document = json.loads(given)
    except (ValueError, RecursionError):
        raise BadConnector("connector", "is no JSON") from None
    if not isinstance(document, dict):
        raise BadConnector("connector", "is no table")
    address = vault.open("contacts.address", contact.id, contact.address)
    endpoint = urlsplit(address).hostname if "://" in address else None
    if endpoint is None:
        document["name"] = address
    auth = document.get("auth")
    if isinstance(auth, Mapping) and auth.get("secret") is not None:
        document["auth"] = {**auth, "secret": document.get("name")}
    connector = Connector.load(document)
    if endpoint is not None and endpoint not in connector.hosts:
        raise BadConnector("hosts", "leave out the contact's own")
    return document, connector


def _goes_elsewhere(row: ConnectorRow, connector: Connector) -> bool:
    """Whether the secret that is kept would go to hosts, or in a way, that it did not before."""
    try:
        before = standing.read(row)
    except BadConnector:
        return True
    kept = (before.auth.kind, before.auth.user, before.auth.header)
    new = (connector.auth.kind, connector.auth.user, connector.auth.header)
    return kept != new or not set(connector.hosts) <= set(before.hosts)


def _new(contact: Contact, by: str, now: datetime) -> ConnectorRow:
    return ConnectorRow(
        id=new_id(),
        provider_id=contact.provider_id,
        contact_id=contact.id,
        version=0,
        writers=[],
        written_by=by,
        written_at=now,
    )


def _changed(session: Session, row: ConnectorRow, why: str, by: str, now: datetime) -> None:
    """A change: who made one since the last yes can't give the next."""
    before = [] if row.approved_at is not None else row.writers
    row.writers = [*(one for one in before if one != by), by]
    row.version += 1
    row.written_by, row.written_at, row.why = by, now, why
    row.approved_by = row.approved_at = row.disabled_by = row.disabled_at = None
    session.flush()
    standing.connect(session, row, now)
    _event(session, row, "connector_changed", now)


def _reason(why: str) -> str:
    reason = " ".join(why.split())
    if not reason or len(reason) > LONGEST_REASON:
        raise ConnectorRefused("why")
    return reason


def _contact(session: Session, contact_id: uuid.UUID) -> Contact:
    contact = session.get(Contact, contact_id)
    if contact is None or contact.medium != Medium.API or contact.retired_at is not None:
        raise ConnectorRefused("contact")
    return contact


def _get(session: Session, row_id: uuid.UUID) -> ConnectorRow:
    row = _locked(session, ConnectorRow.id == row_id)
    if row is None:
        raise ConnectorRefused("unknown")
    return row


def _locked(session: Session, where: Any) -> ConnectorRow | None:
    return session.scalar(
        select(ConnectorRow)
        .where(where)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _event(session: Session, row: ConnectorRow, kind: str, now: datetime) -> None:
    session.flush()
    record(session, at=now, subject="connector", subject_id=row.id, kind=kind, version=row.version)
