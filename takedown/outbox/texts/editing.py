"""Writing copies of letters: one person writes, another approves, anybody of them can go back.

A text says what leaves under the hotline's name, so nothing here is overwritten: each version
stays. The caller appends to the audit log and commits.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from takedown.audit import record
from takedown.db import new_id
from takedown.errors import TakedownError
from takedown.outbox.texts import checking, standing
from takedown.outbox.texts.models import TemplateCopy, TemplateReview
from takedown.people.two_people import not_by
from takedown.vault import STANDING, Vault

_ONE_AT_A_TIME: Final = 0x7A6B_0014  # two writers at once would make the same version
LONGEST_REASON: Final = 500  # characters; of a speaker's function, too


class TextRefused(TakedownError):
    """What was asked of a text can't be done; `why` is a code that pages have words for."""

    def __init__(self, why: str) -> None:
        super().__init__(f"refused: {why}")
        self.why = why


@dataclass(frozen=True, slots=True)
class Place:
    """What a copy is for: a kind in a language; of one country, or one provider, where given."""

    kind: str
    language: str
    country: str | None = None
    provider_id: uuid.UUID | None = None

    @property
    def name(self) -> str:
        """How notices name the copy."""
        whom = self.provider_id or self.country
        return f"{self.language}/{self.kind}" + (f"/{whom}" if whom else "")


def versions(session: Session, place: Place) -> Sequence[TemplateCopy]:
    """Every version of a place, the newest first."""
    rows = select(TemplateCopy).where(TemplateCopy.place == place.name)
    return session.scalars(rows.order_by(TemplateCopy.version.desc())).all()


def in_force(rows: Sequence[TemplateCopy]) -> TemplateCopy | None:
    """The version that letters are written by."""
    return next((row for row in rows if row.approved_at and row.retired_at is None), None)


def waits(row: TemplateCopy) -> bool:
    """Whether a second person has not looked at it yet."""
    return row.approved_at is None and row.retired_at is None


def write(
    session: Session,
    vault: Vault,
    place: Place,
    body: str,
    *,
    seen: int,
    based_on: str,
    why: str,
    by: str,
    now: datetime,
) -> TemplateCopy:
    """A new version, which waits for another person; what still waited in its place is taken back.

    `seen` is the newest version that the writer saw (0: none). Raises `TextRefused`; `Faulty` with
    every line that can't stand.
    """
    _lock(session)
    rows, reason = versions(session, place), _reason(why)
    if (rows[0].version if rows else 0) != seen:
        raise TextRefused("stale")
    checking.require(place.kind, place.language, body)
    standing_now = in_force(rows)
    if standing_now is not None and standing.body(vault, standing_now) == body:
        raise TextRefused("unchanged")
    for row in filter(waits, rows):
        _end(row, by, "replaced", now)
    made = _add(session, vault, place, body, seen + 1, based_on, reason, by, now)
    _event(session, made, "text_written", now)
    return made


def approve(session: Session, copy_id: uuid.UUID, *, by: str, now: datetime) -> TemplateCopy:
    """A second person's yes: from now on letters say this. Raises `TextRefused`, `OwnWork`."""
    _lock(session)
    row = _get(session, copy_id)
    if not waits(row):
        raise TextRefused("not_waiting")
    not_by({row.written_by}, by)
    _replace(session, row, by, now)
    row.approved_by, row.approved_at = by, now
    session.flush()
    standing.forget(session)
    _event(session, row, "text_approved", now)
    return row


def roll_back(
    session: Session, vault: Vault, copy_id: uuid.UUID, *, why: str, by: str, now: datetime
) -> TemplateCopy:
    """Let letters say an older version again, at once: two people stood by it before.

    Raises `TextRefused`; `Faulty` where this version of the software can't read it any more.
    """
    _lock(session)
    old, reason = _get(session, copy_id), _reason(why)
    if old.approved_at is None or old.retired_at is None:
        raise TextRefused("not_older")
    place, body = place_of(old), standing.body(vault, old)
    checking.require(place.kind, place.language, body)
    newest = versions(session, place)[0].version
    base = f"{old.place} copy {old.version}"
    made = _add(session, vault, place, body, newest + 1, base, reason, by, now)
    made.rolled_back_from = old.id
    _replace(session, made, by, now)
    made.approved_by, made.approved_at = old.approved_by, now
    session.flush()
    standing.forget(session)
    _event(session, made, "text_rolled_back", now)
    return made


def retire(
    session: Session, copy_id: uuid.UUID, *, why: str, by: str, now: datetime
) -> TemplateCopy:
    """Take a version out of force, or back before it was: the next best text counts.

    Raises `TextRefused`.
    """
    _lock(session)
    row, reason = _get(session, copy_id), _reason(why)
    if row.retired_at is not None:
        raise TextRefused("not_standing")
    _end(row, by, reason, now)
    session.flush()
    standing.forget(session)
    _event(session, row, "text_retired", now)
    return row


def sign_off(
    session: Session,
    name: str,
    *,
    digest: bytes,
    speaker: str,
    read_on: date,
    by: str,
    now: datetime,
) -> TemplateReview:
    """A speaker has read the built-in text of this name and digest: it counts as reviewed.

    `speaker` says by function who that was. Raises `TextRefused`, also where the text is another
    by now.
    """
    who = " ".join(speaker.split())
    if not who or len(who) > LONGEST_REASON:
        raise TextRefused("speaker")
    if read_on > now.date():
        raise TextRefused("future")
    _lock(session)
    letter = next((one for one in standing.built_in(session) if one.name == name), None)
    if letter is None or letter.digest != digest:
        raise TextRefused("stale")
    if letter.reviewed:
        raise TextRefused("reviewed")
    made = TemplateReview(
        id=new_id(),
        name=name,
        digest=digest,
        speaker=who,
        read_on=read_on,
        signed_by=by,
        signed_at=now,
    )
    session.add(made)
    session.flush()
    standing.forget(session)
    record(session, at=now, subject="template", subject_id=made.id, kind="text_read", after=name)
    return made


def place_of(row: TemplateCopy) -> Place:
    """What a version is for."""
    return Place(row.kind, row.language, row.country, row.provider_id)


def _add(
    session: Session,
    vault: Vault,
    place: Place,
    body: str,
    version: int,
    based_on: str,
    why: str,
    by: str,
    now: datetime,
) -> TemplateCopy:
    made = new_id()
    row = TemplateCopy(
        id=made,
        place=place.name,
        kind=place.kind,
        language=place.language,
        country=place.country,
        provider_id=place.provider_id,
        version=version,
        body=vault.seal("template_copies.body", made, STANDING, body),
        based_on=based_on,
        written_by=by,
        written_at=now,
        why=why,
    )
    session.add(row)
    session.flush()
    return row


def _replace(session: Session, row: TemplateCopy, by: str, now: datetime) -> None:
    before = in_force(versions(session, place_of(row)))
    if before is not None:
        _end(before, by, "replaced", now)
        session.flush()


def _end(row: TemplateCopy, by: str, why: str, now: datetime) -> None:
    row.retired_by, row.retired_at, row.retired_why = by, now, why


def _get(session: Session, copy_id: uuid.UUID) -> TemplateCopy:
    row = session.get(TemplateCopy, copy_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise TextRefused("unknown")
    return row


def _reason(why: str) -> str:
    reason = " ".join(why.split())
    if not reason or len(reason) > LONGEST_REASON:
        raise TextRefused("why")
    return reason


def _lock(session: Session) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})


def _event(session: Session, row: TemplateCopy, kind: str, now: datetime) -> None:
    record(
        session,
        at=now,
        subject="template",
        subject_id=row.id,
        kind=kind,
        after=row.place,
        version=row.version,
    )
