"""Proxies that no look-up shows: an answer's header gives them away to a check."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.checks.finding import Finding
from takedown.checks.opening import Due
from takedown.db import among
from takedown.flow.ports import Ports
from takedown.hosts.known import header_mark
from takedown.hosts.making import Maker
from takedown.hosts.models import Host, Provider, ProviderMark, Trace
from takedown.hosts.origin import seen_front
from takedown.hosts.providers import OnRecord, survivor


def note_fronts(
    session: Session,
    ports: Ports,
    dues: Sequence[Due],
    findings: Mapping[uuid.UUID, Finding],
    now: datetime,
) -> None:
    """Hosts whose answers name a proxy that their Traces do not know are traced with it."""
    marks = select(ProviderMark.value, ProviderMark.provider_id)
    ours: dict[str, uuid.UUID] = dict(
        session.execute(marks.where(ProviderMark.kind == "header")).all()
    )
    seen = _seen(dues, findings, {*ours, *ports.known_providers.by_header})
    if not seen:
        return
    unknown = session.scalars(
        select(Host)
        .join(Trace, Trace.id == Host.trace_id)
        .where(among(Host.id, seen), Host.front_id.is_(None), Trace.proxy.is_(False))
        .order_by(Host.id)
        .with_for_update(of=Host)
    )
    for host in unknown:
        seen_front(session, host, _proxy(session, ports, ours, seen[host.id], now), now=now)


def _seen(
    dues: Sequence[Due], findings: Mapping[uuid.UUID, Finding], marks: set[str]
) -> dict[uuid.UUID, str]:
    """The mark in the answer of each host, where the host itself answered."""
    found: dict[uuid.UUID, str] = {}
    known: dict[tuple[str | None, str | None], str | None] = {}  # a host says the same each time
    for due in dues:
        finding = findings.get(due.row.url_id)
        if not marks or finding is None or finding.hops or due.host_id in found:
            continue
        said = (finding.server, finding.cf_mitigated)
        if said not in known:
            headers = {"server": finding.server, "cf-mitigated": finding.cf_mitigated}
            known[said] = header_mark(headers, marks)
        mark = known[said]
        if mark is not None:
            found[due.host_id] = mark
    return found


def _proxy(
    session: Session, ports: Ports, ours: Mapping[str, uuid.UUID], mark: str, now: datetime
) -> Provider:
    """Whose mark it is: in our book, else in the reference data."""
    if mark in ours:
        return survivor(session, session.get_one(Provider, ours[mark]))
    maker = Maker(OnRecord(session, ports.vault), ports.known_providers, now)
    return maker.of_fact(ports.known_providers.by_header[mark])
