"""Fate is a pure function: seed, host, notices and characters in, a story out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.characters import CHARACTERS, DAY, HOUR, WEEK, Delay, Outage
from sandbox.fate import BEGINNING, END, Notice, Script, Story, outage, story
from sandbox.letters import in_csv, in_json, in_text
from sandbox.providers import NETWORK, PROVIDERS, organisation_of, provider_of
from sandbox.world import Host, build_hosts, exists, items, key_of

T = datetime(2026, 3, 4, 12, tzinfo=UTC)
CAST = {p.key: CHARACTERS[p.character] for p in PROVIDERS.values()}
hours = st.lists(st.integers(0, 2000), max_size=8)
keys = st.sampled_from(["a", "b", "c"])
providers = st.sampled_from([key for key, p in PROVIDERS.items() if not p.is_proxy])


def told(provider: str, *notices: Notice, script: Script | None = None) -> Story:
    host = Host("h.test", "h.test", provider, "domainyard")
    return story(1, host, "h.test/a", notices, CAST, script)


def at(hour: float, provider: str, *names: str) -> Notice:
    return Notice(T + timedelta(hours=hour), provider, tuple(f"h.test/{n}" for n in names or "a"))


def test_without_a_notice_everything_stays_as_it_is() -> None:
    for provider in PROVIDERS:
        assert told(provider).up == ((BEGINNING, END),)


def test_a_notice_to_somebody_else_changes_nothing() -> None:
    assert told("northhost", at(0, "westcloud")).up == ((BEGINNING, END),)
    assert told("northhost", at(0, "northhost", "b")).up == ((BEGINNING, END),)


def test_the_first_notice_decides_and_later_ones_change_nothing() -> None:
    first = told("northhost", at(0, "northhost"))
    assert told("northhost", at(5, "northhost"), at(0, "northhost")) == first


def test_a_reminder_is_a_second_notice() -> None:
    assert told("eastserve", at(0, "eastserve")).is_up(END - timedelta(1))
    reminded = told("eastserve", at(0, "eastserve"), at(30, "eastserve"))
    assert T + timedelta(hours=30) < reminded.up[-1][1] < T + timedelta(hours=54.5)


def test_notices_to_the_proxy_reach_the_host_behind_it_later() -> None:
    host = Host("h.test", "h.test", "northhost", "domainyard", front="clearfront")
    direct = story(1, host, "h.test/a", [at(0, "northhost")], CAST).up[0][1]
    by_proxy = story(1, host, "h.test/a", [at(0, "clearfront")], CAST).up[0][1]
    assert timedelta() < by_proxy - direct < timedelta(hours=12)


def test_a_test_has_the_last_word() -> None:
    script = Script(T, T + timedelta(hours=2))
    assert told("stonewall", script=script).up == (
        (BEGINNING, T),
        (T + timedelta(hours=2), END),
    )


@settings(max_examples=150)
@given(providers, hours, hours, keys)
def test_a_story_is_well_formed_whatever_is_sent(
    provider: str, one: list[int], two: list[int], key: str
) -> None:
    target = PROVIDERS[provider].moves_to or provider
    notices = [at(h, provider, "a", "b") for h in one] + [at(h, target, key) for h in two]
    host = Host("h.test", "h.test", provider, "namewell")
    tale = story(1, host, f"h.test/{key}", notices, CAST)
    assert tale == story(1, host, f"h.test/{key}", notices[::-1], CAST), "order of arrival is time"
    flat = [moment for span in tale.up for moment in span]
    assert flat == sorted(flat) and len(set(flat)) == len(flat)
    assert tale.places[0].since == BEGINNING and tale.places[-1].until == END
    assert all(a.until == b.since for a, b in zip(tale.places, tale.places[1:], strict=False))
    sent = [n.received for n in notices]
    assert all(gone > min(sent) for _, gone in tale.up if gone != END), "nothing precedes a notice"


@settings(max_examples=100)
@given(providers, hours, st.integers(0, 2000))
def test_what_is_past_is_never_changed_by_what_arrives_later(
    provider: str, one: list[int], late: int
) -> None:
    before = told(provider, *(at(h, provider) for h in one if h < late))
    after = told(provider, *(at(h, provider) for h in one if h < late), at(late, provider))
    for hour in range(0, late, 37):
        moment = T + timedelta(hours=hour)
        assert before.is_up(moment) == after.is_up(moment)
        assert before.place(moment).provider == after.place(moment).provider


def test_delays_keep_to_their_bounds_and_medians() -> None:
    us = [(n + 0.5) / 1000 for n in range(1000)]
    assert max(map(HOUR.at, us)) < 1 and max(map(DAY.at, us)) < 24
    assert abs(WEEK.at(0.5) - 62) < 0.01
    assert WEEK.at(0.95) > 200, "the tail is long"
    assert Delay(10, 0.5).at(0.2) < Delay(10, 0.5).at(0.3)


def test_outages_come_back() -> None:
    nightly = Outage(period=24, length=4, status=503, offset=1)
    down = [h for h in range(24) if outage([nightly], T.replace(hour=h))]
    assert down == [1, 2, 3, 4]


def test_the_world_is_large_enough_and_free_of_twins() -> None:
    hosts = build_hosts()
    assert len(PROVIDERS) == 32 and len({p.country for p in PROVIDERS.values()}) >= 15
    assert sum(p.is_proxy for p in PROVIDERS.values()) == 2
    assert len({p.asn for p in PROVIDERS.values()}) == 32
    assert len(hosts) > 200 and NETWORK.startswith("127.")
    fronted = [host for host in hosts.values() if host.front]
    assert len(fronted) > 15
    for provider in PROVIDERS.values():
        assert all(provider_of(address) is provider for address in provider.addresses)
        assert organisation_of(provider.abuse) == provider.key


def test_an_item_exists_under_its_own_address_only() -> None:
    made = list(items(list(build_hosts().values()), 300, seed=3))
    assert len({item.key for item in made}) == 300
    for item in made:
        assert exists(item.key)
        assert key_of(str(item.row(8080)["url"])) == key_of(str(item.row(80)["url"])) == item.key
        assert not exists(replace(item, key="x" + item.key).key)


def test_locations_are_found_wherever_a_letter_puts_them() -> None:
    assert in_json('{"a": [{"url": "http://x.test/1"}, {"b": {"urls": ["http://x.test/2"]}}]}') == [
        "http://x.test/1",
        "http://x.test/2",
    ]
    assert in_json('{"url": "http://x.test/1"}\nnonsense\n') == ["http://x.test/1"]
    assert in_csv("\ufeffnumber,location\r\n1,http://x.test/a\r\n") == ["http://x.test/a"]
    assert in_text("see hxxps://a[.]b[.]test/x, and (hxxp[:]//c[.]test:81/y).") == [
        "https://a.b.test/x",
        "http://c.test:81/y",
    ]
