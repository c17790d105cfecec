"""What stories about hosts share: the stages beside a small internet, and a Case's own words."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from cast import CLOSED, HOTLINE
from closed_world import Clock, stages
from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.channels.smtp import Endpoint, SmtpChannel
from sandbox import Running
from takedown import wiring
from takedown.app import create_app
from takedown.checks.guard import allowed
from takedown.db import Sessions, committing
from takedown.episodes.models import Episode
from takedown.flow.case import cases
from takedown.flow.notify import approve
from takedown.flow.ports import Ports, Probing
from takedown.hosts.book import Desk, contacts
from takedown.hosts.book.listing import waiting
from takedown.hosts.known import known_providers
from takedown.hosts.lookup import Lookup
from takedown.hosts.models import Contact, Host
from takedown.outbox.models import Notice, NoticeStatus
from takedown.routes import table
from takedown.urls.entry import Schemes
from takedown.urls.models import Url
from takedown.urls.normalise import registrable_domain
from takedown.urls.reading import read
from takedown.urls.service import Registration, register
from takedown.vault import Vault
from takedown.web.ports import WebConfig
from takedown.web.reads.chain import Chain, chain
from takedown.web.reads.timeline import timeline

SUPERVISOR = "user:00000000-0000-0000-0000-000000000001"
SECOND = "user:00000000-0000-0000-0000-000000000002"
_SCHEMES = Schemes("baseline/1", {"baseline/1": frozenset({"baseline"})})


@dataclass
class Story:
    """An installation whose Urls lead into a small internet. Nothing in it is played."""

    town: Running
    ports: Ports
    clock: Clock

    def location(self, host: str, path: str = "/i/aa/bb-0001.jpg") -> str:
        location = f"http://{host}:{self.town.endpoints['web_port']}{path}"
        self.town.script({"url": location})
        return location

    def register(self, *locations: str) -> Registration:
        now = self.clock.now
        lines = read(locations, now=now, schemes=self.ports.schemes, source="analyst")
        return register(self.ports.sessions, self.ports.vault, lines, now=now, actor=SUPERVISOR)

    def located(self, host: str) -> uuid.UUID:
        """The Url of an item on this host, traced."""
        (url_id,) = self.register(self.location(host)).ids
        self.stages("locate")
        return url_id

    def stages(self, *names: str) -> None:
        stages(self.ports, *names)

    def calibrate(self) -> None:
        self.stages("check")
        self.clock.by(minutes=1)
        self.stages("check")

    def case(self, url_id: uuid.UUID) -> dict[str, Any]:
        with self.ports.sessions() as session:
            return cases(session, self.ports.vault, [session.get_one(Url, url_id)])[0]

    def chain(self, url_id: uuid.UUID) -> Chain:
        with self.ports.sessions() as session:
            url = session.get_one(Url, url_id)
            host = session.get_one(Host, url.host_id)
            found = chain(session, self.ports.vault, url, host, self.clock.now)
        assert found is not None
        return found

    def episodes(self) -> list[Episode]:
        with self.ports.sessions() as session:
            return list(session.scalars(select(Episode).order_by(Episode.id)))

    def approve_all(self) -> None:
        """Every contact and every draft."""
        with committing(self.ports.sessions) as session:
            desk = Desk(session, self.ports.vault, SECOND, self.clock.now, registrable_domain)
            for contact in session.scalars(select(Contact).where(*waiting())):
                contacts.approve(desk, contact)
        self.stages("compose")
        with committing(self.ports.sessions) as session:
            drafts = select(Notice.id).where(Notice.status == NoticeStatus.DRAFT)
            ids = list(session.scalars(drafts))
            approve(session, self.ports, ids, actor=SUPERVISOR, supervisor=True)

    def notify(self) -> None:
        """All first notices that are due, to their recipients' servers."""
        self.approve_all()
        self.stages("check", "send")

    def told(self, url_id: uuid.UUID, language: str) -> str:
        """The Case's timeline as a person reads it."""
        app = create_app(self.ports, WebConfig(testing=True))
        with (
            app.test_request_context(headers={"Accept-Language": language}),
            self.ports.sessions() as session,
        ):
            moments = timeline(session, self.ports.vault, session.get_one(Url, url_id))
            return "\n".join(f"{one.what}: {one.more}" for one in moments)

    def session(self) -> Session:
        return self.ports.sessions()


def tell_story(town: Running, sessions: Sessions, vault: Vault, clock: Clock) -> Story:
    """A story in this town, whose time goes along with it."""
    there = town.endpoints
    networks = (ip_network(there["networks"]),)
    clock.to(clock.now)

    @contextmanager
    def channel() -> Iterator[SmtpChannel]:
        with SmtpChannel(Endpoint.parse(there["smtp"]), ehlo_name="hotline.example.org") as way:
            yield way

    with committing(sessions) as session:
        table.fill(session, wiring.route_rows(), clock.now)
    ports = Ports(
        sessions=sessions,
        vault=vault,
        clock=clock,
        hotline=HOTLINE,
        leaves=CLOSED,
        lookup=Lookup(
            dns_servers=(there["dns"],),
            rdap_url=there["rdap"],
            asn_table=Path(there["asn_table"]),
            allowed=partial(allowed, open_networks=networks),
            domain_of=registrable_domain,
            deadline=5.0,
        ),
        probing=Probing(networks, ("reported",), timedelta(0), 2.0, 8, 100, {"direct": None}),
        channel=channel,
        mail_deadline_s=10,
        schemes=_SCHEMES,
        known_providers=known_providers(wiring.reference("providers.toml")),
    )
    return Story(town, ports, clock)
