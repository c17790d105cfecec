"""Values of a query or a form, read without ever failing."""

import uuid
from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def uuid_of(text: str) -> uuid.UUID | None:
    """An id, or None where the text is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def instant_of(text: str, zone: str) -> datetime | None:
    """A time as a browser's field writes it, in the house's zone; None where it is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at.replace(tzinfo=ZoneInfo(zone)) if at.tzinfo is None else at).astimezone(UTC)
