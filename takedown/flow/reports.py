"""`reports`: publications that were asked for are made; drafts that nobody published expire."""

from takedown.db import committing
from takedown.flow.ports import Ports, Tally
from takedown.stats.publication.house import House


def house(ports: Ports) -> House:
    """Where publications of this installation are made: beside its facts, where nothing is set."""
    assert ports.facts_dir is not None, "an installation has a folder of facts"
    publications = ports.publications_dir or ports.facts_dir.parent / "publications"
    return House(
        ports.sessions,
        ports.vault,
        ports.facts_dir,
        publications,
        ports.clock,
        ports.hotline.name,
        ports.hotline.country,
    )


def reports(ports: Ports, limit: int | None = None) -> Tally:
    """Make those that wait, one after the other."""
    if ports.facts_dir is None:
        return Tally()
    from takedown.stats.publication import making  # sheets and paper are long to load

    place, done = house(ports), 0
    with committing(ports.sessions) as session:
        over = making.expire(session, place, ports.clock())
    while limit is None or done < limit:
        with committing(ports.sessions) as session:
            row = making.claim(session, now=ports.clock())
        if row is None:
            break
        making.make(place, row)
        done += 1
    return Tally(claimed=done + over, done=done + over)
