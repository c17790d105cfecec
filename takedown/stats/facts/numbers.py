"""Random numbers that stand for hosts, domains and names in the facts.

Names of hosts can be guessed, so that a hash of one would give it away. What leads from a host to
its numbers is sealed under the month's key of the host and is destroyed with it.
"""

import json
import secrets
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.db import among
from takedown.hosts.models import Host
from takedown.vault import Vault

_PLACE: Final = "hosts.numbers"
_BITS: Final = 62
_AT_ONCE: Final = 10_000
"""Hosts; two values of each are bound to a statement, which takes 65,535."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What stands for one host; `label` None where it has no name. `tld`: its last label."""

    host: int
    domain: int
    label: int | None
    tld: str


def of_hosts(session: Session, vault: Vault, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Numbers]:
    """The numbers of these hosts; those that have none yet get theirs. Flushes. As many rows as
    there may be hosts: they are read a part at a time."""
    found: dict[uuid.UUID, Numbers] = {}
    for part in _parts(set(ids)):
        fresh = []
        kept = select(Host.id, Host.numbers).where(among(Host.id, part))
        for host_id, sealed in session.execute(kept):
            if sealed is None:
                fresh.append(host_id)
            else:
                found[host_id] = _opened(vault, host_id, sealed)
        if fresh:
            found |= _numbered(session, vault, fresh)
    return found


def _parts(ids: set[uuid.UUID]) -> Iterator[list[uuid.UUID]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]


def _numbered(session: Session, vault: Vault, ids: list[uuid.UUID]) -> dict[uuid.UUID, Numbers]:
    rows = list(session.scalars(select(Host).where(among(Host.id, ids)).order_by(Host.id)))
    domains, labels = _siblings(session, vault, rows)
    made = {row.id: _number(vault, row, domains, labels) for row in rows}
    session.flush()
    return made


def _siblings(
    session: Session, vault: Vault, fresh: list[Host]
) -> tuple[dict[bytes, int], dict[bytes, int]]:
    """Numbers that the domains and names of these hosts bear already, by blind index."""
    domains: dict[bytes, int] = {}
    labels: dict[bytes, int] = {}
    known = (
        select(Host)
        .where(
            Host.numbers.is_not(None),
            Host.domain_index.in_({row.domain_index for row in fresh})
            | Host.label_index.in_({row.label_index for row in fresh if row.label_index}),
        )
        .order_by(Host.id)
    )
    for row in session.scalars(known):
        assert row.numbers is not None
        numbers = _opened(vault, row.id, row.numbers)
        domains.setdefault(bytes(row.domain_index), numbers.domain)
        if row.label_index is not None and numbers.label is not None:
            labels.setdefault(bytes(row.label_index), numbers.label)
    return domains, labels


def _number(
    vault: Vault, row: Host, domains: dict[bytes, int], labels: dict[bytes, int]
) -> Numbers:
    name = vault.open("hosts.name", row.id, row.name)
    label = None
    if row.label_index is not None:
        label = labels.setdefault(bytes(row.label_index), secrets.randbits(_BITS))
    made = Numbers(
        host=secrets.randbits(_BITS),
        domain=domains.setdefault(bytes(row.domain_index), secrets.randbits(_BITS)),
        label=label,
        tld=name.rstrip(".").rpartition(".")[2] if row.kind != "address" else "",
    )
    row.numbers = vault.seal(_PLACE, row.id, row.cohort, json.dumps(asdict(made)))
    return made


def _opened(vault: Vault, host_id: uuid.UUID, sealed: bytes) -> Numbers:
    return Numbers(**json.loads(vault.open_bytes(_PLACE, host_id, sealed)))
