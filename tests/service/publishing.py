"""Publications as people make them, in a year that is told once and copied for each test."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from databases import database_like
from published_world import Time, a_year, house

from takedown import db, embedded
from takedown.db import committing
from takedown.stats.publication import checking, drawing, making, service
from takedown.stats.publication.house import House
from takedown.stats.publication.models import Edition, Publication, ReportKind
from takedown.stats.publication.service import Wanted
from takedown.vault import Vault

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


@dataclass(frozen=True)
class Told:
    """A year in the ledger, with two drafts of it: the full edition and the public one."""

    server: embedded.Embedded
    database: str
    folder: Path

    @contextmanager
    def copied(self, folder: Path, clock: Time) -> Iterator[House]:
        """The same for one test alone: it may change what it likes."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        with (
            database_like(self.server, self.database) as (_, url),
            working(url, folder, clock) as one,
        ):
            yield one


@contextmanager
def told(server: embedded.Embedded, folder: Path) -> Iterator[Told]:
    """A year is lived and both editions are made of it."""
    with database_like(server) as (_, url):
        with working(url, folder, Time()) as place:
            a_year(place.sessions, place.vault, notices=8)
            for edition in Edition:
                made(place, edition=edition)
        yield Told(server, url.partition("?")[0].rpartition("/")[2], folder)


@contextmanager
def working(url: str, folder: Path, clock: Time) -> Iterator[House]:
    """Where publications are made, on a database and in a folder."""
    vault = Vault(bytes(range(32)), folder / "keys" / "months.json")
    vault.begin()
    engine = db.connect(url)
    yield house(db.sessions(engine), vault, folder, clock)
    engine.dispose()


def draft(place: House, edition: Edition) -> Publication:
    """The draft that was made of the year, in this edition."""
    with place.sessions() as session:
        return session.query(Publication).filter_by(edition=edition).one()


def asked(**more) -> Wanted:
    """An annual report, its figures in JSON."""
    wanted = {"kind": ReportKind.ANNUAL, "edition": Edition.FULL, "first": YEAR[0], "last": YEAR[1]}
    return Wanted(**wanted | {"languages": ["en", "fr"], "formats": ["json"]} | more)


def made(place: House, **more) -> Publication:
    with committing(place.sessions) as session:
        row = service.ask(session, asked(**more), now=place.clock(), by="user:a")
    return finished(place, row)


def finished(place: House, row: Publication) -> Publication:
    with committing(place.sessions) as session:
        claimed = making.claim(session, now=place.clock(), one=row.id)
    assert claimed is not None and making.make(place, claimed)
    return again(place, row)


def again(place: House, row: Publication) -> Publication:
    with place.sessions() as session:
        return session.get_one(Publication, row.id)


def published(place: House, row: Publication, by: str = "user:b") -> Publication:
    with committing(place.sessions) as session:
        service.publish(session, session.get_one(Publication, row.id), now=place.clock(), by=by)
    return again(place, row)


def verified(place: House, row: Publication) -> checking.Verified:
    with place.sessions() as session:
        files = drawing.stored(session, row.id)
    return checking.verify(row, place.folder(row.id), files)


def shown(place: House, row: Publication, lang: str = "en") -> dict:
    with place.sessions() as session:
        file = next(one for one in drawing.stored(session, row.id) if one.lang == lang)
    return json.loads((place.folder(row.id) / "files" / file.name).read_bytes())


def table(document: dict, key: str) -> list[dict]:
    return next(
        one["lines"] for sheet in document["sheets"] for one in sheet["tables"] if one["key"] == key
    )
