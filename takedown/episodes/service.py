"""Who answers for a Url: its episodes open, go on, stand aside and move."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.db import among, new_id
from takedown.episodes.events import close, happened
from takedown.episodes.models import Episode, Outcome, RemovedBy
from takedown.hosts.models import Host, Provider, Role, Trace, TraceProvider
from takedown.hosts.providers import survivor
from takedown.hosts.traces import told
from takedown.people.tasks import TaskKind, ask
from takedown.urls.models import Url

Known = dict[uuid.UUID, list[Episode]]  # by Url, oldest first


def of_urls(session: Session, url_ids: Iterable[uuid.UUID]) -> Known:
    """All episodes of these Urls, read at once for `open_episode`."""
    known: Known = {url_id: [] for url_id in url_ids}
    rows = session.scalars(
        select(Episode).where(among(Episode.url_id, list(known))).order_by(Episode.id)
    )
    for episode in rows:
        known[episode.url_id].append(episode)
    return known


def open_episode(
    session: Session,
    url_id: uuid.UUID,
    trace: Trace,
    *,
    known: list[Episode],
    provider_id: uuid.UUID,
    role: str,
    now: datetime,
    deadline_hours: int | None,
    binding: bool,
    last_up_at: datetime | None = None,
) -> Episode:
    """Open the primary episode of a Url at the provider that answers for it.

    The one that is open there already is kept and rests on this Trace. One at another provider is
    closed as moved, in the interval (`last_up_at`, now]; where nothing has moved, and we only know
    better who answers for it, that one stands aside: it goes on, and enters no totals. `known`:
    all episodes of the Url; an opened one is added.
    """
    standing = primary(known)
    if standing is not None and not leaves(session, standing, trace, provider_id, role):
        _keep(standing, trace, provider_id, role, deadline_hours, binding)
        return standing
    if standing is not None:
        before = session.get(Trace, standing.trace_id)
        if before is not None and told(before, trace):
            standing.primary = False
            happened(session, standing, "episode_aside", now=now, why="known better")
        else:
            _moved(session, standing, last_up_at, now)
        session.flush()
    aside = next((one for one in _open(known) if one.provider_id == provider_id), None)
    if aside is not None:
        aside.primary = True
        _keep(aside, trace, provider_id, role, deadline_hours, binding)
        return aside
    opened = Episode(
        id=new_id(),
        url_id=url_id,
        provider_id=provider_id,
        trace_id=trace.id,
        role=role,
        primary=True,
        ordinal=1 + max((one.ordinal for one in known if one.primary), default=0),
        country=trace.country,
        asn=trace.asn,
        deadline_hours=deadline_hours,
        deadline_binding=binding,
        opened_at=now,
        outcome=Outcome.OPEN,
    )
    session.add(opened)
    known.append(opened)
    happened(session, opened, "episode_opened", now=now)
    return opened


def primary(known: Iterable[Episode]) -> Episode | None:
    """The open one among the episodes of a Url that enters totals."""
    return next((one for one in _open(known) if one.primary), None)


def _open(known: Iterable[Episode]) -> Iterator[Episode]:
    return (one for one in known if one.outcome == Outcome.OPEN)


def leaves(
    session: Session, standing: Episode, trace: Trace, provider_id: uuid.UUID, role: str
) -> bool:
    """Whether a Url is another provider's matter now, or the same host's in another country.

    Another address or number of the same provider is none. Where a proxy or a platform answers,
    the country is that of its nearest server, and says nothing.
    """
    if standing.provider_id != provider_id:
        before = session.get_one(Provider, standing.provider_id)
        return survivor(session, before).id != provider_id
    abroad = None not in (standing.country, trace.country) and standing.country != trace.country
    if not abroad or role != Role.HOST:
        return False
    before_trace = session.get(Trace, standing.trace_id)
    return before_trace is None or not told(before_trace, trace)


def leave_behind(
    session: Session,
    url_ids: Iterable[uuid.UUID],
    last_up: Mapping[uuid.UUID, datetime],
    *,
    now: datetime,
) -> None:
    """Close as moved what stood aside at a proxy that stands before these Urls no more."""
    stands = (
        select(TraceProvider.trace_id)
        .join(Host, Host.trace_id == TraceProvider.trace_id)
        .where(Host.id == Url.host_id, TraceProvider.provider_id == Episode.provider_id)
    )
    gone = session.scalars(
        select(Episode)
        .join(Url, Url.id == Episode.url_id)
        .where(
            among(Episode.url_id, url_ids),
            Episode.outcome == Outcome.OPEN,
            Episode.primary.is_(False),
            Episode.role == Role.PROXY,
            ~stands.exists(),
        )
    )
    for episode in gone:
        _moved(session, episode, last_up.get(episode.url_id), now)


def _keep(
    standing: Episode,
    trace: Trace,
    provider_id: uuid.UUID,
    role: str,
    deadline_hours: int | None,
    binding: bool,
) -> None:
    """It goes on; as long as nobody was told, with what is known now."""
    standing.trace_id = trace.id
    if standing.notified_at is not None or standing.handed_over_at is not None:
        return
    standing.provider_id, standing.role = provider_id, role
    standing.country, standing.asn = trace.country, trace.asn
    standing.deadline_hours, standing.deadline_binding = deadline_hours, binding


def _moved(session: Session, left: Episode, last_up_at: datetime | None, now: datetime) -> None:
    close(session, left, Outcome.MOVED, now=now, why="another provider hosts it")
    left.last_up_at, left.first_down_at = last_up_at, now
    left.removed_by = RemovedBy.MOVED
    ask(session, TaskKind.MOVED, "url", left.url_id, now=now, why="moved")
