"""What the pages about letters show."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import unified_diff
from typing import Final, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.facts import Facts, Kind
from notices.templates import Choice, LetterTemplate
from takedown.hosts.models import Provider
from takedown.outbox.models import Notice
from takedown.outbox.texts import editing, preview, standing
from takedown.outbox.texts.editing import Place
from takedown.outbox.texts.models import TemplateCopy, TemplateReview
from takedown.vault import Vault
from takedown.web.reads.contacts import provider_name

KINDS: Final = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Line:
    """A copy in a list."""

    row: TemplateCopy
    provider: str = field(repr=False)
    unusable: str  # why this version of the software can't read it


@dataclass(frozen=True, slots=True)
class Overview:
    """Every letter: built-in by kind and language, and the copies."""

    languages: Sequence[str]
    letters: dict[tuple[str, str], LetterTemplate]
    waiting: Sequence[Line]
    special: Sequence[Line]  # in force for one provider or one country


@dataclass(frozen=True, slots=True)
class TextPage:
    """One place: what letters say there now, its versions, and what a text may name."""

    place: Place
    provider: str = field(repr=False)
    choice: Choice
    versions: Sequence[TemplateCopy]
    current: TemplateCopy | None
    names: Sequence[preview.Name]
    drafts: Sequence[Notice]
    built_in: LetterTemplate
    review: TemplateReview | None

    @property
    def seen(self) -> int:
        return self.versions[0].version if self.versions else 0

    @property
    def based_on(self) -> str:
        return f"{self.choice.template.name} {self.choice.template.version}"


def overview(session: Session, vault: Vault) -> Overview:
    """All of it."""
    known = standing.templates(session, vault)
    plain = {(one.kind, one.lang): one for one in known if not (one.provider or one.country)}
    spoken = sorted({lang for _, lang in plain}, key=lambda one: (one not in ("en", "fr"), one))
    open_rows = session.scalars(
        select(TemplateCopy).where(TemplateCopy.retired_at.is_(None)).order_by(TemplateCopy.id)
    ).all()
    lines = [_line(session, vault, row) for row in open_rows]
    return Overview(
        spoken,
        plain,
        [line for line in lines if editing.waits(line.row)],
        [line for line in lines if not editing.waits(line.row) and _one_place(line)],
    )


def page(session: Session, vault: Vault, place: Place, facts: Facts) -> TextPage:
    """One place. Raises `notices.errors.UnknownTemplate`."""
    known = standing.templates(session, vault)
    whose = str(place.provider_id) if place.provider_id else None
    choice = known.choose(place.kind, place.language, provider=whose, country=place.country)
    rows = editing.versions(session, place)
    built_in = standing.built_in(session).choose(place.kind, place.language).template
    review = session.scalar(
        select(TemplateReview).where(
            TemplateReview.name == built_in.name, TemplateReview.digest == built_in.digest
        )
    )
    return TextPage(
        place,
        _provider(session, vault, place.provider_id),
        choice,
        rows,
        editing.in_force(rows),
        preview.names(choice.template, facts),
        preview.waiting(session, place),
        built_in,
        review,
    )


def before(session: Session, vault: Vault, row: TemplateCopy) -> str:
    """The text that a version would take the place of, or took: the one approved before it."""
    older = session.scalar(
        select(TemplateCopy)
        .where(
            TemplateCopy.place == row.place,
            TemplateCopy.version < row.version,
            TemplateCopy.approved_at.is_not(None),
        )
        .order_by(TemplateCopy.version.desc())
        .limit(1)
    )
    if older is not None:
        return standing.body(vault, older)
    return standing.built_in(session).choose(row.kind, row.language).template.body.source


def differences(old: str, new: str) -> list[tuple[str, str]]:
    """Lines with what became of each: "+", "-", " ", or "@" where some are left out."""
    lines = list(unified_diff(old.splitlines(), new.splitlines(), n=2, lineterm=""))[2:]
    return [(line[0], "" if line[0] == "@" else line[1:]) for line in lines]


def _line(session: Session, vault: Vault, row: TemplateCopy) -> Line:
    unusable = standing.unusable(session, vault, row)
    return Line(row, _provider(session, vault, row.provider_id), unusable)


def _one_place(line: Line) -> bool:
    return bool(line.row.country or line.row.provider_id or line.unusable)


def _provider(session: Session, vault: Vault, provider_id: uuid.UUID | None) -> str:
    found = session.get(Provider, provider_id) if provider_id else None
    return provider_name(vault, found) if found else ""
