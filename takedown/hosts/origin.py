"""What a proxy tells of who stands behind it, and what an answer gives away of a proxy."""

import ipaddress
import uuid
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from takedown.errors import TakedownError
from takedown.hosts.events import happened
from takedown.hosts.models import Host, Provider, Source
from takedown.vault import Vault

TOLD_BY = (Source.REPLY, Source.API, Source.PERSON)


class OriginRefused(TakedownError):
    """What was told of an origin cannot be used; the reason is a message id and names nothing."""


def told_origin(
    session: Session,
    vault: Vault,
    host_id: uuid.UUID,
    *,
    address: str | None = None,
    provider_id: uuid.UUID | None = None,
    source: str,
    by: str,
    now: datetime,
    allowed: Callable[[str], bool],
) -> None:
    """A proxy told who stands behind it: `address` (IPv4 or IPv6), `provider_id`, or both.

    The host is looked up again with it; the new Trace names the host, and its Urls are routed
    again. It is kept until something else is told. `source`: of `TOLD_BY`; `allowed`: the guard
    of the probes (`Lookup.allowed`). The door appends to the audit log, and commits.

    Raises `OriginRefused`.
    """
    if source not in TOLD_BY:
        raise ValueError("an origin is told by reply, api or person")
    if address is None and provider_id is None:
        raise OriginRefused("an address or a provider is needed")
    plain = _literal(address) if address is not None else None
    if plain is not None and not allowed(plain):
        raise OriginRefused("this address must not be asked about")
    if provider_id is not None and session.get(Provider, provider_id) is None:
        raise OriginRefused("there is no such provider")
    host = session.get_one(Host, host_id, with_for_update=True)
    host.origin = vault.seal("hosts.origin", host.id, host.cohort, plain) if plain else None
    host.origin_provider_id = provider_id
    host.origin_source, host.origin_told_at = source, now
    if host.locate_due_at is None:
        host.locate_due_at, host.locate_attempts = now, 0
    session.flush()
    happened(
        session,
        host,
        "host.origin_told",
        now=now,
        after=source,
        by=by,
        address=plain is not None,
        provider=str(provider_id) if provider_id else None,
    )


def seen_front(session: Session, host: Host, provider: Provider, *, now: datetime) -> None:
    """An answer's header gave a proxy away that no look-up shows: the host is traced with it."""
    host.front_id = provider.id
    if host.locate_due_at is None:
        host.locate_due_at, host.locate_attempts = now, 0
    happened(session, host, "host.front_seen", now=now, provider=str(provider.id))


def _literal(address: str) -> str:
    """The address in its one form; defanged dots are understood."""
    plain = address.strip().replace("[.]", ".").replace("(.)", ".").replace("[:]", ":")
    try:
        return str(ipaddress.ip_address(plain.strip("[]")))
    except ValueError:
        raise OriginRefused("not an IP address") from None
