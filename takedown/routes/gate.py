"""May this Url leave in this notice, now? Asked at compose and again at hand-over. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from takedown.hosts.models import Role, Standing
from takedown.routes.models import RouteKind, RouteStatus

#: A notice is withheld for availability only when a `down` was seen twice this far apart.
DOWN_TWICE_WITHIN: Final = timedelta(minutes=15)
#: How fresh the last check must be at hand-over, where the Url can be checked at all.
FRESH: Final = timedelta(hours=1)
#: After this long without a fresh check an approved notice goes all the same.
PATIENCE: Final = timedelta(hours=2)
#: The route that a hand-over needs; every other kind of notice needs a `direct` one.
HAND_OVERS: Final[Mapping[str, RouteKind]] = MappingProxyType(
    {
        "hotline": RouteKind.HOTLINE,
        "police": RouteKind.POLICE,
        "regulator": RouteKind.REGULATOR,
    }
)


class Reason(StrEnum):
    """Why the gate withholds, waits or asks a supervisor: message ids of the pages."""

    HELD = "held"
    CASE_CLOSED = "case_closed"
    ROUTE = "route"  # the route is another one than this kind of notice needs
    ROUTE_CHANGED = "route_changed"  # since the notice was composed: it is composed anew
    DO_NOT_FORWARD = "do_not_forward"
    POLICE_FIRST = "police_first"  # the police have not cleared it yet
    SITE_OWNER = "site_owner"
    OWN_DOMAIN = "own_domain"  # the contact lies in the Url's own domain
    STANDING = "standing"  # may forward to its customer, or is suspected of complicity
    CONTACT_NOT_APPROVED = "contact_not_approved"
    NO_CONNECTOR = "no_connector"  # nobody has described the interface, or not two people
    INHIBITED = "inhibited"
    REMINDER_CAP = "reminder_cap"
    UNREAD_REPLY = "unread_reply"  # they have answered, and nobody has read it yet
    MOVED = "moved"  # another host or provider than the notice was made for
    SEEN_DOWN = "seen_down"
    MODE_CHANGED = "mode_changed"  # composed in another mode: it is composed anew
    CALENDAR = "calendar"
    AGGREGATION = "aggregation"  # what comes for this contact within a while goes together
    RATE = "rate"  # enough notices for this recipient within the hour
    NOT_CHECKED = "not_checked"  # no check within the hour
    ROUTE_UNVERIFIED = "route_unverified"
    FIRST_BATCH = "first_batch"  # the first live notices: a supervisor releases them


#: These pass by themselves: what is approved stays approved and is tried again later.
WAITS: Final = frozenset({Reason.CALENDAR, Reason.NOT_CHECKED, Reason.AGGREGATION, Reason.RATE})


@dataclass(frozen=True, slots=True)
class Availability:
    """What the checks last said of one Url. Times are UTC; None where nothing was seen.

    `downs` counts explicit `down` in the failing run that goes on; an `up` begins anew.
    """

    checked_at: datetime | None = None
    last_up_at: datetime | None = None
    last_up_by_person: bool = False
    downs: int = 0
    down_first_at: datetime | None = None
    down_last_at: datetime | None = None

    @property
    def seen_down(self) -> bool:
        """An explicit `down`, seen twice fifteen minutes apart. Nothing less withholds."""
        first, last = self.down_first_at, self.down_last_at
        return self.downs >= 2 and bool(first and last and last - first >= DOWN_TWICE_WITHIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFacts:
    """All that the gate looks at, for one Url in one notice. Times are UTC."""

    now: datetime
    kind: str  # of the notice: first | reminder | ... | hotline | police | regulator
    held: bool
    case_open: bool
    route_kind: str
    route_status: str
    police_first: bool
    police_cleared_at: datetime | None
    role: str  # of the recipient toward the Url; a hand-over's has none
    standing: str
    contact_own_domain: bool
    contact_approved: bool
    inhibited_until: datetime | None
    same_host: bool
    availability: Availability
    automatic: bool = False  # nobody has looked at this very notice
    victim_at_risk: bool = False
    do_not_forward: bool = False  # where it is hosted, or where the recipient sits
    reminders_sent: int = 0
    reminder_cap: int = 2
    unread_reply: bool = False
    escalated: bool = False  # a hand-over as a late step of the ladder: its route is `direct`
    same_mode: bool = True
    same_terms: bool = True  # the route is as it was when the notice was composed
    urgent: bool = False
    calendar_open: bool = True
    check_wanted_since: datetime | None = None  # hand-over only: when it could first have left
    checkable: bool = True
    contact_connected: bool = True  # of an interface: its connector is in force


@dataclass(frozen=True, slots=True)
class Answer:
    """`reasons` withhold; `waits` pass by themselves; `supervisor` says why one has to approve."""

    passes: bool
    reasons: tuple[Reason, ...] = ()
    waits: tuple[Reason, ...] = ()
    supervisor: tuple[Reason, ...] = ()

    def as_document(self, at: datetime) -> dict[str, Any]:
        """How it is stored with the decision."""
        return {
            "passes": self.passes,
            "reasons": [str(one) for one in self.reasons],
            "waits": [str(one) for one in self.waits],
            "supervisor": [str(one) for one in self.supervisor],
            "at": at.isoformat(),
        }


def ask(facts: GateFacts) -> Answer:
    """The one gate. `passes` is False while anything withholds it or lets it wait.

    The police hear of a victim at risk whatever the route, unverified, moved or gone: only a hold,
    a stop on the recipient or a withdrawn Url keeps that back.
    Source: 1-domain, rules of the field; 5-notices, outbox.
    """
    at_once = facts.kind == RouteKind.POLICE and facts.victim_at_risk
    police_first = facts.police_first and facts.kind != RouteKind.POLICE
    doubtful = facts.standing in (Standing.FORWARDS_TO_CUSTOMER, Standing.SUSPECTED_COMPLICIT)
    reminder = facts.kind == "reminder"
    follows_up = reminder or facts.kind == "escalation" or facts.escalated
    corrects = facts.kind == "retraction"  # to whom it was told, whatever the route is by now
    closes = corrects or facts.kind == "closure"  # nothing is asked any more
    withheld = {
        Reason.HELD: facts.held,
        Reason.CASE_CLOSED: not facts.case_open,
        Reason.ROUTE: not _allowed(facts),
        Reason.ROUTE_CHANGED: not facts.same_terms and not at_once and not corrects,
        Reason.DO_NOT_FORWARD: facts.do_not_forward,
        Reason.POLICE_FIRST: police_first and facts.police_cleared_at is None and not corrects,
        Reason.SITE_OWNER: facts.role == Role.SITE_OWNER,
        Reason.OWN_DOMAIN: facts.contact_own_domain,
        Reason.STANDING: doubtful and facts.automatic,
        Reason.CONTACT_NOT_APPROVED: not facts.contact_approved,
        Reason.NO_CONNECTOR: not facts.contact_connected,
        Reason.INHIBITED: facts.inhibited_until is not None and facts.now < facts.inhibited_until,
        Reason.REMINDER_CAP: reminder and facts.reminders_sent >= facts.reminder_cap,
        Reason.UNREAD_REPLY: follows_up and facts.unread_reply,
        Reason.MOVED: not facts.same_host and not at_once and not closes,
        Reason.SEEN_DOWN: facts.availability.seen_down and not at_once and not closes,
        Reason.MODE_CHANGED: not facts.same_mode,
    }
    waiting = {
        Reason.CALENDAR: not facts.calendar_open and not facts.urgent and not at_once,
        Reason.NOT_CHECKED: _stale(facts) and not at_once and not closes,
    }
    supervisor = {
        Reason.ROUTE_UNVERIFIED: facts.route_status != RouteStatus.VERIFIED and not at_once,
        Reason.STANDING: doubtful,
    }
    reasons, waits = _those(withheld), _those(waiting)
    return Answer(not reasons and not waits, reasons, waits, _those(supervisor))


def _allowed(facts: GateFacts) -> bool:
    """Whether the route allows this kind of notice. The police are also told where they come first:
    their agreement is what the notice to the provider waits for."""
    if facts.kind == RouteKind.POLICE and (facts.victim_at_risk or facts.police_first):
        return True
    if facts.kind == "retraction":
        return True
    if facts.escalated:
        return facts.route_kind == RouteKind.DIRECT
    return facts.route_kind == HAND_OVERS.get(facts.kind, RouteKind.DIRECT)


def _stale(facts: GateFacts) -> bool:
    """Whether to wait for a check; patience ends, for no outage of ours may keep a notice back."""
    since = facts.check_wanted_since
    if since is None or not facts.checkable or facts.now - since > PATIENCE:
        return False
    checked = facts.availability.checked_at
    return checked is None or facts.now - checked > FRESH


def _those(reasons: dict[Reason, bool]) -> tuple[Reason, ...]:
    return tuple(reason for reason, applies in reasons.items() if applies)
