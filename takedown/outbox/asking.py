"""What the gate is asked for one Url toward one contact: at compose, at approval, at hand-over."""

from dataclasses import dataclass
from datetime import datetime

from takedown.episodes.models import Outcome
from takedown.hosts.models import Contact, Provider, Trace
from takedown.outbox import contacts
from takedown.outbox.cases import Case
from takedown.routes import gate
from takedown.routes.gate import GateFacts
from takedown.routes.models import RouteKind
from takedown.urls.models import MISTAKES, UrlStatus
from takedown.urls.normalise import registrable_domain
from takedown.vault import Vault


@dataclass(frozen=True, slots=True)
class Toward:
    """Who a notice goes to: the organisation, by which contact, and whether a hold stands on it.

    `role`: toward the Url, where it isn't who answers for it; `escalated`: as a late step of the
    ladder. `opens_at` (UTC): when the calendars next let a notice leave; None: at any time.
    """

    provider: Provider
    contact: Contact
    held: bool = False
    role: str = ""
    escalated: bool = False
    opens_at: datetime | None = None


def gate_facts(
    case: Case,
    to: Toward,
    vault: Vault,
    *,
    kind: str,
    made_for: Trace | None,
    now: datetime,
    automatic: bool = False,
    wanted_since: datetime | None = None,
    same_mode: bool = True,
    same_terms: bool = True,
    hurried: bool = False,
) -> GateFacts:
    """What the gate asks, for one Url in a notice of this kind.

    `made_for` is the trace that the notice or episode rests on. At hand-over only: `wanted_since`
    says since when an approved notice could have left, `same_mode` whether it may leave in this
    mode, `same_terms` whether the route is as it was when the notice was composed,
    `hurried` whether a person said that no calendar keeps it back.
    """
    handed_over = kind in gate.HAND_OVERS
    return GateFacts(
        now=now,
        kind=kind,
        held=case.held or to.held,
        case_open=_is_open(case, kind),
        route_kind=case.route_kind,
        route_status=case.route_status,
        police_first=case.police_first,
        police_cleared_at=case.url.police_cleared_at,
        role="" if handed_over else to.role or case.role,
        standing=to.provider.standing,
        contact_own_domain=own_domain(vault, case, to.contact, to.role or case.role),
        contact_approved=to.contact.approved_at is not None and to.contact.retired_at is None,
        contact_connected=contacts.connected(to.contact),
        inhibited_until=to.contact.inhibited_until,
        same_host=same_host(made_for, case.trace),
        availability=case.availability,
        automatic=automatic,
        victim_at_risk=case.url.victim_at_risk,
        do_not_forward=_forbidden(case, to, kind),
        reminders_sent=case.reminders_sent,
        reminder_cap=case.reminder_cap,
        unread_reply=case.unread_reply,
        escalated=to.escalated,
        same_mode=same_mode,
        same_terms=same_terms,
        urgent=case.urgent or hurried,
        calendar_open=to.opens_at is None or to.opens_at <= now,
        check_wanted_since=wanted_since,
        checkable=not case.url.not_checkable,
    )


def judge(
    case: Case, to: Toward, vault: Vault, *, kind: str, made_for: Trace | None, now: datetime
) -> gate.Answer:
    """The gate's answer at compose, for a draft that a person will look at."""
    return gate.ask(gate_facts(case, to, vault, kind=kind, made_for=made_for, now=now))


def same_host(made_for: Trace | None, newest: Trace | None) -> bool:
    """Whether the newest trace still says what a notice was made for, though it be another row."""
    if made_for is None or newest is None:
        return made_for is newest
    if made_for.id == newest.id:
        return True
    return (made_for.provider_id, made_for.asn, made_for.country, made_for.proxy) == (
        newest.provider_id,
        newest.asn,
        newest.country,
        newest.proxy,
    )


def own_domain(vault: Vault, case: Case, contact: Contact, role: str = "") -> bool:
    """Whether a mail would go to the Url's own domain, whoever sits there.

    A platform publishes for its users under its own domain: there a curated contact is no tip-off.
    """
    if contact.medium != "email":
        return False
    if (role or case.role) == "platform" and contact.source == "curated":
        return False
    name = vault.open("contacts.address", contact.id, contact.address).rpartition("@")[2].lower()
    host = vault.open("hosts.name", case.host.id, case.host.name)
    same = (registrable_domain(name) or name) == (registrable_domain(host) or host)
    return same or host == name or host.endswith(f".{name}")


def _is_open(case: Case, kind: str) -> bool:
    """The police hear of a victim at risk though the Url be gone; nobody of a withdrawn one."""
    if kind == RouteKind.POLICE and case.url.victim_at_risk:
        return case.url.status != UrlStatus.WITHDRAWN
    if kind == "retraction":
        return case.url.status == UrlStatus.WITHDRAWN and case.url.withdrawn_why in MISTAKES
    if kind == "closure":  # it stands for as long as the removal does
        removed = case.episode is not None and case.episode.outcome == Outcome.REMOVED
        return removed and case.url.status == UrlStatus.REMOVED
    return case.is_open


def _forbidden(case: Case, to: Toward, kind: str) -> bool:
    """Whether it would go to a country of the list. Our own police may hear of any country."""
    if to.provider.country in case.forbidden:
        return True
    hosted_there = case.country in case.forbidden or (
        case.trace is not None and case.trace.country in case.forbidden
    )
    return kind != RouteKind.POLICE and hosted_there
