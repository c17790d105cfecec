"""Publications asked for, decided upon, corrected and withdrawn. Callers append to the log and
commit.

Nobody publishes what they asked for. A public edition waits until its named providers have had
their own figures for 14 days.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from takedown.audit import record
from takedown.db import new_id
from takedown.errors import TakedownError
from takedown.stats.exports.tongue import LANGUAGES
from takedown.stats.exports.writing import FORMATS
from takedown.stats.publication.annual import CLOCKS, Period
from takedown.stats.publication.models import (
    Edition,
    Publication,
    PublicationState,
    ReportKind,
)
from takedown.stats.registry import N_

SETTLES: Final = timedelta(days=7)
"""From the cut-off to the freeze: confirmations and retractions come in."""
TOLD: Final = timedelta(days=14)
"""Named providers have their figures for so long before the public does."""
KEPT: Final = timedelta(days=30)
"""A draft that nobody publishes goes after so long."""
LONGEST: Final = timedelta(days=5 * 366)
LONGEST_WHY: Final = 500


REFUSALS: Final[Mapping[str, str]] = {
    "period": N_("The period ends before it begins, or is longer than five years."),
    "cutoff": N_("The cut-off lies before the period."),
    "too_early": N_(
        "Too early: a report is made at the earliest seven days after its cut-off, when"
        " confirmations and retractions have come in."
    ),
    "clock": N_("There is no such clock."),
    "language": N_("Choose a language."),
    "format": N_("Choose a form."),
    "edition": N_("The trusted flagger's report has one edition: the law asks for identity."),
    "not_draft": N_("It is not a draft any more."),
    "not_waiting": N_("The providers have been told already, or need not be."),
    "two_persons": N_("Who asked for it does not publish it: a second person does."),
    "not_told": N_("The named providers have not been sent their own figures yet."),
    "told_lately": N_("The named providers have had their figures for less than 14 days."),
    "not_published": N_("It is not published."),
    "not_made": N_("It is not made yet."),
    "why": N_("Say why, in at most 500 characters."),
}
"""Why something can't be done, by code; the English texts are message ids of the translations."""


class PublicationRefused(TakedownError):
    """What was asked of a publication can't be done; `why` is a code, the text is in `REFUSALS`."""

    def __init__(self, why: str) -> None:
        super().__init__(REFUSALS.get(why, why))
        self.why = why


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: both days are inside the period. `independence`: of the trusted flagger's
    report, the procedures in a person's words, by language."""

    kind: ReportKind
    edition: Edition
    first: date
    last: date
    clock: str = "notified"
    cutoff: datetime | None = None
    languages: Sequence[str] = LANGUAGES
    formats: Sequence[str] = tuple(FORMATS)
    independence: Mapping[str, str] | None = None


def ask(session: Session, wanted: Wanted, *, now: datetime, by: str) -> Publication:
    """A publication to be made by the stage `reports`. Raises `PublicationRefused`.

    Without a cut-off it is the end of the period. It must lie seven days back.
    """
    cutoff = wanted.cutoff or _midnight(wanted.last + timedelta(days=1))
    _require(wanted.first <= wanted.last, "period")
    _require(wanted.last - wanted.first <= LONGEST, "period")
    _require(cutoff >= _midnight(wanted.first), "cutoff")
    _require(now - cutoff >= SETTLES, "too_early")
    _require(wanted.clock in CLOCKS, "clock")
    _require(set(wanted.languages) <= set(LANGUAGES) and bool(wanted.languages), "language")
    _require(set(wanted.formats) <= set(FORMATS) and bool(wanted.formats), "format")
    public_dsa = wanted.kind == ReportKind.DSA22 and wanted.edition == Edition.PUBLIC
    _require(not public_dsa, "edition")
    made = Publication(
        id=new_id(),
        kind=wanted.kind,
        edition=wanted.edition,
        state=PublicationState.WAITING,
        clock=wanted.clock,
        first_day=wanted.first,
        last_day=wanted.last,
        cutoff=cutoff,
        options={
            "languages": list(dict.fromkeys(wanted.languages)),
            "formats": list(dict.fromkeys(wanted.formats)),
            "independence": dict(wanted.independence or {}),
        },
        asked_at=now,
        asked_by=by,
    )
    session.add(made)
    session.flush()
    _event(session, made, None, now)
    return made


def told(session: Session, row: Publication, *, now: datetime, by: str) -> None:
    """The named providers have been sent their own figures: the 14 days begin."""
    _require(row.state == PublicationState.DRAFT, "not_draft")
    _require(row.edition == Edition.PUBLIC and row.told_at is None, "not_waiting")
    row.told_at, row.told_by, row.expires_at = now, by, now + TOLD + KEPT
    session.flush()


def publish(session: Session, row: Publication, *, now: datetime, by: str) -> None:
    """A second person's yes: it stands for good. Raises `PublicationRefused`."""
    _require(row.state == PublicationState.DRAFT, "not_draft")
    _require(row.asked_by != by, "two_persons")
    if row.edition == Edition.PUBLIC and row.kind == ReportKind.ANNUAL:
        _require(row.told_at is not None, "not_told")
        _require(row.told_at is not None and now - row.told_at >= TOLD, "told_lately")
    row.decided_at, row.decided_by, row.expires_at = now, by, None
    _move(session, row, PublicationState.PUBLISHED, now)


def refuse(session: Session, row: Publication, *, now: datetime, by: str) -> None:
    """It is not published: its files go with the next purge."""
    _require(row.state in (PublicationState.DRAFT, PublicationState.FAILED), "not_draft")
    row.decided_at, row.decided_by, row.expires_at = now, by, now
    _move(session, row, PublicationState.REFUSED, now)


def withdraw(session: Session, row: Publication, *, why: str, now: datetime, by: str) -> None:
    """It does not hold any more; it stays readable, marked so."""
    _require(row.state == PublicationState.PUBLISHED, "not_published")
    row.withdrawn_at, row.withdrawn_by, row.withdrawn_why = now, by, _reason(why)
    _move(session, row, PublicationState.WITHDRAWN, now)


def correct(session: Session, row: Publication, *, why: str, now: datetime, by: str) -> Publication:
    """An erratum: the same report made anew from what is known now, numbered, beside the old one.

    A second person publishes it, like any other. Raises `PublicationRefused`.
    """
    _require(row.state == PublicationState.PUBLISHED, "not_published")
    reason = _reason(why)
    first = row.corrects_id or row.id
    last = session.scalar(
        select(func.max(Publication.erratum)).where(Publication.corrects_id == first)
    )
    options = row.options
    made = ask(
        session,
        Wanted(
            ReportKind(row.kind),
            Edition(row.edition),
            row.first_day,
            row.last_day,
            row.clock,
            row.cutoff,
            options["languages"],
            options["formats"],
            options["independence"],
        ),
        now=now,
        by=by,
    )
    made.corrects_id, made.erratum, made.why = first, (last or 0) + 1, reason
    session.flush()
    return made


def find(session: Session, number: str) -> Publication | None:
    """By its number, PUB-2027-0001, or its id."""
    try:
        return session.get(Publication, uuid.UUID(number))
    except ValueError:
        serial = number.rpartition("-")[2]
    if not serial.isdigit() or len(serial) > 17:
        return None
    row = session.scalars(select(Publication).where(Publication.serial == int(serial))).first()
    return row if row is not None and row.number == number.upper() else None


def period(row: Publication) -> Period:
    """What it is about, as the figures take it."""
    begin, end = _midnight(row.first_day), _midnight(row.last_day + timedelta(days=1))
    return Period(begin, end, row.cutoff, row.clock)  # type: ignore[arg-type]  # one of CLOCKS


def listed(session: Session) -> Sequence[Publication]:
    """All, the newest first."""
    return session.scalars(select(Publication).order_by(Publication.serial.desc())).all()


def about(row: Publication, **more: Any) -> dict[str, Any]:
    """What the log says of it: codes and dates."""
    return {"number": row.number, "kind": row.kind, "edition": row.edition, **more}


def _move(session: Session, row: Publication, to: PublicationState, now: datetime) -> None:
    before, row.state = row.state, to
    session.flush()
    _event(session, row, before, now)


def _event(session: Session, row: Publication, before: str | None, now: datetime) -> None:
    record(
        session,
        at=now,
        subject="publication",
        subject_id=row.id,
        kind="publication_state",
        before=before,
        after=row.state,
    )


def _reason(why: str) -> str:
    reason = why.strip()
    _require(bool(reason) and len(reason) <= LONGEST_WHY, "why")
    return reason


def _require(holds: bool, why: str) -> None:
    if not holds:
        raise PublicationRefused(why)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
