"""The Host of an address that somebody pastes, also where nothing of it is registered."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from takedown.hosts.models import Host
from takedown.urls.bulk import host_row
from takedown.urls.normalise import Canonical
from takedown.vault import Vault, cohort_of

_COLUMNS = ("id", "cohort", "name", "name_index", "domain_index", "label_index", "kind")


def host_of(session: Session, vault: Vault, found: Canonical, *, now: datetime) -> Host:
    """The Host; one that is not known is kept without being looked up, so that it can be held."""
    index = vault.blind("host", found.host)
    row = dict(zip(_COLUMNS, host_row(vault, index, found, cohort_of(now)), strict=True))
    session.execute(
        insert(Host)
        .values(**row, first_seen_at=now)
        .on_conflict_do_nothing(index_elements=["name_index"])
    )
    return session.scalars(select(Host).where(Host.name_index == index)).one()
