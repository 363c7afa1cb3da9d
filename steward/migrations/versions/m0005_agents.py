"""Agents: their versions and statistics, and a view of the things that they are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from steward.kernel.rows import APP_ROLE, SYSTEM_ROLE, protect

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "agent_versions",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("properties", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        *_keys("agent_versions"),
        sa.PrimaryKeyConstraint("workspace_id", "id", "version", name=op.f("pk_agent_versions")),
    )
    op.create_table(
        "agent_statistics",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("executions", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("successes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_run_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("successes <= executions", name=op.f("ck_agent_statistics_successes")),
        *_keys("agent_statistics"),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_agent_statistics")),
    )
    for statement in [
        *protect("agent_versions", grants="SELECT, INSERT"),
        *protect("agent_statistics", grants="SELECT, INSERT, UPDATE"),
        *_agents(),
    ]:
        op.execute(statement)


def _keys(table: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            ["workspace_id", "id"],
            ["things.workspace_id", "things.id"],
            name=op.f(f"fk_{table}_workspace_id_id_things"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f(f"fk_{table}_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
    ]


def _agents() -> list[str]:
    # It runs as whoever asks, so that the row policy of things holds.
    return [
        "CREATE VIEW agents WITH (security_invoker = true) AS "
        "SELECT workspace_id, id, name, status, properties->>'type' AS type, "
        "properties->>'description' AS description, "
        "properties->>'instructions' AS instructions, properties->>'provider' AS provider, "
        "properties->>'model' AS model, (properties->>'temperature')::float8 AS temperature, "
        "(properties->>'max_tokens')::int AS max_tokens, properties->'tools' AS tools, "
        "properties->>'access' AS access, (properties->>'version')::int AS version, properties, created_by, "
        "created_at, updated_at FROM things WHERE kind = 'agent'",
        f"GRANT SELECT ON agents TO {APP_ROLE}, {SYSTEM_ROLE}",
    ]
