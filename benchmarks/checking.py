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


def main() -> str:
    """Run it and tell. About a minute and a half."""
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
