"""The recipient's own number for what we wrote to it: kept in the subject of all that follows."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.outbox.models import Delivery, Notice, NoticeUrl
from takedown.vault import Vault

#: What is longer is no number.
LONGEST: Final = 200


def keep(vault: Vault, notice: Notice, ticket: str) -> None:
    """Keep the number that a recipient gave a notice, in place of an older one; sealed.

    Control characters are dropped: it comes from outside, and goes into a subject.
    """
    plain = _one_line(ticket)
    notice.ticket = vault.seal("notices.ticket", notice.id, notice.cohort, plain) if plain else None


def of(session: Session, vault: Vault, notice: Notice) -> str | None:
    """The newest number that this recipient gave an earlier notice about one of the same Urls.

    Another recipient's number is never told. Where none came by mail, the reference that a form or
    an interface gave back counts.
    """
    urls = select(NoticeUrl.url_id).where(NoticeUrl.notice_id == notice.id)
    same = (
        select(Notice)
        .join(NoticeUrl, NoticeUrl.notice_id == Notice.id)
        .where(
            NoticeUrl.url_id.in_(urls),
            Notice.provider_id == notice.provider_id,
            Notice.id != notice.id,
            Notice.accepted_at.is_not(None),
        )
    )
    told = session.scalar(
        same.where(Notice.ticket.is_not(None)).order_by(Notice.serial.desc()).limit(1)
    )
    if told is not None and told.ticket is not None:
        return vault.open("notices.ticket", told.id, told.ticket)
    earlier = same.with_only_columns(Notice.id)
    given = session.scalar(
        select(Delivery)
        .where(Delivery.notice_id.in_(earlier), Delivery.receipt.is_not(None))
        .order_by(Delivery.id.desc())
        .limit(1)
    )
    if given is None or given.receipt is None:
        return None
    return _one_line(vault.open("deliveries.receipt", given.id, given.receipt)) or None


def _one_line(text: str) -> str:
    plain = "".join(one if one.isprintable() else " " for one in text)
    return " ".join(plain.split())[:LONGEST]
