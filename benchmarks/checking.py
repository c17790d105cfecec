"""`check` from the lease to the committed verdict, against what records nothing."""

from dataclasses import asdict
from typing import Final

from benchmarks import contest
from benchmarks.hosts import world
from benchmarks.house import checked, fill, house, make_due
from config.settings import load
from takedown import wiring

URLS: Final = 60_000
HOSTS: Final = 200
BY_REQUESTS: Final = 6_000  # enough for a rate
BY_CURL: Final = 20_000
FAR_HOSTS: Final = 1_000
FAR_URLS: Final = 12_000
AWAY_MS: Final = 250  # one process is then done with its places long before its core is


def main() -> str:
    """Run it and tell. About two minutes."""
    return f"{_against_others()}\n{_beside_another()}"


def _against_others() -> str:
    with world(HOSTS) as here, house(here.dns):
        ports = wiring.build_ports(load())
        fill(ports, here, URLS)
        given = {"world": asdict(here)}
        requests = contest.run("requests, 64 threads", "requests", given | {"count": BY_REQUESTS})
        one = contest.run("check, one process", "check", given)
        curl = contest.run("curl --parallel --head", "curl", given | {"count": BY_CURL})
        seen, verdicts = checked(ports)
        assert seen == one.done == URLS, "not every Url was checked once"
        assert verdicts == {"up": URLS - URLS // 20, "down": URLS // 20}, "wrong verdicts"
        make_due(ports)
        two = contest.run("check, two processes", "check", given, processes=2)
        assert checked(ports)[0] == 2 * URLS == seen + two.done, "not every Url was checked again"
    return contest.table(
        f"check: {URLS:,} Urls on {HOSTS} hosts, real DNS, politeness off",
        [one, two, requests, curl],
        {"requests": requests, "curl": curl},
        "goal 10 x requests, 2 x curl; floor 6 x and 1 x (curl's names are given to it, no DNS)",
    )


def _beside_another() -> str:
    """What a second process adds where cores are free: far hosts, so that places are short."""
    with world(FAR_HOSTS, away_ms=AWAY_MS) as here, house(here.dns):
        ports = wiring.build_ports(load())
        fill(ports, here, FAR_URLS)
        given = {"world": asdict(here)}
        one = contest.run("check, one process", "check", given)
        make_due(ports)
        two = contest.run("check, two processes", "check", given, processes=2)
        assert checked(ports)[0] == 2 * FAR_URLS == one.done + two.done, "not each Url once a turn"
    return contest.table(
        f"check: {FAR_URLS:,} Urls on {FAR_HOSTS:,} hosts that answer after {AWAY_MS} ms",
        [one, two],
        {"one process": one},
        "goal: a second process adds at least 60 % where cores are free",
    )
