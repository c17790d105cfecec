"""What people did, in a chain that shows every change; and what the machine moved, as plain events.

`append` is the last statement before a door commits: it takes an advisory lock that the commit
gives back. The application's database role may only insert and select in `audit_entries`.
"""

import hashlib
import hmac
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Index, LargeBinary, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from takedown.db import Base, Document, Serial, Word

#: The actor of what no person did.
MACHINE: Final = "machine"
_LOCK = 0x7A6B_0001
_START = bytes(32)


class AuditEntry(Base):
    """One act of a person, a send or a reveal. Never holds a location."""

    __tablename__ = "audit_entries"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[Word]
    subject: Mapped[str]
    detail: Mapped[Document]
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))


class Event(Base):
    """One move of a machine: a Url's status, a Delivery's, a finding about a Host."""

    __tablename__ = "events"
    __table_args__ = (Index(None, "subject_id", "at"),)

    id: Mapped[Serial]
    at: Mapped[datetime]
    subject: Mapped[Word]
    subject_id: Mapped[uuid.UUID]
    kind: Mapped[Word]
    before: Mapped[str | None]
    after: Mapped[str | None]
    detail: Mapped[Document]


@dataclass(frozen=True, slots=True)
class Broken:
    """Where the chain does not hold, and how."""

    number: int
    why: str


def append(
    session: Session,
    key: bytes,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str = "",
    detail: dict[str, Any] | None = None,
) -> AuditEntry:
    """Add an act to the chain. `actor` is `user:<id>`, `token:<id>`, `cli:<name>` or `machine`."""
    session.flush()
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    last = session.execute(
        select(AuditEntry.number, AuditEntry.digest).order_by(AuditEntry.number.desc()).limit(1)
    ).first()
    number, before = (last.number + 1, last.digest) if last else (1, _START)
    entry = AuditEntry(
        number=number, at=at, actor=actor, action=action, subject=subject, detail=detail or {}
    )
    entry.digest = _digest(key, before, entry)
    session.add(entry)
    session.flush()
    return entry


def record(
    session: Session,
    *,
    at: datetime,
    subject: str,
    subject_id: uuid.UUID,
    kind: str,
    before: str | None = None,
    after: str | None = None,
    **detail: Any,
) -> None:
    """Write one event; `detail` holds ids and figures only."""
    session.add(
        Event(
            at=at,
            subject=subject,
            subject_id=subject_id,
            kind=kind,
            before=before,
            after=after,
            detail=detail,
        )
    )


def verify(session: Session, key: bytes) -> Broken | None:
    """Walk the chain from its start; the first entry that does not fit, or None."""
    before, expected = _START, 1
    for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.number)).yield_per(1000):
        if entry.number != expected:
            return Broken(expected, "missing")
        if not hmac.compare_digest(entry.digest, _digest(key, before, entry)):
            return Broken(entry.number, "altered")
        before, expected = entry.digest, expected + 1
    return None


def digest_of_ids(ids: Iterable[uuid.UUID]) -> str:
    """The SHA-256 of ids in their order: how a bulk act names what it touched."""
    whole = hashlib.sha256()
    for one in ids:
        whole.update(one.bytes)
    return whole.hexdigest()


def _digest(key: bytes, before: bytes, entry: AuditEntry) -> bytes:
    body = json.dumps(
        [
            entry.number,
            entry.at.isoformat(),
            entry.actor,
            entry.action,
            entry.subject,
            entry.detail,
        ],
        sort_keys=True,
        ensure_ascii=True,
    )
    return hmac.digest(key, before + body.encode(), "sha256")
