"""`inbox`: what came back is fetched and kept, then matched to what we sent, one mail at a time."""

import logging
import uuid
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from notices.channels.arriving import ArrivalError, Arrived, Inbox
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
_MOST: Final = 1_000
_AT_ONCE: Final = 100  # mails of one transaction, which fills memory with so much at most:
_BYTES_AT_ONCE: Final = 8_000_000
_ONE_AT_A_TIME: Final = 0x7A6B_0041  # two that hold several Deliveries could wait for each other
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
    """Keep what arrived, several mails a transaction; only then does it go from where it lay."""
    with place.open() as box:
        arriving = box.messages(most)
        while several := _several(arriving):
            with committing(ports.sessions) as session:
                for arrived in several:
                    storing.store(
                        session, ports.vault, arrived.raw, source=place.name, now=ports.clock()
                    )
            for arrived in several:
                box.take_away(arrived.key)


def _several(arriving: Iterator[Arrived]) -> list[Arrived]:
    """The next mails, as many as one transaction and our memory may hold."""
    taken: list[Arrived] = []
    for arrived in arriving:
        taken.append(arrived)
        if len(taken) >= _AT_ONCE or sum(len(one.raw) for one in taken) >= _BYTES_AT_ONCE:
            break
    return taken


def _work_through(ports: Ports, most: int) -> Tally:
    claimed = done = 0
    after: uuid.UUID | None = None
    while claimed < most and (claim := _next(ports, after, min(_AT_ONCE, most - claimed))):
        after = claim[-1]
        claimed += len(claim)
        while claim:
            passed, well = _handle(ports, claim)
            done += well
            claim = claim[passed:]
    with ports.sessions() as session:
        new = select(func.count()).where(InboundMail.state == MailState.NEW)
        left = session.scalar(new) or 0
    return Tally(claimed, done, claimed - done, left)


def _next(ports: Ports, after: uuid.UUID | None, most: int) -> list[uuid.UUID]:
    """The next new mails, counted as tried before they are: one that kills us is set aside.

    Several only at their first try, so that such a one harms no other twice.
    """
    with committing(ports.sessions) as session:
        mails = storing.next_new(session, after, most)
        first = list(takewhile(lambda mail: mail.attempts == 0, mails)) or mails[:1]
        for mail in first:
            mail.attempts += 1
            if mail.attempts > TRIES:
                mail.kind, mail.state = Kind.HUMAN, MailState.TRIAGE
        return [mail.id for mail in first]


def _handle(ports: Ports, mails: Sequence[uuid.UUID]) -> tuple[int, int]:
    """Work through these in one transaction, up to one that has a consequence: how many, and how
    many of them well. One that fails keeps no other; what it says stays out of the log."""
    passed = well = 0
    try:
        with committing(ports.sessions) as session:
            session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
            for mail_id in mails:
                passed += 1
                try:
                    with session.begin_nested():
                        plain = _act(session, ports, mail_id)
                except Exception as error:
                    _log.error("inbox: a mail went wrong: %s", type(error).__name__)
                    break
                well += 1
                if not plain:
                    break
    except Exception as error:
        _log.error("inbox: mails could not be worked through: %s", type(error).__name__)
        return max(passed, 1), 0
    return passed, well


def _act(session: Session, ports: Ports, mail_id: uuid.UUID) -> bool:
    """Whether nothing followed that others may wait for: an automatic reply, or no match."""
    mail = session.get_one(InboundMail, mail_id, with_for_update=True, populate_existing=True)
    if mail.state != MailState.NEW:
        return True
    followed = acting.handle(session, clerk(ports), mail)
    look(session, ports, followed.look)
    return mail.notice_id is None or (mail.auto and not mail.claims)
