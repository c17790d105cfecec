"""What would happen to a Url that is hosted in a country, said before there is one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from takedown.routes.hotline import Hotline
from takedown.routes.models import BindsOn, Member, RouteKind, RouteStatus
from takedown.routes.policy import Decision
from takedown.routes.service import Rules


@dataclass(frozen=True, slots=True)
class Preview:
    """The answer for one hosting country. `binding`: on a provider that signed no code, and
    `binding_on_signatories` on one that did.

    `partners` are the hotlines that would receive it; `supervisor`: a supervisor has to release
    each notice; `source` and `checked_on` say where the deciding row comes from.
    """

    country: str
    decision: Decision
    binding_on_signatories: bool
    partners: tuple[str, ...]
    supervisor: bool
    do_not_forward: bool
    source: str | None
    checked_on: date | None

    @property
    def to(self) -> str:
        """Who receives it: provider | hotline | police | regulator | nobody."""
        words = {RouteKind.DIRECT: "provider", RouteKind.NONE: "nobody"}
        return words.get(self.decision.kind, str(self.decision.kind))


def preview(known: Rules, hotline: Hotline, members: Iterable[Member], country: str) -> Preview:
    """What the rules say about `country` (ISO 3166-1) to this hotline; writes nothing."""
    decision = known.decide(hotline, country, signatory=False)
    rows = {row.route_id: row for row in known.rows}
    agreed = {row.agreement_id: row for row in known.agreements}
    row = rows.get(decision.route_id) if decision.route_id else None
    agreement = agreed.get(decision.agreement_id) if decision.agreement_id else None
    partners = tuple(one.name for one in members if one.country == country)
    return Preview(
        country=country,
        decision=decision,
        binding_on_signatories=known.decide(hotline, country, signatory=True).binding,
        partners=partners if decision.kind is RouteKind.HOTLINE else (),
        supervisor=decision.status is not RouteStatus.VERIFIED
        and decision.kind is not RouteKind.NONE,
        do_not_forward=country in known.do_not_forward,
        source=row.source if row else agreement.source if agreement else None,
        checked_on=row.checked_on if row else agreement.signed_on if agreement else None,
    )


def asked_words(decision: Decision) -> str:
    """What the deadline is: none | binding | signatories | authority_order | asked."""
    if decision.deadline_hours is None:
        return "none"
    if decision.binding:
        return "binding"
    return str(decision.binds_on or BindsOn.ASKED)
