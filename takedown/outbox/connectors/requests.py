"""The frozen bytes of one request to a provider's interface."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from notices.channels.payload import payload
from notices.compose import Letter
from takedown.hosts.models import Contact
from takedown.outbox.connectors import standing
from takedown.outbox.facts import facts_of
from takedown.outbox.models import Notice
from takedown.outbox.url_facts import Item
from takedown.routes.hotline import Hotline
from takedown.vault import Vault


def request(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    notice: Notice,
    contact: Contact,
    items: Sequence[Item],
    text: Letter,
    key: str,
) -> bytes:
    """The body that hands a notice over; `key` is its Delivery's, by which a repeat is known.

    Raises `notices.errors.NoticeError` for what the connector in force can't say in one request.
    """
    connector = standing.of(session, contact.id)
    facts = facts_of(session, vault, hotline, notice, contact, items)
    return payload(connector, facts, text, key)
