"""From facts to words: the letter of a notice, and the bytes that approval freezes.

The same rows give the same letter, so that what was approved is what leaves: under OpenPGP, too,
for the bytes are made once and kept.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.orm import Session

from notices.compose import Letter
from notices.compose import compose as write
from notices.errors import BadKey
from notices.message import Envelope, freeze
from notices.pgp import Protection, own_certificate
from notices.tokens import sign
from takedown.hosts.models import Contact, Medium
from takedown.outbox.facts import facts_of, previous
from takedown.outbox.models import Delivery, Notice
from takedown.outbox.texts import standing
from takedown.outbox.url_facts import Item
from takedown.routes.hotline import Hotline
from takedown.vault import Vault

#: These answer an earlier letter to the same recipient.
_THREADED: Final = frozenset({"reminder", "closure", "retraction"})
_LONGEST_LOCAL: Final = 64 - 1 - 42  # what leaves room for a token (RFC 5321 4.5.3.1.1)


def letter(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    notice: Notice,
    contact: Contact,
    items: Sequence[Item],
) -> Letter:
    """The letter of a notice as its rows say it. Raises `notices.errors.NoticeError`."""
    facts = facts_of(session, vault, hotline, notice, contact, items)
    return write(facts, notice.kind, notice.language, standing.templates(session, vault))


def frozen(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    notice: Notice,
    contact: Contact,
    text: Letter,
    delivery: Delivery,
    *,
    tokens: bool,
) -> bytes:
    """The bytes that will leave. `tokens`: answers come back signed (live rounds only).

    Mail is signed and encrypted here, once. Raises `BadKey`, for a certificate that has expired.
    """
    by_mail = contact.medium == Medium.EMAIL
    date = (notice.approved_at or notice.composed_at).astimezone(UTC)
    before = previous(session, notice) if notice.kind in _THREADED else None
    answers = return_path(vault, hotline, delivery) if tokens else hotline.email
    return freeze(
        text,
        Envelope(
            message_id=notice.message_id,
            date=date,
            from_name=f"{hotline.name}, {hotline.signature}",
            from_address=hotline.email,
            sender=answers,
            reply_to=answers,
            recipient=_mail_address(vault, hotline, contact),
            in_reply_to=before.message_id if before else None,
            references=(before.message_id,) if before else (),
        ),
        form="feedback" if contact.feedback_report and by_mail else "mixed",
        protection=protection(hotline, contact, date) if by_mail else None,
    )


def protection(hotline: Hotline, contact: Contact, now: datetime) -> Protection | None:
    """How mail to a contact is protected: signed by our key, encrypted where the contact has one.

    What is encrypted we can read as well, if our own key is one to encrypt to. Raises `BadKey`,
    for a certificate that has expired by `now` (UTC) too.
    """
    ours = hotline.signing
    if contact.encryption_key is None:
        return ours
    theirs = contact.encryption_key.encode()
    if ours is None or ours.signing_key is None:
        made = Protection(certificates=(theirs,))
    else:
        own = own_certificate(ours.signing_key)
        made = ours.readable_by(theirs, *([own] if own else []))
    expires = made.expires()
    if expires is not None and expires <= now:
        raise BadKey("a certificate has expired")
    return made


def return_path(vault: Vault, hotline: Hotline, delivery: Delivery) -> str:
    """The envelope sender of a delivery: our address with its signed token."""
    local, _, domain = hotline.email.rpartition("@")
    if len(local) > _LONGEST_LOCAL:
        return hotline.email
    return f"{local}+{sign(vault.token_key, delivery.id)}@{domain}"


def _mail_address(vault: Vault, hotline: Hotline, contact: Contact) -> str:
    """Whom the frozen message names: where a person takes it elsewhere, ourselves."""
    if contact.medium != Medium.EMAIL:
        return hotline.email
    return vault.open("contacts.address", contact.id, contact.address)
