"""Real senders in processes of their own, forked at once from one that has imported everything.

Usage: nursery.py JOB, a JSON object of `Job`. Reads `warm`, `start` and `wait PID` from its input,
answers each with a line: hand-overs of its own; the new process id; what became of it (an exit
code, -9, or `stopped`).
"""

import json
import os
import signal
import ssl
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NoReturn
from uuid import UUID

from faults import HOLD, KILL, STOP, Happened, fault_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.channels.base import Channel, Receipt
from notices.channels.http_api import HttpApi
from notices.channels.smtp import SmtpChannel
from notices.channels.smtp_url import Endpoint
from takedown import db
from takedown.hosts.models import Contact
from takedown.outbox.connectors import standing
from takedown.outbox.models import Notice, NoticeUrl
from takedown.outbox.send import Sender, send
from takedown.routes import holds
from takedown.routes.gate import Availability
from takedown.routes.hotline import Hotline, Leaves, Mode, Preset
from takedown.vault import Vault

HOTLINE = Hotline(
    "FR", Preset.GLOBAL, "Example Hotline", "Notice desk", "hotline", "notices@hotline.example.org"
)
AT_ONCE = 20  # hand-overs on one connection


@dataclass(frozen=True)
class Job:
    """What a sender needs; `clock` is a file that tells the time, `authority` a PEM file."""

    url: str
    keys: str
    clock: str
    port: int
    authority: str
    happened: str
    deadline_s: float


class World:
    """The database, the keys and the time of one sender."""

    def __init__(self, job: Job) -> None:
        self._clock = Path(job.clock)
        self.engine = db.connect(job.url, pool=2, idle_s=5)
        self.sessions = db.sessions(self.engine)
        self.vault = Vault(bytes(range(32)), Path(job.keys))
        self.happened = Happened(Path(job.happened))

    def now(self) -> datetime:
        return datetime.fromisoformat(self._clock.read_text())

    def address(self, contact_id: str) -> str:
        with self.sessions() as session:
            contact = session.get_one(Contact, UUID(contact_id))
            return self.vault.open("contacts.address", contact.id, contact.address)

    def interface(self) -> HttpApi:
        """Providers' interfaces on loopback."""
        found, secrets = standing.finder(self.sessions), standing.secrets(self.sessions, self.vault)
        return HttpApi(found, secrets, allowed=lambda address: address == "127.0.0.1")

    def hold(self, recipient: str) -> None:
        """Place a hold on the first Url of what goes to a recipient."""
        with db.committing(self.sessions) as session:
            index = self.vault.blind("contact", recipient)
            contact = session.scalars(select(Contact).where(Contact.address_index == index)).one()
            url_id = session.scalar(
                select(NoticeUrl.url_id)
                .join(Notice, Notice.id == NoticeUrl.notice_id)
                .where(Notice.contact_id == contact.id)
                .order_by(NoticeUrl.url_id)
                .limit(1)
            )
            holds.place(
                session,
                subject="url",
                subject_id=url_id,
                asked_by="police",
                reason="asked for",
                probes_go_on=True,
                placed_by="user:carol",
                now=self.now(),
            )


class Befallen:
    """A way out, to whose sender something happens before, within and after a hand-over."""

    def __init__(self, way: Channel, world: World, named: Callable[[str], str]) -> None:
        self._way, self._world, self._named = way, world, named
        self._name = ""

    def send(
        self,
        message: bytes,
        sender: str,
        recipient: str,
        *,
        arm: Callable[[], bool],
        deadline_s: float,
        envid: str | None = None,
    ) -> Receipt:
        self.befall("written")
        self._name = self._named(recipient)
        self.befall("claimed")

        def armed() -> bool:
            self.befall("unarmed")
            answer = arm()
            self.befall("armed")
            return answer

        hangs = "hangs" in self._name and not self._world.happened.to(self._name)
        soon = 0.4 if hangs else deadline_s
        receipt = self._way.send(
            message, sender, recipient, arm=armed, deadline_s=soon, envid=envid
        )
        self.befall("answered")
        return receipt

    def befall(self, step: str) -> None:
        """What happens to the present notice at this step."""
        fault = fault_of(self._name)
        if fault.at != step or not self._world.happened.now(self._name, fault):
            return
        if fault.act == HOLD:
            self._world.hold(self._name)
        else:
            os.kill(os.getpid(), {KILL: signal.SIGKILL, STOP: signal.SIGSTOP}[fault.act])


def work(world: World, job: Job) -> int:
    """Send what is due, on one connection; how many hand-overs were begun."""

    def look_up(session: Session, urls: list[UUID]) -> Mapping[UUID, Availability]:
        now = world.now()
        return dict.fromkeys(urls, Availability(checked_at=now, last_up_at=now))

    relay = Endpoint("127.0.0.1", job.port, "starttls")
    trusted = ssl.create_default_context(cafile=job.authority)
    greeting = f"p{os.getpid()}.hotline.example.org"  # by which the server can kill us
    with SmtpChannel(relay, ehlo_name=greeting, context=trusted) as relayed:
        mail = Befallen(relayed, world, lambda address: address)
        interface = Befallen(world.interface(), world, world.address)
        sender = Sender(
            sessions=world.sessions,
            vault=world.vault,
            hotline=HOTLINE,
            leaves=Leaves(Mode.REHEARSAL, closed=True),
            channels={"email": mail, "api": interface},
            look_up=look_up,
            on_accepted=lambda session, urls, at: mail.befall("writing"),
            clock=world.now,
            draw=lambda: 0.5,
            deadline_s=job.deadline_s,
        )
        sent = send(sender, now=world.now(), limit=AT_ONCE)
        mail.befall("written")
    return sent.claimed


def serve(job: Job) -> None:
    """Fork and wait as told; whoever is left at the end is killed."""
    world = World(job)
    children: set[int] = set()
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "warm":  # so that no child has to compile its statements
            answer: object = work(world, job)
            world.engine.dispose()
        elif word == "start":
            child = os.fork() or _be_sender(world, job)
            children.add(child)
            answer = child
        else:
            child, status = os.waitpid(int(rest[0]), os.WUNTRACED)
            if os.WIFSTOPPED(status):
                answer = "stopped"
            else:
                children.remove(child)
                answer = os.waitstatus_to_exitcode(status)
        print(answer, flush=True)  # noqa: T201 - how it is told
    for child in children:
        os.kill(child, signal.SIGKILL)


def _be_sender(world: World, job: Job) -> NoReturn:
    """Send until nothing is due; then end, without a way back into the nursery."""
    status = 1
    try:
        while work(world, job):
            continue
        status = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(status)


if __name__ == "__main__":
    serve(Job(**json.loads(sys.argv[1])))
