"""`check`: lease lanes, look by headers only, write verdicts, and act on what changed."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from takedown.checks import service
from takedown.checks.attribution import RemovedBy
from takedown.checks.calibrating import Step
from takedown.checks.finding import Dns, Fault, Finding, NameState
from takedown.checks.guard import all_allowed
from takedown.checks.models import CheckState
from takedown.checks.probe import Target, probe
from takedown.checks.removal import ChangeKind
from takedown.checks.service import Batch, Due, Moved
from takedown.db import committing
from takedown.episodes import service as episodes
from takedown.flow.placing import reroute
from takedown.flow.ports import Ports, Tally
from takedown.hosts.models import Host, Trace
from takedown.hosts.resolve import Answer
from takedown.people.tasks import TaskKind, ask
from takedown.urls import lifecycle
from takedown.urls.models import Url, UrlStatus

FIRST_GAP: Final = timedelta(minutes=15)
TRACE_STALE: Final = timedelta(hours=12)
_DNS: Final = {
    "nxdomain": Dns.NXDOMAIN,
    "no_data": Dns.NO_DATA,
    "servfail": Dns.SERVFAIL,
    "refused": Dns.REFUSED,
    "timeout": Dns.TIMEOUT,
}


def check(ports: Ports, limit: int | None = None) -> Tally:
    """One pass over what is due; what politeness delays is `left`. At most `limit` Urls."""
    total = Tally()
    if not ports.leaves.lookups:
        return Tally(left=_left(ports))
    while limit is None or total.claimed < limit:
        size = ports.probing.batch if limit is None else min(ports.probing.batch, limit)
        with committing(ports.sessions) as session:
            batch = service.claim(
                session,
                ports.vault,
                now=ports.clock(),
                batch=size,
                one_each=bool(ports.probing.interval),
            )
        if batch is None:
            break
        findings = look(ports, batch.due)
        total += _record(ports, batch, findings)
    return total + Tally(left=_left(ports))


def look(ports: Ports, dues: Sequence[Due]) -> dict[uuid.UUID, Finding]:
    """What HEAD says of each Url; names that do not resolve say so themselves."""
    answers = ports.lookup.resolver.addresses({due.host for due in dues})
    findings: dict[uuid.UUID, Finding] = {}
    vantage, proxy = next(iter(ports.probing.vantages.items()))
    targets = _targets(ports, dues, answers, findings, vantage)
    seen = dict(
        probe(
            targets,
            concurrency=ports.probing.concurrency,
            deadline_s=ports.probing.deadline_s,
            open_networks=ports.probing.open_networks,
            ports=ports.probing.ports,
            proxy=proxy,
        )
    )
    return findings | seen


def act(session: Session, ports: Ports, moves: Iterable[Moved], now: datetime) -> None:
    """What a change in availability means for the Url and its episode."""
    for moved in moves:
        change, url_id = moved.change, moved.url_id
        if change.kind is ChangeKind.CONFIRMED:
            _removed(session, moved, now)
        elif change.kind is ChangeKind.REAPPEARED:
            _reappeared(session, ports, url_id, change.at, now)
        elif change.kind is ChangeKind.RETRACTED:
            episodes.retracted(session, url_id, now=now)
            lifecycle.move_many(session, [url_id], UrlStatus.NOTIFIED, now=now, why="outage")
        elif change.kind is ChangeKind.REDATED:
            episodes.redated(
                session,
                url_id,
                last_up_at=change.last_up_at,
                first_down_at=change.first_down_at,
            )
        elif change.kind is ChangeKind.CONTRADICTED:
            ask(session, TaskKind.SUSPECT, "url", url_id, now=now, why="contradicted")


def _record(ports: Ports, batch: Batch, findings: Mapping[uuid.UUID, Finding]) -> Tally:
    now = ports.clock()
    with committing(ports.sessions) as session:
        moves = service.record(
            session,
            ports.vault,
            batch,
            findings,
            now=now,
            interval=ports.probing.interval,
        )
        act(session, ports, moves, now)
        _trace_again(session, ports, batch.due, findings, now)
    return Tally(len(batch.due), len(findings), len(batch.due) - len(findings))


def _targets(
    ports: Ports,
    dues: Sequence[Due],
    answers: Mapping[str, Answer],
    findings: dict[uuid.UUID, Finding],
    vantage: str,
) -> Iterator[Target[uuid.UUID]]:
    for due in dues:
        answer = answers[due.host]
        if not answer.addresses:
            findings[due.row.url_id] = Finding(
                dns=_DNS.get(str(answer.dns), Dns.NO_DATA),
                name=_name_state(due.domain_status),
                vantage=vantage,
            )
            continue
        if not all_allowed(answer.addresses, ports.probing.open_networks):
            findings[due.row.url_id] = Finding(error=Fault.FORBIDDEN_ADDRESS, vantage=vantage)
            continue
        split = urlsplit(due.location)
        port = split.port or (443 if split.scheme == "https" else 80)
        yield Target(
            due.row.url_id,
            _sibling(due) if due.row.step is Step.CONTROL else due.location,
            answer.addresses[0],
            due.host,
            port,
            due.row.lane,
            vantage,
        )


def _sibling(due: Due) -> str:
    """A path beside the Url that cannot exist, the same at each control of this Url."""
    base = due.location.split("?", 1)[0].split("#", 1)[0]
    return f"{base.rsplit('/', 1)[0]}/{due.row.url_id.hex[-16:]}"


def _removed(session: Session, moved: Moved, now: datetime) -> None:
    change, outcome = moved.change, moved.outcome
    by = outcome.removed_by or RemovedBy.UNKNOWN
    episodes.removed(
        session,
        moved.url_id,
        last_up_at=change.last_up_at,
        first_down_at=change.first_down_at or now,
        confirmed_at=now,
        unavailable=change.unreachable_only or by in (RemovedBy.REGISTRAR, RemovedBy.REGISTRY),
        removed_by=by,
        now=now,
    )
    lifecycle.move_many(session, [moved.url_id], UrlStatus.REMOVED, now=now, why=outcome.note)


def _reappeared(
    session: Session, ports: Ports, url_id: uuid.UUID, at: datetime, now: datetime
) -> None:
    trace = episodes.reappeared(session, url_id, at=at, now=now)
    lifecycle.move_many(session, [url_id], UrlStatus.REAPPEARED, now=now, why="up twice")
    ask(session, TaskKind.REAPPEARED, "url", url_id, now=now, why="reappeared")
    service.restart_clock(session, [url_id], at=now, first_gap=FIRST_GAP)
    url = session.get(Url, url_id)
    if url is not None and trace is not None:
        reroute(session, ports, [url], now=now)


def _name_state(domain_status: Sequence[str]) -> NameState | None:
    """What the registry said of the name when the host was traced (EPP, RFC 5731)."""
    held = {status.replace(" ", "").lower() for status in domain_status}
    if "serverhold" in held:
        return NameState.SERVER_HOLD
    return NameState.CLIENT_HOLD if "clienthold" in held else None


def _trace_again(
    session: Session,
    ports: Ports,
    dues: Sequence[Due],
    findings: Mapping[uuid.UUID, Finding],
    now: datetime,
) -> None:
    """A host whose address is another one now, or whose name is gone, is traced again."""
    moved, gone = set(), set()
    for due in dues:
        finding = findings.get(due.row.url_id)
        if finding is None or finding.error is Fault.FORBIDDEN_ADDRESS:
            continue
        if finding.address and ports.vault.blind("address", finding.address) != due.row.lane:
            moved.add(due.host_id)
        elif finding.dns in (Dns.NXDOMAIN, Dns.NO_DATA):
            gone.add(due.host_id)
    if moved:
        session.execute(_DUE.where(Host.id.in_(moved)).values(locate_due_at=now))
    if gone:
        old = select(Trace.id).where(Trace.at < now - TRACE_STALE)
        session.execute(
            _DUE.where(Host.id.in_(gone), Host.trace_id.in_(old)).values(locate_due_at=now)
        )


_DUE: Final = update(Host).where(Host.locate_due_at.is_(None))


def _left(ports: Ports) -> int:
    with ports.sessions() as session:
        return (
            session.scalar(
                select(func.count())
                .select_from(CheckState)
                .where(CheckState.next_check_at <= ports.clock())
            )
            or 0
        )
