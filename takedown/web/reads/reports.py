"""What the page of one publication shows: its files, its errata, what it changed."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from takedown.stats.publication import checking, drawing, service
from takedown.stats.publication.house import House
from takedown.stats.publication.models import Edition, Publication, PublicationFile, ReportKind
from takedown.web.reads.people import names_of

MOST = 200
"""Differences that a page shows; the command `takedown report compare` tells all."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One publication with what stands around it."""

    files: Sequence[PublicationFile]
    absent: Mapping[str, Sequence[str]]
    related: Sequence[Publication]
    others: Sequence[Publication]
    compared: Publication | None
    differences: Sequence[checking.Difference]
    more: int
    names: dict[str, str]
    tells_providers: bool
    public_from: datetime | None


def publication(
    session: Session, house: House, row: Publication, other_id: uuid.UUID | None
) -> Shown:
    """The page's figures; `other_id`: compared with that one, an erratum with what it corrects."""
    first = row.corrects_id or row.id
    family = or_(Publication.id == first, Publication.corrects_id == first)
    related = session.scalars(select(Publication).where(family).order_by(Publication.serial)).all()
    others = [
        one
        for one in service.listed(session)
        if one.id != row.id
        and one.digest
        and one.kind == row.kind
        and house.folder(one.id).exists()
    ]
    wanted = other_id or row.corrects_id
    compared = next((one for one in others if one.id == wanted), None)
    found: list[checking.Difference] = []
    if compared is not None and row.digest and house.folder(row.id).exists():
        before, after = (checking.figures(house.folder(one.id)) for one in (compared, row))
        found = list(checking.compare(before, after))
    absent: dict[str, list[str]] = {}
    for lang, form in drawing.absent(session, house, row):
        absent.setdefault(lang, []).append(form)
    acted = (row.asked_by, row.decided_by, row.told_by, row.withdrawn_by)
    return Shown(
        files=drawing.stored(session, row.id),
        absent=absent,
        related=[one for one in related if one.id != row.id],
        others=others,
        compared=compared,
        differences=found[:MOST],
        more=max(len(found) - MOST, 0),
        names=names_of(session, {one for one in acted if one}),
        tells_providers=row.edition == Edition.PUBLIC and row.kind == ReportKind.ANNUAL,
        public_from=row.told_at + service.TOLD if row.told_at else None,
    )
