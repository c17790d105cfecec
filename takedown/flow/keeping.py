"""What was seen, into the database: checks, what follows from them, and whom to trace again."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from takedown.checks import batches
from takedown.checks.batches import Batch, Moved
from takedown.checks.finding import Dns, Fault, Finding
from takedown.checks.opening import Due
from takedown.db import among, committing
from takedown.flow.fronts import note_fronts
from takedown.flow.ports import Ports
from takedown.hosts.models import Host, Trace

TRACE_STALE: Final = timedelta(hours=12)  # when nothing answers
TRACE_OLD: Final = timedelta(days=7)  # when all goes on as before
TENTH: Final = 10  # each look resolves the name; each tenth one may ask the registries, too
_OURS: Final = (None, Fault.OURS, Fault.PROXY, Fault.FORBIDDEN_PORT)
_DUE: Final = update(Host).where(Host.locate_due_at.is_(None))

Act = Callable[[Session, Ports, Iterable[Moved], datetime], None]


def keep(ports: Ports, batch: Batch, findings: Mapping[uuid.UUID, Finding], act: Act) -> None:
    """Record findings under their lease in one transaction; `act` does what changes call for."""
    now = ports.clock()
    with committing(ports.sessions) as session:
        moves = batches.record(
            session,
            ports.vault,
            batch,
            findings,
            now=now,
            interval=ports.probing.interval,
            vantages=tuple(ports.probing.vantages),
        )
        act(session, ports, moves, now)
        _trace_again(session, ports, batch.due, findings, now)
        note_fronts(session, ports, batch.due, findings, now)


def _trace_again(
    session: Session,
    ports: Ports,
    dues: Sequence[Due],
    findings: Mapping[uuid.UUID, Finding],
    now: datetime,
) -> None:
    """A host is traced again: at once where its address is another one now, and where its Trace is
    old, when its name is gone, when nothing answers, and at each tenth look."""
    moved, gone, tenth = set(), set(), set()
    lanes: dict[str, bytes] = {}
    for due in dues:
        finding = findings.get(due.row.url_id)
        if finding is None or finding.error is Fault.FORBIDDEN_ADDRESS:
            continue
        if finding.address:
            lane = lanes.get(finding.address)
            if lane is None:
                lane = lanes[finding.address] = ports.vault.blind("address", finding.address)
            if lane != due.row.lane or not due.traced:
                moved.add(due.host_id)
        elif finding.dns in (Dns.NXDOMAIN, Dns.NO_DATA):
            gone.add(due.host_id)
        if finding.status is None and finding.error not in _OURS:
            gone.add(due.host_id)
        if (due.row.state.spell_checks + 1) % TENTH == 0:
            tenth.add(due.host_id)
    if moved:
        session.execute(_DUE.where(among(Host.id, moved)).values(locate_due_at=now))
    for ids, stale in ((gone, TRACE_STALE), (tenth, TRACE_OLD)):
        if ids:
            old = select(Trace.id).where(Trace.at < now - stale)
            session.execute(
                _DUE.where(among(Host.id, ids), Host.trace_id.in_(old)).values(locate_due_at=now)
            )
