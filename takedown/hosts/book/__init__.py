"""The contact book: who can act, how they are reached, and what people wrote down about it.

Every function that changes something is given a `Desk`: who works at the book, and when.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from takedown import audit
from takedown.vault import Vault


@dataclass(frozen=True, slots=True)
class Desk:
    """Whoever works at the book, inside a transaction that a door commits.

    `by` is an actor of the audit log; `domain_of` gives the registrable domain of a host name,
    None for an unknown suffix.
    """

    session: Session
    vault: Vault
    by: str
    now: datetime
    domain_of: Callable[[str], str | None]

    def note(
        self,
        subject: str,
        subject_id: uuid.UUID,
        kind: str,
        *,
        before: str | None = None,
        after: str | None = None,
        **detail: object,
    ) -> None:
        """One line of the history; sealed values are never given, only that they changed."""
        audit.record(
            self.session,
            at=self.now,
            subject=subject,
            subject_id=subject_id,
            kind=kind,
            before=before,
            after=after,
            by=self.by,
            **detail,
        )

    def sign(self, action: str, subject: uuid.UUID | str = "", **detail: object) -> None:
        """Enter the act in the audit chain: the last statement before the door commits."""
        audit.append(
            self.session,
            self.vault.audit_key,
            at=self.now,
            actor=self.by,
            action=action,
            subject=str(subject),
            detail=dict(detail),
        )
