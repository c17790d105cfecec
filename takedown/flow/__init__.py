"""The page to read first: the stages of one Url's life, each a function of Ports.

Every stage claims rows by a lease, works without a transaction open, records under the lease's
token and commits: any of them can be killed and run again. `STAGES` is their order; `run` adds
the heartbeat.
"""

from collections.abc import Callable, Mapping
from time import monotonic
from typing import Final

from takedown.db import committing
from takedown.flow.asking import follow_up
from takedown.flow.check import check, checks_due
from takedown.flow.facts import facts
from takedown.flow.inbox import inbox
from takedown.flow.locate import hosts_due, locate
from takedown.flow.notify import compose, send
from takedown.flow.ports import Ports, Probing, Tally
from takedown.flow.purge import purge
from takedown.flow.reports import reports
from takedown.heartbeats import beat

__all__ = ["STAGES", "WAITING", "Ports", "Probing", "Stage", "Tally", "run"]

Stage = Callable[[Ports, int | None], Tally]

STAGES: Final[Mapping[str, Stage]] = {
    "locate": locate,
    "check": check,
    "compose": compose,
    "send": send,
    "inbox": inbox,
    "follow-up": follow_up,
    "facts": facts,
    "reports": reports,
    "purge": purge,
}


#: What is due in the stages that several machines can share.
WAITING: Final[Mapping[str, Callable[[Ports], int]]] = {
    "locate": hosts_due,
    "check": checks_due,
}


def run(ports: Ports, name: str, *, limit: int | None = None, every: int | None = None) -> Tally:
    """Run one stage once over what is due, and leave its heartbeat, also when it fails.

    `every`: the seconds until it runs again, where a clock sees to that; else it is not known.
    """
    began, tally, error = monotonic(), Tally(), None
    try:
        tally = STAGES[name](ports, limit)
    except Exception as failed:
        error = type(failed).__name__
        raise
    finally:
        with committing(ports.sessions) as session:
            beat(
                session,
                name,
                at=ports.clock(),
                by=ports.by,
                seconds=monotonic() - began,
                claimed=tally.claimed,
                done=tally.done,
                failed=tally.failed,
                left=tally.left,
                error=error,
                every=every,
            )
    return tally
