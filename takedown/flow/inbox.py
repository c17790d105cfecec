"""`inbox`: what came back is fetched and kept, then matched to what we sent, one mail at a time."""

import logging
import uuid
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notices.channels.arriving import ArrivalError, Inbox
from notices.inbound import Kind
from takedown.checks import service as checks
from takedown.db import committing
from takedown.flow.notify import restart_clocks
from takedown.flow.ports import Ports, Tally
from takedown.outbox.inbox import acting, storing
from takedown.outbox.inbox.models import InboundMail, MailState
from takedown.outbox.inbox.storing import Clerk
from takedown.routes import police

_log = logging.getLogger("takedown.inbox")
_MOST: Final = 500
#: A mail that can't be worked through this often is a person's.
TRIES: Final = 5


class InboxUnreachable(Exception):
    """No mail could be fetched; what was kept before has been worked through."""


def inbox(ports: Ports, limit: int | None = None) -> Tally:
    """Fetch, keep, read, match, act. Each mail is safe before it goes from where it lay.

    Raises `InboxUnreachable` at the end, where a mailbox could not be read.
    """
    most, down = limit or _MOST, []
    for place in ports.inboxes:
        try:
            _fetch(ports, place, most)
        except ArrivalError as error:
            _log.warning("inbox: a mailbox could not be read: %s", type(error).__name__)
            down.append(place.name)
    tally = _work_through(ports, most)
    if down:
        raise InboxUnreachable(", ".join(down))
    return tally


def clerk(ports: Ports) -> Clerk:
    """Who works through the inbox now."""
    return Clerk(
        ports.vault,
        ports.hotline,
        ports.leaves.notices,
        restart_clocks,
        ports.lookup.allowed,
        ports.clock(),
    )


def look(session: Session, ports: Ports, url_ids: list[uuid.UUID]) -> None:
    """Check these at once, except where nobody may look."""
    agree = ports.hotline.police_agree_probes
    free = set(url_ids) - police.silent(session, url_ids, agree=agree)
    if free:
        checks.look_now(session, free, now=ports.clock())


def _fetch(ports: Ports, place: Inbox, most: int) -> None:
    with place.open() as box:
        for arrived in box.messages(most):
            with committing(ports.sessions) as session:
                storing.store(
                    session, ports.vault, arrived.raw, source=place.name, now=ports.clock()
                )
            box.take_away(arrived.key)


def _work_through(ports: Ports, most: int) -> Tally:
    done = failed = 0
    after: uuid.UUID | None = None
    for _ in range(most):
        mail_id = _next(ports, after)
        if mail_id is None:
            break
        after = mail_id
        if _handle(ports, mail_id):
            done += 1
        else:
            failed += 1
    with ports.sessions() as session:
        new = select(func.count()).where(InboundMail.state == MailState.NEW)
        left = session.scalar(new) or 0
    return Tally(done + failed, done, failed, left)


def _next(ports: Ports, after: uuid.UUID | None) -> uuid.UUID | None:
    """The next new mail; counted as tried before it is, so that one that kills us is set aside."""
    with committing(ports.sessions) as session:
        mail = storing.next_new(session, after)
        if mail is None:
            return None
        mail.attempts += 1
        if mail.attempts > TRIES:
            mail.kind, mail.state = Kind.HUMAN, MailState.TRIAGE
        return mail.id


def _handle(ports: Ports, mail_id: uuid.UUID) -> bool:
    try:
        with committing(ports.sessions) as session:
            mail = session.get_one(InboundMail, mail_id, with_for_update=True)
            if mail.state != MailState.NEW:
                return True
            followed = acting.handle(session, clerk(ports), mail)
            look(session, ports, followed.look)
    except Exception as error:  # one mail must not keep the others; its words stay out of the log
        _log.error("inbox: a mail could not be worked through: %s", type(error).__name__)
        return False
    return True
