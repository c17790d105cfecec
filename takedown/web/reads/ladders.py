"""The ladders as their page shows them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.hosts.models import Kind, Provider
from takedown.outbox.ladder.editing import versions
from takedown.outbox.ladder.models import Ladder
from takedown.outbox.ladder.standing import rules_of, standing
from takedown.routes.models import Route
from takedown.vault import Vault
from takedown.web.reads.asked import uuid_of
from takedown.web.reads.people import names_of


@dataclass(frozen=True, slots=True)
class Line:
    """One version: for whom, its steps, who wrote it."""

    ladder: Ladder
    scope: str
    name: str = field(repr=False)
    country: str
    steps: tuple[tuple[int, str, bool], ...]  # hours, step, two people
    writer: str
    confirmer: str

    @property
    def waits(self) -> bool:
        return self.ladder.confirmed_at is None


def lines(session: Session, vault: Vault) -> list[Line]:
    """What stands or waits, the default first; what waits before what stands."""
    rows = [row for row in versions(session) if row.ended_at is None]
    actors = {row.written_by for row in rows} | {row.confirmed_by for row in rows} - {None}
    names = names_of(session, {one for one in actors if one})
    made = [_line(session, vault, row, names) for row in rows]
    return sorted(made, key=lambda one: (one.scope != "", not one.waits, one.name))


def scopes(session: Session, vault: Vault) -> list[tuple[str, str, str]]:
    """(value, provider's name, country) of all that a ladder can be for, the default left out."""
    routes = session.scalars(select(Route).order_by(Route.country, Route.direction))
    found = [(f"route:{row.id}", row.direction, row.country) for row in routes]
    wanted = select(Provider).where(
        Provider.kind == Kind.PROVIDER, Provider.merged_into_id.is_(None)
    )
    named = sorted(
        (vault.open("providers.name", row.id, row.name), f"provider:{row.id}")
        for row in session.scalars(wanted)
    )
    return found + [(key, name, "") for name, key in named]


def given(session: Session, form: Mapping[str, str], chosen: str, rows: int) -> dict[str, str]:
    """What the fields hold: as typed, else as the ladder that holds for the chosen scope."""
    if form:
        return dict(form)
    kind, _colon, key = chosen.partition(":")
    found: uuid.UUID | None = uuid_of(key) if key else None
    rules = standing(session).of(
        found if kind == "provider" else None, found if kind == "route" else None
    )
    made = {"reminder_cap": str(rules.reminder_cap)}
    for place, rung in enumerate(rules.rungs[:rows]):
        made[f"hours-{place}"] = str(rung.after_hours)
        made[f"step-{place}"] = _step(rung.kind, rung.role)
        made[f"two-{place}"] = "yes" if rung.two_people else ""
    return made


def _line(session: Session, vault: Vault, row: Ladder, names: Mapping[str, str]) -> Line:
    scope, name, country = "", "", ""
    if row.provider_id is not None:
        provider = session.get_one(Provider, row.provider_id)
        scope = f"provider:{row.provider_id}"
        name = vault.open("providers.name", provider.id, provider.name)
    elif row.route_id is not None:
        route = session.get_one(Route, row.route_id)
        scope, name, country = f"route:{row.route_id}", route.direction, route.country
    steps = tuple(
        (rung.after_hours, _step(rung.kind, rung.role), rung.two_people)
        for rung in rules_of(row).rungs
    )
    writer = names.get(row.written_by, row.written_by)
    confirmer = names.get(row.confirmed_by or "", row.confirmed_by or "")
    return Line(row, scope, name, country, steps, writer, confirmer)


def _step(kind: str, role: str) -> str:
    return kind if kind == "reminder" else f"{kind}:{role}"
