"""What a person or a program does to a case: each act changes rows, and stands in the audit log.

Called inside an open transaction; the door commits.
"""

import re
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from takedown import audit
from takedown.checks import manual
from takedown.checks import service as checks
from takedown.checks.models import CheckState
from takedown.checks.verdict import Verdict
from takedown.episodes import ending
from takedown.errors import TakedownError
from takedown.flow.check import act
from takedown.flow.clearing import ABOUT_POLICE, clear
from takedown.flow.ports import Ports
from takedown.hosts.models import Host, Trace
from takedown.people.tasks import Task, TaskKind, settle
from takedown.routes import police
from takedown.urls import lifecycle
from takedown.urls.models import MISTAKES, Url, UrlStatus, Withdrawal
from takedown.vault import Vault

_NAME = re.compile(r"[\w-]+(?:\.[\w-]+)+|[0-9a-f]*:[0-9a-f:]+:[0-9a-f]*", re.I)
_SCHEME = re.compile(r"\bh(?:tt|xx)ps?\s?:\s?//", re.I)
_DEFANGED = re.compile(r"\s?[\[({]\s?(?:\.|:|:?//|dot|point)\s?[\])}]\s?", re.I)


class HoldsLocation(TakedownError):
    """A free text names a registered host."""


class NotLocatedYet(TakedownError):
    """There is nothing to look at before the host is known."""


class NotLookedAt(TakedownError):
    """A hold says that nobody looks, or the police have not agreed to it yet."""


def note(
    session: Session,
    ports: Ports,
    actor: str,
    action: str,
    subject: uuid.UUID | str,
    **detail: Any,
) -> None:
    """The last statement of every act: who did what to which row; ids and codes only."""
    audit.append(
        session,
        ports.vault.audit_key,
        at=ports.clock(),
        actor=actor,
        action=action,
        subject=str(subject),
        detail=detail,
    )


def without_location(session: Session, vault: Vault, text: str) -> str:
    """The text, if it holds no address and names no registered host or address of one.

    Raises `HoldsLocation` with a hint.
    """
    plain = _DEFANGED.sub(_whole, text)
    names = {name.lower() for name in _NAME.findall(plain)}
    if _SCHEME.search(plain) or (names and _is_known(session, vault, names)):
        raise HoldsLocation("the text names a registered host: say it without, by case number")
    return text.strip()


def _whole(mark: re.Match[str]) -> str:
    inner = mark[0].strip("[](){} ")
    return inner if ":" in inner or "/" in inner else "."


def _is_known(session: Session, vault: Vault, names: set[str]) -> bool:
    """Whether a registered host, or the domain of one, is one of `names` or stands above it."""
    wanted = {each for name in names for each in _above(name)}
    by_name = Host.name_index.in_([vault.blind("host", name) for name in wanted])
    by_domain = Host.domain_index.in_([vault.blind("domain", name) for name in wanted])
    known = select(Host.id).where(or_(by_name, by_domain)).limit(1)
    address = Trace.address_index.in_([vault.blind("address", name) for name in names])
    traced = select(Trace.id).where(address).limit(1)
    return bool(session.scalar(known) or session.scalar(traced))


def _above(name: str) -> Iterator[str]:
    """The name and each name that it stands under, in the form that hosts are kept in."""
    with suppress(UnicodeError):
        name = name.encode("idna").decode("ascii")
    labels = name.split(".")
    for first in range(len(labels) - 1):
        yield ".".join(labels[first:])


def withdraw(session: Session, ports: Ports, url: Url, *, why: str, actor: str) -> None:
    """We were wrong, or somebody else handles it: nothing is asked or looked at any more.

    Of `MISTAKES` whoever was told is asked to restore it: `compose` writes that.
    """
    now, reason = ports.clock(), Withdrawal(why)
    lifecycle.move(session, url, UrlStatus.WITHDRAWN, now=now, why="withdrawn")
    url.withdrawn_why = reason
    ending.rescind(session, [url.id], now=now, ended=reason in MISTAKES)
    checks.stop_checks(session, [url.id])
    for kind in TaskKind:
        settle(session, kind, url.id, now=now, by=actor)
    note(session, ports, actor, "url.withdraw", url.id, why=why)


def look_now(session: Session, ports: Ports, url: Url, *, actor: str) -> None:
    """Check first of all; raises `NotLookedAt`, `NotLocatedYet`."""
    if police.silent(session, [url.id], agree=ports.hotline.police_agree_probes):
        raise NotLookedAt("a hold or the police forbid to look at it now")
    if session.get(CheckState, url.id) is None:
        raise NotLocatedYet("its host is not located yet; it is looked at right after")
    checks.look_now(session, [url.id], now=ports.clock())
    note(session, ports, actor, "url.check", url.id)


def find(
    session: Session,
    ports: Ports,
    url: Url,
    verdict: Verdict,
    *,
    seen_at: datetime,
    how: str,
    actor: str,
) -> None:
    """A person's word on up or gone counts as an observation."""
    now = ports.clock()
    moves = manual.enter_finding(
        session,
        ports.vault,
        url,
        verdict,
        seen_at=min(seen_at, now),
        how=how,
        now=now,
        by=actor,
    )
    act(session, ports, moves, now)
    note(session, ports, actor, "url.finding", url.id, verdict=str(verdict))


def done(session: Session, ports: Ports, task: Task, *, actor: str) -> None:
    """A person has done what a task asked for; about the police: they agree that notices leave."""
    if task.done_at is None:
        task.done_at, task.done_by = ports.clock(), actor
        if task.kind in ABOUT_POLICE:
            url = session.get_one(Url, task.subject_id, with_for_update=True)
            clear(
                *(session, ports, url),
                at=task.done_at,
                reference=None,
                actor=actor,
                informed_at=task.opened_at,
            )
        note(
            session, ports, actor, "task.done", task.id, kind=task.kind, about=str(task.subject_id)
        )
