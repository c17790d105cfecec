"""The do-not-forward list: countries where a notice or a hand-over could do harm.

Routing, the gate and every hand-over ask it. The caller appends to the audit log.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.people.two_people import not_by
from takedown.routes.countries import is_country
from takedown.routes.errors import RouteRefused, required
from takedown.routes.models import DoNotForward


def standing(session: Session) -> frozenset[str]:
    """The countries of the list (ISO 3166-1)."""
    return frozenset(session.scalars(select(DoNotForward.country)))


def forbidden(session: Session, countries: Iterable[str | None]) -> bool:
    """Whether nothing may go there: to where it is hosted, or to where its recipient sits."""
    wanted = {country for country in countries if country}
    found = select(DoNotForward.country).where(DoNotForward.country.in_(wanted))
    return bool(wanted) and session.scalar(found.limit(1)) is not None


def add(session: Session, country: str, *, reason: str, by: str, now: datetime) -> DoNotForward:
    """Stop everything toward a country. Raises `RouteRefused`."""
    if not is_country(country):
        raise RouteRefused("country", "is no ISO 3166-1 code of two capital letters")
    if session.get(DoNotForward, country) is not None:
        raise RouteRefused("country", "stands there already")
    row = DoNotForward(
        country=country, reason=required("reason", reason), added_at=now, added_by=by
    )
    session.add(row)
    session.flush()
    return row


def remove(session: Session, country: str, *, by: str) -> None:
    """Let hand-overs go there again: for another person than who stopped them.

    Raises `RouteRefused`, `OwnWork`.
    """
    row = session.get(DoNotForward, country, with_for_update=True)
    if row is None:
        raise RouteRefused("country", "does not stand there")
    not_by({row.added_by}, by)
    session.delete(row)
    session.flush()
