"""Memory: what people told, their profiles, and how these changed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import UserDefinedType

from steward.kernel.rows import protect

revision = "0006"
down_revision = "0005"


class _HalfVector(UserDefinedType[str]):
    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "halfvec"


def upgrade() -> None:
    """Bring the tables to this revision."""
    _memories()
    _profiles()
    _profile_changes()
    for statement in [
        # A vector is small enough to stand in its row; moved aside it would cost a look-up for each comparison.
        "ALTER TABLE memories ALTER COLUMN embedding SET STORAGE PLAIN",
        *protect("memories", personal=True),
        *protect("profiles", personal=True),
        *protect("profile_changes", personal=True, grants="SELECT, INSERT"),
    ]:
        op.execute(statement)


def _memories() -> None:
    op.create_table(
        "memories",
        *_owned("memories"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("importance", sa.Float(), server_default=sa.text("0.5"), nullable=False),
        sa.Column("thread_id", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("last_recalled_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("embedding", _HalfVector(), nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        sa.CheckConstraint(
            "kind IN ('recent', 'goals', 'challenges', 'progress', 'fact')", name=op.f("ck_memories_kind")
        ),
        sa.CheckConstraint("importance BETWEEN 0 AND 1", name=op.f("ck_memories_importance")),
    )
    op.create_index("ix_memories_list", "memories", ["workspace_id", "user_id", "created_at", "id"])
    op.create_index("uq_memories_text", "memories", ["workspace_id", "user_id", "text_hash"], unique=True)


def _profiles() -> None:
    fields = ("display_name", "role", "company", "language", "time_zone", "preferences", "about")
    op.create_table(
        "profiles",
        *_owned("profiles"),
        *(sa.Column(name, sa.Text(), server_default="", nullable=False) for name in fields),
        sa.Column("is_memory_on", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
    )


def _profile_changes() -> None:
    op.create_table(
        "profile_changes",
        *_owned("profile_changes"),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        _moment("created_at", "clock_timestamp()"),
        sa.CheckConstraint("made_by IN ('person', 'assistant')", name=op.f("ck_profile_changes_made_by")),
    )
    op.create_index(
        "ix_profile_changes_list", "profile_changes", ["workspace_id", "user_id", "created_at", "id"]
    )


def _owned(table: str) -> list[Any]:
    """What every personal table has: workspace, id, user, and their keys."""
    return [
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f(f"fk_{table}_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f(f"pk_{table}")),
    ]


def _moment(name: str, value: str = "now()") -> sa.Column[Any]:
    return sa.Column(name, postgresql.TIMESTAMP(timezone=True), server_default=sa.text(value), nullable=False)
