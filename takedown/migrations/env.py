"""What Alembic runs: always on a connection that was handed in."""

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from takedown.migrations import compared
from takedown.models import Base


def plainly(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Types of ours by what they are in the database: old migrations outlive our classes."""
    if kind == "type" and isinstance(item, TypeDecorator):
        plain = repr(item.impl)
        return ("postgresql." if plain.startswith("ARRAY") else "sa.") + plain.replace(
            "(String", "(sa.String"
        )
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    compare_type=True,
    include_name=compared,
    render_item=plainly,
)
with context.begin_transaction():
    context.run_migrations()
