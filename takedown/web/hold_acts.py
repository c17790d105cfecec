"""Holds as people and programs place, review and release them: rows and the audit log together.

Called inside an open transaction; the door commits.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.checks import service as checks
from takedown.flow.ports import Ports
from takedown.flow.resuming import resume
from takedown.hosts.models import Host, Provider, Trace
from takedown.people.tasks import TaskKind, settle
from takedown.routes import holds
from takedown.routes.holds import HoldError
from takedown.routes.models import Hold
from takedown.urls.models import Url
from takedown.urls.normalise import Canonical
from takedown.urls.place import host_of
from takedown.web import acts


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: by which unit, why, under which reference of theirs."""

    asked_by: str
    reason: str
    reference: str | None
    probes_go_on: bool
    review_at: datetime | None


def on_url(
    session: Session, ports: Ports, url: Url, subject: str, asked: Asked, *, actor: str
) -> Hold:
    """Stop what leaves about this Url, its host, its domain or its provider. Raises `HoldError`."""
    host = session.get_one(Host, url.host_id)
    return _place(session, ports, subject, url.id, host, asked, actor)


def on_location(
    session: Session, ports: Ports, found: Canonical, subject: str, asked: Asked, *, actor: str
) -> Hold:
    """Stop what leaves about a pasted address, its host, its domain or its provider.

    Host and domain may be held before anything of them is registered. Raises `HoldError`.
    """
    host = host_of(session, ports.vault, found, now=ports.clock())
    index = ports.vault.blind("url", found.url)
    url_id = session.scalar(select(Url.id).where(Url.location_index == index))
    return _place(session, ports, subject, url_id, host, asked, actor)


def on_provider(
    session: Session, ports: Ports, provider_id: uuid.UUID, asked: Asked, *, actor: str
) -> Hold:
    """Stop what leaves to a provider, and about what it hosts."""
    provider = session.get_one(Provider, provider_id)
    return _stand(session, ports, "provider", provider.merged_into_id or provider.id, asked, actor)


def release(session: Session, ports: Ports, hold_id: uuid.UUID, *, why: str, actor: str) -> None:
    """Let go: for a person in a fresh session; what was not looked at is looked at first."""
    now = ports.clock()
    why = acts.without_location(session, ports.vault, why)
    let_go = holds.release(session, hold_id, why=why, released_by=actor, now=now)
    resume(session, ports, holds.covers(session, let_go), now=now)
    acts.note(session, ports, actor, "hold.release", hold_id, why=why)


def look_over(
    session: Session, ports: Ports, hold_id: uuid.UUID, *, review_at: datetime, actor: str
) -> None:
    """A person has reviewed it: it stays until they look again."""
    holds.look_over(session, hold_id, review_at=review_at, by=actor, now=ports.clock())
    acts.note(session, ports, actor, "hold.review", hold_id, next=review_at.isoformat())


def police_agree(session: Session, ports: Ports, url: Url, *, actor: str) -> None:
    """The police let this Url be looked up and checked; no notice leaves before they clear it."""
    now = ports.clock()
    url.police_informed_at = url.police_informed_at or now
    url.police_agreed_at = url.police_agreed_at or now
    session.flush()
    settle(session, TaskKind.VICTIM_AT_RISK, url.id, now=now, by=actor)
    resume(session, ports, [url.id], now=now)
    acts.note(session, ports, actor, "url.police_agree", url.id)


def _place(
    session: Session,
    ports: Ports,
    subject: str,
    url_id: uuid.UUID | None,
    host: Host,
    asked: Asked,
    actor: str,
) -> Hold:
    if subject == "domain":
        return _stand(session, ports, subject, None, asked, actor, domain=host.domain_index)
    trace = session.get(Trace, host.trace_id) if host.trace_id else None
    known = {"url": url_id, "host": host.id, "provider": trace.provider_id if trace else None}
    if known.get(subject) is None:
        missing = {
            "url": "nothing of this address is registered: hold its host or its domain",
            "provider": "its provider is not known yet: hold its host or its domain",
        }
        raise HoldError(missing.get(subject, "a hold stands on a url, host, domain or provider"))
    return _stand(session, ports, subject, known[subject], asked, actor)


def _stand(
    session: Session,
    ports: Ports,
    subject: str,
    subject_id: uuid.UUID | None,
    asked: Asked,
    actor: str,
    *,
    domain: bytes | None = None,
) -> Hold:
    vault = ports.vault
    placed = holds.place(
        session,
        subject=subject,
        subject_id=subject_id,
        domain_index=domain,
        asked_by=acts.without_location(session, vault, asked.asked_by),
        reason=acts.without_location(session, vault, asked.reason),
        reference=acts.without_location(session, vault, asked.reference or "") or None,
        probes_go_on=asked.probes_go_on,
        placed_by=actor,
        now=ports.clock(),
        review_at=asked.review_at,
    )
    if not asked.probes_go_on:
        checks.stop_checks(session, holds.covers(session, placed))
    acts.note(
        *(session, ports, actor, "hold.place", placed.id),
        on=subject,
        probes=asked.probes_go_on,
    )
    return placed
