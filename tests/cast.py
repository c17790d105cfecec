"""A named cast for tests on a real database: a provider, its contact, hosts, Urls under episode.

Everything is sealed and indexed as the real stages do it, and flushed; the test commits.
"""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy.orm import Session

from takedown.db import new_id
from takedown.episodes.models import Episode, Outcome
from takedown.hosts.models import Contact, Host, Provider, Trace
from takedown.outbox.models import Notice, NoticeStatus
from takedown.routes.hotline import Hotline, Leaves, Mode, Preset
from takedown.routes.models import Route, UrlRoute
from takedown.urls.models import Url, UrlStatus
from takedown.urls.normalise import canonical
from takedown.vault import STANDING, Vault, cohort_of

Row = TypeVar("Row")

HOTLINE = Hotline(
    country="FR",
    preset=Preset.GLOBAL,
    name="Example Hotline",
    signature="Notice desk",
    capacity="hotline",
    email="notices@hotline.example.org",
)
CLOSED = Leaves(Mode.REHEARSAL, closed=True)
REHEARSAL = Leaves(Mode.REHEARSAL, closed=False)
LIVE = Leaves(Mode.LIVE, closed=False)


def letter(provider: Provider, contact: Contact, at: datetime, **more: object) -> Notice:
    """A first notice that went at that time; its words are sealed where a test reads them."""
    made = new_id()
    fields: dict[str, object] = {
        "id": made,
        "number": f"NTD-{made.hex}",
        "kind": "first",
        "step": 0,
        "status": NoticeStatus.ACCEPTED,
        "cohort": cohort_of(at),
        "provider_id": provider.id,
        "contact_id": contact.id,
        "route_status": "verified",
        "language": "en",
        "template": "first",
        "template_version": "1",
        "reviewed_text": True,
        "mode": "live",
        "message_id": f"<{made.hex}@hotline.example.org>",
        "subject": b"",
        "body": b"",
        "composed_at": at,
    }
    return Notice(**fields | more)


@dataclass
class Known:
    """One Url with all that stands around it."""

    url: Url
    host: Host
    trace: Trace
    provider: Provider
    episode: Episode
    decision: UrlRoute


class Cast:
    """Builders over one session; `now` is when everything was found."""

    def __init__(self, session: Session, vault: Vault, now: datetime) -> None:
        self.session = session
        self.vault = vault
        self.now = now

    def provider(self, name: str = "Harbour Hosting", **more: object) -> Provider:
        """An organisation in the Netherlands."""
        made = new_id()
        fields = {"country": "NL", "standing": "unknown", "first_seen_at": self.now, **more}
        return self._keep(
            Provider(
                id=made,
                name=self.vault.seal("providers.name", made, STANDING, name),
                name_index=self.vault.blind("provider", name.casefold()),
                **fields,
            )
        )

    def contact(
        self, provider: Provider, address: str = "abuse@harbour.example", **more: object
    ) -> Contact:
        """Its abuse desk, curated and approved."""
        made = new_id()
        fields = {
            "medium": "email",
            "source": "curated",
            "language": "en",
            "approved_at": self.now,
            "approved_by": "user:cast",
            "first_seen_at": self.now,
            **more,
        }
        return self._keep(
            Contact(
                id=made,
                provider_id=provider.id,
                address=self.vault.seal("contacts.address", made, STANDING, address),
                address_index=self.vault.blind("contact", address.lower()),
                **fields,
            )
        )

    def host(self, name: str, provider: Provider | None = None) -> Host:
        """A host name, traced to its provider where one is given."""
        made, cohort = new_id(), cohort_of(self.now)
        domain = canonical(f"https://{name}/").registrable_domain or name
        host = self._keep(
            Host(
                id=made,
                cohort=cohort,
                name=self.vault.seal("hosts.name", made, cohort, name),
                name_index=self.vault.blind("host", name),
                domain_index=self.vault.blind("domain", domain),
                label_index=None,
                kind="name",
                first_seen_at=self.now,
            )
        )
        if provider is not None:
            self.trace(host, provider)
        return host

    def trace(self, host: Host, provider: Provider, **more: object) -> Trace:
        """A finding that the host lies at the provider; it becomes the newest."""
        made = new_id()
        fields = {
            "dns": "ok",
            "asn": 64500,
            "country": provider.country,
            "domain_status": [],
            "proxy": False,
            "role": "host",
            "sources": {},
            "problems": [],
            **more,
        }
        trace = self._keep(
            Trace(
                id=made,
                host_id=host.id,
                at=self.now,
                address=self.vault.seal("traces.address", made, host.cohort, "192.0.2.10"),
                address_index=self.vault.blind("address", "192.0.2.10"),
                provider_id=provider.id,
                **fields,
            )
        )
        host.trace_id = trace.id
        self.session.flush()
        return trace

    def url(self, location: str, host: Host, **more: object) -> Url:
        """A located Url on a host."""
        made, cohort = new_id(), cohort_of(self.now)
        found = canonical(location)
        fields = {
            "status": UrlStatus.LOCATED,
            "scheme": "baseline/1",
            "classification": "baseline",
            "media_type": "image",
            "priority": False,
            "victim_at_risk": False,
            "not_checkable": False,
            "received_at": self.now,
            "registered_at": self.now,
            **more,
        }
        return self._keep(
            Url(
                id=made,
                cohort=cohort,
                location=self.vault.seal("urls.location", made, cohort, found.url),
                location_index=self.vault.blind("url", found.url),
                host_id=host.id,
                **fields,
            )
        )

    def route(self, country: str = "NL", **more: object) -> Route:
        """A route that somebody verified: a notice to the host, 24 hours asked for."""
        fields = {
            "direction": "home",
            "kind": "direct",
            "deadline_hours": 24,
            "binds_on": "asked",
            "languages": ["nl", "en"],
            "basis": "Example Code, article 1",
            "source": "made up for this test",
            "checked_on": self.now.date(),
            "checked_by": "user:cast",
            "status": "verified",
            **more,
        }
        return self._keep(Route(id=new_id(), country=country, **fields))

    def decision(self, url: Url, trace: Trace, route: Route | None, **more: object) -> UrlRoute:
        """How one may act on a Url, as `route` says."""
        fields = {
            "kind": route.kind if route else "none",
            "status": route.status if route else "unverified",
            "deadline_hours": route.deadline_hours if route else None,
            "binding": False,
            "why": "made up for this test",
            **more,
        }
        return self._keep(
            UrlRoute(
                id=new_id(),
                url_id=url.id,
                trace_id=trace.id,
                route_id=route.id if route else None,
                decided_at=self.now,
                country=trace.country,
                **fields,
            )
        )

    def episode(self, url: Url, trace: Trace, **more: object) -> Episode:
        """The primary, open episode of a Url at the provider of its trace."""
        fields = {
            "role": trace.role,
            "primary": True,
            "ordinal": 1,
            "country": trace.country,
            "asn": trace.asn,
            "deadline_hours": 24,
            "deadline_binding": False,
            "opened_at": self.now,
            "outcome": Outcome.OPEN,
            **more,
        }
        return self._keep(
            Episode(
                id=new_id(),
                url_id=url.id,
                provider_id=trace.provider_id,
                trace_id=trace.id,
                **fields,
            )
        )

    def known(self, location: str, provider: Provider, route: Route | None) -> Known:
        """A Url that is located, routed and under an open episode: due for its first notice."""
        name = canonical(location).host
        host = self.session.query(Host).filter_by(name_index=self.vault.blind("host", name)).first()
        if host is None:
            host = self.host(name, provider)
        trace = self.session.get_one(Trace, host.trace_id)
        url = self.url(location, host)
        decision = self.decision(url, trace, route)
        return Known(url, host, trace, provider, self.episode(url, trace), decision)

    def _keep(self, row: Row) -> Row:
        self.session.add(row)
        self.session.flush()
        return row


def later(now: datetime, **by: float) -> datetime:
    """`now`, so much later."""
    return now + timedelta(**by)


def national(country: str = "FR") -> Hotline:
    """The same hotline, writing to hosts at home alone."""
    return replace(HOTLINE, country=country, preset=Preset.NATIONAL)


def ids(known: list[Known]) -> list[uuid.UUID]:
    """The Urls' ids."""
    return [one.url.id for one in known]
