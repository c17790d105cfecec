"""Asking providers' interfaces what became of reports, beside the ladder's steps."""

from typing import Final

from notices.channels.base import SendError
from notices.channels.http_api import HttpApi
from takedown.db import committing
from takedown.flow import notify
from takedown.flow.inbox import look
from takedown.flow.interfaces import interfaces
from takedown.flow.ports import Ports, Tally
from takedown.outbox import polling
from takedown.outbox.polling import Question

_MOST: Final = 500


def follow_up(ports: Ports, limit: int | None = None) -> Tally:
    """What the ladders say is due, then what providers say of what they have."""
    steps, asked = notify.follow_up(ports, limit), poll(ports, limit)
    return Tally(
        steps.claimed + asked.claimed,
        steps.done + asked.done,
        steps.failed + asked.failed,
        steps.left + asked.left,
    )


def poll(ports: Ports, limit: int | None = None) -> Tally:
    """Ask what became of the reports that are due, one by one; no transaction is open meanwhile.

    Nobody is asked where notices don't leave. A word that something is gone lets it be looked at
    first of all; no word changes a Url.
    """
    api, done, failed = interfaces(ports), 0, 0
    if api is None or not ports.leaves.notices:
        return Tally()
    for _ in range(limit or _MOST):
        with committing(ports.sessions) as session:
            question = polling.claim(session, ports.vault, ports.leaves, ports.clock())
        if question is None:
            break
        if _ask(ports, api, question):
            done += 1
        else:
            failed += 1
    with ports.sessions() as session:
        left = polling.due(session, ports.leaves, ports.clock())
    return Tally(done + failed, done, failed, left)


def _ask(ports: Ports, api: HttpApi, question: Question) -> bool:
    try:
        progress = api.poll(
            str(question.contact_id), question.reference, deadline_s=ports.mail_deadline_s
        )
    except SendError as error:
        with committing(ports.sessions) as session:
            polling.unanswered(session, question, permanent=error.permanent, now=ports.clock())
        return False
    with committing(ports.sessions) as session:
        now = ports.clock()
        urls = polling.told(
            *(session, ports.vault, question, progress), allowed=ports.lookup.allowed, now=now
        )
        if urls:
            look(session, ports, urls)
    return True
