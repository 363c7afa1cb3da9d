"""Calls of tools: stored, decided, timed; and runs that wait for somebody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from steward.kernel.rows import protect

revision = "0009"
down_revision = "0008"

_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.add_column("runs", sa.Column("resumes", sa.Integer(), server_default=sa.text("0"), nullable=False))
    # What waits for somebody has no process, and is nobody's orphan.
    op.drop_index("ix_runs_live", "runs")
    op.create_index(
        "ix_runs_live",
        "runs",
        ["process_id"],
        postgresql_where=sa.text("status IN ('queued', 'in_progress')"),
    )
    op.create_table(
        "tool_calls",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("thread_id", sa.Text(), nullable=True),
        sa.Column("step", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("position", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), server_default="server", nullable=False),
        sa.Column("arguments", postgresql.JSONB(), nullable=True),
        sa.Column("state", sa.Text(), server_default="running", nullable=False),
        sa.Column("is_shared", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("approvers", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("least_role", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("decisions", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("output", postgresql.JSONB(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("finished_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'approved', 'answered', 'running', 'completed', 'failed', 'denied', 'expired', "
            "'cancelled')",
            name=op.f("ck_tool_calls_state"),
        ),
        sa.CheckConstraint("place IN ('server', 'client', 'person')", name=op.f("ck_tool_calls_place")),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_tool_calls_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_tool_calls_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "run_id"],
            ["runs.workspace_id", "runs.id"],
            name=op.f("fk_tool_calls_workspace_id_runs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_tool_calls")),
    )
    op.create_index("ix_tool_calls_run", "tool_calls", ["workspace_id", "run_id", "step", "position"])
    op.create_index(
        "ix_tool_calls_waiting", "tool_calls", ["workspace_id", "created_at"], postgresql_where=_WAITING
    )
    op.create_index("ix_tool_calls_expiry", "tool_calls", ["expires_at"], postgresql_where=_WAITING)
    op.create_index("ix_tool_calls_mine", "tool_calls", ["workspace_id", "user_id", "name", "created_at"])
    for statement in protect(
        "tool_calls", personal=True, unless="is_shared", grants="SELECT, INSERT, UPDATE"
    ):
        op.execute(statement)
