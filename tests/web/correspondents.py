"""A way out that keeps what leaves, and what the desks at its other end write back."""

import email
import email.policy
import uuid
from dataclasses import replace

from cast import CLOSED
from house import House, application, build
from sqlalchemy import select

from notices.channels.base import Receipt
from sandbox.replies import MANNERS
from takedown.db import Sessions, committing
from takedown.flow import notify
from takedown.flow.inbox import inbox
from takedown.outbox.inbox import storing
from takedown.outbox.models import Notice, NoticeStatus
from takedown.vault import Vault
from takedown.web.ports import WebConfig


class Way:
    """A way out that keeps what leaves."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, str, str]] = []

    def __enter__(self) -> "Way":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def send(self, message, sender, recipient, *, arm, deadline_s, envid=None) -> Receipt:
        assert arm()
        self.sent.append((message, sender, recipient))
        return Receipt("relay", "250 2.0.0 Ok", None)


def joined(sessions: Sessions, vault: Vault, way: Way) -> House:
    """A closed world whose notices leave by this way."""
    made = build(sessions, vault, CLOSED)
    made.ports = replace(made.ports, channel=lambda: way, interface=lambda *_: way)
    made.app = application(made.ports, WebConfig(testing=True))
    return made


def leave(house: House) -> None:
    """What is due is composed, approved by somebody else, and sent three hours later."""
    notify.compose(house.ports)
    with committing(house.ports.sessions) as session:
        drafts = select(Notice.id).where(Notice.status == NoticeStatus.DRAFT)
        ids = list(session.scalars(drafts))
        notify.approve(session, house.ports, ids, actor="user:first", supervisor=True)
    house.clock.later(hours=3)  # nobody has looked: the gate loses its patience
    notify.send(house.ports)


def receive(
    house: House, way: Way, manner: str, text: str = "", *, nth: int = 0, **headers: str
) -> uuid.UUID:
    """An answer of the desk that the nth message went to, worked through; its id."""
    message, sender, recipient = way.sent[nth]
    notice = email.message_from_bytes(message, policy=email.policy.default)
    made = MANNERS[manner](notice, recipient, sender, house.clock())
    for name, value in headers.items():
        made.replace_header(name.replace("_", "-"), value)
    if text:
        made.set_content(text)
    with committing(house.ports.sessions) as session:
        kept = storing.store(
            *(session, house.ports.vault, made.as_bytes()), source="folder", now=house.clock()
        )
    inbox(house.ports)
    assert kept is not None
    return kept
