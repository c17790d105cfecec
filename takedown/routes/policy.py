"""How this hotline may act on a Url: own country x hosting country x agreement -> route. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from takedown.routes.hotline import Preset
from takedown.routes.models import BindsOn, RouteKind, RouteStatus
from takedown.routes.table import RouteRow

INHOPE: Final = "*INHOPE"
ELSEWHERE: Final = "*"
EVERYWHERE: Final = "*GLOBAL"


@dataclass(frozen=True, slots=True)
class Decision:
    """What may be done about a Url. `kind` none: a person must look.

    `deadline_hours` count from the notice's acceptance; only where `binding` can it be overdue.
    `basis` is there on verified routes alone. `why` is a message id with the row it rests on.
    """

    kind: RouteKind
    status: RouteStatus
    deadline_hours: int | None
    binding: bool
    binds_on: BindsOn | None
    languages: tuple[str, ...]
    basis: str | None
    police_first: bool
    why: str
    route_id: UUID | None


def decide(
    own_country: str,
    preset: Preset | str,
    hosting_country: str | None,
    rows: Iterable[RouteRow],
    inhope_members: frozenset[str] = frozenset(),
    *,
    do_not_forward: frozenset[str] = frozenset(),
    signatory: bool = False,
) -> Decision:
    """The route of a Url that is hosted in `hosting_country` (ISO 3166-1; None: not known).

    National hotlines write to hosts at home and hand over what is abroad, to the partner hotline
    there, else to their own police. Global ones write everywhere, except where the hosting
    country's own row says otherwise. Nothing goes to countries of the do-not-forward list.
    `signatory`: the provider signed its country's notice code. Source: 1-domain, "who may send".
    """
    if hosting_country is None:
        return _nobody("country_unknown")
    if hosting_country in do_not_forward:
        return _nobody("do_not_forward")
    table = {(row.country, row.direction): row for row in rows}
    home = table.get((hosting_country, "home"))
    if hosting_country == own_country:
        return _of(home, "home", signatory) if home else _nobody("no_row_at_home")
    if Preset(preset) is Preset.GLOBAL:
        found = home or table.get((EVERYWHERE, "abroad"))
        why = "hosting_country" if home else "global_preset"
        return _of(found, why, signatory) if found else _nobody("no_row_abroad")
    partner = table.get((INHOPE, "abroad"))
    if partner and hosting_country in inhope_members:
        return _of(partner, "partner_hotline", signatory)
    police = table.get((own_country, "abroad")) or table.get((ELSEWHERE, "abroad"))
    return _of(police, "own_police", signatory) if police else _nobody("no_row_abroad")


def _of(row: RouteRow, why: str, signatory: bool) -> Decision:
    """A row as it applies to this provider; an unverified one binds nobody and names no law."""
    verified = row.status is RouteStatus.VERIFIED
    binds = row.binds_on is BindsOn.NOTICE or (row.binds_on is BindsOn.SIGNATORIES and signatory)
    return Decision(
        kind=row.kind,
        status=row.status,
        deadline_hours=row.deadline_hours,
        binding=verified and binds and row.deadline_hours is not None,
        binds_on=row.binds_on,
        languages=row.languages,
        basis=row.basis if verified else None,
        police_first=row.police_first,
        why=f"{why}:{row.country}/{row.direction}",
        route_id=row.route_id,
    )


def _nobody(why: str) -> Decision:
    return Decision(
        kind=RouteKind.NONE,
        status=RouteStatus.UNVERIFIED,
        deadline_hours=None,
        binding=False,
        binds_on=None,
        languages=(),
        basis=None,
        police_first=False,
        why=why,
        route_id=None,
    )
