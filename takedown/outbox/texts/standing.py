"""The letters as they stand: built-in ones, those a speaker has signed off, approved copies."""

import uuid
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.errors import NoticeError
from notices.templates import BUILTIN, Copy, Templates
from takedown.hosts.models import Provider
from takedown.outbox.texts.models import TemplateCopy, TemplateReview
from takedown.vault import Vault

_KEPT: Final = "takedown.outbox.texts"  # in `Session.info`: one run reads them once


def templates(session: Session, vault: Vault) -> Templates:
    """All letters that can be chosen now; read once a session, so that one run writes by one set.

    A copy that the software's newer version can't read is passed over: the next best text counts,
    and the page of templates says so (`unusable`).
    """
    known = session.info.get(_KEPT)
    if not isinstance(known, Templates):
        known = session.info[_KEPT] = _read(session, vault)
    return known


def forget(session: Session) -> None:
    """The texts have changed in this session: the next letter reads them anew."""
    session.info.pop(_KEPT, None)


def built_in(session: Session) -> Templates:
    """The letters that come with the software, with this hotline's sign-offs."""
    rows = session.execute(select(TemplateReview.name, TemplateReview.digest)).all()
    return BUILTIN.signed_off({(row.name, row.digest) for row in rows})


def as_copy(base: Templates, row: TemplateCopy, body: str, provider: uuid.UUID | None) -> Copy:
    """A row as `notices` takes it. It counts as reviewed where the built-in letter does: its
    phrases are that letter's."""
    read = base.choose(row.kind, row.language).template
    return Copy(
        name=row.place,
        kind=row.kind,
        lang=row.language,
        body=body,
        version=f"copy {row.version}",
        reviewed=read.reviewed and read.lang == row.language,
        provider=str(provider) if provider else None,
        country=row.country,
    )


def body(vault: Vault, row: TemplateCopy) -> str:
    """The text of a copy."""
    return vault.open("template_copies.body", row.id, row.body)


def unusable(session: Session, vault: Vault, row: TemplateCopy) -> str:
    """Why a copy can't be used by this version of the software; empty where it can."""
    base = built_in(session)
    try:
        base.with_copies([as_copy(base, row, body(vault, row), row.provider_id)])
    except NoticeError as error:
        return str(error)
    return ""


def _read(session: Session, vault: Vault) -> Templates:
    base = known = built_in(session)
    rows = session.scalars(
        select(TemplateCopy)
        .where(TemplateCopy.approved_at.is_not(None), TemplateCopy.retired_at.is_(None))
        .order_by(TemplateCopy.id)
    ).all()
    merged = _merged(session) if any(row.provider_id for row in rows) else {}
    # A survivor's own copy counts before that of a provider merged into it.
    for row in sorted(rows, key=lambda one: one.provider_id not in merged):
        whose = row.provider_id
        while whose in merged:
            whose = merged[whose]
        try:
            known = known.with_copies([as_copy(base, row, body(vault, row), whose)])
        except NoticeError:
            continue
    return known


def _merged(session: Session) -> dict[uuid.UUID, uuid.UUID]:
    rows = session.execute(
        select(Provider.id, Provider.merged_into_id).where(Provider.merged_into_id.is_not(None))
    )
    return {row.id: row.merged_into_id for row in rows if row.merged_into_id is not None}
