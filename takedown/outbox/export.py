"""What waits to be handed over, and the domains of what is open, read out with exact locations.

Reading it out hands nothing over: that is said on the notice's page. What a hold covers or a
country of the do-not-forward list hosts is left out. The caller appends to the audit log.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.facts import UrlFact
from takedown.outbox import cases, handed
from takedown.outbox.cases import Case, LookUp
from takedown.outbox.models import NoticeUrl
from takedown.outbox.url_facts import Item, embeds, url_fact
from takedown.routes.hotline import Hotline
from takedown.routes.models import RouteKind
from takedown.urls.models import OPEN, Url
from takedown.urls.normalise import registrable_domain
from takedown.vault import Vault

_PAGE: Final = 500


@dataclass(slots=True)
class Domain:
    """A registrable domain (else a host) with what is open on it."""

    domain: str = field(repr=False)
    urls: list[uuid.UUID] = field(default_factory=list[uuid.UUID])
    countries: set[str] = field(default_factory=set[str])


def hand_overs(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    kind: str,
    country: str | None,
    *,
    look_up: LookUp,
) -> list[tuple[uuid.UUID, UrlFact]]:
    """What waits for a hand-over of this kind and is accepted by nobody yet, oldest first."""
    found = []
    for page in _pages(handed.pending(session, kind, country)):
        known = cases.load_urls(session, page, look_up)
        chosen = [known[one] for one in page if _may_leave(known[one], kind)]
        embedded = embeds(session, vault, [case.url for case in chosen])
        for case in chosen:
            fact = url_fact(vault, hotline, kind, None, _item(case, kind), embedded)
            found.append((case.url.id, fact))
    return found


def domains(
    session: Session, vault: Vault, country: str | None, *, look_up: LookUp
) -> list[Domain]:
    """The domains of open Urls, most Urls first; `country`: of what is hosted there."""
    found: dict[str, Domain] = {}
    wanted = select(Url.id).where(Url.status.in_(OPEN)).order_by(Url.id)
    for page in _pages(session.scalars(wanted).all()):
        for case in cases.load_urls(session, page, look_up).values():
            if case.held or (country and case.country != country):
                continue
            name = vault.open("hosts.name", case.host.id, case.host.name)
            domain = registrable_domain(name) or name
            line = found.setdefault(domain, Domain(domain))
            line.urls.append(case.url.id)
            line.countries |= {case.country} if case.country else set()
    return sorted(found.values(), key=lambda one: (-len(one.urls), one.domain))


def _may_leave(case: Case, kind: str) -> bool:
    forbidden = kind != RouteKind.POLICE and case.country in case.forbidden
    return not case.held and not forbidden and case.is_open


def _item(case: Case, kind: str) -> Item:
    """As a notice would hold it; this row is never added."""
    at, by = case.confirmed
    row = NoticeUrl(url_id=case.url.id, kind=kind, last_confirmed_at=at, last_confirmed_by=by)
    return Item(row, case, case.trace)


def _pages(ids: Sequence[uuid.UUID]) -> Iterator[Sequence[uuid.UUID]]:
    return (ids[start : start + _PAGE] for start in range(0, len(ids), _PAGE))
