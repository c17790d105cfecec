"""A reply stops the ladder until somebody has read it."""

import uuid
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.db import among
from takedown.outbox.inbox.models import InboundMail
from takedown.outbox.models import NoticeUrl


def unread(session: Session, episodes: Iterable[uuid.UUID]) -> set[uuid.UUID | None]:
    """The episodes about one of whose notices a reply waits to be read."""
    return set(
        session.scalars(
            select(NoticeUrl.episode_id)
            .join(InboundMail, InboundMail.notice_id == NoticeUrl.notice_id)
            .where(
                among(NoticeUrl.episode_id, episodes),
                InboundMail.waits,
                InboundMail.read_at.is_(None),
            )
        )
    )
