"""Schedules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from steward.kernel.rows import protect

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Bring the tables to this revision."""
    moment = postgresql.TIMESTAMP(timezone=True)
    op.create_table(
        "schedules",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("cron", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("follows_agent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("next_at", moment, nullable=True),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("claimed_at", moment, nullable=True),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("last_at", moment, nullable=True),
        sa.Column("last_thread_id", sa.Text(), nullable=True),
        sa.Column("last_run_id", sa.Text(), nullable=True),
        sa.Column("last_error", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_schedules_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_schedules_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_schedules")),
    )
    op.create_index("ix_schedules_list", "schedules", ["workspace_id", "created_at", "id"])
    op.create_index(op.f("ix_schedules_user_id"), "schedules", ["user_id"])
    op.create_index(
        "ix_schedules_next", "schedules", ["next_at"], postgresql_where=sa.text("next_at IS NOT NULL")
    )
    op.create_index(
        "ix_schedules_due", "schedules", ["claimed_at"], postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.create_index(
        "uq_schedules_followed",
        "schedules",
        ["workspace_id", "agent_id"],
        unique=True,
        postgresql_where=sa.text("follows_agent"),
    )
    for statement in protect("schedules"):
        op.execute(statement)
