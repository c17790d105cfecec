"""A publication is made: frozen, counted, written in all its forms.

No transaction is open while it is computed or drawn.
"""

import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from takedown.db import committing, new_id
from takedown.stats.definitions import METHOD
from takedown.stats.publication import frozen as room
from takedown.stats.publication import methods, public, service
from takedown.stats.publication.annual import Period, counts_of
from takedown.stats.publication.drawing import draw
from takedown.stats.publication.frozen import Frozen
from takedown.stats.publication.house import House
from takedown.stats.publication.models import (
    Edition,
    Publication,
    PublicationFile,
    PublicationState,
    ReportKind,
)

LEASE: Final = timedelta(minutes=30)
ATTEMPTS: Final = 3
Told = Callable[[str, int, int], None]


def claim(session: Session, *, now: datetime, one: uuid.UUID | None = None) -> Publication | None:
    """The next one to make, leased: one that waits, or whose maker went away."""
    due = or_(
        Publication.state == PublicationState.WAITING,
        (Publication.state == PublicationState.WORKING) & (Publication.lease_until < now),
    )
    query = select(Publication).where(due).order_by(Publication.asked_at, Publication.serial)
    if one is not None:
        query = query.where(Publication.id == one)
    row = session.scalars(query.limit(1).with_for_update(skip_locked=True)).first()
    if row is not None:
        row.state, row.token, row.lease_until = PublicationState.WORKING, new_id(), now + LEASE
        row.attempts += 1
        session.flush()
    return row


def make(house: House, row: Publication, *, told: Told = lambda *_: None) -> bool:
    """Freeze, count and write a claimed publication; whether it is a draft now.

    `told` hears what is being done, how far, of how many. What goes wrong is kept by its kind.
    """
    progress = _Progress(house, row, told)
    try:
        frozen = _freeze(house, row, progress)
        progress("counting", 1)
        period = service.period(row)
        computed = methods.compute(ReportKind(row.kind), METHOD, frozen, period)
        assert computed is not None, "the method in force is known"
        figures = _shown(house, row, frozen, computed, progress)
        digest = room.seal(frozen, computed, figures)
        files = list(_write(house, row, figures, digest, progress))
    except Exception as failed:
        progress.failed(type(failed).__name__)
        raise
    return progress.done(figures, digest, files)


def _freeze(house: House, row: Publication, progress: "_Progress") -> Frozen:
    progress("freezing", 0)
    with committing(house.sessions) as session:
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        return room.freeze(
            *(session, house.folder(row.id), house.facts_dir, house.clock()),
            vault=house.vault,
            home=house.country,
        )


def _shown(
    house: House,
    row: Publication,
    frozen: Frozen,
    computed: Mapping[str, Any],
    progress: "_Progress",
) -> dict[str, Any]:
    """The figures with their front, as this edition shows them."""
    period = service.period(row)
    figures = {**computed, "about": _about(house, row, period, computed)}
    if row.edition == Edition.PUBLIC:
        progress("withholding", 2)
        figures = public.edition(figures, _earlier(house, row, frozen, period))
    return figures


def _about(
    house: House, row: Publication, period: Period, figures: Mapping[str, Any]
) -> dict[str, Any]:
    found = {
        "number": row.number,
        "kind": row.kind,
        "edition": row.edition,
        "clock": row.clock,
        "from": _iso(period.begin),
        "to": _iso(period.end),
        "cutoff": _iso(period.cutoff),
        "made_at": _iso(house.clock()),
        "method": METHOD,
        "hotline": house.hotline,
        "country": house.country,
        "provisional": figures.get("counts", {}).get("provisional", 0),
        "independence": row.options.get("independence", {}),
    }
    if row.corrects_id is not None:
        with house.sessions() as session:
            first = session.get_one(Publication, row.corrects_id)
            found["corrects"] = {"number": first.number, "n": row.erratum, "why": row.why}
    return found


def _earlier(
    house: House, row: Publication, frozen: Frozen, period: Period
) -> list[public.Earlier]:
    """What is out already and overlaps in time, as its readers have it."""
    with house.sessions() as session:
        rows = session.scalars(
            select(Publication).where(
                Publication.kind == row.kind,
                Publication.edition == Edition.PUBLIC,
                Publication.clock == row.clock,
                Publication.state.in_((PublicationState.PUBLISHED, PublicationState.WITHDRAWN)),
                Publication.first_day <= row.last_day,
                Publication.last_day >= row.first_day,
            )
        ).all()
    found = []
    for one in rows:
        other = service.period(one)
        begin, end = max(other.begin, period.begin), min(other.end, period.end)
        same = (other.begin, other.end) == (period.begin, period.end)
        both = None if same else counts_of(frozen, Period(begin, end, period.cutoff, period.clock))
        counts = room.open_frozen(house.folder(one.id)).figures()["counts"]
        found.append(public.Earlier(one.number, counts, both))
    return found


def _write(
    house: House,
    row: Publication,
    figures: Mapping[str, Any],
    digest: bytes,
    progress: "_Progress",
) -> Iterator[PublicationFile]:
    """Every form in every language, one after the other."""
    wanted = [(lang, form) for lang in row.options["languages"] for form in row.options["formats"]]
    for number, (lang, form) in enumerate(wanted):
        progress(f"writing_{form}", 3 + number)
        yield draw(house, row, figures, digest, lang, form)


def expire(session: Session, house: House, now: datetime) -> int:
    """Drafts that nobody published in time lose their files; how many."""
    over = select(Publication).where(Publication.expires_at <= now)
    rows = session.scalars(over.with_for_update(skip_locked=True)).all()
    for row in rows:
        session.query(PublicationFile).filter_by(publication_id=row.id).delete()
        shutil.rmtree(house.folder(row.id), ignore_errors=True)
        row.expires_at = None
        if row.state == PublicationState.DRAFT:
            row.state = PublicationState.EXPIRED
    return len(rows)


class _Progress:
    """How far it is, for the page that waits and for whoever typed the command."""

    def __init__(self, house: House, row: Publication, told: Told) -> None:
        self.house, self.id, self.token, self.told = house, row.id, row.token, told
        self.steps = 3 + len(row.options["languages"]) * len(row.options["formats"])

    def __call__(self, doing: str, step: int) -> None:
        now = self.house.clock()
        with committing(self.house.sessions) as session:
            row = session.get_one(Publication, self.id)
            if row.token == self.token:
                row.doing, row.step, row.steps = doing, step, self.steps
                row.lease_until = now + LEASE
        self.told(doing, step, self.steps)

    def failed(self, kind: str) -> None:
        with committing(self.house.sessions) as session:
            row = session.get_one(Publication, self.id)
            if row.token == self.token:
                again = row.attempts < ATTEMPTS
                row.state = PublicationState.WAITING if again else PublicationState.FAILED
                row.error, row.token, row.lease_until = kind, None, None

    def done(self, figures: Mapping[str, Any], digest: bytes, files: list[PublicationFile]) -> bool:
        now = self.house.clock()
        with committing(self.house.sessions) as session:
            row = session.get_one(Publication, self.id, with_for_update=True)
            if row.token != self.token:
                return False
            row.state, row.made_at, row.digest = PublicationState.DRAFT, now, digest
            row.method, row.provisional = METHOD, figures["about"]["provisional"]
            row.expires_at, row.step, row.doing = now + service.KEPT, self.steps, None
            row.token, row.lease_until, row.error = None, None, None
            session.add_all(files)
        self.told("done", self.steps, self.steps)
        return True


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
