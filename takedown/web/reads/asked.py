"""Values of a query or a form, read without ever failing."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from takedown.web.hold_acts import Asked

REVIEW_DAYS = (7, 14, 30, 90)


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


def hold_asked(form: Mapping[str, str], now: datetime) -> Asked:
    """What a form says of a hold; each text as long as the API lets it be."""
    return Asked(
        asked_by=form.get("asked_by", "")[:200],
        reason=form.get("reason", "")[:2000],
        reference=form.get("reference", "")[:64] or None,
        probes_go_on=form.get("probes") == "yes",
        review_at=now + review_in(form),
    )


def review_in(form: Mapping[str, str]) -> timedelta:
    """After how many days a hold is to be looked over; two weeks where the form says nothing."""
    days = form.get("review_days", "")
    return timedelta(days=int(days) if days in map(str, REVIEW_DAYS) else 14)
