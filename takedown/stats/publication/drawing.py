"""The files of a publication: each form in each language, drawn from its sealed figures."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from takedown.db import new_id
from takedown.stats.exports import plain, writing
from takedown.stats.exports.tongue import LANGUAGES
from takedown.stats.publication import frozen as room
from takedown.stats.publication import own, report, service
from takedown.stats.publication.house import House
from takedown.stats.publication.models import Publication, PublicationFile


def draw(
    house: House,
    row: Publication,
    figures: Mapping[str, Any],
    digest: bytes,
    lang: str,
    form: str,
) -> PublicationFile:
    """One file, written into the publication's folder under its own digest; to be added."""
    name, content = writing.write(report.document(figures, lang, digest=digest.hex()), form)
    checksum = hashlib.sha256(content).digest()
    folder = house.folder(row.id) / "files"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept = f"{checksum.hex()[:16]}-{name}"
    (folder / kept).write_bytes(content)
    return PublicationFile(
        id=new_id(),
        publication_id=row.id,
        lang=lang,
        format=form,
        name=kept,
        size=len(content),
        digest=checksum,
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
    known = {(one.lang, one.format): one for one in stored(session, row.id)}
    wanted = [(lang, form) for lang in languages for form in forms]
    missing = [one for one in wanted if one not in known]
    if missing:
        figures = room.sealed(house.folder(row.id), row.digest).figures()
        for lang, form in missing:
            known[lang, form] = draw(house, row, figures, row.digest, lang, form)
            session.add(known[lang, form])
        session.flush()
    return [known[one] for one in wanted]


def absent(session: Session, house: House, row: Publication) -> list[tuple[str, str]]:
    """Languages and forms that are not stored yet and can be drawn; none where nothing is kept."""
    if row.digest is None or not house.folder(row.id).exists():
        return []
    known = {(one.lang, one.format) for one in stored(session, row.id)}
    return [one for one in product(LANGUAGES, writing.FORMATS) if one not in known]


def own_figures(house: House, row: Publication, lang: str) -> bytes:
    """A ZIP of one page (HTML) for each provider that a draft names, with its own figures."""
    figures = room.open_frozen(house.folder(row.id)).figures()
    digest = row.digest.hex() if row.digest else ""
    pages = dict(writing.write(one, "html") for one in own.documents(figures, lang, digest=digest))
    return plain.zipped(pages)


def stored(session: Session, publication_id: uuid.UUID) -> list[PublicationFile]:
    """The newest rendering of each language and form."""
    rows = session.scalars(
        select(PublicationFile)
        .where(PublicationFile.publication_id == publication_id)
        .order_by(PublicationFile.made_at, PublicationFile.id)
    )
    return list({(row.lang, row.format): row for row in rows}.values())
