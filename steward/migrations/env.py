"""How Alembic runs here: on the connection that `kernel.migrate` hands over, never on its own."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from alembic import context

from steward.kernel import durable, idempotency
from steward.kernel.rows import Row

# Every table is known here, also those that nobody has asked for yet: a comparison would take them for dropped.
_ROOT = Path(__file__).parent.parent
for tables in sorted(_ROOT.rglob("tables.py")):
    import_module(".".join(("steward", *tables.relative_to(_ROOT).with_suffix("").parts)))
assert {durable.Process.__tablename__, idempotency.IdempotencyKey.__tablename__} <= Row.metadata.tables.keys()

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    compare_server_default=True,
    include_schemas=False,
)
with context.begin_transaction():
    context.run_migrations()
