"""A look at a text before it is written down: the letter that it makes of a notice, or a sample."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices import attachments
from notices.checklist import points
from notices.compose import Letter, compose
from notices.facts import Facts
from notices.placeholders import Value
from notices.sample import sample
from notices.templates import LetterTemplate
from notices.values import Values
from notices.wording import URL_VALUES, VALUES
from takedown.hosts.models import Contact
from takedown.outbox import drafts
from takedown.outbox.cases import LookUp
from takedown.outbox.facts import facts_of, sender
from takedown.outbox.models import Notice, NoticeStatus
from takedown.outbox.texts import checking
from takedown.outbox.texts.editing import Place
from takedown.routes.hotline import Hotline
from takedown.vault import Vault

_OFFERED = 20


@dataclass(frozen=True, slots=True)
class Name:
    """A placeholder that a text may use: what it says of these facts, and which points rest on it.

    `points` are `notices.checklist`'s names; empty where a text may leave it out.
    """

    name: str
    says: str
    points: tuple[str, ...]
    of_url: bool


def waiting(session: Session, place: Place) -> list[Notice]:
    """Drafts that this text could be seen in: of its kind, and its provider's where it is one's."""
    query = select(Notice).where(Notice.status == NoticeStatus.DRAFT, Notice.kind == place.kind)
    if place.provider_id is not None:
        query = query.where(Notice.provider_id == place.provider_id)
    return list(session.scalars(query.order_by(Notice.serial.desc()).limit(_OFFERED)))


def letter(facts: Facts, place: Place, body: str) -> Letter:
    """What the text would say of these facts. Raises `Faulty`, `UnknownTemplate`, `BadFacts`."""
    checking.require(place.kind, place.language, body)
    return compose(
        facts,
        place.kind,
        place.language,
        checking.trial(place.kind, place.language, body),
    )


def facts(
    session: Session,
    vault: Vault,
    hotline: Hotline,
    place: Place,
    notice_id: uuid.UUID | None,
    look_up: LookUp,
) -> Facts:
    """The facts of a draft; a sample's where none is given, or it is no draft of this kind."""
    notice = session.get(Notice, notice_id) if notice_id else None
    if notice is not None and notice.status == NoticeStatus.DRAFT and notice.kind == place.kind:
        rows = drafts.items_of(session, notice.id, look_up)
        contact = session.get_one(Contact, notice.contact_id)
        if rows:
            return facts_of(session, vault, hotline, notice, contact, drafts.as_items(rows))
    return sample(place.kind, place.language, sender(hotline))


def names(template: LetterTemplate, known: Facts) -> list[Name]:
    """Every placeholder of this letter's language with what it says of these facts."""
    said = Values(known, template.words, attachments.summary(attachments.of(known)))
    needed: dict[str, list[str]] = {}
    for point in points(template.kind):
        for name in point.said_by:
            needed.setdefault(name, []).append(point.name)
    used = VALUES.union(template.words.phrases)
    whole = [_name(one, said.values, needed, of_url=False) for one in sorted(used)]
    return whole + [_name(one, said.urls[0], needed, of_url=True) for one in sorted(URL_VALUES)]


def _name(
    name: str, values: Mapping[str, Value], needed: dict[str, list[str]], *, of_url: bool
) -> Name:
    value = values.get(name, "")
    says = value if isinstance(value, str) else " / ".join(value)
    return Name(name, says, tuple(needed.get(name, ())), of_url)
