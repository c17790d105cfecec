"""After a Trace: each Url of the host gets its Route, its episode, and its first look."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from takedown.checks import service as checks
from takedown.episodes import service as episodes
from takedown.flow.ports import Ports
from takedown.hosts.models import Host, Provider, Trace
from takedown.people.tasks import TaskKind, ask, settle
from takedown.routes import holds
from takedown.routes import service as routes
from takedown.routes.models import RouteKind, UrlRoute
from takedown.urls import lifecycle
from takedown.urls.models import Url, UrlStatus


def reroute(session: Session, ports: Ports, urls: Sequence[Url], *, now: datetime) -> None:
    """Route Urls by the newest Trace of their hosts; a changed provider closes the episode.

    Can run again at any time: what stands as decided stays.
    """
    traces = _traces(session, urls)
    known = routes.rules(session, now)
    last_up = _last_up(session, [url.id for url in urls])
    openings = []
    for url in urls:
        if (found := traces.get(url.host_id)) is None:
            continue
        trace, provider, host = found
        decided = routes.route(
            session,
            ports.hotline,
            known,
            url_id=url.id,
            trace_id=trace.id,
            country=trace.country,
            signatory=provider is not None and provider.signatory,
            now=now,
        )
        episodes.open_episode(
            session,
            url.id,
            trace,
            now=now,
            deadline_hours=decided.deadline_hours,
            binding=decided.binding,
            last_up_at=last_up.get(url.id),
        )
        _ask(session, url, trace, decided, now)
        if not url.not_checkable:
            openings.append(
                checks.Opening(
                    url.id,
                    trace.address_index or host.domain_index,
                    url.registered_at,
                    decided.deadline_hours,
                )
            )
    _open_checks(session, openings, now)
    fresh = [url.id for url in urls if _is_located(url, traces)]
    lifecycle.move_many(session, fresh, UrlStatus.LOCATED, now=now, why="traced")


def _is_located(url: Url, traces: Mapping[uuid.UUID, tuple[Trace, Provider | None, Host]]) -> bool:
    """A Url that waits for a person goes on only when a provider is named."""
    if url.status == UrlStatus.NEEDS_OPERATOR:
        found = traces.get(url.host_id)
        return found is not None and found[1] is not None
    return url.status == UrlStatus.REGISTERED


def _ask(session: Session, url: Url, trace: Trace, decided: UrlRoute, now: datetime) -> None:
    """Who has to act where no notice to a provider may be composed."""
    if url.not_checkable:
        ask(session, TaskKind.MANUAL_FINDING, "url", url.id, now=now, why="not checkable")
    if trace.provider_id is None:
        ask(session, TaskKind.LOCATE, "url", url.id, now=now, why=f"no provider: {trace.dns}")
        return
    settle(session, TaskKind.LOCATE, url.id, now=now, by="machine")
    if decided.kind == RouteKind.DIRECT:
        settle(session, TaskKind.ROUTE, url.id, now=now, by="machine")
    else:
        ask(session, TaskKind.ROUTE, "url", url.id, now=now, why=decided.kind)


def _open_checks(session: Session, openings: list[checks.Opening], now: datetime) -> None:
    silent = holds.unprobed(session, [one.url_id for one in openings])
    checks.open_checks(session, openings, now=now)
    checks.stop_checks(session, silent)


def _traces(
    session: Session, urls: Iterable[Url]
) -> Mapping[uuid.UUID, tuple[Trace, Provider | None, Host]]:
    rows = session.execute(
        select(Host, Trace, Provider)
        .join(Trace, Trace.id == Host.trace_id)
        .outerjoin(Provider, Provider.id == Trace.provider_id)
        .where(Host.id.in_({url.host_id for url in urls}))
    )
    return {row.Host.id: (row.Trace, row.Provider, row.Host) for row in rows}


_LAST_UP: Final = text(
    """
    SELECT c.url_id, max(c.at) AS at
    FROM checks c
    JOIN urls u ON u.id = c.url_id
    JOIN episodes e ON e.url_id = u.id AND e.outcome = 'open' AND e.primary
    JOIN traces t ON t.host_id = u.host_id AND t.provider_id = e.provider_id
                 AND t.address_index = c.address_index
    WHERE c.url_id = ANY(:ids) AND c.verdict = 'up' GROUP BY c.url_id
    """
)


def _last_up(session: Session, ids: list[uuid.UUID]) -> dict[uuid.UUID, datetime]:
    """When each Url was last seen up at an address of its episode's provider.

    The look that shows a move sees it up, too: elsewhere.
    """
    return {row.url_id: row.at for row in session.execute(_LAST_UP, {"ids": ids})}
