"""`facts`: what changed in the ledger becomes a new version of the files that figures rest on."""

from takedown.db import committing
from takedown.flow.ports import Ports, Tally


def facts(ports: Ports, limit: int | None = None) -> Tally:
    """Write a new version and point readers to it; all of it or nothing, whatever the limit."""
    from takedown.stats.facts import refresh  # no other stage needs its libraries

    if ports.facts_dir is None:
        return Tally()
    with committing(ports.sessions) as session:
        written = refresh(
            session,
            ports.facts_dir,
            ports.clock(),
            vault=ports.vault,
            home=ports.hotline.country,
        )
    return Tally(claimed=written.changed, done=written.changed)
