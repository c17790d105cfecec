"""Models, migrations and the clock: lists that must say the same."""

import ast
import re
from typing import TypeGuard

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from source import ROOT, name, python, tree
from sqlalchemy import Engine, Identity, LargeBinary, create_engine

from scheduler.timetable import TIMETABLE
from takedown import flow, migrations, models
from takedown.db import Base, Instant


def test_models_and_migrations_agree(database: tuple[str, str]) -> None:
    engine: Engine = create_engine(database[0])
    with engine.connect() as connection:
        opts = {"compare_type": True, "include_name": migrations.compared}
        context = MigrationContext.configure(connection, opts=opts)
        difference = compare_metadata(context, Base.metadata)
    engine.dispose()
    assert difference == []


def test_every_table_is_in_the_one_import() -> None:
    every = [getattr(models, one) for one in models.__all__]
    exported = {one.__tablename__ for one in every if one is not Base}
    assert exported == set(Base.metadata.tables)


def test_there_is_one_newest_migration() -> None:
    assert migrations.head() == ScriptDirectory.from_config(migrations.config()).get_current_head()
    assert migrations.head() is not None


def test_every_stage_is_in_the_timetable_and_nothing_else_is() -> None:
    assert sorted(job.stage for job in TIMETABLE) == sorted(flow.STAGES)
    assert all(job.every > 0 for job in TIMETABLE)
    assert len({job.name for job in TIMETABLE}) == len(TIMETABLE)


def test_no_table_takes_the_time_from_the_database() -> None:
    """House rule 2: a week can be played in a minute only if nobody else looks at a clock."""
    for table in Base.metadata.tables.values():
        for column in table.columns:
            assert column.onupdate is None, f"{table.name}.{column.name}"
            made = column.server_default
            assert made is None or isinstance(made, Identity), f"{table.name}.{column.name}"
            if isinstance(column.type, Instant):
                assert column.default is None, f"{table.name}.{column.name}"


_SQL_CLOCKS = re.compile(
    r"\bnow\(\)|CURRENT_(?:TIME|DATE)|LOCALTIME|(?:clock|statement|transaction)_timestamp|timeofday",
    re.IGNORECASE,
)
_SQL = re.compile(r"\b(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DEFAULT|WHERE|VALUES)\b|^now")


def test_no_sql_looks_at_a_clock() -> None:
    found = [
        f"{name(file)}:{node.lineno}"
        for file in [*python(), *(ROOT / "takedown" / "migrations").rglob("*.py")]
        for node in ast.walk(tree(file))
        if (_is_sql(node) and _SQL_CLOCKS.search(node.value)) or _is_clock_function(node)
    ]
    assert found == []


def _is_sql(node: ast.AST) -> TypeGuard[ast.Constant]:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and bool(_SQL.search(node.value))
    )


def _is_clock_function(node: ast.AST) -> TypeGuard[ast.Attribute]:
    return (
        isinstance(node, ast.Attribute)
        and ast.unparse(node.value) in ("func", "sa.func")
        and bool(_SQL_CLOCKS.search(f"{node.attr}()"))
    )


def test_the_search_for_clocks_finds_them() -> None:
    bad = ast.parse("text('UPDATE urls SET at = NOW()')\nfunc.now()\nfunc.current_timestamp()")
    nodes = list(ast.walk(bad))
    assert sum(_is_sql(one) and bool(_SQL_CLOCKS.search(one.value)) for one in nodes) == 1
    assert sum(_is_clock_function(one) for one in nodes) == 2


_TELLING = re.compile(
    r"location|host|domain|exact|referrer|parent|note$|body|subject$|address|\braw\b"
)


def test_what_may_hold_a_location_is_a_ciphertext_or_an_index() -> None:
    clear = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if _TELLING.search(column.name)
        and not isinstance(column.type, LargeBinary)
        and column.type.python_type is str
    }
    assert clear <= {
        "audit_entries.subject",  # an id or a number
        "events.subject",  # what kind of row
        "tasks.subject",
        "holds.subject",
        "checks.note",  # a key of the verdict table
        "spells.note",
        "check_state.note",
        "routes.note",  # reference data about countries
    }
