"""The probe: HEAD to many Urls at once, one connection at a time per lane, never a byte of content.

Core dumps would hold locations: the doors that start a probing process set RLIMIT_CORE to 0.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from takedown.checks.finding import Finding
from takedown.checks.guard import DEFAULT_PORTS, Network
from takedown.checks.handle import USER_AGENT, Egress
from takedown.checks.run import Run
from takedown.checks.target import K, Resolve, Target

__all__ = ["Target", "probe"]

DIRECT: Final[Mapping[str, str | None]] = MappingProxyType({"direct": None})
CONCURRENCY_CAP: Final = 800  # libcurl waits by select(), whose sets end at 1,024 descriptors


def probe(
    targets: Iterable[Target[K] | None],
    *,
    concurrency: int = 256,
    deadline_s: float = 20.0,
    open_networks: tuple[Network, ...] = (),
    ports: Iterable[str] = DEFAULT_PORTS,
    vantages: Mapping[str, str | None] = DIRECT,
    resolve: Resolve | None = None,
    ca_file: str | None = None,
    user_agent: str = USER_AGENT,
) -> Iterator[tuple[K, Finding]]:
    """One finding per target, in the order they come; never raises for what a host does.

    `vantages`: the proxy by which each vantage point leaves (None: none); a target names its own.
    `deadline_s` bounds each check whole, redirects and the unverified second try included.
    `resolve` is asked (in a thread) for the `www` sibling that a redirect names; without it such a
    redirect is reported and not followed. Targets are read as places come free; None among them
    says that there is none just now, and that it should be asked again soon. Deadlines run on
    between two findings: what is done with one must be brisk, or be done by the batch.
    """
    egresses = {
        name: Egress(open_networks, proxy, user_agent, ca_file) for name, proxy in vantages.items()
    }
    places = min(concurrency, CONCURRENCY_CAP)
    run = Run(iter(targets), places, deadline_s, egresses, ports, resolve)
    try:
        yield from run.findings()
    finally:
        run.close()
