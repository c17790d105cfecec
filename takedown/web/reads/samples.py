"""The month's sample: what waits for a look, and how often people disagreed with the checks."""

import uuid
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from takedown.checks import sampling
from takedown.checks.models import Sample
from takedown.routes import holds
from takedown.stats.intervals import clopper_pearson
from takedown.urls.models import Url, UrlStatus
from takedown.vault import Vault
from takedown.web.reads.suspects import undoable

SHOWN = 25
MONTHS = 12


@dataclass(frozen=True, slots=True)
class Drawn:
    """A Url of the sample. What the checks say of it is not told: whoever looks, looks first."""

    id: uuid.UUID
    url: Url
    location: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rate:
    """How often people saw otherwise than the checks said, with its interval of 95 % (exact,
    Clopper and Pearson 1934); no share where nobody looked."""

    said: str
    looked: int
    disagreed: int
    share: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Page:
    """The newest month's sample, and the rates over it and over the last twelve months."""

    month: date | None
    drawn: list[Drawn]
    count: int
    of: int
    rates: list[Rate]
    yearly: list[Rate]


@dataclass(frozen=True, slots=True)
class Answered:
    """What was just answered; `agreed` is None where it counts for nothing."""

    sample: Sample
    url: Url
    agreed: bool | None
    undoable: bool


def page(session: Session, vault: Vault) -> Page:
    """What waits, in the order of the draw."""
    month = session.scalar(select(func.max(Sample.month)))
    if month is None:
        return Page(None, [], 0, 0, [], [])
    waiting = _waiting(month)
    rows = session.execute(
        select(Sample.id, Url)
        .join(Url, Url.id == Sample.url_id)
        .where(*waiting)
        .order_by(Sample.id)
    ).all()
    return Page(
        month,
        [
            Drawn(row.id, row.Url, vault.open("urls.location", row.Url.id, row.Url.location))
            for row in rows[:SHOWN]
        ],
        len(rows),
        session.scalar(select(func.count()).where(Sample.month == month)) or 0,
        rates(session, month, month),
        rates(session, _back(month), month),
    )


def waiting(session: Session) -> int:
    """How many Urls of the newest month wait for a look."""
    month = session.scalar(select(func.max(Sample.month)))
    if month is None:
        return 0
    query = select(func.count()).select_from(Sample).join(Url, Url.id == Sample.url_id)
    return session.scalar(query.where(*_waiting(month))) or 0


def rates(session: Session, first: date, last: date) -> list[Rate]:
    """The disagreement over these months, for each word of the checks."""
    found = []
    for one in sampling.tally(session, first, last):
        share = one.disagreed / one.looked if one.looked else None
        low, high = clopper_pearson(share or 0.0, one.looked)
        found.append(Rate(one.said, one.looked, one.disagreed, share, low, high))
    return found


def answered(session: Session, sample_id: uuid.UUID) -> Answered | None:
    """What became of an answer; None where there is none."""
    sample = session.get(Sample, sample_id)
    if sample is None or sample.answer is None:
        return None
    told = sample.said_then is not None and sample.answer != sampling.Answer.UNCLEAR
    same = (sample.said_then == sampling.Said.UP) == (sample.answer == sampling.Answer.UP)
    return Answered(
        sample,
        session.get_one(Url, sample.url_id),
        same if told else None,
        sample.answer == sampling.Answer.UNCLEAR or undoable(session, sample.url_id) is not None,
    )


def _waiting(month: date) -> tuple[ColumnElement[bool], ...]:
    """Neither held nor withdrawn since it was drawn: nobody looks at those."""
    return (
        Sample.month == month,
        Sample.answer.is_(None),
        Url.status != UrlStatus.WITHDRAWN,
        Url.id.not_in(holds.held_urls()),
    )


def _back(month: date) -> date:
    months = month.year * 12 + month.month - MONTHS
    return date(months // 12, months % 12 + 1, 1)
