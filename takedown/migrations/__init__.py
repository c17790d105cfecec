"""The way of the tables: Alembic, run by `takedown init` and at each start."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, text

from takedown.checks import months

if TYPE_CHECKING:
    from alembic.config import Config

_HERE = Path(__file__).parent
_VERSION = re.compile(r"^(down_revision|revision) = '(\w+)'$", re.MULTILINE)


def upgrade(owner: Engine, app_role: str) -> None:
    """Bring the tables to the newest form and give the application's role what it may do.

    Runs alone, under an advisory lock; one transaction, so that a kill leaves the old form.
    """
    from alembic import command

    with owner.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(2053835779)"))
        command.upgrade(config(connection), "head")
        if connection.scalar(text("SELECT to_regclass('checks')")) is not None:
            months.make_default(connection)
        _grant(connection, app_role)


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, for the open connection of whoever runs it."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(_HERE))
    made.attributes["connection"] = connection
    return made


def _grant(connection: Connection, app_role: str) -> None:
    """The application may do all but change or delete in the audit log (house rule 9)."""
    owner = connection.scalar(text("SELECT current_user"))
    made = connection.scalar(text("SELECT to_regclass('audit_entries')"))
    if owner == app_role or made is None:
        return
    role = connection.dialect.identifier_preparer.quote(app_role)
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        f"REVOKE UPDATE, DELETE, TRUNCATE ON audit_entries FROM {role}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {role}",
    ):
        connection.execute(text(statement))


def compared(name: str | None, kind: str, _: object) -> bool:
    """Whether the models speak of it: parts of a table are made and dropped by a stage."""
    return not (kind == "table" and months.is_partition(name))


def head() -> str | None:
    """The newest version that this software knows: the one that no other comes after.

    Read without Alembic, which takes as long to import as a tenth of all else that a command does.
    """
    found = [_VERSION.findall(one.read_text()) for one in (_HERE / "versions").glob("*.py")]
    before = {version for one in found for what, version in one if what == "down_revision"}
    every = {version for one in found for what, version in one if what == "revision"}
    return next(iter(every - before), None)
