"""`facts`: what changed in the ledger becomes a new version of the files that figures rest on."""

from takedown.flow.ports import Ports, Tally


def facts(ports: Ports, limit: int | None = None) -> Tally:
    """Write a new version, commit, then point readers to it; all of it or nothing, whatever the
    limit."""
    from takedown.stats.facts import refresh  # no other stage needs its libraries

    if ports.facts_dir is None:
        return Tally()
    with (
        ports.sessions() as session,
        refresh(
            session,
            ports.facts_dir,
            ports.clock(),
            vault=ports.vault,
            home=ports.hotline.country,
        ) as written,
    ):
        session.commit()
        written.point()
    return Tally(claimed=written.changed, done=written.changed)
