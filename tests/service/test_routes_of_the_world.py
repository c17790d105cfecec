"""Every row of the routes table, for a French national hotline and for a Canadian global one.

A Dutch host hears from the French only through the Dutch hotline, a Belgian one from nobody.
"""

import tomllib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from cast import CLOSED, HOTLINE, Cast, Known
from desk import Desk

from notices.channels.base import Receipt
from takedown.db import committing
from takedown.flow import placing
from takedown.flow.case import cases
from takedown.hosts.models import Contact, Provider
from takedown.outbox import queries
from takedown.outbox.approve import Outcome
from takedown.outbox.models import Delivery, Notice, NoticeUrl
from takedown.routes import members, table
from takedown.routes.hotline import Hotline, Preset
from takedown.routes.models import Member, RouteStatus
from takedown.urls.models import Url

CONFIG = Path(__file__).parents[2] / "config"
ROWS = table.read(tomllib.loads((CONFIG / "jurisdictions.toml").read_text("utf-8")))
FACTS = members.read(tomllib.loads((CONFIG / "hotlines.toml").read_text("utf-8")))
FRENCH = replace(HOTLINE, country="FR", preset=Preset.NATIONAL)
CANADIAN = replace(HOTLINE, country="CA", preset=Preset.GLOBAL)

#: Hosting country -> (route, deadline in hours, what it binds on, languages), read by hand from
#: the rows; PL and MD have none: a member of INHOPE, and none.
ABROAD = ("hotline", None, None, ["en"])
POLICE = ("police", None, None, ["en"])
DIRECT = ("direct", None, "asked", ["en"])
FOR_THE_FRENCH = {
    "FR": ("direct", None, None, ["fr"]),
    **dict.fromkeys(("AU", "BE", "CA", "DE", "GB", "IT", "JP"), ABROAD),
    **dict.fromkeys(("MT", "NL", "NZ", "SE", "US", "PL"), ABROAD),
    **dict.fromkeys(("AE", "GH", "NP", "MD"), POLICE),
}
FOR_THE_CANADIANS = {
    "AE": ("regulator", None, None, ["ar", "en"]),
    "AU": ("regulator", 24, "authority_order", ["en"]),
    "BE": ("police", None, None, ["nl", "fr", "de"]),
    "CA": ("direct", None, None, ["en", "fr"]),
    "DE": ("direct", 48, "asked", ["de"]),
    "FR": ("direct", None, None, ["fr"]),
    "GB": ("direct", None, None, ["en"]),
    "GH": ("regulator", None, None, ["en"]),
    "IT": DIRECT,
    "JP": ("hotline", None, None, ["ja"]),
    "MT": ("police", None, None, ["en"]),
    "NL": ("direct", 24, "signatories", ["nl", "en"]),
    "NP": ("regulator", None, None, ["ne", "en"]),
    "NZ": ("regulator", 24, "authority_order", ["en"]),
    "SE": ("direct", None, None, ["sv"]),
    "US": ("direct", None, None, ["en"]),
    "PL": DIRECT,
    "MD": DIRECT,
}


class Remembers:
    """A channel that takes everything and knows to whom it went."""

    def __init__(self) -> None:
        self.recipients: list[str] = []

    def send(self, message, sender, recipient, *, arm, deadline_s, envid=None) -> Receipt:
        assert arm()
        self.recipients.append(recipient)
        return Receipt("relay", "250 Ok", None)


class World:
    """A Url in every country of the table, each host with an approved abuse desk."""

    def __init__(self, desk: Desk, hotline: Hotline, countries=FOR_THE_CANADIANS) -> None:
        self.desk, self.known = desk, {}
        desk.hotline, desk.channel = hotline, Remembers()
        with committing(desk.sessions) as session:
            table.fill(session, ROWS, desk.now)
            members.fill(session, desk.vault, FACTS, desk.now)
            cast = Cast(session, desk.vault, desk.now)
            for country in countries:
                self.known[country] = self._case(cast, country)
            for member in session.query(Member).filter(Member.country.in_(countries)):
                partner = session.get_one(Provider, member.provider_id)
                cast.contact(partner, f"desk-{partner.id.hex[:12]}@partners.example")
            for kind, country in (("police", hotline.country), *REGULATORS):
                name = f"{kind} of {country}"
                unit = cast.provider(name, kind=kind, country=country, public_name=name)
                cast.contact(unit, f"desk@{kind}-{country.lower()}.example")

    def _case(self, cast: Cast, country: str) -> Known:
        provider = cast.provider(f"Host of {country}", country=country)
        cast.contact(provider, f"abuse@host-{country.lower()}.example")
        place = f"www.site-{country.lower()}.test"
        host = cast.host(place, provider)
        url = cast.url(f"https://{place}/a.jpg", host)
        return SimpleNamespace(url=url, host=host, provider=provider)

    def routed(self) -> dict[str, dict]:
        """What each Case says of its route."""
        desk = self.desk
        ports = SimpleNamespace(hotline=desk.hotline, vault=desk.vault, leaves=CLOSED)
        with committing(desk.sessions) as session:
            urls = session.query(Url).all()
            placing.reroute(session, ports, urls, now=desk.now)
        with desk.sessions() as session:
            urls = {one.id: one for one in session.query(Url)}
            return {
                country: cases(session, desk.vault, [urls[known.url.id]])[0]["route"]
                for country, known in self.known.items()
            }

    def notified(self) -> list[str]:
        """To whom everything went that a supervisor could release."""
        composed = self.desk.compose()
        assert set(self.desk.approve(composed.notices)) <= {Outcome.NEEDS_SUPERVISOR}
        self.desk.send()
        assert self.desk.channel.recipients == [] and self.desk.all(Delivery) == []
        self.desk.approve(composed.notices, supervisor=True)
        self.desk.send()
        return self.desk.channel.recipients


REGULATORS = [("regulator", country) for country in ("AE", "AU", "GH", "NP", "NZ")]


@pytest.mark.parametrize(
    ("hotline", "expected"),
    [(FRENCH, FOR_THE_FRENCH), (CANADIAN, FOR_THE_CANADIANS)],
    ids=["French and national", "Canadian and global"],
)
def test_each_case_shows_its_route_and_nothing_leaves_without_a_supervisor(
    desk: Desk, hotline: Hotline, expected: dict[str, tuple]
) -> None:
    world = World(desk, hotline)
    routes = world.routed()
    told = {
        country: (route["kind"], route["deadline_hours"], route["binds_on"], route["languages"])
        for country, route in routes.items()
    }
    assert told == expected
    assert {route["status"] for route in routes.values()} == {RouteStatus.UNVERIFIED}
    assert not any(route["binding"] for route in routes.values())
    sent = world.notified()
    hosts = {mail for mail in sent if mail.startswith("abuse@host-")}
    allowed = {country for country, terms in expected.items() if terms[0] == "direct"} - {"GB"}
    assert hosts == {f"abuse@host-{country.lower()}.example" for country in allowed}
    assert "abuse@host-be.example" not in sent
    assert len(sent) > len(hosts)
    if hotline is FRENCH:
        assert heard_of(desk, world.known["NL"]) == ["Offlimits"]
        assert heard_of(desk, world.known["BE"]) == ["Child Focus"]


def heard_of(desk: Desk, known: Known) -> list[str | None]:
    """Who was told of a Url."""
    with desk.sessions() as session:
        about = session.query(NoticeUrl).filter_by(url_id=known.url.id).all()
        told = [session.get_one(Notice, one.notice_id).provider_id for one in about]
        return [session.get_one(Provider, one).public_name for one in told]


@pytest.mark.parametrize("hotline", [FRENCH, CANADIAN], ids=["French", "Canadian"])
def test_nobody_is_written_to_in_the_domain_of_the_url_itself(desk: Desk, hotline: Hotline) -> None:
    home = hotline.country
    world = World(desk, hotline, (home,))
    with committing(desk.sessions) as session:
        contact = session.query(Contact).filter_by(provider_id=world.known[home].provider.id).one()
        session.delete(contact)
        session.flush()
        cast = Cast(session, desk.vault, desk.now)
        provider = session.get_one(Provider, world.known[home].provider.id)
        cast.contact(provider, f"abuse@site-{home.lower()}.test", source="rdap")
    world.routed()
    assert not [mail for mail in world.notified() if mail.endswith(".test")]
    with desk.sessions() as session:
        reasons = queries.withheld(session, [world.known[home].url.id])
    assert reasons[world.known[home].url.id] == ("own_domain",)
