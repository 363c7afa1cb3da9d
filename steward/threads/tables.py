"""Tables of threads."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from steward.kernel.rows import Owned, Row, Stamped


class Thread(Owned, Stamped, Row):
    """A conversation of one user."""

    __tablename__ = "threads"
    __table_args__ = (
        # `coalesce` is avoided in lists: the order of a list is exactly the order of this index.
        Index("ix_threads_list", "workspace_id", "user_id", "archived", "is_pinned", "last_message_at", "id"),
        # The same order, for a tag: containment uses no index behind row security, but this one holds tagged rows only.
        Index(
            "ix_threads_tagged",
            "workspace_id",
            "user_id",
            "archived",
            "is_pinned",
            "last_message_at",
            "id",
            postgresql_where=text("tags <> '{}'"),
        ),
        Index("uq_threads_client_id", "workspace_id", "user_id", "client_id", unique=True),
        CheckConstraint("message_count >= 0", name="message_count"),
    )

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    client_id: Mapped[str | None]
    title: Mapped[str] = mapped_column(server_default="")
    model: Mapped[str | None]
    agent_id: Mapped[str | None]
    is_pinned: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    archived: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default=text("'{}'"))
    is_running: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    head_id: Mapped[str | None]
    message_count: Mapped[int] = mapped_column(server_default=text("0"))
    token_count: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    last_message_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_message_preview: Mapped[str] = mapped_column(server_default="")
    thread_metadata: Mapped[dict[str, Any]] = mapped_column("metadata", server_default=text("'{}'"))


class Message(Owned, Row):
    """A message in the tree of its thread. `parts` is the truth; `content` is its text, for search and previews."""

    __tablename__ = "messages"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "thread_id"], ["threads.workspace_id", "threads.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["workspace_id", "thread_id", "parent_id"],
            ["messages.workspace_id", "messages.thread_id", "messages.id"],
            name="fk_messages_parent",
        ),
        UniqueConstraint("workspace_id", "thread_id", "id", name="uq_messages_in_thread"),
        Index("uq_messages_client_id", "workspace_id", "thread_id", "client_id", unique=True),
        Index("ix_messages_thread", "workspace_id", "thread_id", "created_at", "id"),
        Index("ix_messages_parent", "workspace_id", "thread_id", "parent_id"),
        Index("ix_messages_open", "workspace_id", "id", postgresql_where=text("status = 'in_progress'")),
        Index("ix_messages_search", "search", postgresql_using="gin"),
        CheckConstraint("role IN ('user', 'assistant', 'system', 'tool')", name="role"),
    )

    thread_id: Mapped[str]
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    parent_id: Mapped[str | None]
    client_id: Mapped[str | None]
    run_id: Mapped[str | None]
    role: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="completed")
    parts: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    content: Mapped[str] = mapped_column(server_default="")
    model: Mapped[str | None]
    finish_reason: Mapped[str | None]
    input_tokens: Mapped[int] = mapped_column(server_default=text("0"))
    output_tokens: Mapped[int] = mapped_column(server_default=text("0"))
    total_tokens: Mapped[int] = mapped_column(server_default=text("0"))
    error: Mapped[dict[str, Any] | None]
    message_metadata: Mapped[dict[str, Any]] = mapped_column("metadata", server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    search: Mapped[str] = mapped_column(
        TSVECTOR, Computed("to_tsvector('simple', left(content, 200000))", persisted=True), deferred=True
    )


class Share(Owned, Row):
    """A conversation that its user shows to the workspace. Colleagues read it through `sharing` alone."""

    __tablename__ = "shares"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "thread_id"], ["threads.workspace_id", "threads.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("workspace_id", "thread_id", name="uq_shares_thread"),
        Index("ix_shares_recent", "workspace_id", "created_at", "id"),
    )

    thread_id: Mapped[str]
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class MessageFeedback(Owned, Stamped, Row):
    """What a user said about an answer, with what answered: who reads it may not be able to read the message."""

    __tablename__ = "message_feedback"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "thread_id", "message_id"],
            ["messages.workspace_id", "messages.thread_id", "messages.id"],
            name="fk_message_feedback_message",
            ondelete="CASCADE",
        ),
        UniqueConstraint("workspace_id", "message_id", "user_id", name="uq_message_feedback_once"),
        Index("ix_message_feedback_recent", "workspace_id", "created_at", "id"),
        Index("ix_message_feedback_message", "workspace_id", "thread_id", "message_id"),
        CheckConstraint("rating IN ('good', 'bad')", name="rating"),
    )

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    message_id: Mapped[str]
    thread_id: Mapped[str]
    model: Mapped[str | None]
    agent_id: Mapped[str | None]
    rating: Mapped[str]
    reason: Mapped[str | None]
