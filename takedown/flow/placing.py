"""After a Trace: each Url of the host gets its Route, its episode, and its first look."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from takedown.audit import MACHINE
from takedown.checks import service as checks
from takedown.db import among
from takedown.episodes import service as episodes
from takedown.flow.platforms import Paths
from takedown.flow.ports import Ports
from takedown.hosts.models import Host, Provider, Role, Trace
from takedown.hosts.providers import survivor
from takedown.people.tasks import TaskKind, ask, open_about, settle
from takedown.routes import police
from takedown.routes import service as routes
from takedown.routes.models import RouteKind, UrlRoute
from takedown.urls import lifecycle
from takedown.urls.models import Url, UrlStatus


@dataclass(frozen=True, slots=True)
class _Place:
    """A Url with the newest Trace of its host, and who answers for it."""

    url: Url
    host: Host
    trace: Trace
    provider: Provider | None
    role: str | None


@dataclass(frozen=True, slots=True)
class _Stand:
    """What stands about some Urls, read at once: a list of thousands may come together."""

    rules: routes.Rules
    decided: dict[uuid.UUID, UrlRoute]  # the newest
    episodes: episodes.Known
    asked: set[tuple[str, uuid.UUID]]  # open tasks


def reroute(session: Session, ports: Ports, urls: Sequence[Url], *, now: datetime) -> None:
    """Route Urls by the newest Trace of their hosts; a changed provider closes the episode.

    Can run again at any time: what stands as decided stays, and so does the route of what was
    sent and has not moved.
    """
    places = _places(session, ports, urls)
    ids = [one.url.id for one in places]
    stand = _Stand(
        routes.rules(session, now),
        routes.newest_of(session, ids),
        episodes.of_urls(session, ids),
        open_about(session, (TaskKind.LOCATE, TaskKind.ROUTE), ids),
    )
    last_up = _last_up(session, ids)
    openings = []
    with session.no_autoflush:
        for place in places:
            decided = _decide(session, ports, stand, place, now)
            if place.provider is not None and place.role is not None:
                episodes.open_episode(
                    session,
                    place.url.id,
                    place.trace,
                    known=stand.episodes[place.url.id],
                    provider_id=place.provider.id,
                    role=place.role,
                    now=now,
                    deadline_hours=decided.deadline_hours,
                    binding=decided.binding,
                    last_up_at=last_up.get(place.url.id),
                )
            _ask(session, stand, place, decided, now)
            if not place.url.not_checkable:
                openings.append(
                    checks.Opening(
                        place.url.id,
                        place.trace.address_index or place.host.domain_index,
                        place.url.registered_at,
                        decided.deadline_hours,
                    )
                )
    session.flush()
    episodes.leave_behind(session, ids, last_up, now=now)
    _open_checks(session, ports, openings, now)
    fresh = [one.url.id for one in places if _is_located(one)]
    lifecycle.move_many(session, fresh, UrlStatus.LOCATED, now=now, why="traced")


def _decide(
    session: Session, ports: Ports, stand: _Stand, place: _Place, now: datetime
) -> UrlRoute:
    """How one may act on it; a decision on which something was sent stands until it moves."""
    provider, trace = place.provider, place.trace
    last = stand.decided.get(place.url.id)
    standing = episodes.primary(stand.episodes[place.url.id])
    if provider is not None and place.role is not None and standing is not None:
        sent = standing.notified_at is not None or standing.handed_over_at is not None
        leaves = episodes.leaves(session, standing, trace, provider.id, place.role)
        if sent and last is not None and not leaves:
            return last
    return routes.route(
        session,
        ports.hotline,
        stand.rules,
        url_id=place.url.id,
        trace_id=trace.id,
        country=trace.country,
        signatory=provider is not None and provider.signatory,
        now=now,
        last=last,
        provider_id=provider.id if provider else None,
        role=place.role,
    )


def _is_located(place: _Place) -> bool:
    """A Url that waits for a person goes on only when a provider is named."""
    if place.url.status == UrlStatus.NEEDS_OPERATOR:
        return place.provider is not None
    return place.url.status == UrlStatus.REGISTERED


def _ask(session: Session, stand: _Stand, place: _Place, decided: UrlRoute, now: datetime) -> None:
    """Who has to act where no notice to a provider may be composed."""
    url = place.url
    if url.not_checkable:
        ask(session, TaskKind.MANUAL_FINDING, "url", url.id, now=now, why="not checkable")
    if place.provider is None:
        why = f"no provider: {place.trace.dns}"
        ask(session, TaskKind.LOCATE, "url", url.id, now=now, why=why)
        return
    if (TaskKind.LOCATE, url.id) in stand.asked:
        settle(session, TaskKind.LOCATE, url.id, now=now, by=MACHINE)
    if decided.kind == RouteKind.NONE:
        ask(session, TaskKind.ROUTE, "url", url.id, now=now, why=decided.kind)
    elif (TaskKind.ROUTE, url.id) in stand.asked:  # composed; asked about there where it can't be
        settle(session, TaskKind.ROUTE, url.id, now=now, by=MACHINE)


def _open_checks(
    session: Session, ports: Ports, openings: list[checks.Opening], now: datetime
) -> None:
    agree = ports.hotline.police_agree_probes
    silent = police.silent(session, [one.url_id for one in openings], agree=agree)
    checks.open_checks(session, openings, now=now)
    checks.stop_checks(session, silent)


def _places(session: Session, ports: Ports, urls: Iterable[Url]) -> list[_Place]:
    """The Urls that are traced, each with who answers for it: by its path, else as its host."""
    every = list(urls)
    rows = session.execute(
        select(Host, Trace, Provider)
        .join(Trace, Trace.id == Host.trace_id)
        .outerjoin(Provider, Provider.id == Trace.provider_id)
        .where(among(Host.id, {url.host_id for url in every}))
    )
    traced = {row.Host.id: (row.Host, row.Trace, row.Provider) for row in rows}
    paths = Paths(session, ports.vault, (host for host, _, _ in traced.values()))
    found = []
    for url in every:
        if url.host_id not in traced:
            continue
        host, trace, provider = traced[url.host_id]
        platform = paths.of(url)
        if platform is not None:
            found.append(_Place(url, host, trace, platform, Role.PLATFORM))
        else:
            whole = survivor(session, provider) if provider is not None else None
            found.append(_Place(url, host, trace, whole, trace.role if whole else None))
    return found


_LAST_UP: Final = text(
    """
    SELECT c.url_id, max(c.at) AS at
    FROM checks c
    JOIN urls u ON u.id = c.url_id
    JOIN episodes e ON e.url_id = u.id AND e.outcome = 'open' AND e.primary
    JOIN traces t ON t.host_id = u.host_id AND t.address_index = c.address_index
                 AND (t.provider_id = e.provider_id OR t.id = e.trace_id)
    WHERE c.url_id = ANY(:ids) AND c.verdict = 'up' GROUP BY c.url_id
    """
)


def _last_up(session: Session, ids: list[uuid.UUID]) -> dict[uuid.UUID, datetime]:
    """When each Url was last seen up at an address of its episode's provider.

    The look that shows a move sees it up, too: elsewhere.
    """
    return {row.url_id: row.at for row in session.execute(_LAST_UP, {"ids": ids})}
