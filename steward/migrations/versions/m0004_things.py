"""Things and connections: the typed objects of a workspace, the arrows between them, and the numbers of tickets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from steward.kernel.rows import protect

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "things",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        _json("properties"),
        sa.Column("created_by", sa.Text(), nullable=False),
        *_stamps(),
        _workspace("things"),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_things")),
    )
    op.create_index("ix_things_list", "things", ["workspace_id", "created_at", "id"], unique=False)
    op.create_index("ix_things_kind", "things", ["workspace_id", "kind", "created_at", "id"], unique=False)
    op.create_index(
        "ix_things_status", "things", ["workspace_id", "kind", "status", "created_at", "id"], unique=False
    )
    op.create_table(
        "connections",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("from_id", sa.Text(), nullable=False),
        sa.Column("to_id", sa.Text(), nullable=False),
        _json("metadata"),
        *_stamps(),
        _workspace("connections"),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_connections")),
        sa.UniqueConstraint("workspace_id", "type", "from_id", "to_id", name="uq_connections_once"),
    )
    op.create_index("ix_connections_list", "connections", ["workspace_id", "created_at", "id"], unique=False)
    op.create_index("ix_connections_from", "connections", ["workspace_id", "from_id"], unique=False)
    op.create_index("ix_connections_to", "connections", ["workspace_id", "to_id"], unique=False)
    op.create_table(
        "ticket_numbers",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _workspace("ticket_numbers"),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_ticket_numbers")),
    )
    # The log is read by who did it and to what, and in the order of its moments and ids.
    op.drop_index("ix_events_recent", "events")
    op.create_index("ix_events_recent", "events", ["workspace_id", "created_at", "id"], unique=False)
    for column in ("actor", "target"):
        op.create_index(
            f"ix_events_{column}",
            "events",
            ["workspace_id", f"{column}_id", "created_at", "id"],
            unique=False,
        )
    numbers = protect("ticket_numbers", grants="SELECT, INSERT, UPDATE")
    for statement in [*protect("things"), *protect("connections"), *numbers]:
        op.execute(statement)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(
        name, postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
    )


def _stamps() -> list[sa.Column[object]]:
    return [
        sa.Column(name, postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False)
        for name in ("created_at", "updated_at")
    ]


def _workspace(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id"],
        ["workspaces.id"],
        name=op.f(f"fk_{table}_workspace_id_workspaces"),
        ondelete="CASCADE",
    )
