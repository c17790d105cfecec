"""Whose service a Url belongs to where the path says so: decided for each Url, not for its host."""

import uuid
from collections.abc import Iterable
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.hosts.models import Host, Provider, ProviderDomain
from takedown.hosts.providers import domains_of, survivor
from takedown.urls.models import Url
from takedown.urls.normalise import registrable_domain
from takedown.vault import Vault

_Beginnings = list[tuple[str, Provider]]


class Paths:
    """The providers that publish under a part of a domain, for the hosts of some Urls."""

    def __init__(self, session: Session, vault: Vault, hosts: Iterable[Host]) -> None:
        self._vault = vault
        self._by_host: dict[uuid.UUID, _Beginnings] = {}
        known = self._known(session)
        if not known:
            return
        for host in hosts:
            name = vault.open("hosts.name", host.id, host.name)
            indexes = [vault.blind("domain", one) for one in _domains(name)]
            self._by_host[host.id] = [one for index in indexes for one in known.get(index, [])]

    def of(self, url: Url) -> Provider | None:
        """Whose path it is; the longest one wins. None: its host decides."""
        beginnings = self._by_host.get(url.host_id)
        if not beginnings:
            return None
        path = urlsplit(self._vault.open("urls.location", url.id, url.location)).path
        fitting = [one for one in beginnings if path.startswith(one[0])]
        return max(fitting, key=lambda one: len(one[0]))[1] if fitting else None

    @staticmethod
    def _known(session: Session) -> dict[bytes, _Beginnings]:
        found: dict[bytes, _Beginnings] = {}
        rows = session.execute(
            select(ProviderDomain.domain_index, ProviderDomain.path, Provider)
            .join(Provider, Provider.id == ProviderDomain.provider_id)
            .where(ProviderDomain.path != "")
        )
        for index, path, provider in rows:
            found.setdefault(bytes(index), []).append((path, survivor(session, provider)))
        return found


def _domains(name: str) -> tuple[str, ...]:
    """As a look-up takes them: where the suffix is on no list, the last two labels."""
    registrable = registrable_domain(name) or ".".join(name.split(".")[-2:])
    return domains_of(name, registrable)
