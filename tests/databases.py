"""A database for a test alone: a copy of one that has its tables, made by the server itself."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import Engine, NullPool, create_engine, event, make_url, text

from takedown import db, embedded

MIGRATED = "takedown"


@contextmanager
def database_like(server: embedded.Embedded, model: str = MIGRATED) -> Iterator[tuple[str, str]]:
    """URLs (owner, application) of a copy of `model`, to which nobody is connected meanwhile."""
    name = f"t{uuid.uuid4().hex[:12]}"
    _do(server, f"CREATE DATABASE {name} TEMPLATE {model} STRATEGY file_copy")
    yield named(server.owner_url, name), named(server.app_url, name)
    _do(server, f"DROP DATABASE {name}")


def named(url: str, name: str) -> str:
    """The URL of another database on the same server."""
    return url.replace("/takedown?", f"/{name}?")


class Doors:
    """One engine for one database after the other: what it compiled is not compiled anew."""

    def __init__(self, server: embedded.Embedded) -> None:
        self._engine = db.connect(server.app_url)
        self._name: str | None = None
        event.listen(self._engine, "do_connect", self._lead)

    @contextmanager
    def to(self, url: str) -> Iterator[Engine]:
        """The engine, which leads to this database until it is left."""
        self._name = make_url(url).database
        yield self._engine
        self._engine.dispose()
        self._name = None

    def _lead(self, *connecting: Any) -> None:
        assert self._name, "a connection after the end of its test"
        connecting[-1]["dbname"] = self._name


def _do(server: embedded.Embedded, statement: str) -> None:
    with _administrator(named(server.owner_url, "postgres")).connect() as connection:
        connection.execute(text(statement))


@cache
def _administrator(url: str) -> Engine:
    return create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
