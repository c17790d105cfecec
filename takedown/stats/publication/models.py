"""Publications: frozen figures, by whom asked for, approved and withdrawn, and their files."""

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from takedown.db import Base, Document, Id, Word


class PublicationState(StrEnum):
    """Where a publication stands. What is published never changes: errata and `withdrawn` do."""

    WAITING = "waiting"  # asked for: the stage `reports` makes it
    WORKING = "working"
    DRAFT = "draft"  # made: waits for a second person, can be downloaded, expires
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"  # looked at, and not published
    FAILED = "failed"
    EXPIRED = "expired"  # nobody published it in time: its files are gone


class ReportKind(StrEnum):
    """Which report it is."""

    ANNUAL = "annual"
    DSA22 = "dsa22"  # of a trusted flagger, Regulation (EU) 2022/2065, Article 22(3)


class Edition(StrEnum):
    """For whom: `full` for the house, `public` with small cells withheld and nobody ranked."""

    FULL = "full"
    PUBLIC = "public"


class Publication(Base):
    """A frozen set of statistics. Its bytes lie in the folder that bears its id."""

    __tablename__ = "publications"
    __table_args__ = (
        Index(
            "ix_publications_due",
            "asked_at",
            postgresql_where=text("state IN ('waiting', 'working')"),
        ),
    )

    id: Mapped[Id]
    serial: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    kind: Mapped[ReportKind] = mapped_column(String(16))
    edition: Mapped[Edition] = mapped_column(String(16))
    state: Mapped[PublicationState] = mapped_column(String(16), index=True)
    clock: Mapped[Word]
    first_day: Mapped[date]
    last_day: Mapped[date]
    cutoff: Mapped[datetime]
    options: Mapped[Document]  # languages, formats, and the words of a person that are printed

    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    token: Mapped[uuid.UUID | None]  # of whoever makes it
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    doing: Mapped[Word | None]  # what is being done, a word that the page has one for
    step: Mapped[int] = mapped_column(default=0)
    steps: Mapped[int] = mapped_column(default=0)
    error: Mapped[Word | None]  # the kind of what went wrong

    made_at: Mapped[datetime | None]
    method: Mapped[Word | None]
    digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    provisional: Mapped[int | None]  # cases whose end was seen and not confirmed at the freeze
    expires_at: Mapped[datetime | None]  # of a draft
    told_at: Mapped[datetime | None]  # the named providers have their own figures since then
    told_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]  # published or refused
    decided_by: Mapped[str | None]  # never who asked for it, where published
    corrects_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("publications.id"))
    erratum: Mapped[int | None]  # running number among the errata of the first one
    why: Mapped[str | None]  # of an erratum
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]
    withdrawn_why: Mapped[str | None]

    @property
    def number(self) -> str:
        """What people call it: the year in which it was asked for, and a running number."""
        return f"PUB-{self.asked_at.year}-{self.serial:04d}"


class PublicationFile(Base):
    """One rendered file of a publication. A new rendering stands beside the old."""

    __tablename__ = "publication_files"
    __table_args__ = (Index(None, "publication_id", "lang", "format"),)

    id: Mapped[Id]
    publication_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("publications.id"))
    lang: Mapped[str] = mapped_column(String(8))
    format: Mapped[Word]
    name: Mapped[str]  # in the publication's folder, under files/
    size: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    made_at: Mapped[datetime]
