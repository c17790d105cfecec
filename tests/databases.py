"""A database for a test alone: a copy of one that has its tables, made by the server itself."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text

from takedown import embedded

MIGRATED = "takedown"


@contextmanager
def database_like(server: embedded.Embedded, model: str = MIGRATED) -> Iterator[tuple[str, str]]:
    """URLs (owner, application) of a copy of `model`, to which nobody is connected meanwhile."""
    name = f"t{uuid.uuid4().hex[:12]}"
    admin = create_engine(named(server.owner_url, "postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {model} STRATEGY file_copy"))
    yield named(server.owner_url, name), named(server.app_url, name)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name}"))
    admin.dispose()


def named(url: str, name: str) -> str:
    """The URL of another database on the same server."""
    return url.replace("/takedown?", f"/{name}?")
