"""How Alembic runs here: on the connection that `kernel.migrate` hands over, never on its own."""

from __future__ import annotations

from alembic import context

from steward.kernel.rows import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    compare_server_default=True,
    include_schemas=False,
)
with context.begin_transaction():
    context.run_migrations()
