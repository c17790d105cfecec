"""A hotline whose every way out leads to a socket of the test: mail, names, a host."""

import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from aiosmtpd import smtp
from cast import CLOSED, HOTLINE, Cast, Known, later
from smtp_servers import Accepting, aiosmtpd, channel
from sqlalchemy import func, select, update

from notices.channels.http_api import HttpApi
from notices.channels.smtp_url import Endpoint
from takedown.checks import service as checks
from takedown.checks.guard import networks
from takedown.checks.models import CheckState
from takedown.db import Sessions, committing
from takedown.flow import notify
from takedown.flow.ports import Ports, Probing
from takedown.hosts.lookup import Lookup
from takedown.hosts.models import Host
from takedown.outbox.approve import Approval
from takedown.outbox.models import Notice, NoticeStatus
from takedown.routes import holds
from takedown.routes.models import Hold
from takedown.urls.entry import Schemes
from takedown.vault import Vault
from takedown.web import hold_acts
from tests.service import hostile_host

SUBJECTS = ("url", "host", "domain", "provider")
ADDRESS = "127.0.0.13"


class Post(Accepting):
    """A mail server that can be told to do something while the conversation goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], object] = lambda: None

    async def handle_RCPT(
        self,
        server: smtp.SMTP,
        session: smtp.Session,
        envelope: smtp.Envelope,
        address: str,
        options: list[str],
    ) -> str:
        self.meanwhile()
        return await super().handle_RCPT(server, session, envelope, address, options)


@dataclass
class World:
    """One Url by name and one by address at one provider, due for all that can leave."""

    sessions: Sessions
    vault: Vault
    now: datetime
    post: Post
    relay: Endpoint
    resolver: socket.socket
    site: hostile_host.Host
    asked: list[bytes] = field(default_factory=list)  # what reached the resolver
    known: Known = field(init=False)
    at_address: Known = field(init=False)

    @property
    def ports(self) -> Ports:
        where = "{}:{}".format(*self.resolver.getsockname())
        return Ports(
            sessions=self.sessions,
            vault=self.vault,
            clock=lambda: self.now,
            hotline=HOTLINE,
            leaves=CLOSED,
            lookup=Lookup((where,), None, None, lambda _: True, lambda _: None, deadline=0.2),
            probing=Probing(
                *(networks(["127.0.0.0/8"]), ("reported",), later(self.now) - self.now),
                deadline_s=1.0,
                concurrency=8,
                batch=40,
                vantages={"direct": None},
            ),
            channel=partial(channel, self.relay),
            interface=lambda found, secrets: HttpApi(found, secrets, allowed=lambda _: False),
            mail_deadline_s=5.0,
            schemes=Schemes("baseline/1", {"baseline/1": frozenset({"baseline"})}),
        )

    def fill(self, **url: object) -> None:
        with committing(self.sessions) as session:
            cast = Cast(session, self.vault, self.now)
            provider = cast.provider()
            cast.contact(provider)
            route = cast.route()
            self.known = cast.known("https://media.example.test/a.jpg", provider, route)
            self.known.url.not_checkable = True  # no notice about it waits for a check
            self.at_address = cast.known(self.site.url(ADDRESS), provider, None)
            self.at_address.episode.primary = False
            for name, value in url.items():
                setattr(self.known.url, name, value)
                setattr(self.at_address.url, name, value)

    def hold(self, subject: str, *, silent: bool = False, of: Known | None = None) -> Hold:
        asked = hold_acts.Asked("Police unit", "an inquiry", None, not silent, None)
        with committing(self.sessions) as session:
            url = session.merge((of or self.known).url, load=True)
            return hold_acts.on_url(session, self.ports, url, subject, asked, actor="user:" + WHO)

    def release(self, hold: Hold) -> None:
        with committing(self.sessions) as session:
            hold_acts.release(session, self.ports, hold.id, why="it is over", actor="user:" + WHO)

    def approve(self) -> list[Approval]:
        with committing(self.sessions) as session:
            wanted = select(Notice.id).where(Notice.status == NoticeStatus.DRAFT)
            ids = list(session.scalars(wanted))
            return notify.approve(session, self.ports, ids, actor="user:" + WHO, supervisor=True)

    def drafts(self) -> int:
        return self.count(Notice, Notice.status == NoticeStatus.DRAFT)

    def count(self, table: type, *where: object) -> int:
        with self.sessions() as session:
            return session.scalar(select(func.count()).select_from(table).where(*where)) or 0

    def sent(self) -> int:
        return len(self.post.envelopes)

    def reached(self) -> int:
        """Packets at the resolver and requests at the host."""
        return len(self.asked) + len(self.site.requests)

    def look_at(self, known: Known) -> None:
        """It is due for its first look."""
        with committing(self.sessions) as session:
            lane = self.vault.blind("address", ADDRESS)
            opening = checks.Opening(known.url.id, lane, self.now, 24)
            checks.open_checks(session, [opening], now=self.now)

    def look_up(self, known: Known) -> None:
        """Its host is due to be looked up."""
        with committing(self.sessions) as session:
            session.execute(
                update(Host).where(Host.id == known.host.id).values(locate_due_at=self.now)
            )

    def due(self, url_id: uuid.UUID) -> datetime | None:
        with self.sessions() as session:
            return session.get_one(CheckState, url_id).next_check_at

    def covered(self, url_id: uuid.UUID) -> bool:
        with self.sessions() as session:
            return url_id in holds.standing(session, [url_id])

    def pass_time(self, **by: float) -> None:
        self.now = later(self.now, **by)


WHO = str(uuid.UUID(int=11))


@contextmanager
def world(sessions: Sessions, vault: Vault, now: datetime) -> Iterator[World]:
    """Sockets on loopback for everything that could leave."""
    post = Post()
    with (
        aiosmtpd(post) as relay,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as resolver,
        hostile_host.host(hostile_host.answer(hostile_host.OK), ADDRESS) as site,
    ):
        resolver.bind(("127.0.0.1", 0))
        resolver.settimeout(0.05)
        made, over = World(sessions, vault, now, post, relay, resolver, site), threading.Event()

        def listen() -> None:
            while not over.is_set():
                try:
                    made.asked.append(resolver.recv(4096))
                except TimeoutError:
                    continue

        listener = threading.Thread(target=listen)
        listener.start()
        try:
            yield made
        finally:
            over.set()
            listener.join()
