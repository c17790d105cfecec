"""A proxy before an unknown host: asked for the origin, which once told is written to."""

import uuid
from dataclasses import replace
from http.client import HTTPConnection

import pytest
from sqlalchemy import select
from stories import SUPERVISOR, Story

from takedown.db import committing
from takedown.hosts.known import known_providers
from takedown.hosts.models import Contact, Host, ProviderMark, Trace
from takedown.hosts.origin import OriginRefused
from takedown.outbox.models import Notice
from takedown.urls.models import Url
from takedown.web import host_acts
from takedown.web.host_acts import ContactRefused


@pytest.fixture
def fronted(world: Story) -> uuid.UUID:
    """A Url behind the small internet's proxy."""
    world.town.script({"host": "media.story.test", "provider": "northhost", "front": "clearfront"})
    return world.located("media.story.test")


def tell(world: Story, url_id: uuid.UUID, **told: str) -> None:
    fields = {"address": "", "provider": "", "mail": "", "source": "reply", **told}
    with committing(world.ports.sessions) as session:
        url = session.get_one(Url, url_id)
        host_acts.tell_origin(session, world.ports, url, **fields, actor=SUPERVISOR)


def look_up_again(world: Story, url_id: uuid.UUID) -> None:
    world.clock.by(hours=2)  # longer than an answer of DNS holds
    with committing(world.ports.sessions) as session:
        url = session.get_one(Url, url_id)
        host_acts.look_up_again(session, world.ports, url, actor=SUPERVISOR)
    world.stages("locate")


def test_a_proxied_url_whose_origin_is_told_is_routed_to_the_host(
    world: Story, fronted: uuid.UUID
) -> None:
    case = world.case(fronted)
    assert (case["trace"]["provider"], case["trace"]["proxy"]) == ("Clearfront CDN", True)
    assert [(one["provider"], one["role"]) for one in case["episodes"]] == [
        ("Clearfront CDN", "proxy")
    ]
    before = world.chain(fronted)
    assert before.hidden and [one.role for one in before.links][:1] == ["proxy"]
    world.calibrate()
    world.notify()
    with world.session() as session:
        notice = session.scalars(select(Notice)).one()
        body = world.ports.vault.open("notices.body", notice.id, notice.body)
    assert "origin" in body
    assert world.town.ledger()[-1]["recipient"] == "abuse@clearfront.example"

    world.clock.by(hours=3)
    tell(world, fronted, address="127.20.1[.]10")
    world.stages("locate")
    case = world.case(fronted)
    assert (case["trace"]["provider"], case["trace"]["country"]) == ("Northhost", "NL")
    assert (case["trace"]["asn"], case["trace"]["proxy"]) == (64496, True)
    asked, hosting = world.episodes()
    assert (asked.role, asked.primary, asked.outcome) == ("proxy", False, "open")
    assert (hosting.role, hosting.primary, hosting.outcome) == ("host", True, "open")
    assert asked.ordinal == hosting.ordinal == 1, "nothing has moved"
    after = world.chain(fronted)
    assert [one.role for one in after.links[:2]] == ["host", "proxy"]
    assert [one.answers for one in after.links[:2]] == [True, False]
    assert not after.hidden and after.told_by == "reply"

    world.notify()
    assert world.town.ledger()[-1]["recipient"] == "abuse@northhost.example"
    assert world.case(fronted)["episodes"][1]["notified_at"] is not None
    english, french = world.told(fronted, "en"), world.told(fronted, "fr")
    assert "the origin behind the proxy is told: told by the proxy" in english
    assert "127[.]20[.]1[.]10, AS64496, Northhost, Netherlands, behind a proxy" in english
    assert "127[.]20[.]1[.]10, AS64496, Northhost, Pays-Bas" in french
    assert "proxy is told" not in french


def test_what_was_told_holds_when_the_host_is_looked_up_again(
    world: Story, fronted: uuid.UUID
) -> None:
    tell(world, fronted, address="127.20.1.10")
    world.stages("locate")
    look_up_again(world, fronted)
    with world.session() as session:
        traces = session.scalars(select(Trace).order_by(Trace.at, Trace.id)).all()
    assert [(one.role, one.asn) for one in traces] == [
        ("proxy", 65540),
        ("host", 64496),
        ("host", 64496),
    ]
    assert [one.outcome for one in world.episodes()] == ["open", "open"]


def test_the_proxys_episode_ends_as_moved_when_it_stands_before_the_host_no_more(
    world: Story, fronted: uuid.UUID
) -> None:
    tell(world, fronted, address="127.20.1.10")
    world.stages("locate")
    world.town.script({"host": "media.story.test", "provider": "northhost", "front": ""})
    look_up_again(world, fronted)
    assert [(one.role, one.outcome) for one in world.episodes()] == [
        ("proxy", "moved"),
        ("host", "open"),
    ]
    assert world.case(fronted)["trace"]["proxy"] is False


def test_an_organisation_may_be_told_with_its_desk_which_waits_for_approval(
    world: Story, fronted: uuid.UUID
) -> None:
    tell(world, fronted, provider="Island Hosting", mail="Desk@island.example", source="person")
    world.stages("locate")
    chain = world.chain(fronted)
    first = chain.links[0]
    assert (first.role, first.name, first.answers) == ("host", "Island Hosting", True)
    assert [(way.address, way.state) for way in first.ways] == [("desk@island.example", "waiting")]
    with world.session() as session:
        contact = session.scalars(select(Contact).where(Contact.source == "reply")).one()
    assert (contact.proposed_by, contact.approved_at) == (SUPERVISOR, None)


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"address": "127.0.0.1"}, OriginRefused),
        ({"address": "169.254.169.254"}, OriginRefused),
        ({"address": "::1"}, OriginRefused),
        ({"address": "origin.story.test"}, OriginRefused),
        ({}, OriginRefused),
        ({"mail": "desk@island.example"}, ContactRefused),
        ({"provider": "Island", "mail": "abuse@story.test"}, ContactRefused),
        ({"provider": "Island", "mail": "not a mail"}, ContactRefused),
    ],
)
def test_what_must_not_be_asked_or_written_to_is_refused(
    world: Story, fronted: uuid.UUID, told: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        tell(world, fronted, **told)
    with world.session() as session:
        host = session.scalars(select(Host)).one()
        assert (host.origin, host.origin_provider_id, host.locate_due_at) == (None, None, None)


def test_an_answers_header_gives_a_proxy_away_that_no_look_up_shows(world: Story) -> None:
    world.town.script({"host": "plain.story.test", "provider": "northhost"})
    url_id = world.located("plain.story.test")
    mark = f"server: {server_of(world)}"
    entry = {"name": "Header CDN", "proxy": True, "header_marks": [mark], "source": "made up"}
    world.ports = replace(world.ports, known_providers=known_providers({"provider": [entry]}))
    world.stages("check", "locate")
    chain = world.chain(url_id)
    assert [(one.role, one.name, one.source) for one in chain.links[:2]] == [
        ("proxy", "Header CDN", "header"),
        ("upstream", "Northhost", "table"),
    ]
    assert chain.hidden
    first, second = world.episodes()
    assert (first.primary, second.primary) == (False, True)
    with world.session() as session:
        assert session.scalars(select(ProviderMark)).one().kind == "header"
    assert "an answer names a proxy before it" in world.told(url_id, "en")


def server_of(world: Story) -> str:
    """How the small internet's host calls itself."""
    place = HTTPConnection("127.20.1.10", world.town.endpoints["web_port"], timeout=5)
    place.request("HEAD", "/", headers={"Host": "plain.story.test"})
    return place.getresponse().headers["Server"].lower()
