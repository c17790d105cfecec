"""The database half of `locate`: leasing hosts that are due, and keeping what was found."""

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Integer, cast, or_, select, update
from sqlalchemy.orm import Session

from takedown import audit
from takedown.db import new_id
from takedown.hosts import providers
from takedown.hosts.dns_batch import Dns
from takedown.hosts.lookup import HostFinding
from takedown.hosts.models import Host, Role, Trace
from takedown.hosts.providers import Book, Match
from takedown.people.tasks import TaskKind, ask, settle
from takedown.vault import Vault

LEASE = timedelta(minutes=10)
MOST_LOST = 5  # leases that ran out: what takes the worker down with it is put aside
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
class Claim:
    """A host leased for one look-up."""

    host_id: uuid.UUID
    token: uuid.UUID
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one claim gave; `quarantined` hosts were put aside with a task for a person."""

    claims: list[Claim]
    quarantined: list[uuid.UUID]


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one finding. `moved`: another network or country than its Trace before."""

    host_id: uuid.UUID
    outcome: Outcome
    trace: Trace | None = None
    moved: bool = False


def claim(session: Session, vault: Vault, now: datetime, limit: int) -> Claimed:
    """Lease hosts that are due, longest due first."""
    quarantined = _quarantine(session, now)
    token = uuid.uuid4()
    due = (
        select(Host.id)
        .where(_free(now))
        .order_by(Host.locate_due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    leased = session.execute(
        update(Host)
        .where(Host.id.in_(due))
        .values(
            locate_lost=Host.locate_lost + cast(Host.locate_token.is_not(None), Integer),
            locate_token=token,
            locate_until=now + LEASE,
        )
        .returning(Host.id, Host.name)
        .execution_options(synchronize_session=False)
    )
    claims = [
        Claim(row.id, token, vault.open("hosts.name", row.id, row.name)) for row in leased.all()
    ]
    return Claimed(claims, quarantined)


def store(
    session: Session,
    vault: Vault,
    claimed: Claim,
    finding: HostFinding,
    now: datetime,
    book: Book | None = None,
) -> Stored | None:
    """Keep a finding; None where the lease is no longer ours, and then nothing is kept.

    What failed comes back by `BACKOFF`; after the last try a Trace says what is known.
    """
    host = session.scalar(
        select(Host)
        .where(Host.id == claimed.host_id, Host.locate_token == claimed.token)
        .with_for_update()
        .execution_options(populate_existing=True)  # the lease was taken behind the session's back
    )
    if host is None:
        return None
    host.locate_token = host.locate_until = None
    host.locate_lost = 0
    if _failed(session, host, finding) and host.locate_attempts < len(BACKOFF):
        host.locate_due_at = now + BACKOFF[host.locate_attempts]
        host.locate_attempts += 1
        _record(session, host, Outcome.RETRY, finding, now)
        return Stored(host.id, Outcome.RETRY)
    host.locate_due_at = None
    host.locate_attempts = 0
    found = None
    if finding.address and not finding.forbidden:
        found = providers.match_or_make(session, vault, host, finding, book or Book(), now)
    trace = _trace(vault, host, finding, found, now)
    session.add(trace)
    session.flush()
    before = session.get(Trace, host.trace_id) if host.trace_id else None
    if before is None or not finding.dns.failed:
        host.trace_id = trace.id
    if found is not None:
        _contacts(session, vault, found, finding, now)
    outcome = _outcome(finding, found)
    _tell(session, host, finding, outcome, now)
    _record(session, host, outcome, finding, now)
    return Stored(host.id, outcome, trace, _moved(before, trace))


def due_again(session: Session, hosts: Iterable[uuid.UUID], now: datetime) -> None:
    """Look these hosts up again: after a while, before a send, when a person asks."""
    session.execute(
        update(Host)
        .where(Host.id.in_(list(hosts)), Host.locate_due_at.is_(None))
        .values(locate_due_at=now, locate_attempts=0)
        .execution_options(synchronize_session=False)
    )


def _free(now: datetime) -> ColumnElement[bool]:
    return (Host.locate_due_at <= now) & or_(Host.locate_until.is_(None), Host.locate_until <= now)


def _quarantine(session: Session, now: datetime) -> list[uuid.UUID]:
    lost = (
        select(Host.id)
        .where(_free(now), Host.locate_token.is_not(None), Host.locate_lost >= MOST_LOST - 1)
        .with_for_update(skip_locked=True)
    )
    aside = session.scalars(
        update(Host)
        .where(Host.id.in_(lost))
        .values(locate_due_at=None, locate_token=None, locate_until=None, locate_lost=0)
        .returning(Host.id)
        .execution_options(synchronize_session=False)
    ).all()
    for host_id in aside:
        ask(session, TaskKind.LOCATE, "host", host_id, now=now, why="its look-up never came back")
    return list(aside)


def _failed(session: Session, host: Host, finding: HostFinding) -> bool:
    """Whether to come back: DNS said nothing, or the registry of somebody we know no contact of."""
    if finding.dns.failed:
        return True
    if not finding.registry_down or finding.forbidden:
        return False
    known = providers.match(session, host, finding)
    return known is None or not providers.has_contact(session, known.provider)


def _outcome(finding: HostFinding, found: Match | None) -> Outcome:
    if finding.dns in (Dns.NXDOMAIN, Dns.NO_DATA):
        return Outcome.ABSENT
    if finding.dns is Dns.ONION:
        return Outcome.HIDDEN
    return Outcome.LOCATED if found is not None else Outcome.NEEDS_OPERATOR


def _trace(
    vault: Vault, host: Host, finding: HostFinding, found: Match | None, now: datetime
) -> Trace:
    made = new_id()

    def sealed(column: str, value: str | None) -> bytes | None:
        return vault.seal(f"traces.{column}", made, host.cohort, value) if value else None

    def listed(values: tuple[str, ...]) -> str | None:
        return json.dumps(values) if values else None

    return Trace(
        id=made,
        host_id=host.id,
        at=now,
        dns=finding.dns,
        addresses=sealed("addresses", listed(finding.addresses)),
        address=sealed("address", finding.address),
        address_index=vault.blind("address", finding.address) if finding.address else None,
        nameservers=sealed("nameservers", listed(finding.nameservers)),
        asn=finding.asn,
        network=sealed("network", finding.network),
        country=finding.country,
        organisation_country=finding.organisation_country,
        registrar=sealed("registrar", finding.registrar),
        registrar_country=finding.registrar_country,
        domain_status=list(finding.domain_status),
        proxy=found is not None and found.provider.proxy,
        provider_id=found.provider.id if found else None,
        role=found.role if found else None,
        evidence=sealed("evidence", json.dumps(finding.evidence) if finding.evidence else None),
        sources=finding.sources,
        problems=list(finding.problems),
    )


def _contacts(
    session: Session, vault: Vault, found: Match, finding: HostFinding, now: datetime
) -> None:
    """The looked-up contacts of a network are its operator's, not a platform's above it."""
    if found.role is not Role.PLATFORM:
        new = providers.record_contacts(session, vault, found.provider, finding.abuse, now)
        if new:
            why = "a contact waits for approval"
            ask(session, TaskKind.CONTACT, "provider", found.provider.id, now=now, why=why)
    if not providers.has_contact(session, found.provider):
        why = "no contact is known"
        ask(session, TaskKind.CONTACT, "provider", found.provider.id, now=now, why=why)


def _tell(
    session: Session, host: Host, finding: HostFinding, outcome: Outcome, now: datetime
) -> None:
    if finding.forbidden:
        why = "its name leads to a forbidden address"
        ask(session, TaskKind.SECURITY, "host", host.id, now=now, why=why)
    if outcome is Outcome.NEEDS_OPERATOR:
        why = f"DNS: {finding.dns}" if finding.dns.failed else "who hosts it could not be found"
        ask(session, TaskKind.LOCATE, "host", host.id, now=now, why=why)
    else:
        settle(session, TaskKind.LOCATE, host.id, now=now, by="machine")


def _moved(before: Trace | None, trace: Trace) -> bool:
    """Whether another network or country serves it now; a name that failed has not moved."""
    if before is None or before.asn is None or trace.asn is None:
        return False
    return (before.asn, before.country) != (trace.asn, trace.country)


def _record(
    session: Session, host: Host, outcome: Outcome, finding: HostFinding, now: datetime
) -> None:
    audit.record(
        session,
        at=now,
        subject="host",
        subject_id=host.id,
        kind="host.located",
        after=outcome,
        dns=finding.dns,
        asn=finding.asn,
        country=finding.country,
        attempts=host.locate_attempts,
    )
