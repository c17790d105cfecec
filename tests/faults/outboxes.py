"""Approved notices, a faulty mail server, and senders in processes of their own on one clock."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from signal import SIGCONT
from typing import Any
from uuid import UUID

from cast import CLOSED, HOTLINE, Cast
from faults import Happened
from faulty_api import FaultyApi
from nursery import Job
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from takedown.db import Sessions, committing
from takedown.hosts.models import Contact
from takedown.outbox.approve import approve
from takedown.outbox.compose import compose
from takedown.outbox.connectors import editing
from takedown.outbox.models import Delivery, DeliveryStatus, Notice
from takedown.routes.models import Route
from takedown.vault import Vault

HERE = Path(__file__).parent
STOPPED = "stopped"
_WHEN = func.coalesce(Delivery.lease_until, Delivery.due_at)
OPEN = (
    DeliveryStatus.READY,
    DeliveryStatus.CLAIMED,
    DeliveryStatus.SENDING,
    DeliveryStatus.UNCERTAIN,
)


@dataclass(frozen=True)
class Told:
    """One notice, as the outbox tells it."""

    notice: Notice
    delivery: Delivery
    recipient: str


class Child:
    """A sender; `wait` says what became of it, as an exit code or `stopped`."""

    def __init__(self, nursery: "Nursery") -> None:
        self._nursery = nursery
        self.pid = int(nursery.ask("start"))

    def wait(self) -> int | str:
        said = self._nursery.ask(f"wait {self.pid}")
        return said if said == STOPPED else int(said)

    def go_on(self) -> None:
        os.kill(self.pid, SIGCONT)


class Nursery:
    """The process that all senders come from."""

    def __init__(self, job: Job) -> None:
        path = os.pathsep.join([str(HERE.parent.parent), str(HERE.parent), str(HERE)])
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "nursery.py"), json.dumps(asdict(job))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
            text=True,
        )

    def ask(self, word: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def warm(self) -> int:
        """Let it send what is due by itself, nothing of which must kill: its children are quicker
        then. How many hand-overs it began.
        """
        return int(self.ask("warm"))

    def close(self) -> None:
        self._process.communicate(timeout=30)


class Outbox:
    """A hotline's outbox: notices are approved, time passes, senders come and die."""

    def __init__(
        self, sessions: Sessions, vault: Vault, url: str, folder: Path, now: datetime
    ) -> None:
        self.sessions, self.vault, self.now = sessions, vault, now
        self.happened = Happened(folder / "happened")
        self.clock = folder / "clock"
        self.locations: dict[UUID, bytes] = {}
        self._url, self._keys = url, folder / "keys" / "months.json"
        self.pass_time()

    def job(self, port: int, authority: Path, deadline_s: float) -> Job:
        """What senders are told; `port` is the mail server's."""
        happened = self.clock.parent / "happened"
        return Job(
            *(self._url, str(self._keys), str(self.clock), port, str(authority)),
            *(str(happened), deadline_s),
        )

    def pass_time(self, **by: float) -> None:
        self.now += timedelta(**by)
        new = self.clock.with_suffix(".new")
        new.write_text(self.now.isoformat())
        new.replace(self.clock)

    def approved(self, names: Sequence[str], interface: FaultyApi | None = None) -> None:
        """An approved notice to each `NAME.n@...`, about one Url; to those held, about two.

        With an `interface` they go there, each by a connector of its own.
        """
        with committing(self.sessions) as session:
            cast = Cast(session, self.vault, self.now)
            route = session.scalar(select(Route)) or cast.route()
            for n, name in enumerate(names, len(self.locations)):
                provider = cast.provider(f"Provider {n}")
                to = f"{name}_{n}" if interface else f"{name}.{n}@provider{n}.example"
                contact = cast.contact(provider, to, medium="api" if interface else "email")
                if interface is not None:
                    self._connect(session, contact.id, interface.connector(to))
                for one in range(2 if name == "held" else 1):
                    path = f"media{n}.example.test/{n}-{one}.jpg"
                    known = cast.known(f"https://{path}", provider, route)
                    self.locations[known.url.id] = path.encode()
        with committing(self.sessions) as session:
            made = compose(
                *(session, self.vault, HOTLINE, CLOSED),
                look_up=lambda session, urls: {},
                now=self.now,
                limit=10 * len(names),
            )
            answers = approve(
                *(session, self.vault, HOTLINE, CLOSED, made.notices),
                look_up=lambda session, urls: {},
                actor="user:alice",
                supervisor=False,
                now=self.now,
            )
        assert [answer.approved for answer in answers] == [True] * len(names)

    def _connect(self, session: Session, contact_id: UUID, document: dict[str, Any]) -> None:
        """A connector that two people agree upon."""
        row = editing.write(
            *(session, self.vault, contact_id, json.dumps(document)),
            test_mode=False,
            why="they ask for it",
            seen=0,
            by="user:alice",
            now=self.now,
        )
        editing.approve(session, row.id, seen=row.version, by="user:bob", now=self.now)

    def told(self) -> list[Told]:
        """Every notice that was ever approved, with its Delivery."""
        with self.sessions() as session:
            rows = session.execute(
                select(Notice, Delivery, Contact)
                .join(Delivery, Delivery.notice_id == Notice.id)
                .join(Contact, Contact.id == Notice.contact_id)
                .order_by(Notice.serial)
            ).all()
        return [
            Told(
                row.Notice,
                row.Delivery,
                self.vault.open("contacts.address", row.Contact.id, row.Contact.address),
            )
            for row in rows
        ]

    def statuses(self) -> Counter[str]:
        with self.sessions() as session:
            return Counter(session.scalars(select(Delivery.status)))

    def due(self) -> int:
        """How many are to be worked on now."""
        with self.sessions() as session:
            due = select(func.count()).where(Delivery.status.in_(OPEN), self.now >= _WHEN)
            return session.scalar(due) or 0

    def next_due(self) -> datetime | None:
        """When something is to be done next; None once nothing is open."""
        with self.sessions() as session:
            return session.scalar(select(func.min(_WHEN)).where(Delivery.status.in_(OPEN)))
