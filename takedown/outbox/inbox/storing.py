"""A mail is kept before anything else is done with it, once, however often it is delivered."""

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, defer

from notices.inbound import Inbound, classify
from notices.inbound.keeping import keep
from takedown.db import new_id
from takedown.outbox.inbox.models import InboundMail, MailState
from takedown.outbox.results import OnAccepted
from takedown.routes.hotline import Hotline
from takedown.vault import Vault, cohort_of


@dataclass(frozen=True, slots=True)
class Clerk:
    """Whoever works through the inbox: with which keys, for whom, and when.

    `real`: what leaves is real, so an acceptance starts clocks. `allowed` is the guard of the
    probes, for addresses that a proxy tells.
    """

    vault: Vault
    hotline: Hotline
    real: bool
    on_accepted: OnAccepted
    allowed: Callable[[str], bool]
    now: datetime


def store(
    session: Session, vault: Vault, raw: bytes, *, source: str, now: datetime
) -> uuid.UUID | None:
    """Keep a message (RFC 5322 bytes) without its refused files; None if it was kept before.

    A message is known again by the digest of what was delivered. The caller commits.
    """
    kept, made, cohort = keep(raw), new_id(), cohort_of(now)
    refused = [[one.name, one.media_type, one.size] for one in kept.refused]
    files = vault.seal("inbound_mails.refused", made, cohort, json.dumps(refused))
    return session.scalar(
        insert(InboundMail)
        .values(
            id=made,
            cohort=cohort,
            digest=kept.digest,
            source=source,
            received_at=now,
            raw=vault.seal("inbound_mails.raw", made, cohort, kept.raw),
            stripped=kept.cut_out,
            refused=files if refused else None,
            state=MailState.NEW,
            attempts=0,
            auto=False,
            claims=[],
            matched_by="none",
            waits=False,
        )
        .on_conflict_do_nothing(index_elements=["digest"])
        .returning(InboundMail.id)
    )


def next_new(
    session: Session, after: uuid.UUID | None = None, most: int = 1
) -> Sequence[InboundMail]:
    """The oldest mails that nobody has read yet, locked; behind `after` where one is named."""
    wanted = select(InboundMail).where(InboundMail.state == MailState.NEW)
    if after is not None:
        wanted = wanted.where(InboundMail.id > after)
    return session.scalars(
        wanted.order_by(InboundMail.id)
        .limit(most)
        .options(defer(InboundMail.raw))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()


def read(vault: Vault, mail: InboundMail) -> Inbound:
    """What a kept mail says."""
    return classify(vault.open_bytes("inbound_mails.raw", mail.id, mail.raw))


def describe(vault: Vault, mail: InboundMail, said: Inbound) -> None:
    """Write what it is into its row; words and addresses sealed."""
    mail.kind, mail.auto = said.kind, said.automatic
    mail.claims = [str(one) for one in said.claims]
    for column, text in (
        ("sender", said.sender),
        ("subject", said.subject),
        ("body", said.text),
        ("ticket", said.ticket_tag or said.ticket or ""),
    ):
        setattr(mail, column, _sealed(vault, mail, column, text))


def opened(vault: Vault, mail: InboundMail, column: str) -> str:
    """A sealed column of a mail; empty where there is nothing."""
    sealed = getattr(mail, column)
    return vault.open(f"inbound_mails.{column}", mail.id, sealed) if sealed else ""


def refused_files(vault: Vault, mail: InboundMail) -> list[tuple[str, str, int]]:
    """Name, type and size in octets of each file that was not kept."""
    told: list[Any] = json.loads(opened(vault, mail, "refused") or "[]")
    return [(str(name), str(kind), int(size)) for name, kind, size in told]


def _sealed(vault: Vault, mail: InboundMail, column: str, text: str) -> bytes | None:
    plain = text.encode("utf-8", "replace")
    return vault.seal(f"inbound_mails.{column}", mail.id, mail.cohort, plain) if plain else None
