"""What Alembic runs: always on a connection that was handed in."""

from alembic import context

from takedown.models import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
