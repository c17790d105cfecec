"""The database: base of the models, column types, engines and sessions. One dialect: PostgreSQL."""

import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import uuid_utils
from psycopg.adapt import Dumper, PyFormat
from psycopg.types.array import ListDumper
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Engine,
    LargeBinary,
    MetaData,
    String,
    Uuid,
    any_,
    bindparam,
    create_engine,
    event,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import (
    DeclarativeBase,
    InstrumentedAttribute,
    Session,
    mapped_column,
    sessionmaker,
)
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """A point in time, UTC-aware on both sides; a naive datetime is a programming error."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a time zone")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)


Id = Annotated[uuid.UUID, mapped_column(primary_key=True)]
Serial = Annotated[int, mapped_column(BigInteger, primary_key=True, autoincrement=True)]
Sealed = Annotated[bytes, mapped_column(LargeBinary)]  # a ciphertext of takedown.vault
Blind = Annotated[bytes, mapped_column(LargeBinary(16))]  # a blind index of takedown.vault
Word = Annotated[str, mapped_column(String(64))]  # one of a short list kept in code or data
Document = Annotated[dict[str, Any], mapped_column(JSONB)]


class Base(DeclarativeBase):
    """All tables. Time columns are `Instant`: UTC, never defaulted by the database."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: Instant(), str: String()}  # noqa: RUF012 - SQLAlchemy's own form


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562), made here because encryption needs a row's id before its insert."""
    return uuid.UUID(int=uuid_utils.uuid7().int)


def connect(
    url: str, *, pool: int = 8, recover: Callable[[], None] | None = None, idle_s: int = 300
) -> Engine:
    """An engine for `url`; parameters never appear in its errors, for they hold locations.

    `recover` is called before a connection is opened: the embedded server uses it to come back.
    A transaction in which nothing happens for `idle_s` seconds is ended by the server: a process
    that was stopped within one keeps nobody waiting for its locks.
    """
    idle = f"-c idle_in_transaction_session_timeout={idle_s * 1000}"
    engine = create_engine(
        url,
        pool_size=pool,
        max_overflow=pool,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"options": f"-c timezone=UTC -c client_min_messages=warning {idle}"},
    )
    event.listen(engine, "connect", _adapt)
    if recover is not None:
        event.listen(engine, "do_connect", lambda *_: recover())
    return engine


class _Ids(Dumper):
    """A list of ids as one array literal: a fifth of what psycopg takes, element by element."""

    oid = 2951  # uuid[], pg_type.dat

    def dump(self, obj: list[uuid.UUID]) -> bytes:
        return ("{" + ",".join([one.hex for one in obj]) + "}").encode()


class _Lists(ListDumper):
    """Lists as psycopg has them, but for those of ids alone."""

    def get_key(self, obj: list[Any], format: PyFormat) -> Any:  # noqa: A002 - theirs
        return (list, uuid.UUID) if _of_ids(obj) else super().get_key(obj, format)

    def upgrade(self, obj: list[Any], format: PyFormat) -> Any:  # noqa: A002 - theirs
        return _Ids(list) if _of_ids(obj) else super().upgrade(obj, format)


def _of_ids(values: list[Any]) -> bool:
    return len(values) > 0 and all(type(one) is uuid.UUID for one in values)


def _adapt(connection: Any, _: object) -> None:
    connection.adapters.register_dumper(list, _Lists)


Sessions = sessionmaker[Session]


def among(
    column: ColumnElement[uuid.UUID]
    | InstrumentedAttribute[uuid.UUID]
    | InstrumentedAttribute[uuid.UUID | None],
    ids: Iterable[uuid.UUID],
) -> ColumnElement[bool]:
    """Whether `column` is one of `ids`: one array, for a statement takes 65,535 parameters."""
    return column == any_(bindparam(None, list(ids), type_=ARRAY(Uuid()), unique=True))


def sessions(engine: Engine) -> Sessions:
    """The maker of sessions that every door uses; rows stay readable after commit."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def committing(make: Sessions) -> Iterator[Session]:
    """A session that commits at the end and rolls back on any error: for doors and stages only."""
    with make() as session, session.begin():
        yield session
