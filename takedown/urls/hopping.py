"""TLD hopping: the same name under another suffix, found by the blind index of its label."""

import uuid
from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from takedown.db import among
from takedown.hosts.models import Host, ProviderDomain
from takedown.urls.models import Url

_OTHER = aliased(Host)


def of_new(session: Session, url_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many cases stand under other suffixes of each Url's name; without those of none."""
    this = aliased(Url)
    found = session.execute(
        _counted(select(this.id))
        .join(this, this.host_id == Host.id)
        .where(among(this.id, url_ids))
        .group_by(this.id)
    )
    return {row[0]: row[1] for row in found}


def of_labels(session: Session, labels: Mapping[bytes, bytes]) -> dict[bytes, int]:
    """The same before anything is saved: by the index of a domain, which `labels` lead to its
    label's; without those of none."""
    if not labels:
        return {}
    rows = session.execute(
        select(Host.label_index, Host.domain_index, func.count())
        .join(Url, Url.host_id == Host.id)
        .where(Host.label_index.in_(set(labels.values())), ~_platform(Host.domain_index))
        .group_by(Host.label_index, Host.domain_index)
    ).all()
    known: dict[bytes, dict[bytes, int]] = {}
    for label, domain, cases in rows:
        known.setdefault(bytes(label or b""), {})[bytes(domain)] = cases
    platforms = select(ProviderDomain.domain_index).where(ProviderDomain.path == "")
    ours = ProviderDomain.domain_index.in_(list(labels))
    shared = {bytes(one) for one in session.scalars(platforms.where(ours))}
    counts = {
        domain: sum(n for other, n in known.get(label, {}).items() if other != domain)
        for domain, label in labels.items()
        if domain not in shared
    }
    return {domain: cases for domain, cases in counts.items() if cases}


def beside(session: Session, host_id: uuid.UUID) -> int:
    """How many cases stand under other suffixes of this host's name."""
    return session.scalar(_counted(select()).where(Host.id == host_id)) or 0


def same_name(url_id: uuid.UUID) -> ColumnElement[bool]:
    """Whether a Host bears the name of this Url's under another suffix: for a list."""
    this = aliased(Host)
    return exists().where(
        this.id == select(Url.host_id).where(Url.id == url_id).scalar_subquery(),
        this.label_index == Host.label_index,
        this.domain_index != Host.domain_index,
        ~_platform(this.domain_index),
        ~_platform(Host.domain_index),
    )


def _counted(query: Select) -> Select:  # type: ignore[type-arg]  # of what it is given, and a count
    """Cases on hosts of the same label and another domain; names of platforms tell nothing."""
    return (
        query.add_columns(func.count(Url.id))
        .select_from(Host)
        .join(
            _OTHER,
            (_OTHER.label_index == Host.label_index) & (_OTHER.domain_index != Host.domain_index),
        )
        .join(Url, Url.host_id == _OTHER.id)
        .where(~_platform(Host.domain_index), ~_platform(_OTHER.domain_index))
    )


def _platform(index: InstrumentedAttribute[bytes]) -> ColumnElement[bool]:
    """Whether many publish under this domain: then its name is nobody's in particular."""
    return exists().where(ProviderDomain.domain_index == index, ProviderDomain.path == "")
