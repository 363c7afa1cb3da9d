"""Indexes over what jobs look for all the time: agents with a schedule of their own, direct calls that are not over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_index(
        "ix_things_scheduled",
        "things",
        ["workspace_id", "id"],
        postgresql_where=sa.text("kind = 'agent' AND properties->>'schedule' IS NOT NULL"),
    )
    op.create_index(
        "ix_tool_calls_direct",
        "tool_calls",
        ["created_at"],
        postgresql_where=sa.text("run_id IS NULL AND state = 'running'"),
    )
