"""People, the tokens of programs, sessions of browsers, and what is counted to be slowed."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Dialect, ForeignKey, Index, LargeBinary, SmallInteger, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from takedown.db import Base, Blind, Id, Sealed, Serial, Word


class StaffRole(StrEnum):
    """What a person is here to do; most have one, the first administrator has two."""

    ANALYST = "analyst"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"

    def get_permissions(self) -> set[str]:
        """Asked for by Flask-Security; what a role may do stands in `permissions`."""
        return set()


class Roles(TypeDecorator[list[StaffRole]]):
    """The roles of a person, in an array of their names."""

    impl = ARRAY(String(32))
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> list[StaffRole]:
        return [StaffRole(name) for name in value or ()]


class Scope(StrEnum):
    """What a token may do: a register-only token learns nothing about what is known already."""

    REGISTER = "register"
    READ = "read"
    WORK = "work"  # withdraw, hold, check, finding; releasing and approving are for people


class User(Base):
    """A person who signs in. The columns from `password` on are what Flask-Security asks for."""

    __tablename__ = "users"

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(255), unique=True)  # as normalised, lower case
    username: Mapped[str | None] = mapped_column(String(64), unique=True)
    roles: Mapped[list[StaffRole]] = mapped_column(Roles)
    language: Mapped[str | None] = mapped_column(String(8))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    one_time_password: Mapped[bool] = mapped_column(default=False)  # printed, not yet changed

    password: Mapped[str | None]  # argon2id over an HMAC
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)  # new: all sessions end
    tf_primary_method: Mapped[str | None] = mapped_column(String(16))
    tf_totp_secret: Mapped[str | None]  # encrypted by the application
    tf_phone_number: Mapped[str | None]  # never used; Flask-Security writes None to it
    totp_counter: Mapped[int | None] = mapped_column(BigInteger)  # the last step used up
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(ARRAY(String))

    @property
    def actor(self) -> str:
        """How the audit log names this person."""
        return f"user:{self.id}"


class ApiToken(Base):
    """A bearer token of a program: random, stored as a hash, shown once."""

    __tablename__ = "api_tokens"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(80))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String(32)))
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]

    @property
    def actor(self) -> str:
        """How the audit log names this program."""
        return f"token:{self.id}"


class ApiAnswer(Base):
    """What was answered under an Idempotency-Key, for a day; bodies are sealed."""

    __tablename__ = "api_answers"
    __table_args__ = (Index("uq_api_answers_key", "token_id", "key_hash", unique=True),)

    id: Mapped[Id]
    token_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("api_tokens.id"))
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    request_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[int | None] = mapped_column(SmallInteger)  # none while it is being worked on
    body: Mapped[Sealed | None]


class WebSession(Base):
    """A browser's session: the cookie holds a random token, this row its hash."""

    __tablename__ = "web_sessions"

    id: Mapped[Id]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    data: Mapped[Sealed]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Attempt(Base):
    """One failed sign-in by account or by address, or one reveal by a person: counted, then slowed.

    `who` is a blind index (kinds "account", "peer", "reveal"), so that the table names nobody.
    """

    __tablename__ = "attempts"
    __table_args__ = (Index(None, "kind", "who", "at"),)

    id: Mapped[Serial]
    kind: Mapped[Word]
    who: Mapped[Blind]
    at: Mapped[datetime]
