"""A publication is made: frozen, counted, written in all its forms; and later verified, compared,
written again. No transaction is open while it is computed or drawn.
"""

import hashlib
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any, Final

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from takedown.db import Sessions, committing, new_id
from takedown.stats.definitions import METHOD
from takedown.stats.exports import plain, writing
from takedown.stats.exports.tongue import LANGUAGES
from takedown.stats.publication import frozen as room
from takedown.stats.publication import methods, own, public, report, service
from takedown.stats.publication.annual import Period, counts_of
from takedown.stats.publication.frozen import Frozen
from takedown.stats.publication.models import (
    Edition,
    Publication,
    PublicationFile,
    PublicationState,
    ReportKind,
)
from takedown.vault import Vault

LEASE: Final = timedelta(minutes=30)
ATTEMPTS: Final = 3
Told = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class House:
    """What making needs: where facts and publications lie, and who we are."""

    sessions: Sessions
    vault: Vault
    facts_dir: Path
    publications_dir: Path
    clock: Callable[[], datetime]
    hotline: str
    country: str

    def folder(self, publication_id: uuid.UUID) -> Path:
        """The folder of one publication."""
        return self.publications_dir / str(publication_id)


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
        yield render(house, row, figures, digest, lang, form)


def render(
    house: House,
    row: Publication,
    figures: Mapping[str, Any],
    digest: bytes,
    lang: str,
    form: str,
) -> PublicationFile:
    """One file, written into the publication's folder under its own digest; to be added."""
    name, content = writing.write(report.document(figures, lang, digest=digest.hex()), form)
    own = hashlib.sha256(content).digest()
    folder = house.folder(row.id) / "files"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept = f"{own.hex()[:16]}-{name}"
    (folder / kept).write_bytes(content)
    return PublicationFile(
        id=new_id(),
        publication_id=row.id,
        lang=lang,
        format=form,
        name=kept,
        size=len(content),
        digest=own,
        made_at=house.clock(),
    )


def complete(
    session: Session, house: House, row: Publication, languages: Sequence[str], forms: Sequence[str]
) -> list[PublicationFile]:
    """The stored files in these languages and forms; what is not there is drawn and added.

    The door commits. Raises `PublicationRefused` where nothing is made, `frozen.NotWhole` where
    the figures are not as they were sealed.
    """
    if row.digest is None:
        raise service.PublicationRefused("not_made")
    known = {(one.lang, one.format): one for one in files_of(session, row.id)}
    wanted = [(lang, form) for lang in languages for form in forms]
    missing = [one for one in wanted if one not in known]
    if missing:
        figures = room.sealed(house.folder(row.id), row.digest).figures()
        for lang, form in missing:
            known[lang, form] = render(house, row, figures, row.digest, lang, form)
            session.add(known[lang, form])
        session.flush()
    return [known[one] for one in wanted]


def absent(session: Session, house: House, row: Publication) -> list[tuple[str, str]]:
    """Languages and forms that are not stored yet and can be drawn; none where nothing is kept."""
    if row.digest is None or not house.folder(row.id).exists():
        return []
    known = {(one.lang, one.format) for one in files_of(session, row.id)}
    return [one for one in product(LANGUAGES, writing.FORMATS) if one not in known]


def own_figures(house: House, row: Publication, lang: str) -> bytes:
    """A ZIP of one page (HTML) for each provider that a draft names, with its own figures."""
    figures = room.open_frozen(house.folder(row.id)).figures()
    digest = row.digest.hex() if row.digest else ""
    pages = dict(writing.write(one, "html") for one in own.documents(figures, lang, digest=digest))
    return plain.zipped(pages)


def files_of(session: Session, publication_id: uuid.UUID) -> list[PublicationFile]:
    """The newest rendering of each language and form."""
    rows = session.scalars(
        select(PublicationFile)
        .where(PublicationFile.publication_id == publication_id)
        .order_by(PublicationFile.made_at, PublicationFile.id)
    )
    return list({(row.lang, row.format): row for row in rows}.values())


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
