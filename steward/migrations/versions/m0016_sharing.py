"""Shares of conversations, feedback on answers, tags of conversations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from steward.kernel.rows import APP_ROLE, CURRENT_USER, CURRENT_WORKSPACE, SYSTEM_ROLE, protect

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.add_column(
        "threads",
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.create_index(
        "ix_threads_tagged",
        "threads",
        ["workspace_id", "user_id", "archived", "is_pinned", "last_message_at", "id"],
        postgresql_where=sa.text("tags <> '{}'"),
    )
    _create_shares()
    _create_feedback()
    # Whoever runs the workspace reads what its people say about answers; the messages themselves stay hidden.
    reads_all = (
        f"EXISTS (SELECT 1 FROM memberships AS runs WHERE runs.workspace_id = {CURRENT_WORKSPACE} "
        f"AND runs.user_id = {CURRENT_USER} AND runs.role IN ('owner', 'admin'))"
    )
    for statement in [
        *protect("shares", personal=True, grants="SELECT, INSERT, DELETE"),
        *protect("message_feedback", personal=True, unless=reads_all),
        *_ways_to_what_is_shared(),
    ]:
        op.execute(statement)


def _create_shares() -> None:
    op.create_table(
        "shares",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("thread_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "thread_id"],
            ["threads.workspace_id", "threads.id"],
            name=op.f("fk_shares_workspace_id_thread_id_threads"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_shares_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_shares_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_shares")),
        sa.UniqueConstraint("workspace_id", "thread_id", name="uq_shares_thread"),
    )
    op.create_index("ix_shares_recent", "shares", ["workspace_id", "created_at", "id"])


def _create_feedback() -> None:
    op.create_table(
        "message_feedback",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("thread_id", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("agent_id", sa.Text(), nullable=True),
        sa.Column("rating", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint("rating IN ('good', 'bad')", name=op.f("ck_message_feedback_rating")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "thread_id", "message_id"],
            ["messages.workspace_id", "messages.thread_id", "messages.id"],
            name="fk_message_feedback_message",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_message_feedback_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_message_feedback_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_message_feedback")),
        sa.UniqueConstraint("workspace_id", "message_id", "user_id", name="uq_message_feedback_once"),
    )
    op.create_index("ix_message_feedback_recent", "message_feedback", ["workspace_id", "created_at", "id"])
    # For the foreign key: deleting a conversation looks here.
    op.create_index(
        "ix_message_feedback_message", "message_feedback", ["workspace_id", "thread_id", "message_id"]
    )


def _ways_to_what_is_shared() -> list[str]:
    # Threads and messages stay behind their policies, shared or not, so no other query can show a colleague's. These
    # functions look past them: they name the actor's workspace themselves, and begin at a share.
    thread = (
        "s.id, t.title, s.user_id, t.message_count, s.created_at, t.last_message_at FROM shares s "
        "JOIN threads t ON t.workspace_id = s.workspace_id AND t.id = s.thread_id "
        f"WHERE s.workspace_id = {CURRENT_WORKSPACE} AND NOT t.archived"
    )
    columns = (
        "RETURNS TABLE (id text, title text, user_id text, message_count int, shared_at timestamptz, "
        "last_message_at timestamptz)"
    )
    return [
        *_definer("shared_thread", "share text", columns, f"SELECT {thread} AND s.id = share"),
        *_definer(
            "shared_threads",
            "last_at timestamptz, last_id text, most int",
            columns,
            f"SELECT {thread} AND s.user_id <> {CURRENT_USER} "
            "AND (last_id IS NULL OR (s.created_at, s.id) < (last_at, last_id)) "
            "ORDER BY s.created_at DESC, s.id DESC LIMIT most",
        ),
        *_definer(
            "shared_messages",
            "share text, start_id text, skipped int, most int",
            "RETURNS TABLE (id text, thread_id text, parent_id text, role text, parts jsonb, status text, model text, "
            "finish_reason text, input_tokens int, output_tokens int, total_tokens int, error jsonb, metadata jsonb, "
            "created_at timestamptz)",
            _SHOWN_BRANCH,
        ),
    ]


# From the head back; `place` counts from the message that the page starts with, which must be on the shown branch.
_SHOWN_BRANCH = f"""
WITH RECURSIVE shown AS (
    SELECT t.workspace_id, t.id, t.head_id FROM shares s
    JOIN threads t ON t.workspace_id = s.workspace_id AND t.id = s.thread_id
    WHERE s.workspace_id = {CURRENT_WORKSPACE} AND s.id = share AND NOT t.archived
), path AS (
    SELECT m.workspace_id, m.thread_id, m.id, m.parent_id,
        CASE WHEN start_id IS NULL OR m.id = start_id THEN 1 ELSE 0 END AS place
    FROM shown JOIN messages m ON m.workspace_id = shown.workspace_id AND m.thread_id = shown.id
        AND m.id = shown.head_id
    UNION ALL
    SELECT m.workspace_id, m.thread_id, m.id, m.parent_id,
        CASE WHEN path.place > 0 THEN path.place + 1 WHEN m.id = start_id THEN 1 ELSE 0 END
    FROM path JOIN messages m ON m.workspace_id = path.workspace_id AND m.thread_id = path.thread_id
        AND m.id = path.parent_id
    WHERE path.place < skipped + most
)
SELECT m.id, m.thread_id, m.parent_id, m.role, m.parts, m.status, m.model, m.finish_reason, m.input_tokens,
    m.output_tokens, m.total_tokens, m.error, m.metadata, m.created_at
FROM path JOIN messages m ON m.workspace_id = path.workspace_id AND m.id = path.id
WHERE path.place > skipped ORDER BY path.place
"""


def _definer(name: str, arguments: str, returns: str, body: str) -> list[str]:
    types = ", ".join(argument.split()[1] for argument in arguments.split(", "))
    return [
        f"CREATE FUNCTION {name}({arguments}) {returns} LANGUAGE sql STABLE SECURITY DEFINER "
        f"SET search_path = public, pg_temp AS $${body}$$",
        f"REVOKE ALL ON FUNCTION {name}({types}) FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION {name}({types}) TO {APP_ROLE}",
        # A function's new owner must be able to create in the schema, and the old one must be a member of the new.
        f"GRANT {SYSTEM_ROLE} TO CURRENT_USER",
        f"GRANT CREATE ON SCHEMA public TO {SYSTEM_ROLE}",
        f"ALTER FUNCTION {name}({types}) OWNER TO {SYSTEM_ROLE}",
        f"REVOKE CREATE ON SCHEMA public FROM {SYSTEM_ROLE}",
    ]
