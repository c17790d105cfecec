"""Each month a sample of what the checks call removed, and up: people look, and how often they
disagree is counted and published (1-domain)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from takedown.checks import manual
from takedown.checks.batches import Moved
from takedown.checks.models import CheckState, Sample
from takedown.checks.verdict import Verdict
from takedown.db import new_id
from takedown.errors import TakedownError
from takedown.routes import holds, police
from takedown.urls.models import OPEN, Url, UrlStatus
from takedown.vault import Vault

SPARE: Final = 3  # so many times more are drawn than wanted: some must not be looked at


class Said(StrEnum):
    """What the checks call a Url: the two words that a sample is drawn of."""

    REMOVED = "removed"
    UP = "up"


class Answer(StrEnum):
    """What a person saw."""

    UP = "up"
    DOWN = "down"
    UNCLEAR = "unclear"  # it could not be told: counts for nothing


class AlreadyAnswered(TakedownError):
    """Somebody has answered for this Url of the sample."""


@dataclass(frozen=True, slots=True)
class Looked:
    """Of what the checks called `said`: how many people judged, and of how many otherwise."""

    said: Said
    looked: int
    disagreed: int


def draw(session: Session, now: datetime, size: int, *, police_agree: bool = False) -> int:
    """Draw this month's sample, `size` of each word, where it is not drawn yet; how many.

    At random by a hash of month and id: who draws again from the same rows draws the same. What a
    hold or the police forbid to look at, and what only people have seen so far, is not drawn.
    """
    month = now.date().replace(day=1)
    drawn = set(session.scalars(select(Sample.said).where(Sample.month == month).distinct()))
    found = [
        (url_id, said)
        for said in Said
        if said not in drawn
        for url_id in _random(session, month, said, size, police_agree)
    ]
    found.sort(key=lambda one: uuid.uuid5(one[0], month.isoformat()))  # which is which, stays open
    for url_id, said in found:
        session.execute(
            insert(Sample)
            .values(id=new_id(), month=month, url_id=url_id, said=said, drawn_at=now)
            .on_conflict_do_nothing(index_elements=["month", "url_id"])
        )
    return len(found)


def _random(
    session: Session, month: date, said: Said, size: int, police_agree: bool
) -> Sequence[uuid.UUID]:
    chosen = session.scalars(
        select(Url.id)
        .join(CheckState, CheckState.url_id == Url.id)
        .where(
            _called(said),
            CheckState.next_check_at.is_not(None),
            CheckState.note.is_distinct_from("manual"),
            Url.not_checkable.is_(False),
            Url.id.not_in(holds.held_urls()),
        )
        .order_by(func.md5(func.concat(month.isoformat(), Url.id)))
        .limit(size * SPARE)
    ).all()
    silent = police.silent(session, chosen, agree=police_agree)
    return [url_id for url_id in chosen if url_id not in silent][:size]


def _called(said: Said) -> ColumnElement[bool]:
    if said is Said.REMOVED:
        return (Url.status == UrlStatus.REMOVED) & CheckState.confirmed_at.is_not(None)
    up = (CheckState.verdict == Verdict.UP) & CheckState.run_first_at.is_(None)
    return Url.status.in_(OPEN) & CheckState.confirmed_at.is_(None) & up


def called(state: CheckState) -> Said | None:
    """What the checks call a Url now; None while they say neither."""
    if state.confirmed_at is not None:
        return Said.REMOVED
    if state.verdict == Verdict.UP and state.run_first_at is None:
        return Said.UP
    return None


def answer(
    session: Session,
    vault: Vault,
    sample: Sample,
    seen: Answer,
    *,
    now: datetime,
    by: str,
) -> list[Moved]:
    """A person's word on a Url of the sample: counted against what the checks say now, and an
    observation like any other. Raises AlreadyAnswered. The door commits."""
    if sample.answer is not None:
        raise AlreadyAnswered("somebody has answered for it meanwhile")
    state = session.get_one(CheckState, sample.url_id)
    sample.answer, sample.answered_at, sample.answered_by = seen, now, by
    sample.said_then = called(state)
    if seen is Answer.UNCLEAR:
        return []
    verdict = Verdict.UP if seen is Answer.UP else Verdict.DOWN
    url = session.get_one(Url, sample.url_id)
    return manual.enter_finding(
        session, vault, url, verdict, seen_at=now, how="sample", now=now, by=by
    )


def take_back(session: Session, sample: Sample, *, now: datetime, by: str) -> None:
    """The answer is taken back, and its finding. Raises `manual.CannotUndo`."""
    if sample.answer not in (None, Answer.UNCLEAR):
        manual.undo(session, sample.url_id, now=now, by=by, asks=False)
    sample.answer = sample.answered_at = sample.answered_by = sample.said_then = None


def tally(session: Session, first: date, last: date) -> list[Looked]:
    """How often people disagreed with the checks, in the samples of these months, both included."""
    judged = Sample.answer.in_((Answer.UP, Answer.DOWN))
    other = ((Sample.said_then == Said.REMOVED) & (Sample.answer == Answer.UP)) | (
        (Sample.said_then == Said.UP) & (Sample.answer == Answer.DOWN)
    )
    rows = session.execute(
        select(Sample.said_then, func.count(), func.count().filter(other))
        .where(Sample.month.between(first, last), judged, Sample.said_then.is_not(None))
        .group_by(Sample.said_then)
    )
    found = {row[0]: row for row in rows}
    return [
        Looked(said, found[said][1], found[said][2]) if said in found else Looked(said, 0, 0)
        for said in Said
    ]
