"""How this hotline may act on a Url: own country x hosting country x agreement -> route. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from takedown.routes.hotline import Preset
from takedown.routes.models import BindsOn, RouteKind, RouteStatus
from takedown.routes.table import AgreementRow, RouteRow

INHOPE: Final = "*INHOPE"
ELSEWHERE: Final = "*"
EVERYWHERE: Final = "*GLOBAL"


@dataclass(frozen=True, slots=True)
class Decision:
    """What may be done about a Url. `kind` none: a person must look.

    `deadline_hours` count from the notice's acceptance; only where `binding` can it be overdue.
    `basis` is there on verified routes alone. `why` is a message id with the row it rests on; that
    row is a Route (`route_id`) or an Agreement (`agreement_id`).
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
    agreement_id: UUID | None = None
    via: str | None = None


def decide(
    own_country: str,
    preset: Preset | str,
    hosting_country: str | None,
    rows: Iterable[RouteRow],
    inhope_members: frozenset[str] = frozenset(),
    *,
    do_not_forward: frozenset[str] = frozenset(),
    agreements: Iterable[AgreementRow] = (),
    unchecked_members: frozenset[str] = frozenset(),
    signatory: bool = False,
) -> Decision:
    """The route of a Url that is hosted in `hosting_country` (ISO 3166-1; None: not known).

    National hotlines write to hosts at home and hand over what is abroad, to the partner hotline
    there, else to their own police. Global ones write everywhere, except where the hosting
    country's own row says otherwise. An agreement in force (`agreements` holds no other) goes
    before every row; the one signed last where there are several. Nothing goes to countries of the
    do-not-forward list. A partner in `unchecked_members` is unverified, whatever its row says.
    `signatory`: the provider signed its country's notice code. Source: 1-domain, "who may send".
    """
    if hosting_country is None:
        return _nobody("country_unknown")
    if hosting_country in do_not_forward:
        return _nobody("do_not_forward")
    agreed = [one for one in agreements if one.country == hosting_country]
    if agreed:
        return _agreed(
            max(agreed, key=lambda one: (one.signed_on, str(one.agreement_id))), signatory
        )
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
        if hosting_country in unchecked_members:
            partner = replace(partner, status=RouteStatus.UNVERIFIED)
        return _of(partner, "partner_hotline", signatory)
    police = table.get((own_country, "abroad")) or table.get((ELSEWHERE, "abroad"))
    return _of(police, "own_police", signatory) if police else _nobody("no_row_abroad")


def _of(row: RouteRow, why: str, signatory: bool) -> Decision:
    """A row as it applies to this provider; an unverified one binds nobody and names no law."""
    verified = row.status is RouteStatus.VERIFIED
    return Decision(
        kind=row.kind,
        status=row.status,
        deadline_hours=row.deadline_hours,
        binding=verified and _binds(row.binds_on, signatory) and row.deadline_hours is not None,
        binds_on=row.binds_on,
        languages=row.languages,
        basis=row.basis if verified else None,
        police_first=row.police_first,
        why=f"{why}:{row.country}/{row.direction}",
        route_id=row.route_id,
        via=row.via,
    )


def _agreed(row: AgreementRow, signatory: bool) -> Decision:
    """An agreement as it applies; only one that a second person verified comes here."""
    return Decision(
        kind=row.kind,
        status=RouteStatus.VERIFIED,
        deadline_hours=row.deadline_hours,
        binding=_binds(row.binds_on, signatory) and row.deadline_hours is not None,
        binds_on=row.binds_on,
        languages=row.languages,
        basis=row.basis,
        police_first=row.police_first,
        why=f"agreement:{row.country}",
        route_id=None,
        agreement_id=row.agreement_id,
        via=row.via,
    )


def _binds(binds_on: BindsOn | None, signatory: bool) -> bool:
    """Whether a deadline binds this provider on our own notice."""
    return binds_on is BindsOn.NOTICE or (binds_on is BindsOn.SIGNATORIES and signatory)


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
