"""The routes as pages show them: rows, the world at a glance, and how old the data is."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from takedown.routes.countries import countries
from takedown.routes.hotline import Hotline
from takedown.routes.models import Member, Route, RouteStatus
from takedown.routes.policy import Decision
from takedown.routes.service import Rules
from takedown.web.show import country as country_name


@dataclass(frozen=True, slots=True)
class Ages:
    """How much of the data rests on somebody's reading, and the oldest of that."""

    routes: int
    unverified: int
    oldest: date | None
    members: int
    unchecked: int
    oldest_member: date | None


def ages(session: Session) -> Ages:
    """Of the routes and of the members that have not left."""
    unverified = func.count().filter(Route.status != RouteStatus.VERIFIED)
    routes = session.execute(select(func.count(), unverified, func.min(Route.checked_on))).one()
    unchecked = func.count().filter(Member.checked_on.is_(None))
    members = session.execute(
        select(func.count(), unchecked, func.min(Member.checked_on)).where(Member.left_on.is_(None))
    ).one()
    return Ages(*routes, *members)


def rows(session: Session, kind: str, status: str) -> Sequence[Route]:
    """The rows of one kind and state (empty: any), what stands for many countries last."""
    query = select(Route).order_by(Route.country.startswith("*"), Route.country, Route.direction)
    if kind:
        query = query.where(Route.kind == kind)
    if status:
        query = query.where(Route.status == status)
    return session.scalars(query).all()


def glance(known: Rules, hotline: Hotline) -> dict[str, list[tuple[str, Decision]]]:
    """Kind of route -> the countries where it is what we may do, by their names here."""
    world: dict[str, list[tuple[str, Decision]]] = defaultdict(list)
    for code in by_name(countries()):
        decision = known.decide(hotline, code, signatory=False)
        world[str(decision.kind)].append((code, decision))
    return dict(sorted(world.items(), key=lambda pair: len(pair[1])))


def by_name(codes: Iterable[str]) -> list[str]:
    """Codes in the order of their names in this language."""
    return sorted(codes, key=lambda code: _plain(country_name(code)))


def _plain(name: str) -> str:
    """Without accents, so that Égypte stands beside Espagne."""
    import unicodedata

    return "".join(
        c for c in unicodedata.normalize("NFD", name.casefold()) if not unicodedata.combining(c)
    )
