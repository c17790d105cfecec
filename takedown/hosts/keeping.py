"""Keeping what a look-up found: a Trace and contacts, or when to come back."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown import audit
from takedown.db import among
from takedown.hosts import chain, traces
from takedown.hosts.chain import Chain, Link
from takedown.hosts.dns_batch import Dns
from takedown.hosts.events import happened
from takedown.hosts.finding import HostFinding
from takedown.hosts.known import Book
from takedown.hosts.leasing import Claim
from takedown.hosts.making import Maker
from takedown.hosts.models import Host, Trace, TraceProvider
from takedown.hosts.providers import OnRecord
from takedown.people.tasks import Task, TaskKind, ask, settle
from takedown.vault import Vault

BACKOFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
)


class Outcome(StrEnum):
    """What a look-up came to."""

    LOCATED = "located"  # a provider is named
    ABSENT = "absent"  # the name or its address does not exist: nobody hosts it
    HIDDEN = "hidden"  # an onion service: nobody can be named
    RETRY = "retry"  # it failed and comes back
    NEEDS_OPERATOR = "needs_operator"  # nobody could be named: a person is asked


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one finding. `moved`: another network or country than its Trace before;
    `changed`: the Urls of the host stand otherwise now."""

    host_id: uuid.UUID
    outcome: Outcome
    trace: Trace | None = None
    moved: bool = False
    changed: bool = False


def store_all(
    session: Session,
    vault: Vault,
    claims: Iterable[Claim],
    findings: Mapping[str, HostFinding],
    now: datetime,
    book: Book | None = None,
) -> list[Stored]:
    """Keep the findings (by name) of one claim, all in one transaction; hosts that are no longer
    ours are left out.

    What failed comes back by `BACKOFF`; after the last try a Trace says what is known.
    """
    ours = {one.host_id: one for one in claims}
    hosts = session.scalars(
        select(Host)
        .where(among(Host.id, ours), Host.locate_token.is_not(None))
        .order_by(Host.id)
        .with_for_update()
        .execution_options(populate_existing=True)  # the lease was taken behind the session's back
    ).all()
    mine = [host for host in hosts if host.locate_token == ours[host.id].token]
    before = _traces(session, mine)
    asked = _asked(session, mine)
    record = OnRecord(session, vault)
    domains, asns, names = chain.names_of(list(findings.values()))
    record.read(domains=domains, asns=asns, names=names)
    maker = Maker(record, book or Book(), now)
    with session.no_autoflush:
        kept = [_store(maker, one, ours[one.id], findings, before.get(one.id)) for one in mine]
    for one in kept:
        if one.host_id in asked and one.outcome not in (Outcome.RETRY, Outcome.NEEDS_OPERATOR):
            settle(session, TaskKind.LOCATE, one.host_id, now=now, by=audit.MACHINE)
    session.flush()
    return kept


def _store(
    maker: Maker,
    host: Host,
    claimed: Claim,
    findings: Mapping[str, HostFinding],
    before: Trace | None,
) -> Stored:
    session, vault, now = maker.record.session, maker.record.vault, maker.now
    finding, origin = findings[claimed.name], findings.get(claimed.origin or "")
    host.locate_token = host.locate_until = None
    host.locate_lost = 0
    if _failed(maker, finding, origin) and host.locate_attempts < len(BACKOFF):
        pause = None if finding.dns.failed else finding.put_off  # costs no attempt
        host.locate_due_at = now + (pause or BACKOFF[host.locate_attempts])
        host.locate_attempts += pause is None
        _event(session, host, Outcome.RETRY, finding, now)
        return Stored(host.id, Outcome.RETRY)
    host.locate_attempts = 0
    # Told while it was being looked up: once more, with what is known now.
    known = vault.open("hosts.origin", host.id, host.origin) if host.origin else None
    host.locate_due_at = now if known != claimed.origin else None
    if before is not None and finding.address and before.address_index != _lane(vault, finding):
        host.front_id = None  # it was seen in an answer from elsewhere
    links = chain.build(maker, host, finding, origin)
    trace = traces.make(vault, host, finding, links, now)
    session.add(trace)
    session.add_all(
        TraceProvider(
            trace_id=trace.id, role=one.role, provider_id=one.provider.id, source=one.source
        )
        for one in links.links
    )
    if before is None or not finding.dns.failed:
        host.trace_id = trace.id
    _contacts(maker, links)
    outcome = _outcome(finding, links.responsible)
    _tell(session, host, finding, outcome, now)
    _event(session, host, outcome, finding, now)
    return Stored(
        host.id, outcome, trace, traces.moved(before, trace), traces.says_more(before, trace)
    )


def _lane(vault: Vault, finding: HostFinding) -> bytes:
    return vault.blind("address", finding.address or "")


def _traces(session: Session, hosts: list[Host]) -> dict[uuid.UUID, Trace]:
    """The Trace that each host had until now."""
    wanted = [host.trace_id for host in hosts if host.trace_id]
    if not wanted:
        return {}
    return {t.host_id: t for t in session.scalars(select(Trace).where(Trace.id.in_(wanted)))}


def _asked(session: Session, hosts: list[Host]) -> set[uuid.UUID]:
    """Hosts about which a person has been asked."""
    ids = [host.id for host in hosts]
    return set(
        session.scalars(
            select(Task.subject_id).where(
                Task.kind == TaskKind.LOCATE, Task.subject_id.in_(ids), Task.done_at.is_(None)
            )
        )
    )


def _failed(maker: Maker, finding: HostFinding, origin: HostFinding | None) -> bool:
    """Whether to come back: DNS said nothing, or the registry of somebody we know no contact of."""
    if finding.dns.failed:
        return True
    return any(
        one.registry_down and not one.forbidden and not chain.reachable(maker, one)
        for one in (finding, origin)
        if one is not None
    )


def _outcome(finding: HostFinding, found: Link | None) -> Outcome:
    if finding.dns in (Dns.NXDOMAIN, Dns.NO_DATA):
        return Outcome.ABSENT
    if finding.dns is Dns.ONION:
        return Outcome.HIDDEN
    return Outcome.LOCATED if found is not None else Outcome.NEEDS_OPERATOR


def _contacts(maker: Maker, found: Chain) -> None:
    """Keep what was looked up, each for its own; a person is asked about who answers for it."""
    new = {link.provider.id: 0 for link in found.links}
    for link in found.links:
        new[link.provider.id] += maker.contacts(link.provider, link.mails)
    first = found.responsible
    if first is None:
        return
    why = None
    if new[first.provider.id]:
        why = "a contact waits for approval"
    elif not maker.record.contacts[first.provider.id]:
        why = "no contact is known"
    if why:
        session, subject = maker.record.session, first.provider.id
        ask(session, TaskKind.CONTACT, "provider", subject, now=maker.now, why=why)


def _tell(
    session: Session, host: Host, finding: HostFinding, outcome: Outcome, now: datetime
) -> None:
    if finding.forbidden:
        why = "its name leads to a forbidden address"
        ask(session, TaskKind.SECURITY, "host", host.id, now=now, why=why)
    if outcome is Outcome.NEEDS_OPERATOR:
        why = f"DNS: {finding.dns}" if finding.dns.failed else "who hosts it could not be found"
        ask(session, TaskKind.LOCATE, "host", host.id, now=now, why=why)


def _event(
    session: Session, host: Host, outcome: Outcome, finding: HostFinding, now: datetime
) -> None:
    happened(
        session,
        host,
        "host.located",
        now=now,
        after=outcome,
        dns=finding.dns,
        asn=finding.asn,
        country=finding.country,
        attempts=host.locate_attempts,
    )
