"""Slowing down whoever fails at the door, or reveals too much: counted in the database.

Five failures within a quarter of an hour slow the account and the network address (OWASP ASVS 5,
6.3.1). The wait of an account stays short, and an address from which that account has signed in
before does not feel it: so strangers can slow an attack and lock nobody out.
"""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from takedown.people.models import Attempt
from takedown.people.tasks import TaskKind, ask
from takedown.vault import Vault

WINDOW = timedelta(minutes=15)
FREE = 5
ACCOUNT_CAP = timedelta(seconds=30)
PEER_CAP = timedelta(minutes=15)
KNOWN_FOR = timedelta(days=30)
REVEALS_PER_HOUR = 30
REVEALS_PER_DAY = 60  # above that a supervisor is told


def wait_after(failures: int, last: datetime | None, cap: timedelta, now: datetime) -> timedelta:
    """How long to wait still after `failures`, the latest at `last`: 1, 2, 4 ... s from the fifth.

    Pure; zero while fewer than five failures stand in the window.
    """
    if last is None or failures < FREE:
        return timedelta(0)
    pause = min(timedelta(seconds=2 ** min(failures - FREE, 20)), cap)
    return max(last + pause - now, timedelta(0))


def wait(session: Session, vault: Vault, account: str, peer: str, now: datetime) -> timedelta:
    """How long this account from this network address has to wait before it may try again."""
    by_peer = wait_after(*_recent(session, "peer", vault.blind("peer", peer), now), PEER_CAP, now)
    if _known(session, vault, account, peer, now):
        return by_peer
    who = vault.blind("account", account.casefold())
    return max(by_peer, wait_after(*_recent(session, "account", who, now), ACCOUNT_CAP, now))


def failed(session: Session, vault: Vault, account: str, peer: str, now: datetime) -> None:
    """Count a failure, of a password or of a second factor alike."""
    account_index = vault.blind("account", account.casefold())
    session.add(Attempt(kind="account", who=account_index, at=now))
    session.add(Attempt(kind="peer", who=vault.blind("peer", peer), at=now))
    session.flush()


def succeeded(session: Session, vault: Vault, account: str, peer: str, now: datetime) -> None:
    """Forget the account's failures, and remember that it signs in from this address."""
    who = vault.blind("account", account.casefold())
    session.execute(delete(Attempt).where(Attempt.kind == "account", Attempt.who == who))
    session.execute(delete(Attempt).where(Attempt.at < now - KNOWN_FOR))
    session.add(Attempt(kind="known", who=_pair(vault, account, peer), at=now))
    session.flush()


def count_reveal(session: Session, vault: Vault, actor: str, now: datetime) -> int:
    """Count one reveal by `actor`; how many there were in the last hour, this one included.

    Above `REVEALS_PER_DAY` within 24 hours a supervisor is asked to look (6-security, 8).
    """
    who = vault.blind("reveal", actor)
    session.add(Attempt(kind="reveal", who=who, at=now))
    session.flush()
    kind, _, name = actor.partition(":")
    many = _reveals(session, who, now - timedelta(days=1)) > REVEALS_PER_DAY
    if many and kind == "user":
        ask(session, TaskKind.REVEALS, "user", uuid.UUID(name), now=now, why="reveals:many")
    return _reveals(session, who, now - timedelta(hours=1))


def _reveals(session: Session, who: bytes, since: datetime) -> int:
    counted = select(func.count()).where(
        Attempt.kind == "reveal", Attempt.who == who, Attempt.at > since
    )
    return session.scalar(counted) or 0


def _recent(session: Session, kind: str, who: bytes, now: datetime) -> tuple[int, datetime | None]:
    row = session.execute(
        select(func.count(), func.max(Attempt.at)).where(
            Attempt.kind == kind, Attempt.who == who, Attempt.at > now - WINDOW
        )
    ).one()
    return row[0], row[1]


def _known(session: Session, vault: Vault, account: str, peer: str, now: datetime) -> bool:
    found = session.scalar(
        select(Attempt.id)
        .where(
            Attempt.kind == "known",
            Attempt.who == _pair(vault, account, peer),
            Attempt.at > now - KNOWN_FOR,
        )
        .limit(1)
    )
    return found is not None


def _pair(vault: Vault, account: str, peer: str) -> bytes:
    return vault.blind("known", f"{account.casefold()}\0{peer}")
