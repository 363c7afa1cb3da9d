"""Tables of interviews."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from steward.kernel.rows import Owned, Row, Stamped


class InterviewRow(Owned, Stamped, Row):
    """An interview of one user: in a conversation, or by a form without one.

    `calls` are the last calls of tools that changed it, so that a call that runs again changes nothing.
    """

    __tablename__ = "interviews"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "thread_id"], ["threads.workspace_id", "threads.id"], ondelete="CASCADE"
        ),
        Index(
            "uq_interviews_open",
            "workspace_id",
            "user_id",
            "definition",
            "thread_id",
            unique=True,
            postgresql_where=text("status = 'open'"),
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_interviews_list", "workspace_id", "user_id", "created_at", "id"),
        Index("ix_interviews_thread", "workspace_id", "thread_id"),
        CheckConstraint("status IN ('open', 'complete', 'cancelled')", name="status"),
    )

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    definition: Mapped[str]
    version: Mapped[int]
    thread_id: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default="open")
    answers: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    calls: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    title: Mapped[str | None]
    document: Mapped[str | None]
    completed_at: Mapped[datetime | None]
