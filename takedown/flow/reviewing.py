"""Agreements whose last day is over end by themselves; their Urls are placed again."""

from takedown.db import committing
from takedown.flow.ports import Ports
from takedown.routes import agreements
from takedown.routes import service as routes


def review_agreements(ports: Ports) -> int:
    """How many ended; about those that end soon a person is asked. Can run at any time."""
    now = ports.clock()
    with committing(ports.sessions) as session:
        over = agreements.run_out(session, now)
        for one in over:
            routes.place_again(session, now, agreement_id=one.id, country=one.country)
    return len(over)
