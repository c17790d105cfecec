"""Copies of letters' templates, each version a row; and who has read a built-in text."""

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from takedown.db import Base, Id, Sealed, Word


class TemplateCopy(Base):
    """One version of a body that supervisors wrote: for a language, a country or a provider.

    Written by one person, in force once another approves it, until it is retired.
    """

    __tablename__ = "template_copies"
    __table_args__ = (
        UniqueConstraint("place", "version"),
        Index(
            "uq_template_copies_in_force",
            "place",
            unique=True,
            postgresql_where=text("approved_at IS NOT NULL AND retired_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    place: Mapped[str]  # "en/first", "en/first/DE", "en/first/<provider's id>": the name in notices
    kind: Mapped[Word]
    language: Mapped[str] = mapped_column(String(8))
    country: Mapped[str | None] = mapped_column(String(2))
    provider_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("providers.id"), index=True)
    version: Mapped[int]
    body: Mapped[Sealed]
    based_on: Mapped[str]  # the template and version that the writer began from
    written_by: Mapped[str]
    written_at: Mapped[datetime]
    why: Mapped[str]
    approved_by: Mapped[str | None]  # never who wrote it
    approved_at: Mapped[datetime | None]
    retired_by: Mapped[str | None]
    retired_at: Mapped[datetime | None]  # out of force, or taken back before it ever was
    retired_why: Mapped[str | None]
    rolled_back_from: Mapped[uuid.UUID | None]  # the older version whose text this one repeats


class TemplateReview(Base):
    """A speaker has read a built-in text of an unreviewed language; counts for that text alone."""

    __tablename__ = "template_reviews"
    __table_args__ = (UniqueConstraint("name", "digest"),)

    id: Mapped[Id]
    name: Mapped[str]  # "nl/first"
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))  # of the text with its phrases
    speaker: Mapped[str]  # by function: "sworn translator for Dutch"
    read_on: Mapped[date]
    signed_by: Mapped[str]  # who entered it
    signed_at: Mapped[datetime]
