"""A desk whose notices come back: answers in the small internet's manners, read by the stage."""

import email
import email.policy
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from desk import Desk

from notices.channels import arriving
from notices.tokens import sign
from sandbox.replies import MANNERS, write_back
from takedown.flow.inbox import inbox
from takedown.flow.ports import Ports, Probing, Tally
from takedown.hosts.lookup import Lookup
from takedown.outbox.models import Delivery
from takedown.urls.entry import Schemes


class Mailroom:
    """Where answers arrive at a desk; `folder` holds them until the stage has run."""

    def __init__(self, desk: Desk, folder: Path, *inboxes: arriving.Inbox) -> None:
        self.desk, self.folder = desk, folder
        folder.mkdir(exist_ok=True)
        self.inboxes = inboxes or (arriving.folder(folder),)

    def sent(self) -> Delivery:
        """One notice about everything that is due, sent; its Delivery."""
        self.desk.approve(self.desk.compose().notices)
        self.desk.pass_time(minutes=5)
        self.desk.send()
        return self.desk.all(Delivery)[-1]

    def ports(self) -> Ports:
        desk = self.desk
        return Ports(
            sessions=desk.sessions,
            vault=desk.vault,
            clock=lambda: desk.now,
            hotline=desk.hotline,
            leaves=desk.leaves,
            lookup=Lookup((), None, None, lambda _: True, lambda _: None),
            probing=Probing((), (), timedelta(0), 1.0, 1, 1, {}),
            channel=_nothing_leaves,
            mail_deadline_s=1,
            schemes=Schemes("baseline/1", {"baseline/1": frozenset({"baseline"})}),
            inboxes=self.inboxes,
        )

    def run(self) -> Tally:
        return inbox(self.ports())

    def token(self, delivery: Delivery) -> str:
        return sign(self.desk.vault.token_key, delivery.id)

    def answered(self, manner: str, *, sender: str = "abuse@harbour.example") -> bytes:
        """What the desk there writes back to the newest notice, dropped into the folder."""
        file = write_back(
            *(self.folder, manner, self.desk.channel.messages[-1]),
            recipient=sender,
            back=self.desk.channel.senders[-1],
            now=self.desk.now,
        )
        return file.read_bytes()

    def drop(self, raw: bytes, name: str = "one") -> None:
        (self.folder / f"{name}.eml").write_bytes(raw)

    def reply(self, manner: str, **headers: str | None) -> bytes:
        """Such an answer with other headers; None takes one away."""
        made: Any = MANNERS[manner](
            email.message_from_bytes(self.desk.channel.messages[-1], policy=email.policy.default),
            "abuse@harbour.example",
            self.desk.channel.senders[-1],
            self.desk.now,
        )
        for name, value in headers.items():
            field = name.replace("_", "-")
            del made[field]
            if value is not None:
                made[field] = value
        return bytes(made.as_bytes())


@contextmanager
def _nothing_leaves():
    raise AssertionError("reading the inbox opened a channel")
    yield
