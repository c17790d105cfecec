"""Registering: what analysts hand in becomes Urls and Reports; what cannot is handed back."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown import audit
from takedown.db import Sessions, among, committing
from takedown.people.tasks import TaskKind, ask
from takedown.urls import bulk, hopping
from takedown.urls.entry import Entry, Refusal
from takedown.urls.models import Url, UrlStatus
from takedown.vault import Vault

BATCH = 5_000


@dataclass(slots=True)
class Registration:
    """What became of a file: ids stand in the order of the accepted lines, repeats included."""

    registered: int = 0
    repeated: int = 0
    refused: list[Refusal] = field(default_factory=list)
    ids: list[uuid.UUID] = field(default_factory=list)
    new: list[bool] = field(default_factory=list)  # beside `ids`: a row was made for it
    lines: list[int] = field(default_factory=list)  # beside `ids`
    hops: dict[uuid.UUID, int] = field(default_factory=dict)  # new ones: cases of the same name
    # under other suffixes


def register(
    sessions: Sessions,
    vault: Vault,
    entries: Iterable[Entry | Refusal],
    *,
    now: datetime,
    actor: str,
    progress: Callable[[int], None] = lambda lines: None,
) -> Registration:
    """Register all entries in batches that each commit; one chained audit entry at the end.

    A repeat adds a Report; with another classification it also asks a person. Whatever stops
    the run, the audit entry tells of the batches that were committed.
    """
    result, remaining = Registration(), iter(entries)
    pending: _Batch | None = None
    with ThreadPoolExecutor(1, "register") as writer:
        try:
            while batch := list(islice(remaining, BATCH)):  # while the last one is being written
                refused = [one for one in batch if isinstance(one, Refusal)]
                accepted = [one for one in batch if isinstance(one, Entry)]
                rows = bulk.sealed(vault, accepted, now=now)
                before, pending = pending, None
                if before is not None:
                    progress(_count(result, before))
                placed = writer.submit(_insert, sessions, vault, accepted, rows, now, actor)
                pending = _Batch(refused, accepted, placed)
        finally:
            try:
                if pending is not None:
                    progress(_count(result, pending))
            finally:
                _audit(sessions, vault, result, now, actor)
    return result


@dataclass(frozen=True, slots=True)
class Preview:
    """What a line would become: `new`, `repeat` (with the known Url's id) or `refused`.

    `hops`: how many cases there are of the same name under another suffix.
    """

    line: int
    becomes: str
    entry: Entry | None = None
    refusal: Refusal | None = None
    known: uuid.UUID | None = None
    hops: int = 0


def preview(
    session: Session, vault: Vault, entries: Sequence[Entry | Refusal]
) -> Iterator[Preview]:
    """Say what each line would become, changing nothing."""
    indexes = [
        vault.blind("url", one.canonical.url) if isinstance(one, Entry) else None for one in entries
    ]
    rows = session.execute(
        select(Url.location_index, Url.id).where(
            Url.location_index.in_([index for index in indexes if index])
        )
    )
    known: dict[bytes, uuid.UUID | None] = {bytes(row[0]): row[1] for row in rows}
    hops = _foreseen_hops(session, vault, entries)
    for one, index in zip(entries, indexes, strict=True):
        if isinstance(one, Refusal) or index is None:
            assert isinstance(one, Refusal)
            yield Preview(one.line, "refused", refusal=one)
        elif index in known:
            yield Preview(one.line, "repeat", entry=one, known=known[index])
        else:
            known[index] = None
            yield Preview(one.line, "new", entry=one, hops=hops.get(_domain(one), 0))


def _foreseen_hops(
    session: Session, vault: Vault, entries: Sequence[Entry | Refusal]
) -> dict[str, int]:
    """Per registrable domain, how many cases bear its name under another suffix."""
    domains = {_domain(one) for one in entries if isinstance(one, Entry)} - {""}
    indexes = {vault.blind("domain", domain): domain for domain in domains}
    labels = {index: bulk.label(vault, domain) for index, domain in indexes.items()}
    found = hopping.of_labels(session, labels)
    return {indexes[index]: count for index, count in found.items()}


def _domain(entry: Entry) -> str:
    return entry.canonical.registrable_domain or ""


@dataclass(frozen=True, slots=True)
class _Batch:
    """What was read together and is being written."""

    refused: list[Refusal]
    accepted: list[Entry]
    placed: Future[tuple[list[bulk.Placed], dict[uuid.UUID, int]]]


def _insert(
    sessions: Sessions,
    vault: Vault,
    accepted: list[Entry],
    rows: bulk.Sealed,
    now: datetime,
    actor: str,
) -> tuple[list[bulk.Placed], dict[uuid.UUID, int]]:
    """Where each entry stands now; and which new ones bear a name known under another suffix."""
    if not accepted:
        return [], {}
    with committing(sessions) as session:
        placed = bulk.insert(session, vault, rows, now=now, actor=actor)
        _ask_people(session, accepted, placed, now)
        return placed, hopping.of_new(session, {url_id for url_id, made, _ in placed if made})


def _count(result: Registration, batch: _Batch) -> int:
    """Add a batch once it is committed; the lines of it. Raises what its writing raised."""
    placed, hops = batch.placed.result()
    result.hops |= hops
    seen: set[uuid.UUID] = set()
    result.refused += batch.refused
    for entry, (url_id, made, _) in zip(batch.accepted, placed, strict=True):
        new = made and url_id not in seen
        seen.add(url_id)
        result.ids.append(url_id)
        result.lines.append(entry.line)
        result.new.append(new)
        result.registered += new
        result.repeated += not new
    return len(batch.refused) + len(batch.accepted)


def _ask_people(
    session: Session, accepted: list[Entry], placed: list[bulk.Placed], now: datetime
) -> None:
    """The police at once where a victim is at risk; a person where two reports disagree, and where
    what was withdrawn is told of again."""
    for entry, (url_id, _, same) in zip(accepted, placed, strict=True):
        if entry.victim_at_risk:
            ask(session, TaskKind.VICTIM_AT_RISK, "url", url_id, now=now, why="victim at risk")
        if not same:
            ask(session, TaskKind.CLASSIFICATION, "url", url_id, now=now, why="reports disagree")
    repeated = [url_id for url_id, made, _ in placed if not made]
    for url_id in _withdrawn(session, repeated):
        ask(session, TaskKind.REPORTED_AGAIN, "url", url_id, now=now, why="withdrawn before")


def _withdrawn(session: Session, url_ids: list[uuid.UUID]) -> Sequence[uuid.UUID]:
    if not url_ids:
        return ()
    withdrawn = Url.status == UrlStatus.WITHDRAWN
    return session.scalars(select(Url.id).where(among(Url.id, url_ids), withdrawn)).all()


def _audit(
    sessions: Sessions, vault: Vault, result: Registration, now: datetime, actor: str
) -> None:
    if not result.ids:
        return
    detail = {
        "registered": result.registered,
        "repeated": result.repeated,
        "refused": len(result.refused),
        "ids_sha256": audit.digest_of_ids(result.ids),
    }
    with committing(sessions) as session:
        audit.append(
            session,
            vault.audit_key,
            at=now,
            actor=actor,
            action="urls.register",
            detail=detail,
        )
