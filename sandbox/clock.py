"""The time that the small internet lives in."""

from datetime import UTC, datetime


class Clock:
    """A player's time once set, the real one before."""

    def __init__(self) -> None:
        self.set_to: datetime | None = None

    def now(self) -> datetime:
        """Aware, UTC."""
        return self.set_to or datetime.now(UTC)


def instant(text: str) -> datetime:
    """An ISO 8601 time as aware UTC; a time without zone is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text.strip().replace(" ", "+"))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def written(moment: datetime) -> str:
    """ISO 8601 in UTC."""
    return moment.astimezone(UTC).isoformat()
