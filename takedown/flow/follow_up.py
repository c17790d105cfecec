"""`follow-up`: reminders that are due."""

from takedown.flow.ports import Ports, Tally


def follow_up(ports: Ports, limit: int | None = None) -> Tally:
    """Compose reminders."""
    raise NotImplementedError
