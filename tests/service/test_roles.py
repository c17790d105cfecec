"""Who is what toward a Url: by range, number, domain, path, alias; and where that was read."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from cast import Cast
from sqlalchemy import func, select
from stories import Story

from sandbox import Running
from takedown.db import committing, new_id
from takedown.episodes.models import Episode
from takedown.hosts.known import known_providers
from takedown.hosts.models import Provider, ProviderAlias, ProviderNumber, ProviderRange
from takedown.hosts.providers import domains_of
from takedown.routes.models import UrlRoute
from takedown.vault import STANDING


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("town")) as running:
        running.script({"host": "media.roles.test", "provider": "northhost"})
        running.script({"host": "cdn.roles.test", "provider": "northhost", "front": "clearfront"})
        yield running


def knowing(world: Story, **entry: Any) -> None:
    """The reference data know this provider, and no other."""
    book = known_providers({"provider": [{"source": "made up", **entry}]})
    world.ports = replace(world.ports, known_providers=book)


def roles(world: Story, host: str) -> list[tuple[str, str, str]]:
    return [(one.role, one.name, one.source) for one in world.chain(world.located(host)).links]


def cast(world: Story, session: Any) -> Cast:
    return Cast(session, world.ports.vault, world.clock.now)


def test_the_chain_names_everybody_but_the_owner_each_with_a_desk_of_its_own(world: Story) -> None:
    url_id = world.located("media.roles.test")
    chain = world.chain(url_id)
    assert [(one.role, one.name) for one in chain.links] == [
        ("host", "Northhost"),
        ("registrar", "Domainyard"),
    ]
    desks = {one.name: [(way.address, way.state) for way in one.ways] for one in chain.links}
    assert desks == {
        "Northhost": [("abuse@northhost.example", "waiting")],
        "Domainyard": [("abuse@domainyard.example", "waiting")],
    }
    assert [one.answers for one in chain.links] == [True, False]
    assert (chain.places.address, chain.places.organisation, chain.places.registrar) == (
        "NL",
        "NL",
        "DE",
    )
    assert chain.places.differ and not chain.proxied
    assert {one.role for one in world.episodes()} == {"host"}


def test_a_range_goes_before_a_number_and_the_narrower_range_before_the_wider(
    world: Story,
) -> None:
    with committing(world.ports.sessions) as session:
        people = cast(world, session)
        for name, network in (("Wide", "127.20.0.0/16"), ("Narrow", "127.20.1.0/24")):
            owner = people.provider(name)
            session.add(ProviderRange(id=new_id(), provider_id=owner.id, network=network))
    assert roles(world, "media.roles.test")[0][:2] == ("host", "Narrow")


def test_another_name_of_a_provider_makes_no_double(world: Story) -> None:
    vault = world.ports.vault
    with committing(world.ports.sessions) as session:
        known = cast(world, session).provider("North Group")
        for name in ("Northhost", "Domainyard"):
            made = new_id()
            sealed = vault.seal("provider_aliases.name", made, STANDING, name)
            index = vault.blind("provider", name.casefold())
            session.add(ProviderAlias(id=made, provider_id=known.id, name=sealed, name_index=index))
    assert [name for _, name, _ in roles(world, "media.roles.test")] == ["North Group"] * 2
    with world.session() as session:
        assert session.scalar(select(func.count()).select_from(Provider)) == 1


def test_a_provider_that_was_merged_leads_to_the_one_it_lives_on_in(world: Story) -> None:
    with committing(world.ports.sessions) as session:
        people = cast(world, session)
        survivor = people.provider("Survivor")
        gone = people.provider("Gone", merged_into_id=survivor.id)
        session.add(ProviderNumber(asn=64496, provider_id=gone.id))
    assert roles(world, "media.roles.test")[0][:2] == ("host", "Survivor")


def test_a_path_decides_for_each_url_whose_platform_it_is(world: Story) -> None:
    knowing(
        world,
        name="Share Box",
        paths=["roles.test/share/", "roles.test/share/eu/"],
        contacts=["desk@sharebox.example"],
        checked_on="2026-03-01",
    )
    shared, plain = (
        world.location("media.roles.test", path) for path in ("/share/a.jpg", "/i/b.jpg")
    )
    ids = world.register(shared, plain).ids
    world.stages("locate")
    with world.session() as session:
        found = session.execute(select(UrlRoute.url_id, UrlRoute.role, UrlRoute.provider_id)).all()
        decided = {row.url_id: (row.role, row.provider_id) for row in found}
        open_at = {one.url_id: (one.role, one.provider_id) for one in world.episodes()}
        assert decided == open_at
        assert [decided[one][0] for one in ids] == ["platform", "host"]
        names = [session.get_one(Provider, decided[one][1]).public_name for one in ids]
    assert names == ["Share Box", None]
    assert [(one.role, one.answers) for one in world.chain(ids[0]).links][:2] == [
        ("platform", True),
        ("host", False),
    ]


def test_an_alias_gives_a_proxy_away_whose_numbers_nobody_knows(world: Story) -> None:
    knowing(world, name="Alias CDN", proxy=True, cname_marks=["clearfront.example"])
    found = roles(world, "cdn.roles.test")
    assert found[0] == ("proxy", "Alias CDN", "cname")
    assert found[1][:2] == ("upstream", "Clearfront CDN")
    assert [one.role for one in world.episodes()] == ["proxy"]


def test_a_domain_between_the_name_and_the_registrable_one_can_be_a_platforms() -> None:
    assert domains_of("name.blog.example.com", "example.com") == (
        "name.blog.example.com",
        "blog.example.com",
        "example.com",
    )
    assert domains_of("192.0.2.1", None) == ("192.0.2.1",)


def test_the_same_name_under_another_suffix_is_pointed_out_and_counted(world: Story) -> None:
    first = world.register("https://www.example.org/a.jpg", "https://example.org/b.jpg")
    assert first.hops == {}
    again = world.register("https://cdn.example.net/a.jpg", "https://other.example/a.jpg")
    assert again.hops == {again.ids[0]: 2}
    assert world.register("https://cdn.example.net/a.jpg").hops == {}


def test_episodes_of_one_provider_go_on_when_it_is_merged(world: Story) -> None:
    world.located("media.roles.test")
    with committing(world.ports.sessions) as session:
        survivor = cast(world, session).provider("Survivor")
        (episode,) = session.scalars(select(Episode))
        session.get_one(Provider, episode.provider_id).merged_into_id = survivor.id
    world.clock.by(days=1)
    world.located("media.roles.test")
    (episode,) = world.episodes()
    assert (episode.outcome, episode.provider_id) == ("open", survivor.id)
