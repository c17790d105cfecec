"""A Url with all that is known of it, in the shape that programs and pages read; no location."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from takedown.checks.calibrating import Step
from takedown.checks.models import CheckState, Spell
from takedown.episodes.models import Episode
from takedown.hosts.models import Host, Provider, Trace
from takedown.outbox.models import Notice, NoticeUrl
from takedown.routes import holds
from takedown.routes.models import Hold, UrlRoute
from takedown.urls.models import OPEN, Report, Url, UrlStatus
from takedown.vault import Vault

_CALIBRATION = {
    Step.FIRST: "pending",
    Step.SECOND: "pending",
    Step.CONTROL: "pending",
    Step.DONE: "calibrated",
    Step.NOT_CALIBRATED: "not_calibrated",
}


def cases(session: Session, vault: Vault, urls: Sequence[Url]) -> list[dict[str, Any]]:
    """The `url ID` shape of the interface for each Url, in order; times are datetimes in UTC."""
    ids = [url.id for url in urls]
    known = _Known(session, vault, ids)
    held = holds.by_url(session, ids)
    return [_case(url, known, held.get(url.id, [])) for url in urls]


def in_state(status: str) -> ColumnElement[bool]:
    """Whether a Url is in this state; `held` and `not_checkable` are facts that stand beside it."""
    if status == UrlStatus.HELD:
        return and_(Url.status.in_(OPEN), Url.id.in_(holds.held_urls()))
    if status == UrlStatus.NOT_CHECKABLE:
        return Url.not_checkable.is_(True)
    return Url.status == status


def find(session: Session, name: str) -> Url | None:
    """A Url by its id, or by its number such as 2026-000123; None if there is none."""
    try:
        return session.get(Url, uuid.UUID(name))
    except ValueError:
        pass
    year, _, serial = name.partition("-")
    if not (year.isdigit() and serial.isdigit() and len(serial) < 18):
        return None
    url = session.scalars(select(Url).where(Url.serial == int(serial))).first()
    return url if url is not None and url.registered_at.year == int(year) else None


def one_vantage(state: CheckState | None) -> bool:
    """A removal that was seen from one place only: a host may show that address a 404."""
    return state is not None and state.confirmed_at is not None and state.seen_from < 2


def provider_name(vault: Vault, provider: Provider) -> str:
    """The name that staff see: the reviewed one, else as looked up."""
    return provider.public_name or vault.open("providers.name", provider.id, provider.name)


class _Known:
    """The rows about some Urls, read in one query a table."""

    def __init__(self, session: Session, vault: Vault, ids: list[uuid.UUID]) -> None:
        self.vault = vault
        self.providers: dict[uuid.UUID, str] = {}
        self.states = {
            state.url_id: state
            for state in session.scalars(select(CheckState).where(CheckState.url_id.in_(ids)))
        }
        self.spells = _by_url(
            session.scalars(select(Spell).where(Spell.url_id.in_(ids)).order_by(Spell.first_at))
        )
        self.reports = _by_url(
            session.scalars(
                select(Report).where(Report.url_id.in_(ids)).order_by(Report.registered_at)
            )
        )
        self.routes = _by_url(
            session.scalars(select(UrlRoute).where(UrlRoute.url_id.in_(ids)).order_by(UrlRoute.id))
        )
        self.episodes = _by_url(
            session.scalars(
                select(Episode).where(Episode.url_id.in_(ids)).order_by(Episode.ordinal)
            )
        )
        self.notices: dict[uuid.UUID, list[Notice]] = defaultdict(list)
        for url_id, notice in session.execute(
            select(NoticeUrl.url_id, Notice)
            .join(Notice, Notice.id == NoticeUrl.notice_id)
            .where(NoticeUrl.url_id.in_(ids), NoticeUrl.withdrawn_at.is_(None))
            .order_by(Notice.serial)
        ):
            self.notices[url_id].append(notice)
        self.traces: dict[uuid.UUID, Trace] = dict(
            session.execute(
                select(Url.id, Trace)
                .join(Host, Host.id == Url.host_id)
                .join(Trace, Trace.id == Host.trace_id)
                .where(Url.id.in_(ids))
            ).all()
        )
        wanted = {trace.provider_id for trace in self.traces.values()} | {
            episode.provider_id for each in self.episodes.values() for episode in each
        }
        for provider in session.scalars(
            select(Provider).where(Provider.id.in_([one for one in wanted if one]))
        ):
            self.providers[provider.id] = provider_name(vault, provider)


def _case(url: Url, known: _Known, held: Sequence[Hold]) -> dict[str, Any]:
    state, trace = known.states.get(url.id), known.traces.get(url.id)
    routes, reports = known.routes[url.id], known.reports[url.id]
    provisional = bool(state and state.run_first_at and not state.confirmed_at)
    return {
        "id": url.id,
        "number": url.number,
        "reference": reports[0].reference if reports else None,
        "status": "held" if held and url.status in OPEN else str(url.status),
        "held": bool(held),
        "holds": [
            {
                "id": one.id,
                "subject": one.subject,
                "asked_by": one.asked_by,
                "reference": one.reference,
                "placed_at": one.placed_at,
                "review_at": one.review_at,
                "probes_go_on": one.probes_go_on,
            }
            for one in held
        ],
        "provisional": provisional,
        "one_vantage": one_vantage(state),
        "not_checkable": url.not_checkable,
        "priority": url.priority,
        "registered_at": url.registered_at,
        "trace": _trace(trace, known) if trace else None,
        "route": (
            {
                "kind": routes[-1].kind,
                "deadline_hours": routes[-1].deadline_hours,
                "binding": routes[-1].binding,
                "status": routes[-1].status,
                "binds_on": routes[-1].binds_on,
                "languages": routes[-1].languages,
                "country": routes[-1].country,
                "why": routes[-1].why,
            }
            if routes
            else None
        ),
        "calibration": _calibration(url, state),
        "verdict": state.verdict if state else None,
        "spells": _spells(known.spells[url.id], state),
        "episodes": [_episode(one, state, known) for one in known.episodes[url.id]],
        "notices": [
            {
                "number": notice.number,
                "kind": notice.kind,
                "status": str(notice.status),
                "accepted_at": notice.accepted_at,
            }
            for notice in known.notices[url.id]
        ],
        "next_check_at": state.next_check_at if state else None,
        "next_check_why": state.next_why if state and state.next_check_at else None,
    }


def _trace(trace: Trace, known: _Known) -> dict[str, Any]:
    return {
        "at": trace.at,
        "asn": trace.asn,
        "country": trace.country,
        "provider": known.providers.get(trace.provider_id) if trace.provider_id else None,
        "proxy": trace.proxy,
        "dns": trace.dns,
    }


def _calibration(url: Url, state: CheckState | None) -> str:
    if url.not_checkable:
        return "not_checkable"
    return _CALIBRATION[Step(state.calibration)] if state else "pending"


def _spells(ended: Iterable[Spell], state: CheckState | None) -> list[dict[str, Any]]:
    spells = [
        {"verdict": one.verdict, "first": one.first_at, "last": one.last_at, "checks": one.checks}
        for one in ended
    ]
    if state is not None and state.verdict is not None:
        spells.append(
            {
                "verdict": state.verdict,
                "first": state.spell_first_at,
                "last": state.spell_last_at,
                "checks": state.spell_checks,
            }
        )
    return spells


def _episode(episode: Episode, state: CheckState | None, known: _Known) -> dict[str, Any]:
    """While it is open, its last up is the checks'; afterwards its own."""
    last_up: datetime | None = episode.last_up_at
    if episode.outcome == "open" and state is not None:
        last_up = state.last_up_at
    return {
        "provider": known.providers.get(episode.provider_id),
        "role": episode.role,
        "primary": episode.primary,
        "notified_at": episode.notified_at,
        "accepted_by": episode.accepted_by,
        "last_up_at": last_up,
        "first_down_at": episode.first_down_at,
        "confirmed_at": episode.confirmed_at,
        "outcome": str(episode.outcome),
        "removed_by": episode.removed_by,
        "seen_from": episode.seen_from,
    }


def _by_url(rows: Iterable[Any]) -> dict[uuid.UUID, list[Any]]:
    grouped: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row.url_id].append(row)
    return grouped
