"""Connectors as rows: what is described stands in the clear, the secret is sealed."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from takedown.db import Base, Id, Sealed


class ConnectorRow(Base):
    """How one contact of the medium `api` is reached. Written by one person, in force once another
    approves it; every change takes the approval back.
    """

    __tablename__ = "connectors"

    id: Mapped[Id]
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("providers.id"), index=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contacts.id"), unique=True)
    name: Mapped[str] = mapped_column(unique=True)
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB)  # as `Connector.load` reads it
    secret: Mapped[Sealed | None]  # never shown again; dropped where it would go elsewhere
    test_mode: Mapped[bool]  # for tries alone: no notice leaves by it
    version: Mapped[int]  # counts the changes, of the secret too
    changed_at: Mapped[datetime]  # what was frozen before is frozen anew
    writers: Mapped[list[str]] = mapped_column(ARRAY(String))  # since it was last approved
    written_by: Mapped[str]
    written_at: Mapped[datetime]
    why: Mapped[str]
    approved_by: Mapped[str | None]  # none of the writers
    approved_at: Mapped[datetime | None]
    disabled_by: Mapped[str | None]
    disabled_at: Mapped[datetime | None]
