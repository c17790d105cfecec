"""An approved notice becomes a Delivery: its bytes are frozen, and it is ready to leave."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from notices.compose import Letter
from takedown.db import new_id
from takedown.hosts.models import Contact, Medium
from takedown.outbox import writing
from takedown.outbox.connectors import requests
from takedown.outbox.models import Delivery, DeliveryStatus, Notice
from takedown.outbox.url_facts import Item
from takedown.people.tasks import TaskKind, ask
from takedown.routes.hotline import Hotline, Leaves
from takedown.vault import Vault


def enqueue(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    leaves: Leaves,
    notice: Notice,
    contact: Contact,
    text: Letter,
    items: Sequence[Item],
    now: datetime,
) -> Delivery:
    """Freeze an approved notice's bytes and write its Delivery, ready at once."""
    delivery = ready(notice, contact, now)
    if contact.medium == Medium.API:
        message = requests.request(
            *(session, vault, hotline, notice, contact, items, text), key=str(delivery.id)
        )
    else:
        message = writing.frozen(
            *(session, vault, hotline, notice, contact, text, delivery), tokens=leaves.notices
        )
    keep(session, vault, notice, delivery, message)
    if contact.medium == Medium.FORM:
        why = "hand_over:take"
        ask(session, TaskKind.HAND_OVER, "notice", notice.id, now=now, why=why)
    return delivery


def ready(notice: Notice, contact: Contact, now: datetime) -> Delivery:
    """A Delivery that may leave at once, as soon as `keep` has its bytes."""
    return Delivery(
        id=new_id(),
        notice_id=notice.id,
        contact_id=contact.id,
        medium=contact.medium,
        status=DeliveryStatus.READY,
        due_at=now,
        created_at=now,
        attempts=0,
        lost_leases=0,
        answers=[],
        possible_duplicate=False,
    )


def keep(
    session: Session, vault: Vault, notice: Notice, delivery: Delivery, message: bytes
) -> None:
    """Keep the very bytes that are to leave, sealed, and their digest."""
    notice.message = vault.seal("notices.message", notice.id, notice.cohort, message)
    delivery.digest = hashlib.sha256(message).digest()
    session.add(delivery)
    session.flush()
