"""Holds that stand and holds that were: on what, since when, by whom, how many they cover."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Select, nulls_last, select
from sqlalchemy.orm import Session

from takedown.hosts.models import Host, Provider
from takedown.outbox.queries import Recipient
from takedown.routes import holds
from takedown.routes.models import Hold
from takedown.urls.models import Url
from takedown.urls.normalise import registrable_domain
from takedown.vault import Vault
from takedown.web.reads.contacts import provider_name
from takedown.web.reads.people import names_of

PAST = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One hold. `location` is shown defanged; `case` and `number` where it stands on a Url."""

    hold: Hold
    placed_by: str
    released_by: str
    covers: int
    case: uuid.UUID | None = None
    number: str = ""
    location: str = field(default="", repr=False)
    provider: str = field(default="", repr=False)


def standing(session: Session, vault: Vault) -> list[Line]:
    """What stands, the next review first."""
    return _lines(
        session,
        vault,
        select(Hold)
        .where(Hold.released_at.is_(None))
        .order_by(nulls_last(Hold.review_at), Hold.placed_at),
    )


def past(session: Session, vault: Vault) -> list[Line]:
    """What was let go, the latest first."""
    return _lines(
        session,
        vault,
        select(Hold)
        .where(Hold.released_at.is_not(None))
        .order_by(Hold.released_at.desc())
        .limit(PAST),
    )


def on_provider(session: Session, vault: Vault, provider_id: uuid.UUID) -> list[Line]:
    """What stands on a provider, for its page."""
    ids = [one.id for one in holds.on_provider(session, provider_id)]
    return _lines(session, vault, select(Hold).where(Hold.id.in_(ids)).order_by(Hold.placed_at))


def held_notices(session: Session, recipients: Sequence[Recipient]) -> set[uuid.UUID]:
    """Which notices of a queue stay: to a held recipient, or about a Url that a hold covers."""
    lines = [(line.provider.id, one) for line in recipients for one in line.waiting]
    urls = holds.standing(session, {entry.url_id for _, one in lines for entry in one.urls})
    providers = holds.providers_held(session, {provider for provider, _ in lines})
    return {
        one.notice.id
        for provider, one in lines
        if provider in providers or any(entry.url_id in urls for entry in one.urls)
    }


def _lines(session: Session, vault: Vault, wanted: Select[Hold]) -> list[Line]:
    rows = session.scalars(wanted).all()
    actors = {one for row in rows for one in (row.placed_by, row.released_by) if one}
    names = names_of(session, actors)
    return [_line(session, vault, row, names) for row in rows]


def _line(session: Session, vault: Vault, hold: Hold, names: dict[str, str]) -> Line:
    by = hold.released_by or ""
    covers = 0 if hold.released_at else len(holds.covers(session, hold))
    line = Line(hold, names.get(hold.placed_by, hold.placed_by), names.get(by, by), covers)
    if hold.subject == "url" and (url := session.get(Url, hold.subject_id)):
        location = vault.open("urls.location", url.id, url.location)
        return replace(line, case=url.id, number=url.number, location=location)
    if hold.subject == "provider" and (provider := session.get(Provider, hold.subject_id)):
        return replace(line, provider=provider_name(vault, provider))
    return replace(line, location=_name(session, vault, hold))


def _name(session: Session, vault: Vault, hold: Hold) -> str:
    """The host or domain that is held; empty where the rows are gone."""
    by_domain = hold.subject == "domain"
    where = Host.domain_index == hold.domain_index if by_domain else Host.id == hold.subject_id
    host = session.scalars(select(Host).where(where).limit(1)).first()
    if host is None:
        return ""
    name = vault.open("hosts.name", host.id, host.name)
    return (registrable_domain(name) or name) if by_domain else name
