"""The probe: HEAD to many Urls at once, one connection at a time per lane, never a byte of content.

Core dumps would hold locations: the doors that start a probing process set RLIMIT_CORE to 0.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from takedown.checks.finding import Finding
from takedown.checks.guard import DEFAULT_PORTS, Network
from takedown.checks.handle import USER_AGENT, Egress
from takedown.checks.run import Run
from takedown.checks.target import K, Resolve, Target

__all__ = ["Target", "probe"]

CONCURRENCY_CAP: Final = 800  # libcurl waits by select(), whose sets end at 1,024 descriptors


def probe(
    targets: Iterable[Target[K] | None],
    *,
    concurrency: int = 256,
    deadline_s: float = 20.0,
    open_networks: tuple[Network, ...] = (),
    ports: Iterable[str] = DEFAULT_PORTS,
    proxy: str | None = None,
    resolve: Resolve | None = None,
    ca_file: str | None = None,
    user_agent: str = USER_AGENT,
) -> Iterator[tuple[K, Finding]]:
    """One finding per target, in the order they come; never raises for what a host does.

    `deadline_s` bounds each check whole, redirects and the unverified second try included.
    `resolve` is asked (in a thread) for the `www` sibling that a redirect names; without it such a
    redirect is reported and not followed. Targets are read as places come free; None among them
    says that there is none just now, and that it should be asked again soon. Deadlines run on
    between two findings: what is done with one must be brisk, or be done by the batch.
    """
    egress = Egress(open_networks, proxy, user_agent, ca_file)
    run = Run(iter(targets), min(concurrency, CONCURRENCY_CAP), deadline_s, egress, ports, resolve)
    try:
        yield from run.findings()
    finally:
        run.close()
