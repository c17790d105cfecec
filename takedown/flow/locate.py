"""`locate`: lease hosts, ask DNS and registries, keep Traces; then place the Urls of each host."""

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from takedown.db import among, committing
from takedown.flow.placing import reroute
from takedown.flow.ports import Ports, Tally
from takedown.hosts import leasing
from takedown.hosts.keeping import Outcome, store_all
from takedown.hosts.models import Host
from takedown.people.tasks import TaskKind, ask
from takedown.routes import police
from takedown.urls import lifecycle
from takedown.urls.models import OPEN, Url, UrlStatus

_BATCH: Final = 200
_URLS: Final = 1_000
HELD_WAIT: Final = timedelta(hours=6)  # until it is asked again whether the hold still stands


def locate(ports: Ports, limit: int | None = None) -> Tally:
    """Trace the hosts that are due, then place their Urls. At most `limit` hosts."""
    total = Tally()
    if not ports.leaves.lookups:
        return Tally(left=hosts_due(ports))
    while limit is None or total.claimed < limit:
        batch = _trace(ports, _BATCH if limit is None else min(_BATCH, limit - total.claimed))
        total += batch
        _place_all(ports)
        if not batch.claimed:
            break
    return total + Tally(left=hosts_due(ports))


def trace_now(ports: Ports, host_ids: Collection[uuid.UUID]) -> Tally:
    """Trace these of the hosts that are due, whatever else is, and place what has changed."""
    if not ports.leaves.lookups or not host_ids:
        return Tally()
    total = Tally()
    while (batch := _trace(ports, _BATCH, host_ids)).claimed:
        total += batch
    _place_all(ports)
    return total


def _trace(ports: Ports, size: int, only: Collection[uuid.UUID] | None = None) -> Tally:
    with committing(ports.sessions) as session:
        now = ports.clock()
        claimed = leasing.claim(session, ports.vault, now, size, only)
        _give_up(session, claimed.quarantined, now)
        quiet = silent(session, ports, [claim.host_id for claim in claimed.claims])
        held = [claim for claim in claimed.claims if claim.host_id in quiet]
        leasing.put_back(session, held, now + HELD_WAIT)
    wanted = [claim for claim in claimed.claims if claim.host_id not in quiet]
    if not wanted:
        return Tally(len(claimed.claims))
    names = {name for claim in wanted for name in claim.names}
    findings = ports.lookup.findings(names, ports.clock())
    with committing(ports.sessions) as session:
        now = ports.clock()
        stored = store_all(session, ports.vault, wanted, findings, now, ports.known_providers)
        lifecycle.place_again(session, [one.host_id for one in stored if one.changed], now)
        _give_up(
            session, [one.host_id for one in stored if one.outcome is Outcome.NEEDS_OPERATOR], now
        )
    done = sum(one.trace is not None for one in stored)
    return Tally(len(claimed.claims), done, len(stored) - done)


def _place_all(ports: Ports) -> None:
    """Place what a Trace has changed: new Urls, and Urls whose host another provider serves now."""
    after = None
    while True:
        with committing(ports.sessions) as session:
            urls = _to_place(session, after, ports.clock())
            if not urls:
                return
            reroute(session, ports, urls, now=ports.clock())
            for url in urls:
                url.place_due_at = None
            after = urls[-1].id


def _to_place(session: Session, after: uuid.UUID | None, now: datetime) -> list[Url]:
    """Open Urls that are due to be placed, and whose host no look-up is due for."""
    query = (
        select(Url)
        .join(Host, Host.id == Url.host_id)
        .where(
            Url.place_due_at <= now,
            Url.status.in_(OPEN),
            Host.locate_due_at.is_(None),
            Host.trace_id.is_not(None),
        )
        .order_by(Url.id)
        .limit(_URLS)
        .with_for_update(of=Url, skip_locked=True)
    )
    if after is not None:
        query = query.where(Url.id > after)
    return list(session.scalars(query))


def _give_up(session: Session, host_ids: Iterable[uuid.UUID], now: datetime) -> None:
    """Nobody could be named: the Urls of these hosts wait for a person."""
    ids = list(host_ids)
    if not ids:
        return
    waiting = session.scalars(
        select(Url.id).where(among(Url.host_id, ids), Url.status == UrlStatus.REGISTERED)
    ).all()
    lifecycle.move_many(session, waiting, UrlStatus.NEEDS_OPERATOR, now=now, why="no provider")
    for url_id in waiting:
        ask(session, TaskKind.LOCATE, "url", url_id, now=now, why="no provider")


def silent(session: Session, ports: Ports, host_ids: list[uuid.UUID]) -> set[uuid.UUID]:
    """Hosts of which no Url may be looked up: a hold's placer said so, or the police come first.

    What was withdrawn says nothing either way.
    """
    rows = session.execute(
        select(Url.id, Url.host_id).where(
            among(Url.host_id, host_ids), Url.status != UrlStatus.WITHDRAWN
        )
    ).all()
    agree = ports.hotline.police_agree_probes
    quiet = police.silent(session, [row.id for row in rows], agree=agree)
    speaking = {row.host_id for row in rows if row.id not in quiet}
    return {row.host_id for row in rows} - speaking


def hosts_due(ports: Ports) -> int:
    """How many hosts are due to be looked up."""
    with ports.sessions() as session:
        return (
            session.scalar(
                select(func.count()).select_from(Host).where(Host.locate_due_at <= ports.clock())
            )
            or 0
        )
